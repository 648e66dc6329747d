// since: the place in the files of a log from which on its lines are not older than a moment
// Only so many bytes at the end of the log are searched, so that a large one is neither read through nor printed whole.

import { open } from 'node:fs/promises';
import { EXIT, Failure } from '../failure.ts';
import { byteSize, positiveDuration } from '../options.ts';
import type { Finding } from './chain.ts';
import { type Entry, readAt } from './entry.ts';

/** A moment, ms since the epoch, and how much of a log may be gone through to reach it. */
export type Since = {
	ms: number;
	bytes: number;
	search: Search;
};

/** The byte of the first line in a run of whole lines whose time is `ms` or later, and whether any line says a time. */
export type Search = (run: Buffer, ms: number) => Found;
type Found = { at: number | undefined; hasTimes: boolean };

/**
 * What `--since 1h --since-bytes 64M` says at the time `now`, undefined without.
 * @throws Failure(64) for what cannot be understood, or goes with `--from-start`.
 */
export const sinceOf = (
	options: { since?: string; 'since-bytes': string; 'from-start'?: boolean },
	search: Search,
	now: number,
): Since | undefined => {
	if (options.since === undefined) return undefined;
	if (options['from-start'] === true)
		throw new Failure(EXIT.usage, '--since and --from-start exclude each other');
	const ms = now - positiveDuration(options.since, '--since');
	return { ms, bytes: byteSize(options['since-bytes'], '--since-bytes'), search };
};

/** Where to begin, and what of the time asked for cannot be had. `entry` undefined: nothing is as young. */
export type Beginning = { entry?: Entry; offset: number; hasTimes: boolean; findings: Finding[] };

// Twice the longest line, so that whole lines are in each.
const PIECE_BYTES = 2 << 20;
const LOOK_BACK_BYTES = 1 << 20;
const NEWLINE = 10;

/** Search a file from the first line that begins at or after byte `from`. */
const searchFile = async (
	{ path }: Entry,
	from: number,
	to: number,
	{ ms, search }: Since,
): Promise<Found> => {
	const handle = await open(path);
	let hasTimes = false;
	try {
		// Byte `from` may stand in the midst of a line, as every piece after one without a newline does.
		let isTorn = from > 0;
		for (let at = Math.max(0, from - 1); at < to; ) {
			const piece = await readAt(handle, at, Math.min(PIECE_BYTES, to - at));
			if (piece.length === 0) break;
			const start = isTorn ? piece.indexOf(NEWLINE) + 1 : 0;
			const end = piece.lastIndexOf(NEWLINE) + 1;
			const found = search(piece.subarray(start, end), ms);
			hasTimes ||= found.hasTimes;
			if (found.at !== undefined) return { at: at + start + found.at, hasTimes };
			isTorn = end === 0;
			at += end || piece.length;
		}
		return { at: undefined, hasTimes };
	} finally {
		await handle.close();
	}
};

/** The files in which the last `bytes` of a row lie, and the byte of the first of them at which these begin. */
const reach = (row: Entry[], bytes: number): { first: number; offset: number } => {
	let left = bytes;
	for (let at = row.length - 1; at >= 0; at--) {
		if (row[at]!.size > left) return { first: at, offset: row[at]!.size - left };
		left -= row[at]!.size;
	}
	return { first: 0, offset: 0 };
};

/** Whether lines that are young enough stand before the part that was searched. */
const isCut = async (row: Entry[], first: number, offset: number, since: Since): Promise<boolean> => {
	if (first === 0 && offset === 0) return false;
	const entry = offset > 0 ? row[first]! : row[first - 1]!;
	const end = offset > 0 ? offset : entry.size;
	const before = await searchFile(entry, Math.max(0, end - LOOK_BACK_BYTES), end, since);
	return before.at !== undefined;
};

/**
 * Where the lines of a log begin that are not older than `since.ms`, in its files, oldest first.
 * Throws the system's error when one cannot be read any more.
 */
export const beginningOf = async (entries: Entry[], since: Since): Promise<Beginning> => {
	const row = entries.filter(
		({ ranked, inOriginal, unreadable, size }) => ranked && !inOriginal && unreadable === '' && size > 0,
	);
	const { first, offset } = reach(row, since.bytes);
	const findings: Finding[] = entries
		.filter(({ unreadable, modified }) => unreadable !== '' && Number(modified / 1_000_000n) >= since.ms)
		.map(({ path, unreadable }) => ({
			kind: 'unreadable',
			detail: `${path} ${unreadable}; it was written to since the time asked for`,
		}));
	let hasTimes = false;
	for (let at = first; at < row.length; at++) {
		const found = await searchFile(row[at]!, at === first ? offset : 0, row[at]!.size, since);
		hasTimes ||= found.hasTimes;
		if (found.at === undefined) continue;
		if (await isCut(row, first, offset, since))
			findings.push({
				kind: 'short_history',
				detail: `more than ${since.bytes} bytes are as young as asked for; only the last of them are read`,
			});
		return { entry: row[at]!, offset: found.at, hasTimes, findings };
	}
	return { offset: 0, hasTimes, findings };
};
