// step-series: one series of steps: what it has as of now, what its open step took in, and the records it gives
// All times are milliseconds; no clock is read here.

import { add } from '../exact.ts';
import { align, emptied, filled, sum } from '../histogram/layout.ts';
import type { Bucket, Exact, Histogram, Measure, Notice } from '../record.ts';
import { seriesKey } from '../record.ts';

/** What a series has, as of some time. */
export type Held = { record: Measure; buckets: Bucket[]; value: Exact };

export type Series = Held & {
	/** The time of the newest record taken. */
	ts: number;
	/** As `ts`, but a late record counts as of the last step closed, so a slow clock does not look stale. */
	seen: number;
	/** How many barriers had come when this series got its first increment in the open step. */
	mark: number | undefined;
	notes: Map<Kind, number>;
	/** Whether the open step took a record of it; then it is not stale, however long the step is. */
	isTaken: boolean;
	/** What steps that are written already should have held, by their ends. */
	amended: Map<number, Held>;
	/** What is still to be read in place of `record`. */
	later: (() => Histogram) | undefined;
	isOver: boolean;
};

const DETAIL = {
	late: 'came after its step was written, or after a newer record',
	early: 'was ahead of the clock and is taken as of now',
	layout: 'changed its bucket bounds',
	zero_buckets: 'has buckets that cross the predeclared ones, which are left out',
	stale: 'had no record for too long and ends',
} as const;
export type Kind = keyof typeof DETAIL;

/** One name for one series of steps; real and replayed, cumulative and delta never mix. */
export const stepKey = (record: Measure): string => {
	const temporality = record.type === 'gauge' ? '' : record.temporality;
	return `${temporality}${record.synthetic ? '~' : ''}${seriesKey(record)}`;
};

export const isDelta = (record: Measure): boolean =>
	record.type !== 'gauge' && record.temporality === 'delta';

export const note = (series: Series, kind: Kind) => {
	series.notes.set(kind, (series.notes.get(kind) ?? 0) + 1);
};

/** A series from its first record on; a histogram has the `zeroBuckets` where they fit its own. */
export const newSeries = (record: Measure, ts: number, zeroBuckets: Bucket[]): Series => {
	const fresh: Series = {
		record,
		ts,
		seen: ts,
		buckets: [],
		value: 0,
		mark: undefined,
		notes: new Map(),
		isTaken: true,
		amended: new Map(),
		later: undefined,
		isOver: false,
	};
	if (record.type !== 'histogram' || zeroBuckets.length === 0) return fresh;
	if (align(zeroBuckets, record.buckets)) fresh.buckets = zeroBuckets;
	else note(fresh, 'zero_buckets');
	return fresh;
};

/** Add an increment. */
export const addUp = (series: Series, record: Measure) => {
	if (record.type !== 'histogram') series.value = add(series.value, record.value);
	else series.buckets = sum(series.buckets, record.buckets);
};

/** Take over a value; buckets that the series had before stay, at zero. */
export const replace = (series: Series, record: Measure) => {
	if (record.type === 'histogram') series.buckets = filled(record.buckets, series.buckets);
	else series.value = record.value;
};

// Of steps of a series that are written again at once; in a longer backlog the older ones stay as they are, with their
// notice that something came late.
const MOST_AMENDED = 240;

/** A step that was written too early is written again: what is last for a time counts. */
export const amend = ({ amended, record, buckets, value }: Series, step: number) => {
	amended.set(step, { record, buckets, value });
	if (amended.size > MOST_AMENDED) amended.delete(amended.keys().next().value!);
};

/** Read what was put off. */
export const readLater = (series: Series) => {
	if (!series.later) return;
	series.record = series.later();
	series.later = undefined;
	replace(series, series.record);
};

/** The record of the step that ends at `ts`. */
export const recordOf = ({ record, buckets, value }: Held, ts: number, stepMs: number): Measure => {
	const start = isDelta(record) ? { start: ts - stepMs } : {};
	return record.type === 'histogram'
		? { ...record, ts, ...start, buckets }
		: { ...record, ts, ...start, value };
};

export const noticeOf = ({ record }: Series, ts: number, kind: Kind, count: number): Notice => {
	const { host, metric, attributes, synthetic } = record;
	const notice: Notice = { type: 'notice', ts, host, metric, attributes, kind, count, detail: DETAIL[kind] };
	return synthetic ? { ...notice, synthetic } : notice;
};

/** Its step is written; the next one begins. */
export const startOver = (series: Series) => {
	const { record, notes } = series;
	if (isDelta(record)) {
		// Buckets that were merged because bounds crossed last for one step only.
		const layout = record.type === 'histogram' && notes.has('layout') ? emptied(record.buckets) : [];
		series.buckets = filled(layout, emptied(series.buckets));
		series.value = 0;
	}
	series.mark = undefined;
	series.isTaken = false;
	series.amended.clear();
	notes.clear();
};
