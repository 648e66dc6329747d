// token: a bearer token that lives in a file, may be replaced while the program runs, and is never printed

import { createHash, timingSafeEqual } from 'node:crypto';
import { reread } from '../disk/reread.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Log } from '../log.ts';

/** The token of now; undefined when there is none at all. */
export type Token = () => string | undefined;

/**
 * A token as it may stand in a header.
 * @throws Failure(78) when it cannot; `where` says which, since the token itself is not shown.
 */
const checkToken = (text: string, where: string): string => {
	const token = text.trim();
	if (/^[\x21-\x7e]{1,4096}$/.test(token)) return token;
	throw new Failure(EXIT.config, `${where}: not a token, which is one word of visible ASCII characters`);
};

/**
 * A name and a password as they may stand in a header, `name:password`.
 * @throws as `checkToken` does.
 */
const checkUser = (text: string, where: string): string => {
	const user = text.replace(/\r?\n$/, '');
	if (/^[^:\x00-\x1f]+:[^\x00-\x1f]*$/.test(user) && user.length <= 4096) return user;
	throw new Failure(EXIT.config, `${where}: not a NAME:PASSWORD in one line`);
};

/**
 * The token in a file, read again whenever the file changes; while it cannot be read the last one stays.
 * @throws Failure(78), now, when there is no token in it, and the system's error when it cannot be read.
 */
export const tokenIn = (path: string): Token => reread(path, (text) => checkToken(text, path));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether an Authorization header holds the token, in a time that says nothing about how much of it was right. */
export const isBearer = (header: string | undefined, token: string): boolean => {
	const given = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '';
	return token !== '' && timingSafeEqual(digest(given), digest(token));
};

/** Where a token may come from; the first that is given counts. */
export type TokenSources = { file: string | undefined; word: string | undefined; variable: string };

const isThisMachine = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host);

/**
 * The token to send to `base`, with a warning where somebody else could read it.
 * @throws as `tokenIn` and `checkToken` do.
 */
export const bearerFor = ({ file, word, variable }: TokenSources, base: URL, log: Log): Token => {
	const secret = word ?? (process.env[variable] || undefined);
	if (word !== undefined)
		log.warn('a token on the command line shows in the list of processes; use --token-file');
	const fixed =
		secret === undefined ? undefined : checkToken(secret, word === undefined ? variable : '--auth-token');
	const token: Token = file === undefined ? () => fixed : tokenIn(file);
	if (token() !== undefined) warnOfListeners('token', base, log);
	return token;
};

const warnOfListeners = (what: string, base: URL, log: Log): void => {
	if (base.protocol === 'http:' && !isThisMachine(base.hostname))
		log.warn(`the ${what} travels to ${base.host} unencrypted; use https`);
};

/**
 * The `name:password` in a file as it is now, with a warning where somebody else could read it on its way to `base`.
 * @throws as `checkUser` does, and what reading it throws.
 */
export const userIn = (path: string, base: URL, log: Log): (() => string) => {
	warnOfListeners('password', base, log);
	return reread(path, (text) => checkUser(text, path));
};

/** Files with something to log in by: a bearer token, or a name and a password. */
export type LoginFiles = { token: string | undefined; user: string | undefined };

/**
 * The Authorization header of now, or undefined, with a warning where somebody else could read it.
 * @throws Failure(64) when both are given, and what reading them throws.
 */
export const authorizationFor = ({ token, user }: LoginFiles, base: URL, log: Log): Token => {
	if (token !== undefined && user !== undefined)
		throw new Failure(EXIT.usage, 'either --token-file or --user-file, not both');
	if (token === undefined && user === undefined) return () => undefined;
	if (token !== undefined) {
		warnOfListeners('token', base, log);
		const word = reread(token, (text) => checkToken(text, token));
		return () => `Bearer ${word()}`;
	}
	const login = userIn(user!, base, log);
	return () => `Basic ${Buffer.from(login()).toString('base64')}`;
};
