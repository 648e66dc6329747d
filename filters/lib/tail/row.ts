// row: the files that a log consists of, as they lie in its folder: NAME.2, NAME.1, NAME
// It knows the names that logrotate, svlogd and people give, and their order.

import { constants } from 'node:fs';
import { open, readdir, realpath } from 'node:fs/promises';
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
const WHY: Record<string, string> = { EACCES: 'may not be read', EPERM: 'may not be read' };

const look = async (path: string, rank: Rank | undefined, live: boolean): Promise<Found | undefined> => {
	const known = { path, live, rank, ranked: live || rank !== undefined };
	try {
		const file = await open(path, READ);
		try {
			const stat = await file.stat({ bigint: true });
			if (!stat.isFile()) return undefined;
			const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
			const [dev, ino] = [String(stat.dev), String(stat.ino)];
			const unreadable = rank?.packed ? 'is compressed' : '';
			const facts = {
				dev,
				ino,
				size: Number(stat.size),
				modified: stat.mtimeNs,
				born: stat.birthtimeNs,
				unreadable,
			};
			return { ...known, ...facts, head: buffer.subarray(0, bytesRead) };
		} finally {
			await file.close();
		}
	} catch (error) {
		const unreadable = WHY[errnoOf(error)];
		if (errnoOf(error) === 'ENOENT') return undefined;
		if (!unreadable) throw error;
		return {
			...known,
			dev: '',
			ino: '',
			size: 0,
			modified: BigInt(Date.now()) * 1_000_000n,
			born: 0n,
			unreadable,
			head: Buffer.alloc(0),
		};
	}
};

const lookAtAll = async (path: string): Promise<Entry[]> => {
	const real = await realpath(path).catch(() => path);
	const [folder, name] = [dirname(real), basename(real)];
	const files = await readdir(folder).catch(() => []);
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
 * until two looks agree. Throws the system's error when the folder or a file fails to be read.
 */
export const rowOf = async (path: string): Promise<Entry[]> => {
	let entries = await lookAtAll(path);
	for (let looks = 1; looks < LOOKS; looks++) {
		const again = await lookAtAll(path);
		if (namesOf(again) === namesOf(entries)) return again;
		entries = again;
		await sleep(BETWEEN_MS);
	}
	return entries;
};
