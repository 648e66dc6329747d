// endpoint: the options by which a user names a BanyanDB, and how to get on with it

import { readFileSync } from 'node:fs';
import { about, EXIT, Failure } from '../failure.ts';
import { createGrpcClient, type GrpcClient, type GrpcOptions } from '../grpc/client/client.ts';
import type { Log } from '../log.ts';
import { identityIn } from '../net/identity.ts';
import { userIn } from '../net/token.ts';
import { duration, hostPort, positiveDuration } from '../options.ts';
import { version } from '../program.ts';
import type { Interval } from './schema.ts';

/** Options of every program that asks a BanyanDB. */
export const ENDPOINT = {
	group: { type: 'string', default: 'bpfpipe' },
	'user-file': { type: 'string' },
	'ca-file': { type: 'string' },
	'cert-file': { type: 'string' },
	'key-file': { type: 'string' },
	timeout: { type: 'string', default: '30s' },
} as const;

/** What a user gave of `ENDPOINT`. */
export type EndpointOptions = { [name in keyof typeof ENDPOINT]?: string | undefined };

const PORT = 17912;

const refuse = (message: string): never => {
	throw new Failure(EXIT.usage, message);
};

/** `http://HOST:PORT`, `https://HOST:PORT`, or `HOST:PORT` as BanyanDB's own programs have it. @throws Failure(64) */
const addressOf = (text: string): URL => {
	if (!text.includes('://')) {
		const { host, port } = hostPort(text, 'the address', PORT);
		return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
	}
	const url = URL.canParse(text)
		? new URL(text)
		: refuse(`"${text}" is not a URL; write http://HOST:${PORT}`);
	if (url.protocol !== 'http:' && url.protocol !== 'https:') refuse(`"${text}" is neither http nor https`);
	if (url.username !== '' || url.password !== '')
		refuse('a password in a URL shows in the list of processes; use --user-file');
	if (url.pathname !== '/' || url.search !== '') refuse(`"${text}" has a path, which gRPC has no use for`);
	// A port that a URL leaves out is that of the web.
	const hasPort = /:\d+\/?$/.test(text);
	return hasPort ? url : new URL(`${url.protocol}//${url.hostname}:${PORT}`);
};

/** A connection to it. @throws Failure(64), and what files that cannot be read throw. */
export const openEndpoint = (
	options: EndpointOptions,
	{ address, log, ...more }: { address: string; log: Log } & Pick<GrpcOptions, 'most' | 'onLost'>,
): { client: GrpcClient; url: URL; group: string } => {
	const url = addressOf(address);
	const file = options['user-file'];
	const user = file === undefined ? undefined : userIn(file, url, log);
	const caFile = options['ca-file'];
	if (options.group === '') refuse('--group is empty');
	const fixed = { 'user-agent': `bpfpipe/${version}` };
	const headers = (): Record<string, string> => {
		const login = user?.();
		if (login === undefined) return fixed;
		const at = login.indexOf(':');
		return { ...fixed, username: login.slice(0, at), password: login.slice(at + 1) };
	};
	const client = createGrpcClient(url, {
		...more,
		headers,
		timeoutMs: positiveDuration(options.timeout!, '--timeout'),
		identity: identityIn(options['cert-file'], options['key-file'], url),
		ca: caFile === undefined ? undefined : about(caFile, () => readFileSync(caFile, 'utf8')),
	});
	return { client, url, group: options.group! };
};

const HOUR_MS = 3_600_000;

/** A duration in whole hours or days, as BanyanDB counts them. @throws Failure(64) */
export const interval = (text: string, where: string): Interval => {
	const hours = duration(text, where) / HOUR_MS;
	if (hours < 1 || !Number.isInteger(hours))
		refuse(`${where}: "${text}" is not a number of whole hours or days`);
	return hours % 24 === 0 ? { unit: 'day', number: hours / 24 } : { unit: 'hour', number: hours };
};
