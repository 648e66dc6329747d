// deferral: cumulative histograms of known series kept as bytes, of which only the last in a step is ever read
// A step of fifteen seconds has fifteen prints, and fourteen of them are superseded before anyone needs their buckets.

import { createSeriesIndex } from '../histogram/series-index.ts';
import type { Histogram, Measure } from '../record.ts';
import type { Steps, Taken } from './steps.ts';

export type Deferral = {
	/** Take a line as bytes, if it goes on in a known series with the same bounds; false when it has to be read. */
	take: (bytes: Buffer, from: number, to: number) => boolean;
	/** The line that `take` left last has been taken as a whole, into this series. */
	learn: (record: Measure, series: Taken) => void;
};

/** A series, the bounds of its last record, and the line of the one that was not read. */
type Kept = { series: Taken; layout: number; line: Buffer; length: number; read: () => Histogram };

const NOTHING = Buffer.alloc(0);

/** `mayTake`: whether a record of this time, ms, can go into the open step without further thought. */
export const createDeferral = (steps: Steps, mayTake: (ts: number) => boolean): Deferral => {
	const index = createSeriesIndex<Kept>();
	const { text } = index;

	const fresh = (series: Taken): Kept => {
		const kept: Kept = { series, layout: text.layout, line: NOTHING, length: 0, read: () => read(kept) };
		return kept;
	};
	return {
		take: (bytes, from, to) => {
			const kept = index.find(bytes, from, to);
			if (kept?.layout !== text.layout || !mayTake(text.ts)) return false;
			if (!steps.takeLater(kept.series, text.ts, kept.read)) return false;
			if (kept.line.length < to - from) kept.line = Buffer.allocUnsafe(2 * (to - from));
			kept.length = bytes.copy(kept.line, 0, from, to);
			return true;
		},
		learn: (record, series) => {
			// One that came too late says nothing of the bounds that the series has now.
			if (series.record !== record) return;
			index.learn(record, (kept) => Object.assign(kept ?? fresh(series), { series, layout: text.layout }));
		},
	};
};

const read = ({ line, length }: Kept): Histogram => JSON.parse(line.toString('utf8', 0, length));
