// log-in: who a request is from: a program with its token, a user with a password, or a browser with a cookie
// A page's stream of events carries no header of its own, so the page logs in once and has a cookie that no script can read
// and no other site makes the browser send.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type Accounts, credentialsIn } from './accounts.ts';
import type { Answer } from './answer.ts';
import { smallBody } from './body.ts';
import { HttpError } from './http-error.ts';
import { logInPage } from './log-in-page.ts';

export type LogIn = {
	/** Whether the request is from somebody who may come in. @throws HttpError 429 after too many wrong passwords */
	isKnown: (request: IncomingMessage) => Promise<boolean>;
	/** What somebody gets who may not. */
	refusal: (request: IncomingMessage) => Answer | HttpError;
	/** The answer to a path that has to do with logging in; undefined for all others. */
	answer: (request: IncomingMessage, steps: string[]) => Promise<Answer | undefined>;
};

const COOKIE = 'bpfpipe-session';
const SESSION_MS = 12 * 3_600_000;
const MOST_SESSIONS = 1000;
// So many wrong ones from one address within so long, and it has to wait.
const MOST_WRONG = 10;
const WRONG_MS = 60_000;
const MOST_ADDRESSES = 10_000;
const MOST_BODY = 8192;

type Session = { until: number; stamp: object };

/** How often each address was wrong of late. */
const createWrongs = (now: () => number) => {
	const wrongs = new Map<string, { count: number; until: number }>();
	const of = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? '';
	return {
		check: (request: IncomingMessage): void => {
			const known = wrongs.get(of(request));
			if (!known || known.until < now() || known.count < MOST_WRONG) return;
			const seconds = Math.ceil((known.until - now()) / 1000);
			throw new HttpError(429, 'denied', 'too many wrong log-ins from your address', `wait ${seconds} s`, {
				'Retry-After': `${seconds}`,
			});
		},
		note: (request: IncomingMessage): void => {
			const address = of(request);
			const known = wrongs.get(address);
			if (wrongs.size >= MOST_ADDRESSES) wrongs.clear();
			if (known && known.until >= now()) known.count += 1;
			else wrongs.set(address, { count: 1, until: now() + WRONG_MS });
		},
	};
};

const cookieIn = ({ headers }: IncomingMessage): string | undefined =>
	(headers.cookie ?? '')
		.split(';')
		.map((one) => one.trim().split('='))
		.find(([name]) => name === COOKIE)?.[1];

const isSecure = ({ socket }: IncomingMessage): boolean => (socket as TLSSocket).encrypted === true;

/** A form that another site's page sends is no log-in of its reader. */
const checkOrigin = ({ headers }: IncomingMessage): void => {
	const { origin, host } = headers;
	const site = headers['sec-fetch-site'];
	const isOurs = origin === undefined || origin.replace(/^https?:\/\//, '') === host;
	if (isOurs && (site === undefined || site === 'same-origin' || site === 'none')) return;
	throw new HttpError(403, 'denied', 'this form comes from another site');
};

const wantsPage = ({ headers, method }: IncomingMessage): boolean =>
	method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '');

export const createLogIn = (accounts: Accounts, now: () => number = Date.now): LogIn => {
	const sessions = new Map<string, Session>();
	const wrongs = createWrongs(now);

	const isSession = (request: IncomingMessage): boolean => {
		const id = cookieIn(request);
		const session = id === undefined ? undefined : sessions.get(id);
		if (!session) return false;
		if (session.until > now() && session.stamp === accounts.stamp()) return true;
		sessions.delete(id!);
		return false;
	};
	const isUser = async (request: IncomingMessage, name: string, password: string): Promise<boolean> => {
		if (accounts.isRemembered(name, password)) return true;
		wrongs.check(request);
		if (await accounts.isUser(name, password)) return true;
		wrongs.note(request);
		return false;
	};
	const isKnown = async (request: IncomingMessage): Promise<boolean> => {
		if (isSession(request)) return true;
		const given = credentialsIn(request.headers.authorization);
		if (!given) return false;
		if ('name' in given) return isUser(request, given.name, given.password);
		// Behind a proxy all have one address: who is right is not made to wait for who is wrong.
		if (accounts.isToken(given.token)) return true;
		wrongs.check(request);
		wrongs.note(request);
		return false;
	};
	const refusal = (request: IncomingMessage): Answer | HttpError => {
		if (wantsPage(request) && accounts.hasUsers())
			return { status: 303, bytes: '', headers: { Location: '/log-in', 'Cache-Control': 'no-store' } };
		// A page in a browser asks by itself, and must not make the browser ask for a password over it.
		const isPage = request.headers['sec-fetch-site'] !== undefined;
		const challenge =
			isPage || !accounts.hasUsers() ? 'Bearer' : 'Bearer, Basic realm="bpfpipe", charset="UTF-8"';
		return new HttpError(
			401,
			'denied',
			'a log-in is needed',
			'send Authorization: Bearer TOKEN, or see /log-in',
			{
				'WWW-Authenticate': challenge,
			},
		);
	};
	const begin = (request: IncomingMessage): Answer => {
		for (const [id, { until }] of sessions) if (until <= now()) sessions.delete(id);
		if (sessions.size >= MOST_SESSIONS) sessions.delete(sessions.keys().next().value!);
		const id = randomBytes(32).toString('base64url');
		sessions.set(id, { until: now() + SESSION_MS, stamp: accounts.stamp() });
		const flags = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_MS / 1000}`;
		const cookie = `${COOKIE}=${id}; ${flags}${isSecure(request) ? '; Secure' : ''}`;
		return { status: 303, bytes: '', headers: { Location: '/', 'Set-Cookie': cookie } };
	};
	const end = (request: IncomingMessage): Answer => {
		sessions.delete(cookieIn(request) ?? '');
		const cookie = `${COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
		return { status: 303, bytes: '', headers: { Location: '/log-in', 'Set-Cookie': cookie } };
	};
	const answer = async (request: IncomingMessage, steps: string[]): Promise<Answer | undefined> => {
		const path = steps.join('/');
		if (path !== 'log-in' && path !== 'log-out') return undefined;
		if (path === 'log-in' && (request.method === 'GET' || request.method === 'HEAD')) return logInPage('');
		if (request.method !== 'POST')
			throw new HttpError(405, 'method', `${request.method} means nothing here`, 'use POST', {
				Allow: 'POST',
			});
		checkOrigin(request);
		if (path === 'log-out') return end(request);
		const form = new URLSearchParams((await smallBody(request, MOST_BODY)).toString());
		if (await isUser(request, form.get('name') ?? '', form.get('password') ?? '')) return begin(request);
		return logInPage('That name and password do not belong together.');
	};
	return { isKnown, refusal, answer };
};
