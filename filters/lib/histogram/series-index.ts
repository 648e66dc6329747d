// series-index: what is kept of each series of cumulative histograms, found by the bytes of a line
// A series is learnt from a line that was read as a whole; after that its lines are only scanned.

import type { AnyRecord } from '../record.ts';
import { createHistogramText, type HistogramText } from './text.ts';

export type SeriesIndex<Kept> = {
	/** The line that `find` was asked for last, if it is in the usual form. */
	text: HistogramText;
	/** What is kept of the series of a line, `bytes` from `from` to `to`; undefined when the line has to be read. */
	find: (bytes: Buffer, from: number, to: number) => Kept | undefined;
	/** That line has been read as this record; `keep` makes what is kept of its series from now on. */
	learn: (record: AnyRecord, keep: (before: Kept | undefined) => Kept) => void;
};

// For streams whose series never come again.
const MOST_KNOWN = 20_000;

export const createSeriesIndex = <Kept>(): SeriesIndex<Kept> => {
	const text = createHistogramText();
	const all = new Map<string, Kept>();
	let isText = false;

	const isOfLine = ({ type, temporality, ts }: AnyRecord): boolean =>
		isText && type === 'histogram' && temporality === 'cumulative' && ts === text.ts;
	return {
		text,
		find: (bytes, from, to) => {
			isText = text.scan(bytes, from, to);
			return isText ? all.get(text.series) : undefined;
		},
		learn: (record, keep) => {
			if (!isOfLine(record)) return;
			const before = all.get(text.series);
			if (all.size >= MOST_KNOWN && before === undefined) all.clear();
			all.set(text.series, keep(before));
		},
	};
};
