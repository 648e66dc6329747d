// row: the files that a log consists of, as they lie in its folder: NAME.2, NAME.1, NAME
// It knows the names that logrotate, svlogd and people give, and their order.

import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '../failure.ts';
import type { Entry } from './chain.ts';
import { HEAD_BYTES } from './identity.ts';

// `.1` `-20260101` `-20260101-1700000000` `.2026-01-01`, and `-2026010112.backup`, which logrotate makes of a file in its way.
const ROTATED = /^(?:\.(\d{1,6})|[.-](\d[\d.T:_-]*?)(?:\.backup)?)(?:\.(gz|xz|zst|bz2|lz4|Z))?$/;
const LOOKS = 10;
const BETWEEN_MS = 20;

/** What a name in the log's folder says: its number (larger is older), or its date, or neither. */
export type Rank = { number?: number; date?: string; packed: boolean };

/** How `file` stands to the log called `name`, or undefined when no rotation made it. */
export const rankOf = (file: string, name: string): Rank | undefined => {
	const match = file.startsWith(name) ? ROTATED.exec(file.slice(name.length)) : null;
	if (!match) return undefined;
	const [, number, date, packed] = match;
	return { ...(number ? { number: Number(number) } : { date: date! }), packed: packed !== undefined };
};

type Found = Entry & { rank: Rank | undefined };

/** Oldest first: by number, by date, and by the time of the last write where two files say neither or differ. */
const older = (a: Found, b: Found): number => {
	if (a.live !== b.live) return a.live ? 1 : -1;
	const [x, y] = [a.rank ?? { packed: false }, b.rank ?? { packed: false }];
	if (x.number !== undefined && y.number !== undefined) return y.number - x.number;
	if (x.date !== undefined && y.date !== undefined) return x.date < y.date ? -1 : 1;
	return a.modified < b.modified ? -1 : 1;
};

// A FIFO with such a name must not stop us.
const READ = constants.O_RDONLY | constants.O_NONBLOCK;
const GONE = ['ENOENT', 'ENOTDIR'];

const NO_HEAD = Buffer.alloc(0);

type Facts = Pick<Entry, 'dev' | 'ino' | 'size' | 'modified' | 'born' | 'head' | 'unreadable'>;

const factsOf = (stat: BigIntStats, unreadable: string): Facts | undefined => {
	if (!stat.isFile()) return undefined;
	const { dev, ino, size, mtimeNs, birthtimeNs } = stat;
	const inode = { dev: String(dev), ino: String(ino) };
	return { ...inode, size: Number(size), modified: mtimeNs, born: birthtimeNs, head: NO_HEAD, unreadable };
};

/** What a file is; undefined when it is none, or gone. */
const inspect = async (path: string, packed: boolean): Promise<Facts | undefined> => {
	let file: FileHandle | undefined;
	try {
		file = await open(path, READ);
		const facts = factsOf(await file.stat({ bigint: true }), packed ? 'is compressed' : '');
		if (!facts) return undefined;
		const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
		return { ...facts, head: buffer.subarray(0, bytesRead) };
	} catch (error) {
		const errno = (error as NodeJS.ErrnoException).code ?? '';
		// What a socket answers.
		if (GONE.includes(errno) || errno === 'ENXIO') return undefined;
		if (errno !== 'EACCES' && errno !== 'EPERM') throw error;
		const facts = await stat(path, { bigint: true }).catch(() => undefined);
		return facts && factsOf(facts, 'may not be read');
	} finally {
		await file?.close();
	}
};

const look = async (path: string, rank: Rank | undefined, live: boolean): Promise<Found | undefined> => {
	const facts = await inspect(path, rank?.packed === true);
	return facts && { ...facts, path, live, rank, ranked: live || rank !== undefined };
};

const filesIn = async (folder: string): Promise<string[]> => {
	try {
		return await readdir(folder);
	} catch (error) {
		if (GONE.includes(errnoOf(error))) return [];
		throw error;
	}
};

const lookAtAll = async (path: string): Promise<Entry[]> => {
	const real = await realpath(path).catch(() => path);
	const [folder, name] = [dirname(real), basename(real)];
	const files = await filesIn(folder);
	const named = files.filter((file) => file.startsWith(name) && file !== name);
	const found = await Promise.all([
		...named.map((file) => look(join(folder, file), rankOf(file, name), false)),
		look(path, undefined, true),
	]);
	return found.filter((entry) => entry !== undefined).sort(older);
};

const namesOf = (entries: Entry[]): string => entries.map(({ path, ino }) => `${ino} ${path}`).join('\n');

/**
 * The files of the log at `path`, oldest first. A rotation renames them one by one, so it is looked at
 * until two looks agree; the first of them is the answer, since the second says that nothing moved during it. Throws the system's error when the folder or a file fails to be read.
 */
export const rowOf = async (path: string): Promise<Entry[]> => {
	let entries = await lookAtAll(path);
	for (let looks = 1; looks < LOOKS; looks++) {
		const again = await lookAtAll(path);
		if (namesOf(again) === namesOf(entries)) return entries;
		entries = again;
		await sleep(BETWEEN_MS);
	}
	return entries;
};
