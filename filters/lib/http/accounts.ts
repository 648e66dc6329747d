// accounts: who may come in, out of a file: tokens for programs, names and passwords for people
//   token 6f1d...              one word, sent as "Authorization: Bearer 6f1d..."
//   user ann scrypt:SALT:KEY   a name, and what stands for the password; `serve --hash-password` makes it

import { createHash, timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { reread } from '../disk/reread.ts';
import { about, EXIT, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { isHashed, isPassword } from './password.ts';

export type Accounts = {
	isToken: (token: string) => boolean;
	/** Whether a name and a password are one of the file's. */
	isUser: (name: string, password: string) => Promise<boolean>;
	/** Whether they were found to be so before, by the file as it is. */
	isRemembered: (name: string, password: string) => boolean;
	hasUsers: () => boolean;
	/** Changes whenever the file does: what was allowed by the one before is to be asked again. */
	stamp: () => object;
};

type Content = { tokens: Buffer[]; users: Map<string, string> };

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
// Checking a password is meant to be slow; who has been let in is known by this until the file changes.
const MOST_REMEMBERED = 1000;
// Somebody who is not there costs as much time as somebody who is.
const NOBODY = `scrypt:00:${'0'.repeat(64)}`;

const contentOf = (text: string, path: string): Content => {
	const content: Content = { tokens: [], users: new Map() };
	text.split('\n').forEach((line, at) => {
		const [kind, first = '', second = '', ...rest] = line.trim().split(/\s+/);
		if (kind === '' || kind!.startsWith('#')) return;
		const isToken = kind === 'token' && second === '' && /^[\x21-\x7e]{16,4096}$/.test(first);
		const isUser = kind === 'user' && rest.length === 0 && /^[^:]+$/.test(first) && isHashed(second);
		if (isToken) content.tokens.push(digest(first));
		else if (isUser) content.users.set(first, second);
		else
			throw new Failure(
				EXIT.config,
				`${path}:${at + 1}: neither "token WORD", of 16 characters or more, nor "user NAME scrypt:SALT:KEY"`,
			);
	});
	if (content.tokens.length + content.users.size === 0)
		throw new Failure(EXIT.config, `${path}: nobody could log in: it has neither a token nor a user`);
	return content;
};

/** What an Authorization header says of who asks. */
export type Credentials = { token: string } | { name: string; password: string };

/** The credentials in a header; undefined where it has none of these kinds. */
export const credentialsIn = (header = ''): Credentials | undefined => {
	const [, scheme = '', given = ''] = /^(\w+) +(\S+)$/.exec(header) ?? [];
	if (/^bearer$/i.test(scheme)) return { token: given };
	if (!/^basic$/i.test(scheme)) return undefined;
	const [name, ...rest] = Buffer.from(given, 'base64').toString().split(':');
	return { name: name!, password: rest.join(':') };
};

/** @throws Failure(78) when the file is no such file, and the system's error when it cannot be read. */
export const accountsIn = (path: string, log: Log): Accounts => {
	const content = reread(path, (text) => contentOf(text, path));
	const { mode } = about(path, () => statSync(path));
	if ((mode & 0o077) !== 0) log.warn(`${path}: others can read it; chmod 600 ${path}`);
	let remembered = { of: content(), known: new Set<string>() };

	const keyOf = (name: string, password: string): string => digest(`${name}\0${password}`).toString('base64');
	const known = (): Set<string> => {
		const now = content();
		if (remembered.of !== now || remembered.known.size >= MOST_REMEMBERED)
			remembered = { of: now, known: new Set() };
		return remembered.known;
	};
	const isUser = async (name: string, password: string): Promise<boolean> => {
		const { users } = content();
		const isRight = await isPassword(password, users.get(name) ?? NOBODY);
		if (!isRight || !users.has(name)) return false;
		known().add(keyOf(name, password));
		return true;
	};
	return {
		isToken: (token) => {
			const given = digest(token);
			return content().tokens.reduce((found, one) => timingSafeEqual(given, one) || found, false);
		},
		isUser,
		isRemembered: (name, password) => known().has(keyOf(name, password)),
		hasUsers: () => content().users.size > 0,
		stamp: content,
	};
};
