// endpoint: the options by which a user names a server, and how to get on with it

import { readFileSync } from 'node:fs';
import { ackFileOf } from '../disk/ack.ts';
import { about, EXIT, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { type Client, createClient } from '../net/client.ts';
import { identityIn } from '../net/identity.ts';
import { authorizationFor } from '../net/token.ts';
import { duration, positiveDuration, whole } from '../options.ts';
import { version } from '../program.ts';

/** Options of every program that posts what it reads. */
export const ENDPOINT = {
	'token-file': { type: 'string' },
	'user-file': { type: 'string' },
	'ca-file': { type: 'string' },
	'cert-file': { type: 'string' },
	'key-file': { type: 'string' },
	header: { type: 'string', multiple: true },
	timeout: { type: 'string', default: '30s' },
	'retry-max': { type: 'string', default: '30s' },
	batch: { type: 'string' },
	linger: { type: 'string', default: '1s' },
	queue: { type: 'string', default: '100000' },
	drain: { type: 'string', default: '30s' },
	ack: { type: 'string' },
} as const;

/** What a user gave of `ENDPOINT`. */
export type EndpointOptions = {
	[name in Exclude<keyof typeof ENDPOINT, 'header'>]?: string | undefined;
} & { header?: string[] | undefined };

/** The server, and what of the options an outbox needs. */
export type Endpoint = {
	client: Client;
	url: URL;
	batch: number;
	lingerMs: number;
	retryMaxMs: number;
	most: number;
	ack: string;
	drainMs: number;
};

const refuse = (message: string): never => {
	throw new Failure(EXIT.usage, message);
};

const urlOf = (text: string): URL => {
	const url = URL.canParse(text)
		? new URL(text)
		: refuse(`"${text}" is not a URL; write http://HOST:PORT/PATH`);
	if (url.protocol !== 'http:' && url.protocol !== 'https:') refuse(`"${text}" is neither http nor https`);
	if (url.username !== '' || url.password !== '')
		refuse('a password in a URL shows in the list of processes; use --user-file');
	return url;
};

// RFC 9110: a name is a token; a value has no control characters.
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): *([\t\x20-\x7e\x80-\xff]*)$/;

const headersOf = (texts: readonly string[]): Record<string, string> =>
	Object.fromEntries(
		texts.map((text) => {
			const [, name, value] = HEADER.exec(text) ?? refuse(`--header: "${text}" is not NAME: VALUE`);
			return [name!, value!];
		}),
	);

/**
 * The server at `address`, with `batch` as the usual number of items in a body.
 * @throws Failure(64), and what files that cannot be read throw.
 */
export const openEndpoint = (
	options: EndpointOptions,
	{ address, batch, log }: { address: string; batch: number; log: Log },
): Endpoint => {
	const url = urlOf(address);
	const files = { token: options['token-file'], user: options['user-file'] };
	const authorization = authorizationFor(files, url, log);
	const fixed = { 'User-Agent': `bpfpipe/${version}`, ...headersOf(options.header ?? []) };
	const caFile = options['ca-file'];
	const headers = (): Record<string, string> => {
		const login = authorization();
		return login === undefined ? fixed : { ...fixed, Authorization: login };
	};
	return {
		url,
		client: createClient(url, {
			headers,
			timeoutMs: positiveDuration(options.timeout!, '--timeout'),
			identity: identityIn(options['cert-file'], options['key-file'], url),
			ca: caFile === undefined ? undefined : about(caFile, () => readFileSync(caFile, 'utf8')),
		}),
		batch: options.batch === undefined ? batch : whole(options.batch, '--batch', 1),
		lingerMs: positiveDuration(options.linger!, '--linger'),
		retryMaxMs: positiveDuration(options['retry-max']!, '--retry-max'),
		most: whole(options.queue!, '--queue', 1),
		ack: ackFileOf(options.ack) ?? '',
		drainMs: duration(options.drain!, '--drain'),
	};
};
