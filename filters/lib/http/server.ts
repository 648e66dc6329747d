// server: HTTP as far as it is the same for every server: addresses, limits, errors as JSON, and an orderly end

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { describe } from '../failure.ts';
import type { Log } from '../log.ts';
import { type Address, listenAt } from './address.ts';
import { type Answer, send } from './answer.ts';
import { errorBody, GoneError, HttpError } from './http-error.ts';
import { stepsOf } from './path.ts';
import type { Certificate } from './tls.ts';

export type ServerOptions = {
	addresses: Address[];
	/** Plain HTTP without it. Unix sockets are plain all the same. */
	certificate?: Certificate | undefined;
	/** The answer to a request, whose path is these steps. */
	answer: (request: IncomingMessage, steps: string[]) => Answer | Promise<Answer>;
	/** What a client is told of an error that is no HttpError. */
	refusalOf: (error: unknown) => HttpError;
	/** Headers that every answer has. */
	headersFor?: (request: IncomingMessage) => Record<string, string>;
	/** Connections at once, of all clients and of one. */
	mostConnections?: number;
	mostOfOne?: number;
	log: Log;
	count: (name: string, by?: number) => void;
};

/** How long a client may take, in ms: for its headers, for the whole request, and until its next one. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 600_000;
const KEEP_ALIVE_MS = 60_000;
const MOST_CONNECTIONS = 200;
const MOST_HEADER_BYTES = 16 * 1024;
const LINGER_MS = 1000;

const CLIENT_ERRORS: Record<string, [number, string]> = {
	HPE_HEADER_OVERFLOW: [431, 'the headers are too large'],
	ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not come in time'],
};

/** An answer without a request, and the end of the connection. */
const dismiss = (socket: Socket, status: number, problem: string, code: string): void => {
	const body = JSON.stringify({ error: problem, code });
	const head = `HTTP/1.1 ${status} -\r\nConnection: close\r\nContent-Type: application/json`;
	socket.end(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
	setTimeout(() => socket.destroy(), LINGER_MS).unref();
};

/** The answer to what is not even HTTP. */
const onClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
	if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
	const [status, problem] = CLIENT_ERRORS[error.code ?? ''] ?? [400, 'this is not a proper HTTP request'];
	dismiss(socket, status, problem, 'bad-request');
};

/** A server that listens. `finish` lets running requests end for at most so many ms, and takes no new ones. */
export type Listening = {
	/** The first of the addresses. */
	server: Server;
	servers: Server[];
	/** Where it can be reached, as far as that can be told. */
	urls: string[];
	connections: () => number;
	finish: (ms: number) => Promise<void>;
};

/** An address as somebody would open it; a socket that was handed over says by itself where it is. */
const urlOf = (server: Server, { name, options }: Address, isSecure: boolean): string => {
	const bound = server.address();
	if (options.path !== undefined || bound === null || typeof bound === 'string') return name;
	const host = options.host ?? bound.address;
	const shown = host.includes(':') ? `[${host}]` : host;
	return `${isSecure ? 'https' : 'http'}://${shown}:${bound.port}/`;
};

/** How many connections each client has. */
const createClients = (most: number, onTooMany: (client: string) => void) => {
	const open = new Map<string, number>();
	let all = 0;
	const leave = (client: string) => {
		all -= 1;
		const left = open.get(client)! - 1;
		if (left > 0) open.set(client, left);
		else open.delete(client);
	};
	/** Count a connection; false when it is one too many of its client. Unix sockets do not say whose they are. */
	const enter = (socket: Socket): boolean => {
		const client = socket.remoteAddress ?? '';
		const count = (open.get(client) ?? 0) + 1;
		all += 1;
		open.set(client, count);
		socket.once('close', () => leave(client));
		if (client === '' || count <= most) return true;
		onTooMany(client);
		return false;
	};
	return { enter, count: () => all };
};

/** Throws the system's error when an address cannot be had. */
export const listen = async (options: ServerOptions): Promise<Listening> => {
	const { addresses, certificate, answer, refusalOf, headersFor = () => ({}), log, count } = options;
	const { mostConnections = MOST_CONNECTIONS, mostOfOne = mostConnections } = options;
	let isEnding = false;

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
		if (isEnding) response.shouldKeepAlive = false;
		const headers = headersFor(request);
		try {
			const given = await answer(request, stepsOf(request.url ?? ''));
			log.debug(`${request.method} ${request.url}: ${given.status}`);
			if (isEnding) response.shouldKeepAlive = false;
			await send(request, response, given, headers);
		} catch (error) {
			if (error instanceof GoneError || response.headersSent) return void response.destroy();
			const refusal = refusalFor(request, error);
			count('refused');
			log.warn(
				`${request.method} ${request.url}: ${refusal.status}: ${refusal.message}`,
				{},
				`${refusal.code}`,
			);
			const given = { status: refusal.status, body: errorBody(refusal), headers: refusal.headers };
			await send(request, response, given, headers).catch(() => response.destroy());
		}
	};

	const clients = createClients(mostOfOne, (client) =>
		log.warn(`more than ${mostOfOne} connections of ${client}; one is turned away`, {}, 'drop one'),
	);
	const open = (address: Address): Server => {
		const settings = {
			maxHeaderSize: MOST_HEADER_BYTES,
			headersTimeout: HEADERS_MS,
			requestTimeout: REQUEST_MS,
			keepAliveTimeout: KEEP_ALIVE_MS,
			connectionsCheckingInterval: 1000,
		};
		const isSecure = certificate !== undefined && address.options.path === undefined;
		const onRequest = (request: IncomingMessage, response: ServerResponse) => void handle(request, response);
		const server = isSecure
			? certificate.keep(createSecureServer({ ...settings, ...certificate.files() }, onRequest))
			: createServer(settings, onRequest);
		server.maxConnections = mostConnections;
		server.on('connection', (socket: Socket) => {
			const isTooMany = !clients.enter(socket) || clients.count() > mostConnections;
			if (!isTooMany) return;
			count('turned_away');
			if (isSecure) socket.destroy();
			else dismiss(socket, 503, 'there are too many connections', 'limit');
		});
		server.on('clientError', onClientError);
		// A body that will be refused is refused before it is sent.
		server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
			request.once('resume', () => {
				if (!response.headersSent) response.writeContinue();
			});
			handle(request, response);
		});
		server.on('drop', () =>
			log.warn(`more than ${mostConnections} connections; one is turned away`, {}, 'drop'),
		);
		return server;
	};
	const servers: Server[] = [];
	const close = (server: Server) => {
		const closed = once(server, 'close');
		server.close();
		server.closeIdleConnections();
		return closed;
	};
	try {
		for (const address of addresses) {
			const server = open(address);
			await listenAt(server, address);
			servers.push(server);
		}
	} catch (error) {
		await Promise.all(servers.map(close));
		throw error;
	}
	return {
		server: servers[0]!,
		servers,
		urls: servers.map((server, at) => urlOf(server, addresses[at]!, certificate !== undefined)),
		connections: clients.count,
		finish: async (ms) => {
			isEnding = true;
			const closed = Promise.all(servers.map(close));
			const timer = setTimeout(() => {
				for (const server of servers) server.closeAllConnections();
			}, ms);
			await closed;
			clearTimeout(timer);
		},
	};
};
