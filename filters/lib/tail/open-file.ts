// open-file: one log file being read, piece by piece, each piece checked to be of the content that we know
// A file can be truncated and filled again between two reads; its first bytes tell, and those before the piece.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { EXIT, errnoOf, Failure, naming } from '../failure.ts';
import { bytesBefore, type Entry, readAt } from './entry.ts';
import {
	HEAD_BYTES,
	type Identity,
	identityOf,
	sameContent,
	sameInode,
	TRAIL_BYTES,
	trailAfter,
} from './identity.ts';

// Twice the pipe to the next stage: larger reads gain nothing measurable.
const CHUNK_BYTES = 128 * 1024;
const LOOK_BACK_BYTES = 64 * 1024;
// Enough of what was read last to know a copy that was made a moment before the last lines came.
const RECENT_BYTES = 64 * 1024;
const NEWLINE = 10;

/** An open log file, and how far it was read. */
export type OpenFile = {
	handle: FileHandle;
	path: string;
	id: Identity;
	/** When it was opened, or found in a listing before that, in ms since the epoch. */
	metAt: number;
	offset: number;
	/** The bytes before `offset`, up to RECENT_BYTES. */
	recent: Buffer;
	/** When it was last written to as of the last read, in ns; 0 before the first. */
	modified: bigint;
	/** The same as of the last read that brought something; before the first, as of when it was met. */
	seen: bigint;
	copied: boolean;
};

const headOf = (handle: FileHandle): Promise<Buffer> => readAt(handle, 0, HEAD_BYTES);

/** Go on from byte `offset`. */
export const placeAt = async (file: OpenFile, offset: number): Promise<void> => {
	const { size } = await file.handle.stat();
	file.offset = offset;
	file.recent = await bytesBefore(file.handle, offset, size);
};

const identify = async (
	handle: FileHandle,
	path: string,
	copied: boolean,
	metAt: number,
): Promise<OpenFile> => {
	const stat = await handle.stat({ bigint: true });
	if (!stat.isFile()) throw new Failure(EXIT.unavailable, `${path}: is not a regular file`);
	const inode = { dev: String(stat.dev), ino: String(stat.ino), born: stat.birthtimeNs };
	const id = identityOf(inode, await headOf(handle));
	const recent = Buffer.alloc(0);
	// Not the file's own time: what was written before we opened it is still to be read.
	return { handle, path, id, metAt, offset: 0, recent, modified: 0n, seen: stat.mtimeNs, copied };
};

/** Open the log at `path`, to be read from byte `offset`. Throws the system's error, or Failure(69) for no file. */
export const openFile = async (path: string, offset: number, copied = false): Promise<OpenFile> => {
	const now = Date.now();
	const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const file = await identify(handle, path, copied, now);
		await placeAt(file, offset);
		return file;
	} catch (error) {
		await handle.close();
		throw naming(error, path);
	}
};

/** The same open file from its start, whatever it holds now. */
export const rewound = ({ handle, path }: OpenFile): Promise<OpenFile> =>
	identify(handle, path, false, Date.now());

/** Open a file of a listing, or give undefined when its name now stands for another file or content. */
export const openListed = async (
	entry: Entry,
	offset: number,
	copied: boolean,
): Promise<OpenFile | undefined> => {
	const file = await openFile(entry.path, offset, copied).catch((error) => {
		if (errnoOf(error) === 'ENOENT') return undefined;
		throw error;
	});
	if (!file) return undefined;
	const listed = identityOf(entry, entry.head);
	const isSame = sameInode(file.id, entry) && sameContent(listed, await headOf(file.handle));
	// It may have been copied and truncated since it was listed: that is looked for at the first read.
	if (isSame && (offset === 0 || file.recent.equals(entry.before)))
		return { ...file, metAt: entry.lookedAt, seen: entry.modified };
	await file.handle.close();
	return undefined;
};

/** The bytes before `offset`, up to TRAIL_BYTES. */
export const trailIn = ({ recent }: OpenFile): Buffer => recent.subarray(-TRAIL_BYTES);

const nextPiece = async (file: OpenFile): Promise<Buffer | 'end' | 'changed'> => {
	const { handle, id, offset } = file;
	const trail = trailIn(file);
	const stat = await handle.stat({ bigint: true });
	const size = Number(stat.size);
	if (size < offset) return 'changed';
	if (size === offset && stat.mtimeNs === file.modified) return 'end';
	const length = Math.min(CHUNK_BYTES, size - offset);
	const bytes = await readAt(handle, offset - trail.length, trail.length + length);
	// After the piece, so that a truncation before it cannot go unseen.
	const head = await headOf(handle);
	if (!sameContent(id, head) || !bytes.subarray(0, trail.length).equals(trail)) return 'changed';
	const piece = bytes.subarray(trail.length);
	if (id.hashed < HEAD_BYTES) file.id = identityOf({ ...id, born: BigInt(id.born ?? 0) }, head);
	file.modified = stat.mtimeNs;
	// A file that was truncated and filled as far as before looks as if only its time had changed.
	if (piece.length === 0) return 'end';
	file.seen = stat.mtimeNs;
	file.offset += piece.length;
	file.recent = trailAfter(file.recent, piece, RECENT_BYTES);
	return piece;
};

/** The next piece of the file, or that it ends here, or that its content is another (truncated, replaced). */
export const readMore = (file: OpenFile): Promise<Buffer | 'end' | 'changed'> =>
	nextPiece(file).catch((error) => {
		throw naming(error, file.path);
	});

/** Whether so little was read of the file that another content may well begin alike. */
export const isNearStart = ({ recent }: OpenFile): boolean => recent.length < TRAIL_BYTES;

/** Whether all of another file, which may be gone from this one now, was read in it. */
export const wasRead = ({ id, offset, recent }: OpenFile, { head, foot, size }: Entry): boolean => {
	const end = recent.length - (offset - size);
	if (size === 0 || size > offset || end < foot.length || !sameContent(id, head)) return false;
	return foot.equals(recent.subarray(end - foot.length, end));
};

/** When the file was last written to or renamed, in ms since the epoch. */
export const lastTouched = async ({ handle }: OpenFile): Promise<number> => {
	const { mtimeMs, ctimeMs } = await handle.stat();
	return Math.max(mtimeMs, ctimeMs);
};

/** Where the last line before byte `before`, or the end of the file, starts: there, unless that is in the midst of a line. */
export const lastLineStart = async ({ handle }: OpenFile, before?: number): Promise<number> => {
	for (let end = before ?? (await handle.stat()).size; end > 0; ) {
		const from = Math.max(0, end - LOOK_BACK_BYTES);
		const at = (await readAt(handle, from, end - from)).lastIndexOf(NEWLINE);
		if (at >= 0) return from + at + 1;
		end = from;
	}
	return 0;
};
