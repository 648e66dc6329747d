// receivers: the options that say to whom alerts go, as receivers

import { readFileSync } from 'node:fs';
import { about, EXIT, Failure } from '../../failure.ts';
import type { Log } from '../../log.ts';
import { positiveDuration, whole } from '../../options.ts';
import { ENDPOINT, openEndpoint } from '../../post/endpoint.ts';
import type { AlertRecord } from '../alert-record.ts';
import { createCommand } from './command.ts';
import type { Reporting } from './dispatch.ts';
import { fingerprintOf } from './fingerprint.ts';
import { Mailbox } from './mailbox.ts';
import { alertmanagerBody, webhookBody } from './payload.ts';
import { createPost, type Receiver } from './post.ts';

const { 'token-file': token, 'user-file': user, 'ca-file': ca, header, timeout } = ENDPOINT;

export const RECEIVERS = {
	webhook: { type: 'string' },
	'webhook-file': { type: 'string' },
	alertmanager: { type: 'string' },
	command: { type: 'string' },
	jobs: { type: 'string', default: '4' },
	repeat: { type: 'string', default: '4h' },
	'external-url': { type: 'string', default: '' },
	'retry-max': ENDPOINT['retry-max'],
	'token-file': token,
	'user-file': user,
	'ca-file': ca,
	header,
	timeout,
} as const;

export type ReceiverOptions = {
	[name in Exclude<keyof typeof RECEIVERS, 'header'>]?: string | undefined;
} & { header?: string[] | undefined };

export type Around = {
	options: ReceiverOptions;
	/** What stands behind the rule file: arguments of the command. */
	words: string[];
	mostAlerts: number;
	log: Log;
	count: (name: string, by?: number) => void;
	fail: (error: unknown) => void;
};

/** Alertmanager forgets what it is not told again; Prometheus tells it each minute, and means four. */
const ALERTMANAGER_REPEAT_MS = 60_000;
const ALERTMANAGER_LASTS_MS = 240_000;

/** A token for those who have no file for it. */
const TOKEN_VARIABLE = 'BPFPIPE_ALERT_TOKEN';

const webhookOf = ({ webhook, 'webhook-file': file }: ReceiverOptions): string => {
	if (file === undefined || file === '') return webhook ?? '';
	if (webhook) throw new Failure(EXIT.usage, 'either --webhook or --webhook-file, not both');
	return about(file, () => readFileSync(file, 'utf8')).trim();
};

/**
 * Checks the options, and says how to make the receivers.
 * @throws Failure(64), and what files that cannot be read throw.
 */
export const openReceivers = (around: Around): ((reporting: (name: string) => Reporting) => Receiver[]) => {
	const { options, words, mostAlerts, log, count, fail } = around;
	const { alertmanager = '', command = '', 'external-url': external = '' } = options;
	const webhook = webhookOf(options);
	if (words.length > 0 && command === '')
		throw new Failure(
			EXIT.usage,
			`unexpected argument "${words[0]}"; a command's stand behind --command and --`,
		);
	const hasLogin = (options['token-file'] ?? options['user-file']) !== undefined;
	if (webhook !== '' && alertmanager !== '' && hasLogin)
		throw new Failure(EXIT.usage, 'with a log-in there is one server: --webhook or --alertmanager');
	const repeatMs = positiveDuration(options.repeat!, '--repeat');
	const timeoutMs = positiveDuration(options.timeout!, '--timeout');
	const jobs = whole(options.jobs!, '--jobs', 1, 64);
	const common = { most: 2 * mostAlerts, now: Date.now };

	const posting = (name: string, address: string, path: string, rest: Posting) => {
		const token = process.env[TOKEN_VARIABLE];
		const login = token && !hasLogin ? [`Authorization: Bearer ${token.trim()}`] : [];
		const header = [...(options.header ?? []), ...login];
		const given = { ...options, header, linger: '1s', queue: '1', drain: '0', ack: '' };
		const { client, url, retryMaxMs } = openEndpoint(given, { address, batch: 1, log });
		if (url.pathname === '/') url.pathname = path;
		return (reporting: Reporting): Receiver => {
			const { groupOf, repeatMs, bodyOf } = rest;
			const mailbox = new Mailbox({ ...common, groupOf, repeatMs, onLost: reporting.onLost });
			const what = { name, mailbox, client, url, bodyOf, retryMaxMs, log, count, onFailure: fail };
			return createPost({ ...what, ...reporting });
		};
	};
	const running = (program: string) => (reporting: Reporting) => {
		const groupOf = ({ labels }: AlertRecord) => fingerprintOf(labels);
		const mailbox = new Mailbox({ ...common, groupOf, repeatMs, onLost: reporting.onLost });
		const what = { mailbox, timeoutMs, most: jobs, log, count, onFailure: fail };
		return createCommand({ ...what, ...reporting, command: [program, ...words] });
	};
	const makers = new Map<string, (reporting: Reporting) => Receiver>();
	if (webhook !== '')
		makers.set(
			'webhook',
			posting('webhook', webhook, '/', {
				groupOf: ({ alert }) => alert,
				repeatMs,
				bodyOf: (group, alerts) => webhookBody(group, alerts, external),
			}),
		);
	if (alertmanager !== '')
		makers.set(
			'alertmanager',
			posting('alertmanager', alertmanager, '/api/v2/alerts', {
				groupOf: () => 'all',
				repeatMs: ALERTMANAGER_REPEAT_MS,
				bodyOf: (_, alerts) => alertmanagerBody(alerts, Date.now() + ALERTMANAGER_LASTS_MS, external),
			}),
		);
	if (command !== '') makers.set('command', running(command));
	return (reporting) => [...makers].map(([name, make]) => make(reporting(name)));
};

type Posting = {
	groupOf: (alert: AlertRecord) => string;
	repeatMs: number;
	bodyOf: (group: string, alerts: AlertRecord[]) => object;
};
