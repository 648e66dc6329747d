// printer: a log's whole lines on their way to stdout, with barriers where a reader may start again
// A barrier stands before a `#!ts` line or where the log fell silent, so that it cuts no histogram.

import { withoutBarriers } from '../barriers.ts';
import { barrierLine, END_LINE, type Position } from '../record.ts';
import { firstTimeIn, lastTimeIn, startsWithTime } from '../time-lines.ts';
import { TRAIL_BYTES, trailAfter } from './identity.ts';

const LINE_END = Buffer.from('\n');

/** A log without `#!ts` lines gets a barrier after an empty line about every so many bytes. */
export const BARRIER_BYTES = 64 * 1024;
/** One with neither `#!ts` nor empty lines gets it at any line: else one crash would repeat all of it. */
export const ANY_LINE_BYTES = 1024 * 1024;

/** A byte of the file being read: the last `#!ts` line before it, and the bytes before it, up to TRAIL_BYTES. */
export type Spot = { offset: number; time: string | undefined; trail: Buffer };

/** What a printer needs; `position` gives the barrier for a spot. */
export type Printing = {
	text: (text: string) => void;
	bytes: (bytes: Buffer) => void;
	barriers: boolean;
	position: (spot: Spot) => Position;
	count: (what: string, by?: number) => void;
	warn: (message: string, like: string) => void;
};

/** Whole lines in, whole lines out. */
export type Printer = {
	/** What comes next starts at a spot of a file; its time is repeated unless the log has one there. */
	start: (spot: Spot) => void;
	/** A run of whole lines, which ends with a newline. */
	run: (bytes: Buffer) => void;
	/** Bytes of a line too long to print. */
	skip: (length: number) => void;
	/** NULs that are stepped over; the answer is the byte at which they begin. */
	hole: (length: number) => number;
	/** Half a line that will never be whole. */
	torn: (bytes: Buffer) => void;
	/** A barrier here, for nothing more came; `first` also where nothing was printed yet. */
	quiet: (first?: boolean) => void;
	/** Whether anything was printed since the last barrier. */
	owes: () => boolean;
	/** The end of a finite input. */
	end: () => void;
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
export const createPrinter = ({ text, bytes: put, barriers, position, count, warn }: Printing): Printer => {
	let at = 0;
	let trail: Buffer = Buffer.alloc(0);
	let since = 0;
	let time: string | undefined;
	let toRepeat: string | undefined;

	// A barrier inside the log is of the pipeline that wrote it; a sink of ours would take it for our position.
	const withoutForeign = (all: Buffer): Buffer => {
		const { lines, positions, ends } = withoutBarriers(all);
		if (positions.length + ends === 0) return all;
		count('foreign_barriers', positions.length + ends);
		warn('the log holds barriers of another pipeline; left out', 'foreign');
		return lines;
	};
	const print = (bytes: Buffer) => {
		const ours = barriers ? withoutForeign(bytes) : bytes;
		if (ours.length > 0) put(ours);
		since += bytes.length;
	};
	const barrier = () => {
		text(`${barrierLine(position({ offset: at, time, trail }))}\n`);
		since = 0;
	};
	const piece = (bytes: Buffer) => {
		print(bytes);
		at += bytes.length;
		trail = trailAfter(trail, bytes);
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
	/** Bytes that are not printed, of which these are known to be the last. */
	const pass = (length: number, known: Buffer) => {
		at += length;
		since += length;
		trail = known;
	};
	return {
		start: (spot) => {
			at = spot.offset;
			trail = spot.trail;
			toRepeat = spot.time;
			time = spot.time ?? time;
		},
		run,
		skip: (length) => pass(length, LINE_END),
		hole: (length) => {
			const from = at;
			pass(length, Buffer.alloc(Math.min(length, TRAIL_BYTES)));
			return from;
		},
		torn: (bytes) => {
			count('torn');
			print(Buffer.concat([bytes, LINE_END]));
		},
		quiet: (first = false) => {
			if (barriers && (since > 0 || first)) barrier();
		},
		owes: () => barriers && since > 0,
		end: () => {
			if (barriers) text(`${END_LINE}\n`);
		},
	};
};
