// body: the bytes of a request, never more than allowed and never slower than patience lasts

import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { about } from '../failure.ts';
import { GoneError, HttpError } from './http-error.ts';

// A sender that is silent for so long in the midst of its body is not coming back.
const IDLE_MS = 30_000;

const tooLarge = (most: number) =>
	new HttpError(413, 'too-large', `the body is larger than ${most} bytes`, 'see --max-body of the receiver');

/**
 * Refuse, before a byte of it is read, a body that is no JSON or that says that it is too large.
 * @throws HttpError 413 or 415.
 */
export const checkBody = (request: IncomingMessage, most: number): void => {
	const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
	if (!/^application\/json\s*(?:;|$)/i.test(type))
		throw new HttpError(
			415,
			'type',
			`"${type}" is not application/json`,
			'send Content-Type: application/json',
		);
	if (encoding.toLowerCase() !== 'identity')
		throw new HttpError(
			415,
			'type',
			`the content encoding "${encoding}" is not taken`,
			'send it uncompressed',
		);
	if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge(most);
};

/**
 * Hand every piece of the body to `take`; the answer is its size in bytes.
 * @throws HttpError 413 or 408, GoneError, and what `take` throws; the rest of the body is then left unread.
 */
export const readBody = (
	request: IncomingMessage,
	most: number,
	take: (chunk: Buffer) => void,
	idleMs = IDLE_MS,
): Promise<number> =>
	new Promise((resolve, reject) => {
		let size = 0;
		const finish = (settle: () => void) => {
			clearTimeout(timer);
			request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone).pause();
			settle();
		};
		const onTimeout = () => {
			const error = `the rest of the body did not come within ${idleMs / 1000} s`;
			finish(() => reject(new HttpError(408, 'bad-request', error)));
		};
		const onData = (chunk: Buffer) => {
			timer.refresh();
			size += chunk.length;
			if (size > most) return finish(() => reject(tooLarge(most)));
			try {
				take(chunk);
			} catch (error) {
				finish(() => reject(error));
			}
		};
		const onEnd = () => finish(() => (request.complete ? resolve(size) : reject(new GoneError())));
		const onGone = () => finish(() => reject(new GoneError()));
		const timer = setTimeout(onTimeout, idleMs);
		// A refused body goes on failing after it has been let go of.
		request.on('error', () => {});
		request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
		request.resume();
	});

/** A small body, in memory. Throws as `readBody` does. */
export const smallBody = async (request: IncomingMessage, most: number): Promise<Buffer> => {
	const chunks: Buffer[] = [];
	await readBody(request, most, (chunk) => chunks.push(chunk));
	return Buffer.concat(chunks);
};

/**
 * A body into a new file at `path`; the answer is its size. Of one that does not come whole nothing stays.
 * @throws as `readBody` does, and the system's error when the file cannot be written.
 */
export const spool = async (request: IncomingMessage, most: number, path: string): Promise<number> => {
	const file = openSync(path, 'wx', 0o600);
	try {
		return await readBody(request, most, (chunk) => {
			for (let at = 0; at < chunk.length; ) at += about(path, () => writeSync(file, chunk, at));
		});
	} catch (error) {
		rmSync(path, { force: true });
		throw error;
	} finally {
		closeSync(file);
	}
};
