// short-cut: whole histograms straight from bytes to record text, for what nearly all input consists of
// It takes a block under a header that it knows, and leaves any other, untouched, to the reader of lines.

import type { Fixed } from '../../print/records.ts';
import type { Gate, ShortCut } from '../../print/short-cut.ts';
import { createRecordText } from './record-text.ts';

const NEWLINE = 10;
const SPACE = 32;
const COLON = 58;

// Headers come back in every print; the bound is for streams that never repeat one.
const MOST_CACHED = 20_000;

/** A header's series, and the run that its map is: what is printed in one go, or '' for a map without keys. */
type Header = { fixed: Fixed; run: string; middle: Buffer };

export type HistogramShortCut = ShortCut & {
	/** The end of the block that begins at `at`, now in the output, or `at` when it is left to the reader of lines. */
	block: (bytes: Buffer, view: DataView, at: number, gate: Gate) => number;
	/** Rows of the block taken last. */
	rows: () => number;
	/** The header that `block` did not know, to be taught by `learn` once its record's fixed text is known. */
	missed: () => string;
	learn: (header: string, fixed: Fixed, run: string) => void;
	/** Forget every header: their fixed text is no longer what it was. */
	forget: () => void;
};

export const createShortCut = (): HistogramShortCut => {
	const headers = new Map<string, Header>();
	const records = createRecordText();
	// Where the open run's records begin, and the series of each.
	let heldFrom = 0;
	let held: Fixed[] = [];
	let missed = '';

	const find = (bytes: Buffer, at: number, end: number): Header | undefined => {
		const last = bytes[end - 1];
		if (last !== COLON && (last !== SPACE || bytes[end - 2] !== COLON)) return undefined;
		const text = bytes.toString('latin1', at, end);
		const header = headers.get(text);
		missed = header ? '' : text;
		return header;
	};
	const free = () => {
		heldFrom = records.size();
		if (held.length > 0) held = [];
	};
	const block = (bytes: Buffer, view: DataView, at: number, gate: Gate): number => {
		missed = '';
		const end = bytes.indexOf(NEWLINE, at);
		const header = end < 0 ? undefined : find(bytes, at, end);
		const ts = header ? gate.admit(header.fixed, header.run) : -1;
		if (!header || ts < 0) return at;
		const next = records.write(bytes, view, end + 1, ts, header.middle);
		if (next < 0) return at;
		// Only now, for a header without such rows is none, and ends no map.
		gate.admitted(header.fixed, header.run);
		records.keep();
		if (header.run === '') free();
		else held.push(header.fixed);
		return next;
	};
	return {
		block,
		rows: records.rows,
		missed: () => missed,
		learn: (header, fixed, run) => {
			if (headers.size >= MOST_CACHED) headers.clear();
			headers.set(header, { fixed, run, middle: Buffer.from(fixed.middle) });
		},
		forget: () => headers.clear(),
		pending: () => records.size() > 0,
		release: () => {
			const end = records.size();
			const released = {
				free: records.text(0, heldFrom),
				held: { text: records.text(heldFrom, end), series: held },
			};
			records.clear();
			free();
			return released;
		},
		free,
	};
};
