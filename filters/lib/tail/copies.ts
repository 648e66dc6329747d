// copies: which files of a row are copies that a rotation made of others, and what a position has to do with them
// Pure, as chain is. logrotate's `copytruncate`, `copy` and `renamecopy` all make them, and no name tells which.

import type { Entry } from './entry.ts';
import { sameContent, sameFile, sameTrail, TRAIL_BYTES } from './identity.ts';
import type { LogPosition } from './position.ts';

// How long a copy takes at the most: a second, and what a slow disk needs (20 MB/s).
const ONE_GO_NS = 1_000_000_000n;
const COPY_NS_PER_BYTE = 50n;
// The clock of file times ticks this slowly on some kernels, and faster for some files than for others.
const TICK_NS = 10_000_000n;

/** Whether a younger file was there before this one, which is then a copy. */
export const isCopy = (entry: Entry, entries: Entry[]): boolean => {
	const younger = entries.slice(entries.indexOf(entry) + 1).filter(({ ranked }) => ranked);
	return entry.ranked && younger.some(({ born }) => born > 0n && born < entry.born);
};

/** Whether the file was written in one go, as a copy is, and not over a time, as a log. */
const isInOneGo = ({ born, modified, size }: Entry): boolean =>
	born > 0n && modified - born < ONE_GO_NS + BigInt(size) * COPY_NS_PER_BYTE;

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
export const copyOf = (
	position: LogPosition,
	entries: Entry[],
	exact: Entry | undefined,
): Entry | undefined => {
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
 * The copy of the position's file that ends before the position: what came between the copy and the truncation had
 * been read already, so there is nothing in it.
 */
export const shorterCopyOf = (position: LogPosition, entries: Entry[]): Entry | undefined => {
	const since = BigInt(position.modified) - TICK_NS;
	return entries.find(
		(entry) =>
			position.hashed > 0 &&
			entry.unreadable === '' &&
			entry.size < position.offset &&
			entry.born >= since &&
			isCopy(entry, entries) &&
			sameContent(position, entry.head),
	);
};
