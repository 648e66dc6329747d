// chain: which file to read next, when a log is a row of rotated files with the live one at its end
// Pure: it judges a listing of the row, oldest first. What cannot be read any more becomes a finding, never silence.

import type { Entry } from './entry.ts';
import { type Identity, sameContent, sameFile, sameInode, sameTrail, TRAIL_BYTES } from './identity.ts';
import type { LogPosition } from './position.ts';

// How long a copy takes at the most: a second, and what a slow disk needs (20 MB/s).
const ONE_GO_NS = 1_000_000_000n;
const COPY_NS_PER_BYTE = 50n;

/** Data that is lost, may be lost, or cannot be read: it becomes a notice record. */
export type Finding = { kind: 'lost_window' | 'truncated' | 'unreadable'; detail: string };

/** Where to go on reading; without `to`, at the start of the live file once there is one. */
export type Move = { to?: Entry; offset: number; copied: boolean; found: boolean; findings: Finding[] };

const unreadable = ({ path, size, unreadable }: Entry): Finding => ({
	kind: 'unreadable',
	detail: `${path} ${unreadable}; its lines are skipped (${size} bytes as it is)`,
});

/** Whether a younger file was there before this one, which is then a copy. */
const isCopy = (entry: Entry, entries: Entry[]): boolean => {
	const younger = entries.slice(entries.indexOf(entry) + 1).filter(({ ranked }) => ranked);
	return entry.ranked && younger.some(({ born }) => born > 0n && born < entry.born);
};

/** Whether the file was written in one go, as a copy is, and not over a time, as a log. */
const isInOneGo = ({ born, modified, size }: Entry): boolean =>
	born > 0n && modified - born < ONE_GO_NS + BigInt(size) * COPY_NS_PER_BYTE;

const readable = (entry: Entry): boolean => entry.unreadable === '' && entry.size > 0;

/** The files written to after `modified`: the first that can be read, and what had to be passed over before it. */
const younger = (entries: Entry[], modified: bigint): { to?: Entry; findings: Finding[] } => {
	const later = entries.filter((entry) => entry.ranked && !entry.inOriginal && entry.modified > modified);
	const at = later.findIndex(readable);
	const before = at < 0 ? later : later.slice(0, at);
	const findings = before.filter((entry) => entry.unreadable !== '').map(unreadable);
	return { to: later[at] ?? entries.find((entry) => entry.live && entry.unreadable === ''), findings };
};

const lost = (position: LogPosition, entries: Entry[]): Finding => {
	const truncated = entries.some((entry) => entry.live && sameFile(position, entry));
	const detail = truncated
		? `${position.name} was truncated; what was written after byte ${position.offset} and before that is lost`
		: `the file that was ${position.name} is gone; what it held after byte ${position.offset} is lost`;
	return { kind: truncated ? 'truncated' : 'lost_window', detail };
};

/** Whether the position is a place in this file, or in one of the same content. */
export const holds = (position: LogPosition, entry: Entry): boolean =>
	position.hashed > 0 &&
	entry.unreadable === '' &&
	entry.size >= position.offset &&
	sameContent(position, entry.head) &&
	sameTrail(position, entry.before);

/**
 * The copy that was made of the position's file before it was truncated; `exact` is that file, if it still seems to
 * hold the position. Near the start of a log, and where it repeats itself, many files hold what was before the
 * position: it is the oldest copy made since.
 */
const copyOf = (position: LogPosition, entries: Entry[], exact: Entry | undefined): Entry | undefined => {
	const isSure = position.trailed === TRAIL_BYTES;
	const isMadeOf = (entry: Entry) =>
		exact
			? entries.indexOf(entry) < entries.indexOf(exact) && (isSure || entry.born > exact.born)
			: isSure || isCopy(entry, entries) || isInOneGo(entry);
	const isCandidate = (entry: Entry) =>
		entry.ranked && !entry.live && !entry.inOriginal && !sameFile(position, entry) && isMadeOf(entry);
	const copies = entries.filter((entry) => isCandidate(entry) && holds(position, entry));
	const since = BigInt(position.modified);
	const next = copies.find(({ born, modified }) => (born || modified) >= since);
	// The clock may have been set back between the two.
	return next ?? (isSure && !exact ? copies.at(-1) : undefined);
};

/**
 * Where to go on from `position`, in a row of files that may have changed in any way since. `isTruncated` says that
 * its file was seen to be, whatever it holds now.
 */
export const resume = (position: LogPosition, entries: Entry[], isTruncated = false): Move => {
	const { offset, copied = false } = position;
	const isOurs = (entry: Entry) => sameFile(position, entry) && holds(position, entry);
	const exact = isTruncated ? undefined : entries.find(isOurs);
	const copy = copyOf(position, entries, exact);
	if (exact && !copy)
		return { to: exact, offset, copied: copied || isCopy(exact, entries), found: true, findings: [] };
	if (copy) return { to: copy, offset, copied: true, found: true, findings: [] };
	const { to, findings } = younger(entries, BigInt(position.modified));
	if (position.hashed > 0) findings.unshift(lost(position, entries));
	return { to, offset: 0, copied: to !== undefined && isCopy(to, entries), found: false, findings };
};

/** The file that is being read, to its end. */
export type Finished = Identity & { offset: number; modified: bigint; copied: boolean };

/** Whether this is a copy of the finished file, which then need not be read. */
export const isCopyOfFinished = (entry: Entry, { offset }: Finished): boolean =>
	entry.ranked && !entry.live && entry.inRead && entry.size === offset;

/** The files after the finished one, and whether it has a place among them. */
const restOf = (finished: Finished, entries: Entry[]): { rest: Entry[]; listed: boolean } => {
	const row = entries.filter((entry) => entry.ranked);
	const place = row.findIndex((entry) => sameInode(entry, finished));
	const at = place >= 0 ? place : row.findIndex((entry) => isCopyOfFinished(entry, finished));
	if (at >= 0) return { rest: row.slice(at + 1), listed: true };
	// A copy of it may still be in the making, of which nothing is new.
	const later = ({ live, inRead, modified }: Entry) => live || (!inRead && modified > finished.modified);
	return { rest: row.filter(later), listed: false };
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
