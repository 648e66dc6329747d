// record-text: the rows of a histogram straight from bytes to the text of its record, one record after the other
// A record is written only when every byte of its rows is as expected, up to the empty line behind them.

import { HISTOGRAM_START } from '../../print/records.ts';
import { createLabelCache, LABEL_BYTES, type Label } from './label-cache.ts';

const NEWLINE = 10;
const SPACE = 32;
const ZERO = 48;
const AT_SIGN = 64;
const BAR = 124;
// `[2, 4)                11 |@@@@@@@@@@@@@@     |`: label 16, count 8, blank, bar of 52 between two strokes.
const COUNT_END = 24;
const BAR_FROM = 26;
const BAR_END = 78;
const ROW = 80;
const FOUR_AT = 0x40404040;
const FOUR_SPACES = 0x20202020;
// The row that may be saturated, which takes a notice.
const TWO_TO_32 = 2 ** 32;
const FLUSH_BYTES = 64 * 1024;

/** Records of histograms as text. */
export type RecordText = {
	/**
	 * Write the record of the rows that begin at `from`, behind those that were kept. The answer is the place behind the
	 * empty line that ends them, or -1 where they are not as expected.
	 */
	write: (bytes: Buffer, view: DataView, from: number, ts: number, middle: Buffer) => number;
	/** Rows of the record that was written last. */
	rows: () => number;
	/** The record that was written last stays. */
	keep: () => void;
	/** Bytes that were kept. */
	size: () => number;
	/** The text that was kept, from byte `from` up to byte `to`. */
	text: (from: number, to: number) => string;
	/** Forget what was kept. */
	clear: () => void;
};

const isLabel = ({ words }: Label, view: DataView, at: number): boolean =>
	view.getInt32(at, true) === words[0] &&
	view.getInt32(at + 4, true) === words[1] &&
	view.getInt32(at + 8, true) === words[2] &&
	view.getInt32(at + 12, true) === words[3];

/** Whether the bar of the row at `at` is `@`s, then blanks, then a stroke and a newline. */
const isBar = (bytes: Buffer, view: DataView, at: number): boolean => {
	let from = at + BAR_FROM;
	const end = at + BAR_END;
	while (from < end && view.getInt32(from, true) === FOUR_AT) from += 4;
	if (from < end) {
		const stop = from + 4;
		while (from < stop && bytes[from] === AT_SIGN) from++;
		while (from < stop && bytes[from] === SPACE) from++;
		if (from < stop) return false;
		while (from < end && view.getInt32(from, true) === FOUR_SPACES) from += 4;
	}
	return from === end && bytes[end] === BAR && bytes[end + 1] === NEWLINE;
};

export const createRecordText = (): RecordText => {
	const findLabel = createLabelCache();
	const first = { next: undefined } as Label;
	const start = Buffer.from(HISTOGRAM_START);
	let out = Buffer.allocUnsafe(2 * FLUSH_BYTES);
	let used = 0;
	// Where the records that are kept end; what is behind that is being tried.
	let kept = 0;
	let rows = 0;

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
	/** Copy the count of the row at `at` out; false when it is not right-aligned digits. */
	const putCount = (bytes: Buffer, at: number): boolean => {
		let from = at + LABEL_BYTES;
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
	return {
		write: (bytes, view, from, ts, middle) => {
			used = kept;
			rows = 0;
			// A row's record text is never longer than the row.
			need(start.length + 20 + middle.length + bytes.length - from);
			put(start);
			used += out.write(String(ts), used, 'latin1');
			put(middle);
			const blank = putRows(bytes, view, from);
			if (blank < 0) return -1;
			used += out.write(']}\n', used - 1, 'latin1') - 1;
			return blank + 1;
		},
		rows: () => rows,
		keep: () => {
			kept = used;
		},
		size: () => kept,
		text: (from, to) => out.toString('utf8', from, to),
		clear: () => {
			kept = 0;
		},
	};
};
