// server: the receiver on its address: who may call it, and what its status is

import type { IncomingMessage } from 'node:http';
import manifest from '../../../../../package.json' with { type: 'json' };
import { addressOf } from '../../../http/address.ts';
import type { Answer } from '../../../http/answer.ts';
import { checkHost } from '../../../http/host.ts';
import { HttpError } from '../../../http/http-error.ts';
import { type Listening, listen } from '../../../http/server.ts';
import type { Log } from '../../../log.ts';
import { isBearer, type Token } from '../../../net/token.ts';
import { refusalOf } from './datasets.ts';

export type ReceiverOptions = {
	host: string;
	port: number;
	/** Undefined: anybody who can connect may do anything. */
	token: Token | undefined;
	routes: (request: IncomingMessage, steps: string[]) => Promise<Answer>;
	log: Log;
	count: (name: string, by?: number) => void;
};

const checkToken = (request: IncomingMessage, token: Token): void => {
	const { authorization } = request.headers;
	if (isBearer(authorization, token() ?? '')) return;
	const problem = authorization === undefined ? 'a token is needed' : 'the token is not the right one';
	throw new HttpError(401, 'denied', problem, 'send Authorization: Bearer TOKEN', {
		'WWW-Authenticate': 'Bearer',
	});
};

const STATUS_OK = { status: 'ok', program: 'hollow-receive', version: manifest.version };
const HOST_HINT = 'use an address of digits, or give the receiver a token';

/** Throws the system's error when the address cannot be had. */
export const listenForPushers = (options: ReceiverOptions): Promise<Listening> => {
	const { host, port, token, routes, log, count } = options;
	const answer = (request: IncomingMessage, steps: string[]): Promise<Answer> => {
		if (token === undefined) checkHost(request, HOST_HINT);
		if (steps.join('/').replace(/\/$/, '') === 'api/status') {
			if (request.method === 'GET' || request.method === 'HEAD')
				return Promise.resolve({ status: 200, body: STATUS_OK });
			throw new HttpError(405, 'method', `${request.method} means nothing here`, '', { Allow: 'GET, HEAD' });
		}
		if (token !== undefined) checkToken(request, token);
		return routes(request, steps);
	};
	const shown = host.includes(':') ? `[${host}]` : host;
	const addresses = [addressOf(`${shown}:${port}`, '--listen', port)];
	return listen({ addresses, answer, refusalOf, log, count });
};
