// client: calls of gRPC to one server, over one connection that is made when there is something to ask
// A call sends all its messages at once, says that there are no more, and waits for all answers: so do calls with one message,
// and streams of batches. Over node:http2 such a batch costs a fifth of what it costs message by message (test/bench).

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { rootCertificates } from 'node:tls';
import { describe } from '../../failure.ts';
import type { IdentityNow } from '../../net/identity.ts';
import { createUnframer, framed } from './frames.ts';
import { CODE, errorIn, GrpcError } from './grpc-error.ts';

export type GrpcOptions = {
	/** Headers of all calls, as they are now. */
	headers: () => Record<string, string>;
	/** How long a call may make no progress, connecting included. */
	timeoutMs: number;
	/** Certificates of issuers to trust beside the usual ones, as PEM. */
	ca?: string | undefined;
	/** What to show to a server that asks who calls. */
	identity?: IdentityNow | undefined;
	/** How many bytes all answers of one call may have. */
	most: number;
	/** A connection that had been made is over, whoever ended it. */
	onLost?: () => void;
};

export type GrpcClient = {
	/** Every answer to these messages. @throws GrpcError, or the reason of `signal`. */
	call: (path: string, messages: readonly Uint8Array[], signal?: AbortSignal) => Promise<Buffer[]>;
	close: () => void;
};

const KEEPALIVE_MS = 10_000;
const WINDOW = 4 * 1024 * 1024;
const NEVER = new AbortController().signal;

/** A client of the server at `base`, http or https. */
export const createGrpcClient = (base: URL, options: GrpcOptions): GrpcClient => {
	const { headers, timeoutMs, ca, identity, most, onLost } = options;
	let session: ClientHttp2Session | undefined;

	const open = (): ClientHttp2Session => {
		if (session && !session.closed && !session.destroyed) return session;
		const made = connect(base, {
			settings: { enablePush: false, initialWindowSize: WINDOW },
			keepAlive: true,
			keepAliveInitialDelay: KEEPALIVE_MS,
			...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
			...identity?.(),
		} as Parameters<typeof connect>[1]);
		let wasUp = false;
		made.on('connect', () => {
			wasUp = true;
			made.setLocalWindowSize(4 * WINDOW);
		});
		// Each call hears of it from its own stream as well.
		made.on('error', () => {});
		// What is asked from now on is asked over another connection.
		made.on('goaway', () => made.close());
		made.on('close', () => {
			if (session === made) session = undefined;
			if (wasUp) onLost?.();
		});
		session = made;
		return made;
	};

	const begin = (path: string, body: Buffer): ClientHttp2Stream => {
		const stream = open().request({
			...headers(),
			':method': 'POST',
			':path': path,
			'content-type': 'application/grpc+proto',
			'grpc-accept-encoding': 'identity',
			te: 'trailers',
		});
		stream.end(body);
		return stream;
	};

	const call: GrpcClient['call'] = (path, messages, signal = NEVER) =>
		new Promise((resolve, reject) => {
			signal.throwIfAborted();
			let stream: ClientHttp2Stream;
			try {
				stream = begin(path, framed(messages));
			} catch (error) {
				// A connection that is just being closed takes no call.
				return reject(new GrpcError(CODE.unavailable, describe(error)));
			}
			const answers = createUnframer(most);
			let first: Record<string, unknown> = {};
			let trailers: Record<string, unknown> = {};
			let isOver = false;

			const finish = (settle: () => void) => {
				if (isOver) return;
				isOver = true;
				clearTimeout(timer);
				signal.removeEventListener('abort', onAbort);
				stream.close(constants.NGHTTP2_CANCEL);
				settle();
			};
			const fail = (error: unknown) => finish(() => reject(error));
			const lost = (error: Error) => fail(new GrpcError(CODE.unavailable, describe(error.cause ?? error)));
			const onAbort = () => fail(signal.reason);
			const timer = setTimeout(() => {
				fail(new GrpcError(CODE.late, `no answer within ${timeoutMs / 1000} s`));
				// A connection on which nothing moves is no better for the next call.
				session?.destroy();
			}, timeoutMs);
			signal.addEventListener('abort', onAbort);

			stream.on('response', (given) => {
				first = given;
				timer.refresh();
			});
			stream.on('trailers', (given) => {
				trailers = given;
			});
			stream.on('data', (piece: Buffer) => {
				timer.refresh();
				// The page of a proxy.
				if (first[':status'] !== 200) return;
				try {
					answers.take(piece);
				} catch (error) {
					fail(error);
				}
			});
			stream.on('error', lost);
			stream.on('close', () => {
				try {
					const error = errorIn(first, trailers);
					if (error) throw error;
					const all = answers.messages();
					finish(() => resolve(all));
				} catch (error) {
					fail(error);
				}
			});
		});
	return { call, close: () => session?.close() };
};
