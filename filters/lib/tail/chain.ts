// chain: which file to read next, when a log is a row of rotated files with the live one at its end
// Pure: it judges a listing of the row, oldest first. What cannot be read any more becomes a finding, never silence.

import { copyOf, holds, isCopy } from './copies.ts';
import type { Entry } from './entry.ts';
import { type Identity, sameFile, sameInode } from './identity.ts';
import type { LogPosition } from './position.ts';

/** Data that is lost, may be lost, or cannot be read: it becomes a notice record. */
export type Finding = { kind: 'lost_window' | 'truncated' | 'unreadable' | 'short_history'; detail: string };

/** Where to go on reading; without `to`, at the start of the live file once there is one. */
export type Move = { to?: Entry; offset: number; copied: boolean; found: boolean; findings: Finding[] };

const unreadable = ({ path, size, unreadable }: Entry): Finding => ({
	kind: 'unreadable',
	detail: `${path} ${unreadable}; its lines are skipped (${size} bytes as it is)`,
});

const readable = (entry: Entry): boolean => entry.unreadable === '' && entry.size > 0;

/** The files after a position that none of them holds: those behind a copy of its file, else those written to later. */
const filesAfter = (position: LogPosition, entries: Entry[], copy: Entry | undefined): Entry[] => {
	const since = BigInt(position.modified);
	const later = copy
		? entries.slice(entries.indexOf(copy) + 1)
		: entries.filter(({ modified }) => modified > since);
	return later.filter(({ ranked, inOriginal }) => ranked && !inOriginal);
};

/** The first of the `later` files that can be read, else the live one, and what had to be passed over before it. */
const first = (later: Entry[], entries: Entry[]): { to?: Entry; findings: Finding[] } => {
	const at = later.findIndex(readable);
	const before = at < 0 ? later : later.slice(0, at);
	const findings = before.filter((entry) => entry.unreadable !== '').map(unreadable);
	return { to: later[at] ?? entries.find((entry) => entry.live && entry.unreadable === ''), findings };
};

const lost = (position: LogPosition, truncated: boolean, copy: Entry | undefined): Finding => {
	const { name, offset } = position;
	if (copy) {
		const detail = `${name} was copied to ${copy.path} and truncated; what was written after byte ${offset} and before that is lost`;
		return { kind: 'lost_window', detail };
	}
	const detail = truncated
		? `${name} was truncated; what was written after byte ${offset} and before that is lost`
		: `the file that was ${name} is gone; what it held after byte ${offset} is lost`;
	return { kind: truncated ? 'truncated' : 'lost_window', detail };
};

/**
 * Where to go on from `position`, in a row of files that may have changed in any way since. `isTruncated` says that
 * its file was seen to be, whatever it holds now.
 */
export const resume = (position: LogPosition, entries: Entry[], isTruncated = false): Move => {
	const { offset, copied = false } = position;
	const isOurs = (entry: Entry) => sameFile(position, entry) && holds(position, entry);
	const exact = isTruncated ? undefined : entries.find(isOurs);
	const copy = copyOf(position, entries, exact === undefined);
	if (exact && !copy)
		return { to: exact, offset, copied: copied || isCopy(exact, entries), found: true, findings: [] };
	if (copy) return { to: copy, offset, copied: true, found: true, findings: [] };
	// Lines that came after the copy may have been read before the truncation: then the copy has nothing more.
	const shorter = entries.findLast((entry) => isTruncated && entry.ranked && !entry.live && entry.inRead);
	const { to, findings } = first(filesAfter(position, entries, shorter), entries);
	const truncated = isTruncated || entries.some((entry) => entry.live && sameFile(position, entry));
	if (position.hashed > 0) findings.unshift(lost(position, truncated, shorter));
	return { to, offset: 0, copied: to !== undefined && isCopy(to, entries), found: false, findings };
};

/** The file that is being read, to its end. */
export type Finished = Identity & { offset: number; modified: bigint; copied: boolean };

/** The files after the finished one, and whether it has a place among them. */
const restOf = (finished: Finished, entries: Entry[]): { rest: Entry[]; listed: boolean } => {
	const row = entries.filter((entry) => entry.ranked);
	const place = row.findIndex((entry) => sameInode(entry, finished));
	if (place >= 0) return { rest: row.slice(place + 1), listed: true };
	// A copy of it stands for it, even one that is still being made, or that its last lines came too late for.
	const copy = row.findIndex(({ live, inRead }) => inRead && !live);
	const later = ({ live, modified }: Entry) => live || modified > finished.modified;
	const rest = copy >= 0 ? row.slice(copy + 1) : row.filter(later);
	return { rest: rest.filter(({ live, inRead }) => live || !inRead), listed: copy >= 0 };
};

/**
 * The file after the finished one, with what lay between and cannot be read.
 * `listed` is false when the finished file has no place in the row any more; then the oldest younger one is taken.
 */
export const successor = (finished: Finished, entries: Entry[]): Move & { listed: boolean } => {
	const { rest, listed } = restOf(finished, entries);
	const next = rest.findIndex((entry) => readable(entry) && !sameInode(entry, finished) && !entry.inOriginal);
	const to = rest[next];
	const findings = rest
		.slice(0, Math.max(next, 0))
		.filter((entry) => entry.unreadable !== '')
		.map(unreadable);
	const copied = to !== undefined && !to.live && (finished.copied || isCopy(to, entries));
	return { to, offset: 0, copied, found: false, findings, listed };
};
