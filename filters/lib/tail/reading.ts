// reading: a log while it is being followed: the file that is open, and what has come of it so far
// It joins the lines of a file, the printer and the notices; where to read is decided elsewhere.

import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { errnoOf } from '../failure.ts';
import { SHORTEST_HOLE } from '../holes.ts';
import { LONGEST_LINE, type WholeLines, wholeLines } from '../lines.ts';
import type { Log } from '../log.ts';
import type { Output } from '../output.ts';
import type { Finding } from './chain.ts';
import { trailOf } from './identity.ts';
import { type OpenFile, trailIn } from './open-file.ts';
import type { LogPosition } from './position.ts';
import { createPrinter, type Printer, type Spot } from './printer.ts';
import type { Since } from './since.ts';
import type { Watch } from './watch.ts';

/** How long things take, in ms; tests are in more of a hurry. */
export type Pace = {
	/** From one look to the next when nothing is heard. */
	poll: number;
	/** Silence after which the end of the log is a place for a barrier. */
	quiet: number;
	/** A renamed file is at its end when nothing came for so long: by then its writer has opened the new one. */
	rotate: number;
	/** After looking away for longer than this, rotations may have come and gone unseen. */
	sure: number;
};

export const PACE: Pace = { poll: 1000, quiet: 200, rotate: 1000, sure: 5000 };

/** What to follow, from where, and through whom. */
export type Following = {
	path: string;
	fromStart: boolean;
	/** A log that may never be there: it is waited for without a word. */
	optional?: boolean;
	/** Stop at the end of the live file. */
	once: boolean;
	/** Print barriers. */
	barriers: boolean;
	/** What a run before this one has delivered. */
	from: LogPosition | undefined;
	/** Without that: begin where lines are not older than this. */
	since?: Since;
	output: Pick<Output, 'text' | 'bytes' | 'room'>;
	log: Log;
	count: (what: string, by?: number) => void;
	found: (finding: Finding) => void;
	signal: AbortSignal;
	watch: Watch;
	pace: Pace;
};

/** A log being followed. Times are of a clock that never steps, in ms. */
export type Reading = Following & {
	file: OpenFile | undefined;
	printer: Printer;
	lines: WholeLines;
	/** When bytes last came. */
	cameAt: number;
	/** When the file that is being read was last seen in its place among the log's files. */
	placedAt: number;
	/** When its name was first seen to stand for another file. */
	renamedAt: number | undefined;
	/** When the live file was first seen to be unreadable. */
	deniedAt: number | undefined;
	/** Where the file before this one ended. */
	left: { offset: number; trail: Buffer } | undefined;
	/** When `once` first came to the end. */
	endedAt: number | undefined;
	/** When the live file was last seen to be empty, in ms since the epoch. */
	emptyAt: number;
};

// The clock of file times ticks this slowly on some kernels, so a file may seem to be that much older.
const FILE_TICK_MS = 10;
const fileTime = (ms: number): bigint => BigInt(ms - FILE_TICK_MS) * 1_000_000n;
const NOTHING = { dev: '0', ino: '0', hash: '', hashed: 0 };

/** The position before the first byte of a log that is empty or not there: only the time of it counts. */
export const nothingYet = (path: string, at: number): LogPosition => ({
	name: basename(path),
	...NOTHING,
	offset: 0,
	modified: String(fileTime(at)),
});

/** The position of a spot in the file that is being read; of an empty one only the time counts. */
const positionIn = ({ path, file }: Reading, { offset, time, trail }: Spot): LogPosition => {
	const id = file?.id ?? NOTHING;
	const modified = id.hashed > 0 && file && file.modified > 0n ? file.seen : fileTime(Date.now());
	return {
		name: basename(path),
		...id,
		offset,
		...trailOf(trail),
		...(time === undefined ? {} : { time }),
		modified: String(modified),
		...(file?.copied ? { copied: true as const } : {}),
	};
};

/** How far a file was read, which may be in the midst of a line. */
export const readUpTo = (path: string, file: OpenFile): LogPosition => ({
	name: basename(path),
	...file.id,
	offset: file.offset,
	...trailOf(trailIn(file)),
	modified: String(file.seen),
});

/** The lines of a log, with what is left out of them. */
const linesOf = (printer: Printer, { path, log, count, found }: Following): WholeLines =>
	wholeLines({
		lines: printer.run,
		tooLong: (length) => {
			count('too_long');
			const what = `${path}: a line of ${length} bytes is longer than ${LONGEST_LINE}; skipped`;
			log.warn(what, {}, 'too long');
			printer.skip(length);
		},
		hole: (length) => {
			count('nul_bytes', length);
			const from = printer.hole(length);
			const what = `a hole of ${length} NUL bytes is stepped over`;
			// At the start of a file nothing was lost by it: a truncation has had its notice.
			if (from === 0 || length < SHORTEST_HOLE) log.warn(`${path}: ${what}`, {}, 'hole');
			else found({ kind: 'lost_window', detail: `${path}, byte ${from}: ${what}; what was there is lost` });
		},
	});

/** A log about to be followed. */
export const createReading = (following: Following): Reading => {
	const { path, barriers, output, log, count } = following;
	const printer = createPrinter({
		text: output.text,
		bytes: output.bytes,
		barriers,
		position: (spot) => positionIn(reading, spot),
		count,
		warn: (message, like) => log.warn(`${path}: ${message}`, {}, like),
	});
	const now = performance.now();
	const reading: Reading = {
		...following,
		file: undefined,
		printer,
		lines: linesOf(printer, following),
		cameAt: now,
		placedAt: now,
		renamedAt: undefined,
		deniedAt: undefined,
		left: undefined,
		endedAt: undefined,
		emptyAt: Date.now(),
	};
	return reading;
};

/** Bytes of the file: its whole lines are printed, the rest waits for its newline. */
export const takePiece = (reading: Reading, piece: Buffer): void => {
	const end = piece.lastIndexOf(10) + 1;
	reading.cameAt = performance.now();
	if (end > 0) reading.lines.take(piece.subarray(0, end));
	// A copy, so that a few bytes do not keep the whole piece in memory.
	if (end < piece.length) reading.lines.take(Buffer.from(piece.subarray(end)));
};

/** Print what has no newline and will never get one. */
export const printTorn = ({ file, lines, printer, log }: Reading): void => {
	const rest = lines.last();
	if (rest.length === 0) return;
	log.warn(`${file?.path} ends in half a line; printed with a newline`, {}, 'torn');
	printer.torn(rest);
};

/** Read `file` from now on. */
export const turnTo = (reading: Reading, file: OpenFile, time?: string): void => {
	reading.left = reading.file && { offset: reading.file.offset, trail: trailIn(reading.file) };
	reading.file = file;
	reading.placedAt = performance.now();
	reading.renamedAt = undefined;
	reading.emptyAt = file.metAt;
	reading.printer.start({ offset: file.offset, trail: trailIn(file), time });
	reading.watch.renew();
};

/** What a name stands for now, or undefined when it stands for nothing. Throws the system's other errors. */
export const statOf = async (path: string): Promise<{ dev: string; ino: string } | undefined> => {
	try {
		const { dev, ino } = await stat(path, { bigint: true });
		return { dev: String(dev), ino: String(ino) };
	} catch (error) {
		if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return undefined;
		throw error;
	}
};
