// host: whether a request names this machine, or one that its sender's name server made up
// A page in somebody's browser can reach a loopback address under a name of its own; such a request says that name as its
// Host. Where a log-in is asked for, that page has none.

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { HttpError } from './http-error.ts';

/** @throws HttpError 421 for a Host that is neither localhost, nor an address of digits, nor one of `names`. */
export const checkHost = (request: IncomingMessage, hint: string, names: readonly string[] = []): void => {
	const host = (request.headers.host ?? 'localhost').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
	if (host === 'localhost' || isIP(host) > 0 || names.includes(host.toLowerCase())) return;
	throw new HttpError(421, 'denied', `without a token the Host "${host.slice(0, 100)}" is not served`, hint);
};
