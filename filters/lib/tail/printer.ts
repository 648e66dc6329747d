// printer: a log's whole lines on their way to stdout, with barriers where a reader may start again
// A barrier stands before a `#!ts` line or where the log fell silent, so that it cuts no histogram.

import { isUtf8 } from 'node:buffer';
import { barrierLine, type Position } from '../record.ts';
import { firstTimeIn, lastTimeIn, startsWithTime } from '../time-lines.ts';

/** A log without `#!ts` lines gets a barrier after an empty line about every so many bytes. */
export const BARRIER_BYTES = 64 * 1024;
/** One with neither `#!ts` nor empty lines gets it at any line: else one crash would repeat all of it. */
export const ANY_LINE_BYTES = 1024 * 1024;

const FOREIGN = /^#!pos .*\n/gm;

/** What a printer needs; `position` gives the barrier for a byte of the file being read. */
export type Printing = {
	text: (text: string) => void;
	barriers: boolean;
	position: (offset: number, time: string | undefined) => Position;
	count: (what: string, by?: number) => void;
	warn: (message: string, like: string) => void;
};

/** Whole lines in, whole lines out. */
export type Printer = {
	/** What comes next starts at byte `offset` of a file; `time`, a `#!ts` line, is repeated unless the log has one there. */
	start: (offset: number, time?: string) => void;
	/** A run of whole lines, which ends with a newline. */
	run: (bytes: Buffer) => void;
	/** Bytes of a line too long to print. */
	skip: (length: number) => void;
	/** Half a line that will never be whole. */
	torn: (bytes: Buffer) => void;
	/** A barrier here, for nothing more came; `first` also where nothing was printed yet. */
	quiet: (first?: boolean) => void;
	/** Whether anything was printed since the last barrier. */
	owes: () => boolean;
};

/**
 * Where in a run of whole lines the barrier goes, or -1. `since` is how many bytes were printed since the last
 * one, `timed` whether the log has `#!ts` lines.
 */
export const barrierPlace = (bytes: Buffer, since: number, timed: boolean): number => {
	const at = firstTimeIn(bytes)?.at ?? -1;
	if (at >= 0) return since + at > 0 ? at : -1;
	if (since >= ANY_LINE_BYTES) return 0;
	if (timed || since + bytes.length < BARRIER_BYTES) return -1;
	const empty = bytes.indexOf('\n\n');
	return empty < 0 ? -1 : empty + 2;
};

/** A printer whose first file is yet to be started. */
export const createPrinter = ({ text, barriers, position, count, warn }: Printing): Printer => {
	let at = 0;
	let since = 0;
	let time: string | undefined;
	let toRepeat: string | undefined;

	// A barrier inside the log is of the pipeline that wrote it; a sink of ours would take it for our position.
	const withoutForeign = (all: string): string => {
		if (!barriers || !all.includes('#!pos ')) return all;
		return all.replace(FOREIGN, () => {
			count('foreign_barriers');
			warn('the log holds barriers of another pipeline; left out', 'foreign');
			return '';
		});
	};
	const print = (bytes: Buffer) => {
		if (bytes.length === 0) return;
		if (!isUtf8(bytes)) {
			count('not_utf8');
			warn('the log holds bytes that are not UTF-8; they are printed as U+FFFD', 'utf8');
		}
		text(withoutForeign(bytes.toString()));
		since += bytes.length;
	};
	const barrier = () => {
		text(`${barrierLine(position(at, time))}\n`);
		since = 0;
	};
	const piece = (bytes: Buffer) => {
		print(bytes);
		at += bytes.length;
	};
	const run = (bytes: Buffer) => {
		if (toRepeat !== undefined && !startsWithTime(bytes)) text(`${toRepeat}\n`);
		toRepeat = undefined;
		const cut = barriers ? barrierPlace(bytes, since, time !== undefined) : -1;
		if (cut >= 0) {
			piece(bytes.subarray(0, cut));
			barrier();
		}
		piece(bytes.subarray(Math.max(cut, 0)));
		time = lastTimeIn(bytes)?.line.trimEnd() ?? time;
	};
	return {
		start: (offset, repeat) => {
			at = offset;
			toRepeat = repeat;
			time = repeat ?? time;
		},
		run,
		skip: (length) => {
			at += length;
			since += length;
		},
		torn: (bytes) => {
			count('torn');
			print(Buffer.concat([bytes, Buffer.from('\n')]));
		},
		quiet: (first = false) => {
			if (barriers && (since > 0 || first)) barrier();
		},
		owes: () => barriers && since > 0,
	};
};
