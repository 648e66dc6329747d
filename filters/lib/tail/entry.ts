// entry: one file among those of a log: what it is, and the bytes of it by which it is known again

import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { naming } from '../failure.ts';
import { HEAD_BYTES, TRAIL_BYTES } from './identity.ts';

/** What a file is, as far as its name does not matter. `unreadable` says why its text cannot be had, or is ''. */
export type Facts = {
	dev: string;
	ino: string;
	size: number;
	/** When it was looked at, in ms since the epoch. */
	lookedAt: number;
	/** Last written to, in ns since the epoch. */
	modified: bigint;
	/** When the file was made, in ns since the epoch; 0 where the file system does not know. */
	born: bigint;
	/** Its first bytes, up to HEAD_BYTES. */
	head: Buffer;
	/** Its last bytes, up to TRAIL_BYTES. */
	foot: Buffer;
	/** The bytes before the place that is looked for, up to TRAIL_BYTES; none in a file that ends before it. */
	before: Buffer;
	unreadable: string;
};

/** A file of a log. */
export type Entry = Facts & {
	path: string;
	live: boolean;
	/** False for a name that no rotation makes (`cpu-lat.log.old`): it can be found again, never be next. */
	ranked: boolean;
	/** Whether a younger file begins with all of it: it is a copy of that one, which was not truncated since. */
	inOriginal: boolean;
	/** Whether all of it was read in the file that is being read. */
	inRead: boolean;
};

// A FIFO with such a name must not stop us.
const READ = constants.O_RDONLY | constants.O_NONBLOCK;
/** What the system says of a name that stands for nothing. */
export const GONE = ['ENOENT', 'ENOTDIR'];

/** `length` bytes of an open file from byte `from` on; fewer where it ends before. */
export const readAt = async (handle: FileHandle, from: number, length: number): Promise<Buffer> => {
	const buffer = Buffer.allocUnsafe(length);
	const { bytesRead } = await handle.read(buffer, 0, length, from);
	return buffer.subarray(0, bytesRead);
};

/** The bytes before byte `end`, up to TRAIL_BYTES; none when the file, of `size` bytes, ends before it. */
export const bytesBefore = async (handle: FileHandle, end: number, size: number): Promise<Buffer> => {
	const length = end > size ? 0 : Math.min(end, TRAIL_BYTES);
	return readAt(handle, end - length, length);
};

const NONE = Buffer.alloc(0);
const NO_TEXT = { head: NONE, foot: NONE, before: NONE };

const factsOf = (stat: BigIntStats, lookedAt: number, unreadable: string): Facts | undefined => {
	if (!stat.isFile()) return undefined;
	const { dev, ino, mtimeNs: modified, birthtimeNs: born } = stat;
	const inode = { dev: String(dev), ino: String(ino), born };
	return { ...inode, size: Number(stat.size), lookedAt, modified, ...NO_TEXT, unreadable };
};

const readFacts = async (file: FileHandle, packed: boolean, offset: number): Promise<Facts | undefined> => {
	const now = Date.now();
	const facts = factsOf(await file.stat({ bigint: true }), now, packed ? 'is compressed' : '');
	if (!facts || packed) return facts;
	const head = await readAt(file, 0, HEAD_BYTES);
	const foot = await bytesBefore(file, facts.size, facts.size);
	return { ...facts, head, foot, before: await bytesBefore(file, offset, facts.size) };
};

/** What the file at `path` is, and what stands before byte `offset` of it; undefined when it is none, or gone. */
export const inspect = async (path: string, packed: boolean, offset: number): Promise<Facts | undefined> => {
	let file: FileHandle | undefined;
	try {
		file = await open(path, READ);
		return await readFacts(file, packed, offset);
	} catch (error) {
		const errno = (error as NodeJS.ErrnoException).code ?? '';
		// ENXIO is what a socket answers.
		if (GONE.includes(errno) || errno === 'ENXIO') return undefined;
		if (errno !== 'EACCES' && errno !== 'EPERM') throw naming(error, path);
		const facts = await stat(path, { bigint: true }).catch(() => undefined);
		return facts && factsOf(facts, Date.now(), 'may not be read');
	} finally {
		await file?.close();
	}
};

/** Whether an open file, up to byte `size` of it, begins with all the text of another one. */
export const beginsWith = async (handle: FileHandle, size: number, other: Facts): Promise<boolean> => {
	const { head, foot } = other;
	if (other.size === 0 || other.size > size || other.unreadable !== '') return false;
	if (!head.equals(await readAt(handle, 0, head.length))) return false;
	return foot.equals(await readAt(handle, other.size - foot.length, foot.length));
};
