// command: a program run for each alert, with the alert on its stdin; no shell, a time limit, a few at a time

import { spawn } from 'node:child_process';
import type { Log } from '../../log.ts';
import type { AlertRecord } from '../alert-record.ts';
import type { Letter, Mailbox } from './mailbox.ts';
import type { Receiver } from './post.ts';

export type CommandOptions = {
	/** The program and its arguments. */
	command: readonly [string, ...string[]];
	mailbox: Mailbox;
	timeoutMs: number;
	/** How many may run at once. */
	most: number;
	log: Log;
	count: (name: string, by?: number) => void;
	onLost: (alerts: AlertRecord[], why: string) => void;
	onSettled: () => void;
	onFailure: (error: unknown) => void;
};

// Between TERM and KILL.
const GRACE_MS = 2000;
const LAST_WORDS_MS = 200;
const MOST_STDERR = 1000;

/** What a program is told in its environment, beside what it inherits; values with NUL cannot be told there. */
const variablesOf = ({ alert, state, host, metric = '', value, synthetic }: AlertRecord) =>
	Object.fromEntries(
		Object.entries({
			ALERT_NAME: alert,
			ALERT_STATE: state,
			ALERT_HOST: host,
			ALERT_METRIC: metric,
			ALERT_VALUE: String(value),
			ALERT_SYNTHETIC: synthetic ? 'true' : '',
		}).map(([name, text]) => [name, text.replaceAll('\0', '')]),
	);

/** Run it; the answer is '' when it ended with 0, else what went wrong. */
const runFor = (
	alert: AlertRecord,
	{ command: [program, ...args], timeoutMs }: Pick<CommandOptions, 'command' | 'timeoutMs'>,
	signal: AbortSignal,
): Promise<string> =>
	new Promise((resolve) => {
		const env = { ...process.env, ...variablesOf(alert) };
		// A group of its own, so that what it started ends with it.
		const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], env, detached: true });
		let stderr = '';
		let reason = '';
		const kill = (how: NodeJS.Signals) => {
			try {
				if (child.pid !== undefined) process.kill(-child.pid, how);
			} catch {}
		};
		const end = (why: string) => {
			reason ||= why;
			kill('SIGTERM');
			hard ??= setTimeout(() => kill('SIGKILL'), GRACE_MS);
		};
		let hard: NodeJS.Timeout | undefined;
		const limit = setTimeout(() => end(`it did not end within ${timeoutMs / 1000} s`), timeoutMs);
		const onAbort = () => end('the stage ended');
		signal.addEventListener('abort', onAbort);
		const settle = (why: string) => {
			clearTimeout(limit);
			clearTimeout(hard);
			signal.removeEventListener('abort', onAbort);
			const said = stderr.trim();
			resolve(why === '' ? '' : `${program}: ${why}${said === '' ? '' : `: ${said}`}`);
		};
		child.stderr.on('data', (chunk: Buffer) => {
			if (stderr.length < MOST_STDERR) stderr = (stderr + chunk).slice(0, MOST_STDERR);
		});
		child.on('error', ({ message }) => settle(message));
		child.on('exit', (code, by) => {
			if (reason !== '') kill('SIGKILL');
			const why = reason || (code === 0 ? '' : by ? `ended by ${by}` : `ended with ${code}`);
			child.on('close', () => settle(why));
			// What it left behind may hold its stderr open; that is not waited for.
			setTimeout(() => child.stderr.destroy(), LAST_WORDS_MS).unref();
		});
		child.stdin.on('error', () => {});
		child.stdin.end(`${JSON.stringify(alert)}\n`);
	});

export const createCommand = (options: CommandOptions): Receiver => {
	const { mailbox, most, log, count, onLost, onSettled } = options;
	const running = new Map<Letter, Promise<void>>();
	const abort = new AbortController();

	const run = async (letter: Letter) => {
		const isNews = !letter.isDelivered;
		const why = await runFor(letter.alert, options, abort.signal);
		running.delete(letter);
		// What was cut short by the end of the run is told by the next one.
		if (why !== '' && abort.signal.aborted) return;
		mailbox.settle([letter]);
		count(why === '' ? 'delivered' : 'failed');
		if (why !== '') log.error(`${letter.alert.alert} (${letter.alert.state}): ${why}`, {}, 'command failed');
		if (why !== '' && isNews) onLost([letter.alert], why);
		onSettled();
	};
	const next = (): Letter | undefined =>
		mailbox
			.due()
			.flatMap((group) => mailbox.open(group))
			// Of one alert one at a time: what it is told comes in order.
			.find(({ alert }) => ![...running.keys()].some((other) => isSame(other.alert, alert)));
	const start = () => {
		for (let letter = next(); letter && isFree(); letter = next())
			running.set(letter, run(letter).then(start, options.onFailure));
	};
	const isFree = () => running.size < most && !abort.signal.aborted;
	return {
		name: 'command',
		mailbox,
		start,
		stop: async () => {
			abort.abort();
			await Promise.all(running.values());
		},
	};
};

const isSame = (one: AlertRecord, other: AlertRecord): boolean =>
	JSON.stringify(one.labels) === JSON.stringify(other.labels);
