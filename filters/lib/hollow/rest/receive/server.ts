// server: HTTP as far as it is the same for every call: limits, the token, errors as JSON, and an orderly end

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import manifest from '../../../../../package.json' with { type: 'json' };
import { describe } from '../../../failure.ts';
import type { Log } from '../../../log.ts';
import { isBearer, type Token } from '../../../net/token.ts';
import type { Answer } from './call.ts';
import { refusalOf } from './datasets.ts';
import { errorBody, GoneError, HttpError } from './http-error.ts';
import { stepsOf } from './routes.ts';

export type ServerOptions = {
	host: string;
	port: number;
	/** Undefined: anybody who can connect may do anything. */
	token: Token | undefined;
	routes: (request: IncomingMessage, steps: string[]) => Promise<Answer>;
	log: Log;
	count: (name: string, by?: number) => void;
};

/** How long a client may take, in ms: for its headers, for the whole request, and until its next one. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 600_000;
const KEEP_ALIVE_MS = 60_000;
const MOST_CONNECTIONS = 200;
const MOST_HEADER_BYTES = 16 * 1024;
// How long the rest of a refused body is thrown away, so that the answer is read before the connection ends.
const LINGER_MS = 1000;
// A reader that takes nothing for so long is gone.
const READER_MS = 30_000;

/** Whether nobody outside this machine can connect to an address. */
export const isLocalOnly = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/.test(host);

/**
 * Without a token, a page in somebody's browser could reach a loopback address under a name of its own; such a request
 * says that name as its Host.
 */
const checkHost = (request: IncomingMessage): void => {
	const host = (request.headers.host ?? 'localhost').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
	if (host === 'localhost' || isIP(host) > 0) return;
	const hint = 'use an address of digits, or give the receiver a token';
	throw new HttpError(421, 'denied', `without a token the Host "${host.slice(0, 100)}" is not served`, hint);
};

const checkToken = (request: IncomingMessage, token: Token): void => {
	const { authorization } = request.headers;
	if (isBearer(authorization, token() ?? '')) return;
	const problem = authorization === undefined ? 'a token is needed' : 'the token is not the right one';
	throw new HttpError(401, 'denied', problem, 'send Authorization: Bearer TOKEN', {
		'WWW-Authenticate': 'Bearer',
	});
};

const CLIENT_ERRORS: Record<string, [number, string]> = {
	HPE_HEADER_OVERFLOW: [431, 'the headers are too large'],
	ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not come in time'],
};

/** The answer to what is not even HTTP. */
const onClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
	if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
	const [status, problem] = CLIENT_ERRORS[error.code ?? ''] ?? [400, 'this is not a proper HTTP request'];
	const body = JSON.stringify({ error: problem, code: 'bad-request' });
	const head = `HTTP/1.1 ${status} -\r\nConnection: close\r\nContent-Type: application/json`;
	socket.end(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
	setTimeout(() => socket.destroy(), LINGER_MS).unref();
};

const JSON_TYPE = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };

const sendPieces = async (response: ServerResponse, { status, pieces }: Answer): Promise<void> => {
	response.writeHead(status, JSON_TYPE);
	response.setTimeout(READER_MS, () => response.destroy());
	await pipeline(Readable.from(pieces!), response).catch(() => {});
};

/** Send a whole body; where the request's own has not been read to its end, throw that away for a moment. */
const sendBody = async (
	request: IncomingMessage,
	response: ServerResponse,
	{ status, body }: Answer,
	{ headers, isLast }: { headers: Record<string, string>; isLast: boolean },
): Promise<void> => {
	const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
	const isUnread = !request.complete && !request.destroyed;
	if (isUnread || isLast) response.shouldKeepAlive = false;
	response.writeHead(status, { ...JSON_TYPE, 'Content-Length': bytes.length, ...headers });
	if (request.method !== 'HEAD') response.write(bytes);
	if (isUnread) {
		request.on('error', () => {}).resume();
		const signal = AbortSignal.timeout(LINGER_MS);
		await once(request, 'end', { signal }).catch(() => {});
	}
	response.end();
};

const STATUS_OK = { status: 'ok', program: 'hollow-receive', version: manifest.version };

/** A server that listens. `finish` lets running requests end for at most so many ms, and takes no new ones. */
export type Listening = { server: Server; finish: (ms: number) => Promise<void> };

/** Throws the system's error when the address cannot be had. */
export const listen = async (options: ServerOptions): Promise<Listening> => {
	const { host, port, token, routes, log, count } = options;
	let isEnding = false;

	const answerTo = (request: IncomingMessage): Promise<Answer> => {
		const steps = stepsOf(request.url ?? '');
		if (token === undefined) checkHost(request);
		if (steps.join('/').replace(/\/$/, '') === 'api/status') {
			if (request.method === 'GET' || request.method === 'HEAD')
				return Promise.resolve({ status: 200, body: STATUS_OK });
			throw new HttpError(405, 'method', `${request.method} means nothing here`, '', { Allow: 'GET, HEAD' });
		}
		if (token !== undefined) checkToken(request, token);
		return routes(request, steps);
	};
	const refusalFor = (request: IncomingMessage, error: unknown): HttpError => {
		if (error instanceof HttpError) return error;
		log.error(`${request.method} ${request.url}: ${describe(error)}`);
		const refusal = refusalOf(error);
		if (refusal.status === 500) log.error(String((error as Error).stack));
		return refusal;
	};
	const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
		count('requests');
		response.on('error', () => {});
		try {
			const answer = await answerTo(request);
			log.debug(`${request.method} ${request.url}: ${answer.status}`);
			if (answer.pieces) await sendPieces(response, answer);
			else await sendBody(request, response, answer, { headers: {}, isLast: isEnding });
		} catch (error) {
			if (error instanceof GoneError) return void response.destroy();
			const refusal = refusalFor(request, error);
			count('refused');
			log.warn(
				`${request.method} ${request.url}: ${refusal.status}: ${refusal.message}`,
				{},
				`${refusal.code}`,
			);
			const answer = { status: refusal.status, body: errorBody(refusal) };
			await sendBody(request, response, answer, { headers: refusal.headers, isLast: isEnding });
		}
	};
	const server = createServer(
		{
			maxHeaderSize: MOST_HEADER_BYTES,
			headersTimeout: HEADERS_MS,
			requestTimeout: REQUEST_MS,
			keepAliveTimeout: KEEP_ALIVE_MS,
			connectionsCheckingInterval: 1000,
		},
		(request, response) => void handle(request, response),
	);
	server.maxConnections = MOST_CONNECTIONS;
	server.on('clientError', onClientError);
	// A body that will be refused is refused before it is sent.
	server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
		request.once('resume', () => {
			if (!response.headersSent) response.writeContinue();
		});
		handle(request, response);
	});
	server.on('drop', () =>
		log.warn(`more than ${MOST_CONNECTIONS} connections; one is turned away`, {}, 'drop'),
	);
	server.listen(port, host);
	await once(server, 'listening');

	return {
		server,
		finish: async (ms) => {
			isEnding = true;
			const closed = once(server, 'close');
			server.close();
			server.closeIdleConnections();
			const timer = setTimeout(() => server.closeAllConnections(), ms);
			await closed;
			clearTimeout(timer);
		},
	};
};
