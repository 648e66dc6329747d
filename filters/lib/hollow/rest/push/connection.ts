// connection: the options by which a user names the server and how to get on with it, and the client that they make

import type { Log } from '../../../log.ts';
import { type Client, createClient } from '../../../net/client.ts';
import { bearerFor } from '../../../net/token.ts';
import { positiveDuration } from '../../../options.ts';
import { apiBase } from '../names.ts';

/** Options of every program that calls a server. */
export const CONNECTION = {
	'producer-url': { type: 'string', short: 'p' },
	'token-file': { type: 'string' },
	'auth-token': { type: 'string', short: 't' },
	timeout: { type: 'string' },
} as const;

/** What a user gave of `CONNECTION`. */
export type ConnectionOptions = { [name in keyof typeof CONNECTION]?: string | undefined };

/** `base` is the address that `/datasets` follows. */
export type Connection = { client: Client; base: URL };

/**
 * A client for the server at `url`; `timeout` is how long a call may make no progress when the user does not say.
 * @throws Failure(64), and what a token file that cannot be read throws.
 */
export const connect = (options: ConnectionOptions, url: string, timeout: string, log: Log): Connection => {
	const base = apiBase(url, '--producer-url');
	// An empty name is what a setting that nobody has set comes to.
	const file = options['token-file'] || undefined;
	const bearer = { file, word: options['auth-token'], variable: 'HOLLOW_TOKEN' };
	const timeoutMs = positiveDuration(options.timeout ?? timeout, '--timeout');
	const token = bearerFor(bearer, base, log);
	const headers = (): Record<string, string> => {
		const word = token();
		const authorization: Record<string, string> =
			word === undefined ? {} : { Authorization: `Bearer ${word}` };
		return { Accept: 'application/json', 'Content-Type': 'application/json', ...authorization };
	};
	return { base, client: createClient(base, { headers, timeoutMs }) };
};
