// short-cut: whole histograms straight from bytes to record text, for the rows that nearly all input consists of
// It takes a block only when every byte is as expected, and else leaves it, untouched, to the reader of lines.

import { type Fixed, HISTOGRAM_START } from '../../print/records.ts';
import { rangeOf } from './label.ts';

const NEWLINE = 10;
const SPACE = 32;
const COLON = 58;
const ZERO = 48;
const BAR = 124;
// `[2, 4)                11 |@@@@@@@@@@@@@@     |`: label 16, count 8, blank, bar of 52 between two strokes.
const LABEL = 16;
const COUNT_END = 24;
const BAR_FROM = 26;
const BAR_END = 78;
const ROW = 80;
const FOUR_AT = 0x40404040;
const FOUR_SPACES = 0x20202020;
// The row that may be saturated, which takes a notice.
const TWO_TO_32 = 2 ** 32;

// Headers and labels come back in every print; the bound is for streams that never repeat one.
const MOST_CACHED = 20_000;
const FLUSH_BYTES = 64 * 1024;

/** A label's 16 bytes as four words, its bounds as exact doubles, and the label that came next the last time. */
type Label = {
	words: [number, number, number, number];
	lower: number;
	upper: number;
	json: Buffer;
	next: Label | undefined;
};

const exactDouble = (value: bigint | null, open: number): number => {
	if (value === null) return open;
	const double = Number(value);
	return BigInt(double) === value ? double : Number.NaN;
};

/** A header's series, and the run that its map is: what is printed in one go, or '' for a map without keys. */
type Known = { fixed: Fixed; run: string; middle: Buffer };

/** Who knows which series were printed already: the time for another histogram, or -1 for none; and that it was taken. */
export type Gate = {
	admit: (fixed: Fixed, run: string) => number;
	admitted: (fixed: Fixed, run: string) => void;
};

/** Output: what may leave, and the open run's, with the series of each line. */
export type Released = { free: string; held: { text: string; series: Fixed[] } };

export type Fast = {
	/** The end of the block that begins at `at`, now in the output, or `at` when it is left to the reader of lines. */
	block: (bytes: Buffer, view: DataView, at: number, gate: Gate) => number;
	/** Rows of the block taken last. */
	rows: () => number;
	/** The header that `block` did not know, to be taught by `learn` once its record's fixed text is known. */
	missed: () => string;
	learn: (header: string, fixed: Fixed, run: string) => void;
	/** Forget every header: their fixed text is no longer what it was. */
	forget: () => void;
	/** Whether there is output, which must leave before anything else does. */
	pending: () => boolean;
	/** The output so far, whole lines. */
	release: () => Released;
	/** The open run is over: its output may leave. */
	free: () => void;
};

export const createFast = (): Fast => {
	const headers = new Map<string, Known>();
	const labels = new Map<string, Label | null>();
	const first = { next: undefined } as Label;
	const start = Buffer.from(HISTOGRAM_START);
	let out = Buffer.allocUnsafe(2 * FLUSH_BYTES);
	let used = 0;
	// Where the blocks that were taken end; what is behind that is being tried.
	let taken = 0;
	// Where the open run's output begins, and the series of its lines.
	let heldFrom = 0;
	let held: Fixed[] = [];
	let rows = 0;
	let missed = '';

	const need = (size: number) => {
		if (out.length >= used + size) return;
		const larger = Buffer.allocUnsafe(2 * (used + size));
		out.copy(larger, 0, 0, used);
		out = larger;
	};
	const put = (bytes: Buffer) => {
		out.set(bytes, used);
		used += bytes.length;
	};
	const parseLabel = (text: string, view: DataView, at: number): Label | null => {
		// Blanks alone: a newline there cuts the row in two, however well the rest fits.
		const range = rangeOf(text.replace(/ +$/, ''));
		if (!range) return null;
		const lower = exactDouble(range.lower, Number.NEGATIVE_INFINITY);
		const upper = exactDouble(range.upper, Number.POSITIVE_INFINITY);
		if (Number.isNaN(lower) || Number.isNaN(upper)) return null;
		const words = [0, 4, 8, 12].map((offset) => view.getInt32(at + offset, true)) as Label['words'];
		return { words, lower, upper, json: Buffer.from(range.json), next: undefined };
	};
	const findLabel = (bytes: Buffer, view: DataView, at: number): Label | null => {
		const text = bytes.toString('latin1', at, at + LABEL);
		let label = labels.get(text);
		if (label === undefined) {
			label = parseLabel(text, view, at);
			if (labels.size >= MOST_CACHED) labels.clear();
			labels.set(text, label);
		}
		return label;
	};
	const isLabel = ({ words }: Label, view: DataView, at: number): boolean =>
		view.getInt32(at, true) === words[0] &&
		view.getInt32(at + 4, true) === words[1] &&
		view.getInt32(at + 8, true) === words[2] &&
		view.getInt32(at + 12, true) === words[3];

	/** Whether the bar at `at` is `@`s, then blanks, then a stroke and a newline. */
	const isBar = (bytes: Buffer, view: DataView, at: number): boolean => {
		let from = at + BAR_FROM;
		const end = at + BAR_END;
		while (from < end && view.getInt32(from, true) === FOUR_AT) from += 4;
		if (from < end) {
			const stop = from + 4;
			while (from < stop && bytes[from] === 64) from++;
			while (from < stop && bytes[from] === SPACE) from++;
			if (from < stop) return false;
			while (from < end && view.getInt32(from, true) === FOUR_SPACES) from += 4;
		}
		return from === end && bytes[end] === BAR && bytes[end + 1] === NEWLINE;
	};
	/** Copy the count at `at` out; false when it is not right-aligned digits. */
	const putCount = (bytes: Buffer, at: number): boolean => {
		let from = at + LABEL;
		const end = at + COUNT_END;
		while (from < end && bytes[from] === SPACE) from++;
		if (from === end || (bytes[from] === ZERO && from + 1 < end)) return false;
		for (; from < end; from++) {
			const digit = bytes[from]!;
			if (digit < ZERO || digit > ZERO + 9) return false;
			out[used++] = digit;
		}
		return bytes[end] === SPACE && bytes[end + 1] === BAR;
	};
	/** Rows up to an empty line; its position, or -1 when something else comes first. */
	const putRows = (bytes: Buffer, view: DataView, from: number): number => {
		let before = first;
		let edge = Number.NEGATIVE_INFINITY;
		let at = from;
		for (; at < bytes.length && bytes[at] !== NEWLINE; at += ROW) {
			if (at + ROW > bytes.length) return -1;
			let label: Label | null | undefined = before.next;
			if (!label || !isLabel(label, view, at)) label = findLabel(bytes, view, at);
			if (!label || label.lower < edge || (at > from && label.lower === Number.NEGATIVE_INFINITY)) return -1;
			put(label.json);
			if (!putCount(bytes, at) || !isBar(bytes, view, at)) return -1;
			out[used++] = 93;
			out[used++] = 44;
			before.next = label;
			before = label;
			edge = label.upper;
			rows += 1;
		}
		const isWhole = at < bytes.length && at > from;
		return isWhole && edge !== TWO_TO_32 ? at : -1;
	};
	const find = (bytes: Buffer, at: number, end: number): Known | undefined => {
		const last = bytes[end - 1];
		if (last !== COLON && (last !== SPACE || bytes[end - 2] !== COLON)) return undefined;
		const header = bytes.toString('latin1', at, end);
		const known = headers.get(header);
		missed = known ? '' : header;
		return known;
	};
	/** The record of a block whose rows begin at `from`; the position behind it, or -1, with the output as before. */
	const putRecord = (bytes: Buffer, view: DataView, from: number, ts: number, middle: Buffer): number => {
		const before = used;
		// A row's record text is never longer than the row.
		need(start.length + 20 + middle.length + bytes.length - from);
		put(start);
		used += out.write(String(ts), used, 'latin1');
		put(middle);
		const blank = putRows(bytes, view, from);
		if (blank < 0) {
			used = before;
			return -1;
		}
		used += out.write(']}\n', used - 1, 'latin1') - 1;
		return blank + 1;
	};
	const free = () => {
		heldFrom = taken;
		if (held.length > 0) held = [];
	};
	const block = (bytes: Buffer, view: DataView, at: number, gate: Gate): number => {
		rows = 0;
		missed = '';
		const end = bytes.indexOf(NEWLINE, at);
		const known = end < 0 ? undefined : find(bytes, at, end);
		const ts = known ? gate.admit(known.fixed, known.run) : -1;
		if (!known || ts < 0) return at;
		const next = putRecord(bytes, view, end + 1, ts, known.middle);
		if (next < 0) return at;
		// Only now, for a header without such rows is none, and ends no map.
		gate.admitted(known.fixed, known.run);
		taken = used;
		if (known.run === '') free();
		else held.push(known.fixed);
		return next;
	};
	return {
		block,
		rows: () => rows,
		missed: () => missed,
		learn: (header, fixed, run) => {
			if (headers.size >= MOST_CACHED) headers.clear();
			headers.set(header, { fixed, run, middle: Buffer.from(fixed.middle) });
		},
		forget: () => headers.clear(),
		pending: () => used > 0,
		release: () => {
			const released = {
				free: out.toString('utf8', 0, heldFrom),
				held: { text: out.toString('utf8', heldFrom, used), series: held },
			};
			[used, taken] = [0, 0];
			free();
			return released;
		},
		free,
	};
};
