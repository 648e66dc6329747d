// client: one HTTP call after the other to one server, with a bound on how long each may stand still

import {
	Agent as HttpAgent,
	request as http,
	type IncomingHttpHeaders,
	type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as https } from 'node:https';
import { rootCertificates } from 'node:tls';
import { describe } from '../failure.ts';
import type { IdentityNow } from './identity.ts';

/** What the server said. Redirects are answers like any other: nothing follows them, least of all with a token. */
export type Reply = { status: number; headers: IncomingHttpHeaders; text: string };

/** The server could not be had, or did not answer in time; the message says what and why. */
export class CallError extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'CallError';
	}
}

/** A body, made anew each time it is asked for: once to count its bytes, once to send it. */
export type Body = () => Iterable<string | Uint8Array>;

type Headers = Record<string, string>;
type Call<Answer> = (
	method: string,
	url: URL,
	body?: Body,
	signal?: AbortSignal,
	/** Beside those of all calls. */
	headers?: Headers,
) => Promise<Answer>;

/** Whatever makes calls. */
export type Caller = { call: Call<Reply> };

export type Client = {
	/** `bytes` is what `text` is made of. @throws CallError, or the reason of `signal`. */
	call: Call<Reply & { bytes: Uint8Array }>;
};

export type ClientOptions = {
	/** Those of all calls, as they are now. */
	headers: () => Headers;
	/** How long a call may make no progress: connecting, sending a piece, or waiting for the whole answer. */
	timeoutMs: number;
	/** Certificates of issuers to trust beside the usual ones, as PEM. */
	ca?: string | undefined;
	/** What to show to a server that asks who calls. */
	identity?: IdentityNow | undefined;
	/** How many bytes of an answer are taken; what is longer is cut there. */
	most?: number;
};

// A connection that was idle for longer may be closed by the server just when it is used again.
const FRESH_MS = 2000;
// An answer is a line or two; the text of a proxy's error page is cut here.
const MOST_ANSWER = 64 * 1024;

// Certificates are trusted by name and issuer, and these say that one of them did not fit.
const isTlsTrust = (code: string): boolean => /CERT|SELF_SIGNED|ISSUER|VERIFY|ALTNAME/.test(code);

const reasonOf = (error: unknown): string => {
	const { code = '', errors } = error as NodeJS.ErrnoException & { errors?: unknown[] };
	// A name with several addresses fails with all their errors in one that has no message.
	const first = errors?.[0] ?? error;
	const hint = isTlsTrust(code) ? '; NODE_EXTRA_CA_CERTS=FILE adds an issuer to trust' : '';
	return `${describe(first)}${hint}`;
};

const bytesIn = (body: Body): number => {
	let bytes = 0;
	for (const piece of body()) bytes += Buffer.byteLength(piece);
	return bytes;
};

const readBytes = (response: IncomingMessage, most: number): Promise<Buffer> =>
	new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		let size = 0;
		response.on('data', (chunk: Buffer) => {
			if (size < most) chunks.push(chunk);
			size += chunk.length;
		});
		response.on('end', () => resolve(Buffer.concat(chunks).subarray(0, most)));
		response.on('error', reject);
		response.on('close', () => reject(new CallError('the connection ended in the midst of the answer')));
	});

type Sending = {
	write: (piece: string | Uint8Array) => boolean;
	once: (event: 'drain', then: () => void) => unknown;
};

/** The body piece by piece, as the connection takes it; `touch` after each. */
const sendAll = async (
	sending: Sending,
	body: Body,
	touch: () => void,
	isOver: () => boolean,
): Promise<void> => {
	for (const piece of body()) {
		if (isOver()) return;
		if (!sending.write(piece)) await new Promise<void>((resolve) => sending.once('drain', resolve));
		touch();
	}
};

/** A client; `base` says which kind of connection its calls need. */
export const createClient = (
	base: URL,
	{ headers, timeoutMs, ca, identity, most = MOST_ANSWER }: ClientOptions,
): Client => {
	const isTls = base.protocol === 'https:';
	const trust = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
	const agent = isTls ? new HttpsAgent({ keepAlive: true, ...trust }) : new HttpAgent({ keepAlive: true });

	let usedAt = performance.now();

	const headersFor = (body: Body | undefined, more: Headers): Record<string, string | number> => {
		const { 'Content-Type': type, ...all } = { ...headers(), ...more };
		if (!body) return all;
		// A length, at the price of making the body twice: simple servers do not read chunks.
		return {
			...all,
			...(type === undefined ? {} : { 'Content-Type': type }),
			'Content-Length': bytesIn(body),
		};
	};
	const call: Client['call'] = (method, url, body, signal, more = {}) =>
		new Promise((resolve, reject) => {
			signal?.throwIfAborted();
			if (performance.now() - usedAt > FRESH_MS) agent.destroy();
			const sending = (isTls ? https : http)(url, {
				method,
				agent,
				headers: headersFor(body, more),
				// The agent has connections apart for each certificate, so a renewed one is shown from the next call on.
				...identity?.(),
			});
			let isOver = false;
			const finish = (settle: () => void) => {
				if (isOver) return;
				isOver = true;
				usedAt = performance.now();
				clearTimeout(timer);
				signal?.removeEventListener('abort', onAbort);
				settle();
			};
			const lose = (error: unknown) => {
				finish(() => reject(error));
				sending.destroy();
			};
			const fail = (error: unknown) =>
				lose(error instanceof CallError ? error : new CallError(reasonOf(error)));
			const onAbort = () => lose(signal!.reason);
			const timer = setTimeout(
				() => fail(new CallError(`no answer within ${timeoutMs / 1000} s`)),
				timeoutMs,
			);
			signal?.addEventListener('abort', onAbort);
			sending.on('error', fail);
			const onClose = () => fail(new CallError('the connection ended before an answer'));
			sending.on('close', onClose);
			sending.on('response', (response) => {
				sending.off('close', onClose);
				readBytes(response, most).then((bytes) => {
					const { statusCode: status = 0, headers } = response;
					finish(() => resolve({ status, headers, text: bytes.toString(), bytes }));
					// A server that refuses a body may answer before it has all of it; the rest is not sent.
					if (!sending.writableFinished) sending.destroy();
				}, fail);
			});
			const send = body
				? sendAll(
						sending,
						body,
						() => timer.refresh(),
						() => isOver,
					)
				: Promise.resolve();
			send.then(() => !isOver && sending.end(), fail);
		});
	return { call };
};
