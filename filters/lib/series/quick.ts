// quick: cumulative histograms of known series kept as bytes, of which only the last in a step is ever read
// A step of fifteen seconds has fifteen prints, and fourteen of them are superseded before anyone needs their buckets.

import { createHistogramText } from '../histogram/text.ts';
import type { Histogram } from '../record.ts';
import type { Measure, Steps, Taken } from './steps.ts';

export type Quick = {
	/** Take a line as bytes, if it goes on in a known series and is in step `isDue` denies; else false. */
	take: (bytes: Buffer, from: number, to: number) => boolean;
	/** The line that `take` last left has been taken as a whole, into this series. */
	learn: (record: Measure, series: Taken) => void;
};

/** A series, the bounds of its last record, and that record's line. */
type Known = { series: Taken; layout: number; line: Buffer; length: number; read: () => Histogram };

// For streams whose series never come again.
const MOST_KNOWN = 20_000;

/** `mayTake`: whether a record of this time, ms, can go into the open step without further thought. */
export const createQuick = (steps: Steps, mayTake: (ts: number) => boolean): Quick => {
	const text = createHistogramText();
	const all = new Map<string, Known>();
	let isText = false;

	const keep = (known: Known, bytes: Buffer, from: number, to: number) => {
		if (known.line.length < to - from) known.line = Buffer.allocUnsafe(2 * (to - from));
		known.length = bytes.copy(known.line, 0, from, to);
	};
	const take = (bytes: Buffer, from: number, to: number): boolean => {
		isText = text.scan(bytes, from, to);
		const known = isText ? all.get(text.series) : undefined;
		if (known?.layout !== text.layout || !mayTake(text.ts)) return false;
		// What was kept before must not be read in place of this one, so it is taken first and kept then.
		if (!steps.takeLater(known.series, text.ts, known.read)) return false;
		keep(known, bytes, from, to);
		return true;
	};
	const learn = (record: Measure, series: Taken) => {
		const isPlain = isText && record.type === 'histogram' && record.temporality === 'cumulative';
		if (!isPlain || record.ts !== text.ts) return;
		const known = all.get(text.series);
		if (known) {
			known.series = series;
			known.layout = text.layout;
			return;
		}
		if (all.size >= MOST_KNOWN) all.clear();
		const fresh: Known = {
			series,
			layout: text.layout,
			line: Buffer.alloc(0),
			length: 0,
			read: () => read(fresh),
		};
		all.set(text.series, fresh);
	};
	return { take, learn };
};

const read = ({ line, length }: Known): Histogram => JSON.parse(line.toString('utf8', 0, length));
