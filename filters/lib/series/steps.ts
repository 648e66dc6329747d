// steps: each series once per step, whatever times its records have
// A step S holds what has a time in (S - step, S]. All times are milliseconds; no clock is read here.

import { add } from '../exact.ts';
import { align, emptied, filled, sum } from '../histogram/layout.ts';
import type { Bucket, Exact, Gauge, Histogram, KnownRecord, Notice, Sum } from '../record.ts';
import { seriesKey } from '../record.ts';

/** A record that a series is made of. */
export type Measure = Histogram | Sum | Gauge;

export type StepsOptions = {
	stepMs: number;
	/** A series without a record for longer than this ends. */
	staleMs: number;
	/** Buckets that every histogram series has from its first step on, where they fit its own. */
	zeroBuckets: Bucket[];
};

/** Records in, steps out. What a step gives is its series' records, notices, and barriers that are safe now. */
export type Steps = {
	/** Whether `ms` lies behind the end of the open step. */
	isDue: (ms: number) => boolean;
	/** Close, one after the other, every step that ends before `ms`. */
	advance: (ms: number) => Generator<(KnownRecord | string)[]>;
	/**
	 * Take a record as of `ts`, which is its own time unless that is not to be believed (`isEarly`).
	 * The answer is for `takeLater`.
	 */
	take: (record: Measure, ts: number, isEarly?: boolean) => Taken;
	/**
	 * Take a histogram that is cumulative and has the layout of the one taken before in its series. It is only read when
	 * its step is written or the next one is taken otherwise. False when it has to be taken as a whole.
	 */
	takeLater: (series: Taken, ts: number, read: () => Histogram) => boolean;
	/** The end of the open step; undefined before the first record. */
	end: () => number | undefined;
	/** Time was set back to `ms`: write what the open step has and go on from there; `host` is whose clock it is. */
	setBack: (ms: number, host: string) => (KnownRecord | string)[];
	/** Close the open step, though more of it may come in a later run, if anything was taken into it. */
	flush: () => (KnownRecord | string)[];
	/** Whether the open step holds anything that is not written. */
	isOpen: () => boolean;
	/** A barrier comes: the answer is that line when it may go on at once, else it is held. */
	barrier: (line: string) => string | undefined;
	/** Whether any barrier was ever seen. */
	hasBarriers: () => boolean;
	/** Series held. */
	size: () => number;
};

/** What a series has, as of some time. */
type Held = { record: Measure; buckets: Bucket[]; value: Exact };

type Series = Held & {
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

/** A series; what it took last is `record`, unless that came too late. */
export type Taken = Pick<Series, 'isOver' | 'record'>;

const DETAIL = {
	late: 'came after its step was written, or after a newer record',
	early: 'was ahead of the clock and is taken as of now',
	layout: 'changed its bucket bounds',
	zero_buckets: 'has buckets that cross the predeclared ones, which are left out',
	stale: 'had no record for too long and ends',
} as const;
type Kind = keyof typeof DETAIL;

/** One name for one series of steps; real and replayed, cumulative and delta never mix. */
const stepKey = (record: Measure): string => {
	const temporality = record.type === 'gauge' ? '' : record.temporality;
	return `${temporality}${record.synthetic ? '~' : ''}${seriesKey(record)}`;
};

const isDelta = (record: Measure): boolean => record.type !== 'gauge' && record.temporality === 'delta';

const noticeOf = ({ record }: Series, ts: number, kind: Kind, count: number): Notice => {
	const { host, metric, attributes, synthetic } = record;
	const notice: Notice = { type: 'notice', ts, host, metric, attributes, kind, count, detail: DETAIL[kind] };
	return synthetic ? { ...notice, synthetic } : notice;
};

const note = (series: Series, kind: Kind) => series.notes.set(kind, (series.notes.get(kind) ?? 0) + 1);

// Of steps of a series that are written again at once; in a longer backlog the older ones stay as they are, with their
// notice that something came late.
const MOST_AMENDED = 240;

export const createSteps = ({ stepMs, staleMs, zeroBuckets }: StepsOptions): Steps => {
	const all = new Map<string, Series>();
	let open: number | undefined;
	let isDirty = false;
	let marks = 0;
	let held: { line: string; mark: number }[] = [];

	const stepOf = (ms: number) => Math.ceil(ms / stepMs) * stepMs;

	const begin = (record: Measure, ts: number): Series => {
		const fresh = {
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
		if (align(zeroBuckets, record.buckets)) return { ...fresh, buckets: zeroBuckets };
		note(fresh, 'zero_buckets');
		return fresh;
	};
	// After a restart from a barrier, a step half of whose increments lie before it would be written too low.
	const spoilBarriers = (series: Series) => {
		series.mark ??= marks;
		const { mark } = series;
		if (held.length > 0) held = held.filter((barrier) => barrier.mark <= mark);
	};
	const addUp = (series: Series, record: Measure) => {
		spoilBarriers(series);
		if (record.type !== 'histogram') series.value = add(series.value, record.value);
		else series.buckets = sum(series.buckets, record.buckets);
	};
	const replace = (series: Series, record: Measure) => {
		if (record.type === 'histogram') series.buckets = filled(record.buckets, emptied(series.buckets));
		else series.value = record.value;
	};
	/** A step that was written too early is written again: what is last for a time counts. */
	const amend = ({ amended, record, buckets, value }: Series, step: number) => {
		amended.set(step, { record, buckets, value });
		if (amended.size > MOST_AMENDED) amended.delete(amended.keys().next().value!);
	};
	const readLater = (series: Series) => {
		if (!series.later) return;
		series.record = series.later();
		series.later = undefined;
		replace(series, series.record);
	};
	const takeLater = (taken: Taken, ts: number, read: () => Histogram): boolean => {
		const series = taken as Series;
		if (series.isOver || open === undefined || ts < series.ts || ts <= open - stepMs || ts > open)
			return false;
		series.ts = ts;
		series.seen = Math.max(series.seen, ts);
		series.isTaken = true;
		series.later = read;
		isDirty = true;
		return true;
	};
	const take = (record: Measure, ts: number, isEarly = false): Taken => {
		open ??= stepOf(ts);
		isDirty = true;
		const key = stepKey(record);
		const known = all.get(key);
		const series = known ?? begin(record, ts);
		if (!known) all.set(key, series);

		readLater(series);
		series.isTaken = true;
		const isOld = ts < series.ts;
		if (isEarly) note(series, 'early');
		const isLost = isOld && !isDelta(record);
		if (isLost || ts <= open - stepMs) note(series, 'late');
		series.seen = Math.max(series.seen, ts, open - stepMs);
		series.ts = Math.max(series.ts, ts);
		if (isLost) return series;
		if (record.type === 'histogram' && !align(series.buckets, record.buckets)) note(series, 'layout');
		series.record = record;
		if (isDelta(record)) addUp(series, record);
		else replace(series, record);
		if (!isDelta(record) && ts <= open - stepMs) amend(series, stepOf(ts));
		return series;
	};

	const recordOf = ({ record, buckets, value }: Held, ts: number): Measure => {
		const start = isDelta(record) ? { start: ts - stepMs } : {};
		return record.type === 'histogram'
			? { ...record, ts, ...start, buckets }
			: { ...record, ts, ...start, value };
	};
	const startOver = (series: Series) => {
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
	/** The steps that are written again, the oldest first. */
	const amendments = (): Measure[] =>
		[...all.values()]
			.flatMap(({ amended }) => [...amended].map(([step, held]) => recordOf(held, step)))
			.sort((a, b) => a.ts - b.ts);
	/** What the open step gives; the next one is open when this returns. */
	const close = (): (KnownRecord | string)[] => {
		const ts = open!;
		const out: (KnownRecord | string)[] = amendments();
		for (const [key, series] of all) {
			readLater(series);
			for (const [kind, count] of series.notes) out.push(noticeOf(series, ts, kind, count));
			if (!series.isTaken && ts - series.seen > staleMs) {
				out.push(noticeOf(series, ts, 'stale', 1));
				all.delete(key);
				series.isOver = true;
			} else out.push(recordOf(series, ts));
			startOver(series);
		}
		const safe = held.at(-1);
		if (safe) out.push(safe.line);
		held = [];
		isDirty = false;
		open = ts + stepMs;
		return out;
	};
	const isDue = (ms: number) => open !== undefined && ms > open;
	function* advance(ms: number): Generator<(KnownRecord | string)[]> {
		while (isDue(ms)) {
			// Without a series there is nothing to print, however far the time jumps.
			if (all.size === 0 && held.length === 0) open = stepOf(ms);
			else yield close();
		}
	}
	const flush = () => {
		if (!isDirty) return [];
		// A later run that begins in the midst of the step would write it with the rest of its increments only.
		for (const { mark = marks } of all.values()) held = held.filter((barrier) => barrier.mark <= mark);
		return close();
	};
	const setBack = (ms: number, host: string): (KnownRecord | string)[] => {
		const seconds = Math.round((open! - ms) / 1000);
		const detail = `time was set back by about ${seconds} s; steps go on in the new time`;
		const notice: Notice = { type: 'notice', ts: ms, host, kind: 'clock', count: 1, detail };
		const written = isDirty ? close() : [];
		open = stepOf(ms);
		for (const series of all.values()) {
			series.ts = Number.NEGATIVE_INFINITY;
			series.seen = ms;
		}
		return [...written, notice];
	};
	const barrier = (line: string): string | undefined => {
		marks += 1;
		if (!isDirty) return line;
		held.push({ line, mark: marks });
		return undefined;
	};
	return {
		isDue,
		advance,
		take,
		takeLater,
		end: () => open,
		setBack,
		flush,
		isOpen: () => isDirty,
		barrier,
		hasBarriers: () => marks > 0,
		size: () => all.size,
	};
};
