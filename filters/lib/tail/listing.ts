// listing: the files that a log consists of, as they lie in its folder: NAME.2, NAME.1, NAME
// It knows the names that logrotate, svlogd and people give, and their order.

import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { targetOf } from '../disk/link.ts';
import { errnoOf } from '../failure.ts';
import { beginsWith, type Entry, GONE, inspect } from './entry.ts';

// `.1` `-20260101` `-20260101-1700000000` `.2026-01-01`, and `-2026010112.backup`, which logrotate makes of a file in its way.
const ROTATED = /^(?:\.(\d{1,6})|[.-](\d[\d.T:_-]*?)(?:\.backup)?)(?:\.(gz|xz|zst|bz2|lz4|Z))?$/;
const LOOKS = 10;
const BETWEEN_MS = 20;
// A folder with more in it is no place for logs, and would cost a look into each at every rotation.
const MOST_FOLDERS = 64;

/** What a name in the log's folder says: its number (larger is older), or its date, or neither. */
export type Rank = { number?: number; date?: string; packed: boolean };

/** How `file` stands to the log called `name`, or undefined when no rotation made it. */
export const rankOf = (file: string, name: string): Rank | undefined => {
	const match = file.startsWith(name) ? ROTATED.exec(file.slice(name.length)) : null;
	if (!match) return undefined;
	const [, number, date, packed] = match;
	return { ...(number ? { number: Number(number) } : { date: date! }), packed: packed !== undefined };
};

/** What the files are looked at for: the place `offset`, and whether all of one was read by whoever is there. */
export type Sought = { offset: number; wasRead?: (entry: Entry) => boolean | Promise<boolean> };

type Found = Entry & { rank: Rank | undefined };

/** Oldest first, by number or by date; 0 where two names say neither or differ. */
const olderName = (x: Rank | undefined, y: Rank | undefined): number => {
	if (x?.number !== undefined && y?.number !== undefined) return y.number - x.number;
	if (x?.date !== undefined && y?.date !== undefined) return x.date < y.date ? -1 : 1;
	return 0;
};

/** Oldest first: by name, else by the time of the last write. */
const older = (a: Found, b: Found): number => {
	if (a.live !== b.live) return a.live ? 1 : -1;
	return olderName(a.rank, b.rank) || (a.modified < b.modified ? -1 : 1);
};

/** What a folder holds, or nothing when it is gone. */
const listed = async (folder: string) => {
	try {
		return await readdir(folder, { withFileTypes: true });
	} catch (error) {
		if (GONE.includes(errnoOf(error))) return [];
		throw error;
	}
};

/** The paths in `folder` of files that are named after the log called `name`. */
const pathsIn = async (folder: string, name: string): Promise<string[]> =>
	(await listed(folder))
		.filter((file) => file.name.startsWith(name) && file.name !== name)
		.map((file) => join(folder, file.name));

const inodeAt = async (path: string): Promise<string> => {
	const { ino } = await stat(path, { bigint: true }).catch(() => ({ ino: '' }));
	return `${ino} ${path}`;
};

const inodesIn = async (path: string, target: string): Promise<string> => {
	const paths = [...(await pathsIn(dirname(target), basename(target))), path];
	return (await Promise.all(paths.map(inodeAt))).sort().join('\n');
};

const look = async (path: string, rank: Rank | undefined, live: boolean, offset: number) => {
	const facts = await inspect(path, rank?.packed === true, offset);
	const unknown = { inOriginal: false, inRead: false };
	return facts && { ...facts, ...unknown, path, live, rank, ranked: live || rank !== undefined };
};

/**
 * Look at files one by one, the youngest first: a writer never goes back to an older file, so when a younger one has
 * lines, what the older one holds after that is all of it.
 */
const lookAll = async (paths: string[], name: string, offset: number): Promise<Found[]> => {
	const named = paths.map((path) => ({ path, rank: rankOf(basename(path), name) }));
	const found: Found[] = [];
	for (const { path, rank } of named.sort((a, b) => olderName(b.rank, a.rank))) {
		const entry = await look(path, rank, false, offset);
		if (entry) found.push(entry);
	}
	return found;
};

/** Whether `original` may be what `entry` is a copy of: a copy is made later, where births are known. */
const mayBeCopy = (entry: Entry, original: Entry): boolean =>
	entry.born === 0n || original.born === 0n ? original.live : entry.born > original.born;

const isBeginning = async (entry: Entry, original: Entry): Promise<boolean> => {
	const { head, size } = entry;
	if (!original.ranked || original.unreadable !== '' || size > original.size) return false;
	if (!mayBeCopy(entry, original) || !head.equals(original.head.subarray(0, head.length))) return false;
	const handle = await open(original.path).catch(() => undefined);
	const isIn = handle !== undefined && (await beginsWith(handle, original.size, entry));
	await handle?.close();
	return isIn;
};

/** Note which files are copies of a younger one, or of the one that is being read. */
const compare = async (entries: Found[], { wasRead }: Sought) => {
	for (const [at, entry] of entries.entries()) {
		if (entry.live || !entry.ranked || entry.unreadable !== '') continue;
		for (const younger of entries.slice(at + 1)) entry.inOriginal ||= await isBeginning(entry, younger);
		if (wasRead) entry.inRead = await wasRead(entry);
	}
};

/** The files in the folders below that of the log, folder by folder; logrotate's `olddir` may be one. */
const below = async (target: string, offset: number): Promise<Found[][]> => {
	const [folder, name] = [dirname(target), basename(target)];
	const folders = (await listed(folder)).filter((file) => file.isDirectory()).slice(0, MOST_FOLDERS);
	const files = folders.map(async (one) => {
		const paths = await pathsIn(join(folder, one.name), name).catch(() => []);
		const rotated = paths.filter((path) => rankOf(basename(path), name) !== undefined);
		return lookAll(rotated, name, offset);
	});
	return Promise.all(files);
};

const lookAtAll = async (path: string, sought: Sought, isOurs?: (entry: Entry) => boolean) => {
	const target = targetOf(path);
	const [folder, name] = [dirname(target), basename(target)];
	const live = await look(path, undefined, true, sought.offset);
	const beside = await lookAll(await pathsIn(folder, name), name, sought.offset);
	const here = live ? [...beside, live] : beside;
	const isElsewhere = isOurs !== undefined && !here.some(isOurs);
	const olddir = isElsewhere ? (await below(target, sought.offset)).find((some) => some.some(isOurs)) : [];
	const entries = [...(olddir ?? []), ...here].sort(older);
	await compare(entries, sought);
	return entries;
};

/**
 * The files of the log at `path`, oldest first. A rotation renames them one by one, so it is looked at until nothing
 * has moved during a look. Where none beside the log `isOurs`, those in a folder below it count when one of them is.
 * Throws the system's error when the folder or a file fails to be read.
 */
export const listingOf = async (
	path: string,
	sought: Sought,
	isOurs?: (entry: Entry) => boolean,
): Promise<Entry[]> => {
	for (let looks = 1; ; looks++) {
		const before = await inodesIn(path, targetOf(path));
		const entries = await lookAtAll(path, sought, isOurs);
		const after = await inodesIn(path, targetOf(path));
		if (before === after || looks === LOOKS) return entries;
		await sleep(BETWEEN_MS);
	}
};
