// time-lines: find the `#!ts` lines in a run of whole lines without splitting it
// One native search per run, so a log of megabytes a second costs no work per line.

import { parseControl } from './record.ts';

const MARK = '#!ts ';
const NEWLINE = 10;
const HASH = 35;

/**
 * A `#!ts` line inside a run: where it starts (bytes), its time (ms since the epoch), itself with newline. A few NULs
 * before it, as a truncation leaves them, hide it from nobody.
 */
export type TimeLine = { at: number; ms: number; line: string };

/** The `#!ts` line whose mark is at byte `mark`, or undefined when what stands there is something else. */
const timeLineAt = (bytes: Buffer, mark: number): TimeLine | undefined => {
	let at = mark;
	while (at > 0 && bytes[at - 1] === 0) at -= 1;
	if (at > 0 && bytes[at - 1] !== NEWLINE) return undefined;
	const end = bytes.indexOf(NEWLINE, mark) + 1;
	const line = bytes.toString('latin1', mark, end === 0 ? bytes.length : end);
	const control = parseControl(line);
	return control.kind === 'ts' ? { at, ms: control.ms, line } : undefined;
};

/** Whether a run of whole lines starts with a `#!ts` line. */
export const startsWithTime = (bytes: Buffer): boolean => {
	let mark = 0;
	while (bytes[mark] === 0) mark += 1;
	return bytes[mark] === HASH && timeLineAt(bytes, mark) !== undefined;
};

/** The first `#!ts` line of a run of whole lines; malformed ones do not count. */
export const firstTimeIn = (bytes: Buffer): TimeLine | undefined => {
	for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
		const found = timeLineAt(bytes, at);
		if (found) return found;
	}
	return undefined;
};

/** The first `#!ts` line of a run of whole lines that says `ms` or later, and whether there is any at all. */
export const firstTimeSince = (bytes: Buffer, ms: number): { at: number | undefined; hasTimes: boolean } => {
	for (let from = 0; ; ) {
		const found = firstTimeIn(bytes.subarray(from));
		if (!found) return { at: undefined, hasTimes: from > 0 };
		if (found.ms >= ms) return { at: from + found.at, hasTimes: true };
		from += found.at + found.line.length;
	}
};

/** The last `#!ts` line of a run of whole lines; malformed ones do not count. */
export const lastTimeIn = (bytes: Buffer): TimeLine | undefined => {
	for (let at = bytes.lastIndexOf(MARK); at >= 0; at = at > 0 ? bytes.lastIndexOf(MARK, at - 1) : -1) {
		const found = timeLineAt(bytes, at);
		if (found) return found;
	}
	return undefined;
};
