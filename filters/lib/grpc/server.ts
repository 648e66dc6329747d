// server: a gRPC server: where it listens, with which certificates, who may ask, and its limits

import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import {
	logVerbosity,
	type Metadata,
	Server,
	ServerCredentials,
	type ServerUnaryCall,
	type ServerWritableStream,
	type ServiceDefinition,
	type sendUnaryData,
	setLogVerbosity,
	status,
	type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { about, describe, EXIT, Failure } from '../failure.ts';
import { type Address, clearSocket } from '../http/address.ts';
import type { Log } from '../log.ts';
import { Fault } from './fault.ts';

export type Certificates = {
	cert: string | undefined;
	key: string | undefined;
	/** Issuers of clients' certificates; with it a client without one is turned away. */
	clientCa: string | undefined;
};

export type GrpcServerOptions = {
	addresses: Address[];
	credentials: ServerCredentials;
	services: [ServiceDefinition, UntypedServiceImplementation][];
	/** Bytes of a question, and of an answer. */
	mostReceived: number;
	mostSent: number;
};

export type GrpcServer = {
	/** Where it can be reached. */
	names: string[];
	/** Take no new calls; those that run are cut off after `ms`. */
	finish: (ms: number) => Promise<void>;
};

/** So many calls at once of one connection. */
const MOST_STREAMS = 256;
const KEEPALIVE_MS = 60_000;

/**
 * What the server shows and wants to see.
 * @throws Failure(64) for one file without the other, the system's error when one cannot be read, Failure(78) when they do
 * not fit together.
 */
export const credentialsOf = ({ cert, key, clientCa }: Certificates): ServerCredentials => {
	if ((cert === undefined) !== (key === undefined))
		throw new Failure(EXIT.usage, '--tls-cert and --tls-key go together');
	if (cert === undefined || key === undefined) {
		if (clientCa === undefined) return ServerCredentials.createInsecure();
		throw new Failure(EXIT.usage, '--client-ca means nothing without --tls-cert and --tls-key');
	}
	const [ca, ...pair] = [clientCa, cert, key].map((path) =>
		path === undefined ? null : about(path, () => readFileSync(path)),
	);
	try {
		createSecureContext({ cert: pair[0]!, key: pair[1]!, ...(ca && { ca }) });
		const pairs = [{ cert_chain: pair[0]!, private_key: pair[1]! }];
		return ServerCredentials.createSsl(ca ?? null, pairs, clientCa !== undefined);
	} catch (error) {
		throw new Failure(EXIT.config, `${cert} and ${key} are no certificate and its key: ${describe(error)}`);
	}
};

/** @throws Failure(69) naming the address that cannot be had. */
const bind = (server: Server, { name, options }: Address, credentials: ServerCredentials): Promise<string> =>
	new Promise((resolve, reject) => {
		server.bindAsync(
			name,
			options.path === undefined ? credentials : ServerCredentials.createInsecure(),
			(error, port) => {
				if (error) reject(new Failure(EXIT.unavailable, `${name}: ${describe(error)}`, { cause: error }));
				else resolve(options.path === undefined ? name.replace(/:0$/, `:${port}`) : name);
			},
		);
	});

export const startGrpc = async (options: GrpcServerOptions): Promise<GrpcServer> => {
	// What it has to say comes to us as errors.
	setLogVerbosity(logVerbosity.NONE);
	const { addresses, credentials, services, mostReceived, mostSent } = options;
	const server = new Server({
		'grpc.max_receive_message_length': mostReceived,
		'grpc.max_send_message_length': mostSent,
		'grpc.max_concurrent_streams': MOST_STREAMS,
		'grpc.keepalive_time_ms': KEEPALIVE_MS,
	});
	for (const [definition, implementation] of services) server.addService(definition, implementation);
	const names: string[] = [];
	for (const address of addresses) {
		if (address.options.path !== undefined) await clearSocket(address.options.path);
		names.push(await bind(server, address, credentials));
	}
	return {
		names,
		finish: async (ms) => {
			const timer = setTimeout(() => server.forceShutdown(), ms);
			await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
			clearTimeout(timer);
		},
	};
};

type Caller = { metadata: Metadata };
/** What goes before each answer, and what is said of one that fails. */
export type Door = {
	/** @throws Fault when this caller may not ask. */
	check: (authorization: string | undefined) => void | Promise<void>;
	log: Log;
	count: (name: string, by?: number) => void;
};

export const authorizationIn = ({ metadata }: Caller): string | undefined => {
	const [value] = metadata.get('authorization');
	return value === undefined ? undefined : String(value);
};

/** An error as gRPC tells it; one that is no Fault is a bug of ours, of which only the log has the story. */
export const refusalOf = (error: unknown, { log, count }: Door): { code: number; details: string } => {
	count('refused');
	if (error instanceof Fault) return { code: error.code, details: error.message };
	log.error(String((error as Error).stack));
	return { code: status.INTERNAL, details: 'a bug in this server; its log has more' };
};

/** End a stream of answers with an error: it goes out as the call's status, behind what was written. */
export const endWith = (call: EventEmitter, refusal: { code: number; details: string }): void => {
	call.emit('error', Object.assign(new Error(refusal.details), refusal));
};

/** A call with one question and one answer. */
export const unary =
	<Request, Response>(door: Door, answer: (request: Request, call: Caller) => Response | Promise<Response>) =>
	async (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): Promise<void> => {
		door.count('calls');
		try {
			await door.check(authorizationIn(call));
			callback(null, await answer(call.request, call));
		} catch (error) {
			callback(refusalOf(error, door));
		}
	};

/** A call with one question and a stream of answers; `begin` answers with what ends it. */
export const streaming =
	<Request, Response>(
		door: Door,
		begin: (request: Request, call: ServerWritableStream<Request, Response>) => () => void,
	) =>
	async (call: ServerWritableStream<Request, Response>): Promise<void> => {
		door.count('streams');
		try {
			await door.check(authorizationIn(call));
			const end = begin(call.request, call);
			for (const event of ['cancelled', 'close', 'error']) call.on(event, end);
		} catch (error) {
			endWith(call, refusalOf(error, door));
		}
	};
