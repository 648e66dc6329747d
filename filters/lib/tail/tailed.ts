// tailed: one log file being read, piece by piece, each piece checked to be of the content that we know
// A file can be truncated and filled again between two reads; its first bytes tell.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { EXIT, errnoOf, Failure } from '../failure.ts';
import type { Entry } from './chain.ts';
import { HEAD_BYTES, type Identity, identityOf, sameContent, sameInode } from './identity.ts';

// Twice the pipe to the next stage: larger reads gain nothing measurable.
const CHUNK_BYTES = 128 * 1024;
const LOOK_BACK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** An open log file. `offset` is how far it was read; `modified` when it was last written to, as of then (ns). */
export type Tailed = {
	handle: FileHandle;
	path: string;
	id: Identity;
	offset: number;
	modified: bigint;
	copied: boolean;
};

const readAt = async (handle: FileHandle, from: number, length: number): Promise<Buffer> => {
	const buffer = Buffer.allocUnsafe(length);
	const { bytesRead } = await handle.read(buffer, 0, length, from);
	return buffer.subarray(0, bytesRead);
};

const headOf = (handle: FileHandle): Promise<Buffer> => readAt(handle, 0, HEAD_BYTES);

/** Open the log at `path`, to be read from byte `offset`. Throws the system's error, or Failure(69) for no file. */
export const openTailed = async (path: string, offset: number, copied = false): Promise<Tailed> => {
	const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const stat = await handle.stat({ bigint: true });
		if (!stat.isFile()) throw new Failure(EXIT.unavailable, `${path}: is not a regular file`);
		const id = identityOf(String(stat.dev), String(stat.ino), await headOf(handle));
		// Not the file's own time: what was written before we opened it is still to be read.
		return { handle, path, id, offset, modified: 0n, copied };
	} catch (error) {
		await handle.close();
		throw error;
	}
};

/** Open a file of a listing, or give undefined when its name now stands for another file or content. */
export const openListed = async (
	entry: Entry,
	offset: number,
	copied: boolean,
): Promise<Tailed | undefined> => {
	const file = await openTailed(entry.path, offset, copied).catch((error) => {
		if (errnoOf(error) === 'ENOENT') return undefined;
		throw error;
	});
	if (!file) return undefined;
	const listed = identityOf(entry.dev, entry.ino, entry.head);
	if (sameInode(file.id, entry) && sameContent(listed, await headOf(file.handle))) return file;
	await file.handle.close();
	return undefined;
};

/** The next piece of the file, or that it ends here, or that its content is another (truncated, replaced). */
export const readMore = async (file: Tailed): Promise<Buffer | 'end' | 'changed'> => {
	const { handle, id, offset } = file;
	const stat = await handle.stat({ bigint: true });
	const size = Number(stat.size);
	if (size < offset) return 'changed';
	if (size === offset && stat.mtimeNs === file.modified) return 'end';
	const piece = await readAt(handle, offset, Math.min(CHUNK_BYTES, size - offset));
	// After the piece, so that a truncation before it cannot go unseen.
	const head = await headOf(handle);
	if (!sameContent(id, head)) return 'changed';
	if (id.hashed < HEAD_BYTES) file.id = identityOf(id.dev, id.ino, head);
	file.modified = stat.mtimeNs;
	file.offset += piece.length;
	return piece.length > 0 ? piece : 'end';
};

/** When the file was last written to or renamed, in ms since the epoch. */
export const lastTouched = async ({ handle }: Tailed): Promise<number> => {
	const { mtimeMs, ctimeMs } = await handle.stat();
	return Math.max(mtimeMs, ctimeMs);
};

/** Where the last line of the file starts: its end, unless it ends in half a line. */
export const lastLineStart = async ({ handle }: Tailed): Promise<number> => {
	const { size } = await handle.stat();
	for (let end = size; end > 0; ) {
		const from = Math.max(0, end - LOOK_BACK_BYTES);
		const at = (await readAt(handle, from, end - from)).lastIndexOf(NEWLINE);
		if (at >= 0) return from + at + 1;
		end = from;
	}
	return 0;
};
