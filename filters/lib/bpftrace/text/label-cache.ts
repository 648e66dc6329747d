// label-cache: the labels of bucket rows as bytes, found by what they look like, with their bounds as exact doubles

import { rangeOf } from './label.ts';

/** The bytes that a label takes in its row, filled up with blanks. */
export const LABEL_BYTES = 16;

/** A label's bytes as four words, its bounds, and the label that came next the last time. */
export type Label = {
	words: [number, number, number, number];
	lower: number;
	upper: number;
	json: Buffer;
	next: Label | undefined;
};

/** The label at a place in the bytes, or null where none is or its bounds are no exact doubles. */
export type LabelCache = (bytes: Buffer, view: DataView, at: number) => Label | null;

// Labels come back in every print; the bound is for streams that never repeat one.
const MOST_CACHED = 20_000;

const exactDouble = (value: bigint | null, open: number): number => {
	if (value === null) return open;
	const double = Number(value);
	return BigInt(double) === value ? double : Number.NaN;
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

export const createLabelCache = (): LabelCache => {
	const labels = new Map<string, Label | null>();
	return (bytes, view, at) => {
		const text = bytes.toString('latin1', at, at + LABEL_BYTES);
		let label = labels.get(text);
		if (label === undefined) {
			label = parseLabel(text, view, at);
			if (labels.size >= MOST_CACHED) labels.clear();
			labels.set(text, label);
		}
		return label;
	};
};
