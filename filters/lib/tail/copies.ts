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
 * The files that may be copies of the position's own: made after it, so they stand before it in the row. When it is
 * gone, any copy may be one of it; then, and where births are not known, only the bytes before the place are sure.
 */
const candidates = (position: LogPosition, entries: Entry[]): Entry[] => {
	const isSure = position.trailed === TRAIL_BYTES;
	const own = entries.findIndex((entry) => sameFile(position, entry));
	const before = own < 0 ? entries : entries.slice(0, own);
	const isMade = (entry: Entry) =>
		own < 0 ? isCopy(entry, entries) || isInOneGo(entry) : entry.born > entries[own]!.born;
	return before.filter((entry) => entry.ranked && !entry.live && (isSure || isMade(entry)));
};

/**
 * The copy that was made of the position's file before it was truncated. Near the start of a log, and where it repeats
 * itself, many files hold what was before the position: it is the oldest copy made since. `isLost` says that no other
 * file does.
 */
export const copyOf = (position: LogPosition, entries: Entry[], isLost: boolean): Entry | undefined => {
	const since = BigInt(position.modified);
	const copies = candidates(position, entries).filter((entry) => !entry.inOriginal && holds(position, entry));
	const next = copies.find(({ born, modified }) => (born || modified) >= since);
	// The clock may have been set back between the two.
	return next ?? (isLost && position.trailed === TRAIL_BYTES ? copies.at(-1) : undefined);
};

/**
 * The copy of the position's file that ends before the position: what came between the copy and the truncation had
 * been read already, so there is nothing in it. It can only be the first one that was made since.
 */
export const shorterCopyOf = (position: LogPosition, entries: Entry[]): Entry | undefined => {
	const since = BigInt(position.modified) - TICK_NS;
	const isSince = (entry: Entry) => entry.born >= since && isCopy(entry, entries);
	const next = candidates(position, entries).find(isSince);
	const isShorter =
		next?.unreadable === '' && next.size < position.offset && sameContent(position, next.head);
	return position.hashed > 0 && isShorter ? next : undefined;
};
