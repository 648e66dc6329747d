// targets: the sockets and addresses that a user names, as targets to ask

import { readFileSync } from 'node:fs';
import { about, EXIT, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { createClient } from '../net/client.ts';
import { authorizationFor } from '../net/token.ts';
import { byteSize } from '../options.ts';
import { version } from '../program.ts';
import { httpChannel, socketChannel } from './channel.ts';
import { createTarget, type Target, type TargetOptions } from './target.ts';

/** Options that say where Kea is. */
export const TARGETS = {
	socket: { type: 'string', multiple: true },
	url: { type: 'string', multiple: true },
	service: { type: 'string', multiple: true },
	'auth-file': { type: 'string' },
	'ca-file': { type: 'string' },
	'max-answer': { type: 'string', default: '64M' },
} as const;

export type TargetsOptions = {
	socket?: string[] | undefined;
	url?: string[] | undefined;
	service?: string[] | undefined;
	'auth-file'?: string | undefined;
	'ca-file'?: string | undefined;
	'max-answer': string;
};

/** What the targets need of the program. */
export type Surroundings = Pick<TargetOptions, 'host' | 'count' | 'fault'> & {
	log: Log & { about: (topic: string) => Log };
	timeoutMs: number;
};

const refuse = (message: string): never => {
	throw new Failure(EXIT.usage, message);
};

// sockaddr_un has 108 bytes, the last of them a NUL.
const LONGEST_PATH = 107;

/** `NAME=` in front of a path or a URL is what its records call the server. */
const named = (text: string): { name: string; place: string } => {
	const match = /^([A-Za-z0-9][\w.-]*)=(.+)$/s.exec(text);
	return match ? { name: match[1]!, place: match[2]! } : { name: '', place: text };
};

const guessOf = (path: string): string => {
	const digit = /(?:kea|dhcp)-?([46])/i.exec(path)?.[1];
	return digit === undefined ? 'unknown' : `dhcp${digit}`;
};

const urlOf = (text: string): URL => {
	const url = URL.canParse(text)
		? new URL(text)
		: refuse(`--url: "${text}" is not a URL; write http://HOST:PORT`);
	if (url.protocol !== 'http:' && url.protocol !== 'https:')
		refuse(`--url: "${text}" is neither http nor https`);
	if (url.username !== '' || url.password !== '')
		refuse('--url: a password in a URL shows in the list of processes; use --auth-file');
	return url;
};

/** @throws Failure(64), and what files that cannot be read throw. */
export const targetsOf = (options: TargetsOptions, surroundings: Surroundings): Target[] => {
	const { log, timeoutMs, ...rest } = surroundings;
	const { socket: sockets = [], url: urls = [], service: services = [] } = options;
	const [authFile, caFile] = [options['auth-file'], options['ca-file']];
	const most = byteSize(options['max-answer'], '--max-answer');
	if (sockets.length + urls.length === 0) refuse('where is Kea? give --socket PATH or --url URL');
	if (urls.length === 0 && (services.length > 0 || authFile !== undefined || caFile !== undefined))
		refuse('--service, --auth-file and --ca-file are for --url');
	const ca = caFile === undefined ? undefined : about(caFile, () => readFileSync(caFile, 'utf8'));
	const known = new Set<string>();
	const owners = new Map<string, string>();
	const claimFor = (name: string, owner: string) => (service: string) => {
		const key = `${service} ${name}`;
		if (!owners.has(key)) owners.set(key, owner);
		return owners.get(key) === owner;
	};
	const target = (text: string, guess: string, open: (place: string) => TargetOptions['channel']) => {
		const { name, place } = named(text);
		if (known.has(text)) refuse(`${text} is given twice`);
		known.add(text);
		return createTarget({
			...rest,
			label: place,
			name,
			channel: open(place),
			services: guess === '' ? services : [],
			guess: guess || (services[0] ?? 'unknown'),
			log: log.about(place),
			claim: claimFor(name, text),
		});
	};
	return [
		...sockets.map((text) => {
			if (Buffer.byteLength(named(text).place) > LONGEST_PATH)
				refuse(`--socket: a path of a socket has at most ${LONGEST_PATH} bytes`);
			return target(text, guessOf(named(text).place), (path) => socketChannel(path, most));
		}),
		...urls.map((text) =>
			target(text, '', (place) => {
				const url = urlOf(place);
				const authorization = authorizationFor({ token: undefined, user: authFile }, url, log);
				const headers = (): Record<string, string> => {
					const login = authorization();
					const agent = { 'User-Agent': `bpfpipe/${version}` };
					return login === undefined ? agent : { ...agent, Authorization: login };
				};
				return httpChannel(url, createClient(url, { headers, timeoutMs, ca, most }), most);
			}),
		),
	];
};
