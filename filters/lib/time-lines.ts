// time-lines: find the `#!ts` lines in a run of whole lines without splitting it
// One native search per run, so a log of megabytes a second costs no work per line.

import { parseControl } from './record.ts';

const MARK = '#!ts ';
const NEWLINE = 10;

/** A `#!ts` line inside a run: where it starts (bytes), its time (ms since the epoch), itself with newline. */
export type TimeLine = { at: number; ms: number; line: string };

/** The `#!ts` line that starts at byte `at`, or undefined when what stands there is something else. */
const timeLineAt = (bytes: Buffer, at: number): TimeLine | undefined => {
	if (at > 0 && bytes[at - 1] !== NEWLINE) return undefined;
	const end = bytes.indexOf(NEWLINE, at) + 1;
	const line = bytes.toString('latin1', at, end === 0 ? bytes.length : end);
	const control = parseControl(line);
	return control.kind === 'ts' ? { at, ms: control.ms, line } : undefined;
};

/** Whether a run of whole lines starts with a `#!ts` line. */
export const startsWithTime = (bytes: Buffer): boolean =>
	bytes.length > 0 && bytes[0] === 35 && timeLineAt(bytes, 0) !== undefined;

/** The first `#!ts` line of a run of whole lines; malformed ones do not count. */
export const firstTimeIn = (bytes: Buffer): TimeLine | undefined => {
	for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
		const found = timeLineAt(bytes, at);
		if (found) return found;
	}
	return undefined;
};

/** The last `#!ts` line of a run of whole lines; malformed ones do not count. */
export const lastTimeIn = (bytes: Buffer): TimeLine | undefined => {
	for (let at = bytes.lastIndexOf(MARK); at >= 0; at = at > 0 ? bytes.lastIndexOf(MARK, at - 1) : -1) {
		const found = timeLineAt(bytes, at);
		if (found) return found;
	}
	return undefined;
};
