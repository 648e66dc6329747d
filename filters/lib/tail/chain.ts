// chain: which file to read next, when a log is a row of rotated files with the live one at its end
// Pure: it judges a listing of the row, oldest first. What cannot be read any more becomes a finding, never silence.

import { type Identity, sameContent, sameInode } from './identity.ts';
import type { LogPosition } from './position.ts';

/** A file of the row. `unreadable` says why its text cannot be had, or is ''. */
export type Entry = {
	path: string;
	dev: string;
	ino: string;
	size: number;
	/** Last written to, in ns since the epoch. */
	modified: bigint;
	/** When the file was made, in ns since the epoch; 0 where the file system does not know. */
	born: bigint;
	/** Its first bytes, up to HEAD_BYTES. */
	head: Buffer;
	unreadable: string;
	live: boolean;
	/** False for a name that no rotation makes (`cpu-lat.log.old`): it can be found again, never be next. */
	ranked: boolean;
};

/** Data that is lost, may be lost, or cannot be read: it becomes a notice record. */
export type Finding = { kind: 'lost_window' | 'truncated' | 'unreadable'; detail: string };

/** Where to go on reading; without `to`, at the start of the live file once there is one. */
export type Move = { to?: Entry; offset: number; copied: boolean; found: boolean; findings: Finding[] };

const unreadable = ({ path, size, unreadable }: Entry): Finding => ({
	kind: 'unreadable',
	detail: `${path} ${unreadable}; its lines are skipped (${size} bytes as it is)`,
});

/** Whether `copytruncate` made this file: a younger one was there before it. */
const isCopy = (entry: Entry, entries: Entry[]): boolean => {
	const younger = entries.slice(entries.indexOf(entry) + 1).filter(({ ranked }) => ranked);
	return entry.ranked && younger.some(({ born }) => born > 0n && born < entry.born);
};

const readable = (entry: Entry): boolean => entry.unreadable === '' && entry.size > 0;

/** The files written to after `modified`: the first that can be read, and what had to be passed over before it. */
const younger = (entries: Entry[], modified: bigint): { to?: Entry; findings: Finding[] } => {
	const later = entries.filter((entry) => entry.ranked && entry.modified > modified);
	const at = later.findIndex(readable);
	const before = at < 0 ? later : later.slice(0, at);
	const findings = before.filter((entry) => entry.unreadable !== '').map(unreadable);
	return { to: later[at] ?? entries.find((entry) => entry.live && entry.unreadable === ''), findings };
};

const lost = (position: LogPosition, entries: Entry[]): Finding => {
	const truncated = entries.some((entry) => entry.live && sameInode(entry, position));
	const detail = truncated
		? `${position.name} was truncated; what was written after byte ${position.offset} and before that is lost`
		: `the file that was ${position.name} is gone; what it held after byte ${position.offset} is lost`;
	return { kind: truncated ? 'truncated' : 'lost_window', detail };
};

/** Where to go on from `position`, in a row of files that may have changed in any way since. */
export const resume = (position: LogPosition, entries: Entry[]): Move => {
	const { offset, copied = false } = position;
	const holds = (entry: Entry) =>
		entry.unreadable === '' && entry.size >= offset && sameContent(position, entry.head);
	const known = position.hashed > 0 ? entries.filter(holds) : [];
	const exact = known.find((entry) => sameInode(entry, position));
	if (exact)
		return { to: exact, offset, copied: copied || isCopy(exact, entries), found: true, findings: [] };
	const copy = known.findLast((entry) => entry.ranked && !entry.live);
	if (copy) return { to: copy, offset, copied: true, found: true, findings: [] };
	const { to, findings } = younger(entries, BigInt(position.modified));
	if (position.hashed > 0) findings.unshift(lost(position, entries));
	return { to, offset: 0, copied: to !== undefined && isCopy(to, entries), found: false, findings };
};

/** The file that is being read, to its end. */
export type Finished = Identity & { modified: bigint; copied: boolean };

/** Whether `entry` is a copy of the live file that has not been truncated yet: the live one has it all. */
const isCopyOfLive = (entry: Entry, live: Entry | undefined): boolean =>
	live !== undefined && !entry.live && entry.head.length > 0 && entry.head.equals(live.head);

/**
 * The file after the finished one, with what lay between and cannot be read.
 * `listed` is false when the finished file has no place in the row any more; then the oldest younger one is taken.
 */
export const successor = (finished: Finished, entries: Entry[]): Move & { listed: boolean } => {
	const row = entries.filter((entry) => entry.ranked);
	const at = row.findIndex((entry) => sameInode(entry, finished));
	const live = row.find((entry) => entry.live);
	const rest =
		at < 0 ? row.filter((entry) => entry.modified > finished.modified || entry.live) : row.slice(at + 1);
	const next = rest.findIndex(
		(entry) =>
			readable(entry) && !sameInode(entry, finished) && !(finished.copied && isCopyOfLive(entry, live)),
	);
	const to = rest[next];
	const findings = rest
		.slice(0, Math.max(next, 0))
		.filter((entry) => entry.unreadable !== '')
		.map(unreadable);
	const copied = to !== undefined && !to.live && (finished.copied || isCopy(to, entries));
	return { to, offset: 0, copied, found: false, findings, listed: at >= 0 };
};
