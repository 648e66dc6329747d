// size-limit: a log that rotates itself when it has grown to a size, for machines without logrotate
// It changes files between two lines, and where it can between two bursts.

import { targetOf } from '../disk/link.ts';
import { shiftFiles } from '../disk/shift.ts';
import { describe } from '../failure.ts';
import type { Log } from '../log.ts';
import { startsWithTime } from '../time-lines.ts';
import type { LogFile } from './log-file.ts';

const NEWLINE = 10;
// A new file begins with the time of its first line; this much is kept free for it.
const HEAD_BYTES = 32;

/** `maxBytes` is the size that a file does not exceed; `keep` is how many old ones stay. */
export type Sizing = {
	path: string;
	maxBytes: number;
	keep: number;
	log: Log;
	count: (what: string) => void;
};

/** Where the run of whole lines from `from` ends that fits into `room` bytes; `from` when no line fits. */
export const endWithin = (bytes: Buffer, from: number, room: number): number => {
	if (bytes.length - from <= room) return bytes.length;
	const end = room > 0 ? bytes.lastIndexOf(NEWLINE, from + room - 1) + 1 : 0;
	return Math.max(end, from);
};

/** The `write` of a log that rotates itself. One line larger than the limit gets a file of its own. */
export const limitedWrite = (file: LogFile, { path, maxBytes, keep, log, count }: Sizing) => {
	const rotate = (): boolean => {
		try {
			// Where a link leads, for a file is renamed only within its disk.
			shiftFiles(targetOf(path), keep);
		} catch (error) {
			log.warn(`cannot rotate: ${describe(error)}; ${path} grows beyond --max-size`, {}, 'rotate');
			return false;
		}
		count('rotations');
		return file.reopen('after its rotation');
	};
	const endOf = (lines: Buffer, from: number): number => {
		const size = file.size();
		if (size > maxBytes - maxBytes / 8 && startsWithTime(lines.subarray(from))) return from;
		const end = endWithin(lines, from, maxBytes - HEAD_BYTES - size);
		return end === from && size === 0 ? lines.indexOf(NEWLINE, from) + 1 : end;
	};
	return async (lines: Buffer): Promise<void> => {
		for (let from = 0; from < lines.length; ) {
			const end = endOf(lines, from);
			const stuck = end === from && !rotate();
			const part = lines.subarray(from, stuck ? lines.length : end);
			if (part.length > 0) await file.write(part);
			from += part.length;
		}
	};
};
