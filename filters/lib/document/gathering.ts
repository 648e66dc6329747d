// gathering: the series and notices of one time, again and again
// What was given out is kept until another time comes, so that a document to which more comes is given out whole again.

import type { Measure, Notice } from '../record.ts';
import { seriesKey } from '../record.ts';
import { type Merged, merge, temporalityOf } from '../series/merge.ts';

/** The end of the year 9999, the last that a timestamp has four digits for. */
export const LATEST_MS = 253_402_300_799_999;

/** All that has one time. */
export type Moment = { ts: number; series: Merged[]; notices: Notice[] };

export type Gathering = {
	/** Whether a moment of another time than `ts` is there. */
	isOther: (ts: number) => boolean;
	/** Of the moment that is there. */
	time: () => number | undefined;
	/** Whether something has come since `close`. */
	isOpen: () => boolean;
	take: (record: Measure) => void;
	/** A notice is of the moment that is open, whatever its own time. */
	notice: (notice: Notice) => void;
	/** The moment, when something has come since the last time. */
	close: () => Moment | undefined;
};

const keyOf = (record: Measure): string =>
	`${record.synthetic === true} ${temporalityOf(record)} ${seriesKey(record)}`;

export const createGathering = (): Gathering => {
	let time: number | undefined;
	let series = new Map<string, Merged>();
	let notices: Notice[] = [];
	let isOpen = false;

	const begin = (ts: number) => {
		if (ts !== time) [series, notices] = [new Map(), []];
		time = ts;
		isOpen = true;
	};
	return {
		isOther: (ts) => time !== undefined && ts !== time,
		time: () => time,
		isOpen: () => isOpen,
		take: (record) => {
			begin(record.ts);
			const key = keyOf(record);
			const before = series.get(key);
			series.set(key, before ? merge(before, record) : { record });
		},
		notice: (notice) => {
			if (!isOpen) begin(notice.ts);
			notices.push(notice);
		},
		close: () => {
			if (!isOpen || time === undefined) return undefined;
			isOpen = false;
			return { ts: time, series: [...series.values()], notices };
		},
	};
};
