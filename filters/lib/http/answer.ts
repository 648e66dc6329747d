// answer: what goes back to a client, and how it is sent: whole, in pieces, or by whoever takes the connection over

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

/** One of `body`, an object that is sent as JSON; `bytes`; `pieces` of JSON; and `takeOver`, who does all by itself. */
export type Answer = {
	status: number;
	body?: unknown;
	bytes?: Buffer | string;
	pieces?: Iterable<string>;
	takeOver?: (request: IncomingMessage, response: ServerResponse, headers: Record<string, string>) => void;
	headers?: Record<string, string>;
	/** Sent smaller to clients that can read that. */
	isCompressible?: boolean;
};

// How long the rest of a refused body is thrown away, so that the answer is read before the connection ends.
const LINGER_MS = 1000;
// A reader that takes nothing for so long is gone.
const READER_MS = 30_000;
// Below that it costs more than it saves; level 1 takes a quarter of the time of level 6 for a tenth more bytes.
const LEAST_COMPRESSED = 1024;
const LEVEL = 1;

/** Whether a client has these bytes already, by the tag that it had with them; how they were packed does not matter. */
const hasSame = ({ method, headers }: IncomingMessage, { status, headers: own }: Answer): boolean => {
	const tag = own?.ETag;
	const known = headers['if-none-match'];
	if (tag === undefined || known === undefined || status !== 200) return false;
	if (method !== 'GET' && method !== 'HEAD') return false;
	const bare = (one: string) => one.trim().replace(/^W\//, '');
	return known.trim() === '*' || known.split(',').some((one) => bare(one) === bare(tag));
};

/** The same answer without its body: what is there stays as it is. */
const unchanged = ({ headers, isCompressible }: Answer): Answer => {
	const { 'Content-Type': _type, ...rest } = headers!;
	// An empty body is never packed, but what it would be by is said, as with the body.
	return { status: 304, bytes: '', headers: rest, ...(isCompressible && { isCompressible }) };
};

const JSON_TYPE = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
const compress = promisify(gzip);

/** Whether a client can read gzip: `gzip`, or `*`, with no `q=0` behind it. */
const takesGzip = ({ headers }: IncomingMessage): boolean =>
	String(headers['accept-encoding'] ?? '')
		.split(',')
		.some((one) => /^\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(one));

const sendPieces = async (response: ServerResponse, answer: Answer, headers: Record<string, string>) => {
	response.writeHead(answer.status, { ...JSON_TYPE, ...headers, ...answer.headers });
	response.setTimeout(READER_MS, () => response.destroy());
	await pipeline(Readable.from(answer.pieces!), response).catch(() => {});
};

const bytesOf = ({ bytes, body }: Answer): Buffer => {
	if (bytes === undefined) return Buffer.from(`${JSON.stringify(body)}\n`);
	return typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
};

/** Send a whole body; where the request's own has not been read to its end, throw that away for a moment. */
const sendBody = async (
	request: IncomingMessage,
	response: ServerResponse,
	answer: Answer,
	headers: Record<string, string>,
): Promise<void> => {
	let bytes = bytesOf(answer);
	const encoding: Record<string, string> = {};
	if (answer.isCompressible) {
		encoding.Vary = [headers.Vary, 'Accept-Encoding'].filter(Boolean).join(', ');
		if (bytes.length >= LEAST_COMPRESSED && takesGzip(request)) {
			bytes = await compress(bytes, { level: LEVEL, strategy: constants.Z_DEFAULT_STRATEGY });
			encoding['Content-Encoding'] = 'gzip';
		}
	}
	if (response.destroyed) return;
	const isUnread = !request.complete && !request.destroyed;
	if (isUnread) response.shouldKeepAlive = false;
	response.setTimeout(READER_MS, () => response.destroy());
	const length = answer.status === 204 || answer.status === 304 ? {} : { 'Content-Length': bytes.length };
	const type = answer.status === 304 ? {} : JSON_TYPE;
	response.writeHead(answer.status, { ...type, ...length, ...headers, ...encoding, ...answer.headers });
	if (request.method !== 'HEAD' && 'Content-Length' in length) response.write(bytes);
	if (isUnread) {
		request.on('error', () => {}).resume();
		const signal = AbortSignal.timeout(LINGER_MS);
		await once(request, 'end', { signal }).catch(() => {});
	}
	response.end();
};

/** Send an answer, or that nothing has changed since the client had one with the same ETag; `headers` are those that every answer of the server has. */
export const send = async (
	request: IncomingMessage,
	response: ServerResponse,
	answer: Answer,
	headers: Record<string, string>,
): Promise<void> => {
	if (answer.takeOver) answer.takeOver(request, response, headers);
	else if (answer.pieces) await sendPieces(response, answer, headers);
	else {
		const isSame = hasSame(request, answer);
		await sendBody(request, response, isSame ? unchanged(answer) : answer, headers);
	}
};
