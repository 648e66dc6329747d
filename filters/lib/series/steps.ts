// steps: each series once per step, whatever times its records have
// A step S holds what has a time in (S - step, S]. All times are milliseconds; no clock is read here.

import { align } from '../histogram/layout.ts';
import type { Bucket, Histogram, KnownRecord, Measure, Notice } from '../record.ts';
import { createHeldBarriers } from './held-barriers.ts';
import {
	addUp,
	amend,
	isDelta,
	newSeries,
	note,
	noticeOf,
	readLater,
	recordOf,
	replace,
	type Series,
	startOver,
	stepKey,
} from './step-series.ts';

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

/** A series; what it took last is `record`, unless that came too late. */
export type Taken = Pick<Series, 'isOver' | 'record'>;

export const createSteps = ({ stepMs, staleMs, zeroBuckets }: StepsOptions): Steps => {
	const all = new Map<string, Series>();
	const barriers = createHeldBarriers();
	let open: number | undefined;
	let isDirty = false;

	const stepOf = (ms: number) => Math.ceil(ms / stepMs) * stepMs;

	const seriesOf = (record: Measure, ts: number): Series => {
		const key = stepKey(record);
		const before = all.get(key);
		if (before) return before;
		const made = newSeries(record, ts, zeroBuckets);
		all.set(key, made);
		return made;
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
	const increase = (series: Series, record: Measure) => {
		// After a restart from a barrier behind this, the step would be written too low.
		series.mark ??= barriers.count();
		barriers.spoil(series.mark);
		addUp(series, record);
	};
	const take = (record: Measure, ts: number, isEarly = false): Taken => {
		open ??= stepOf(ts);
		isDirty = true;
		const series = seriesOf(record, ts);
		readLater(series);
		series.isTaken = true;
		if (isEarly) note(series, 'early');
		const isAmending = ts <= open - stepMs;
		const isLost = ts < series.ts && !isDelta(record);
		if (isLost || isAmending) note(series, 'late');
		series.seen = Math.max(series.seen, ts, open - stepMs);
		series.ts = Math.max(series.ts, ts);
		if (isLost) return series;
		if (record.type === 'histogram' && !align(series.buckets, record.buckets)) note(series, 'layout');
		series.record = record;
		if (isDelta(record)) increase(series, record);
		else replace(series, record);
		if (!isDelta(record) && isAmending) amend(series, stepOf(ts));
		return series;
	};

	/** The steps that are written again, the oldest first. */
	const amendments = (): Measure[] =>
		[...all.values()]
			.flatMap(({ amended }) => [...amended].map(([step, held]) => recordOf(held, step, stepMs)))
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
			} else out.push(recordOf(series, ts, stepMs));
			startOver(series);
		}
		const barrier = barriers.release();
		if (barrier !== undefined) out.push(barrier);
		isDirty = false;
		open = ts + stepMs;
		return out;
	};
	const isDue = (ms: number) => open !== undefined && ms > open;
	function* advance(ms: number): Generator<(KnownRecord | string)[]> {
		while (isDue(ms)) {
			// Without a series there is nothing to print, however far the time jumps.
			if (all.size === 0 && barriers.isEmpty()) open = stepOf(ms);
			else yield close();
		}
	}
	const flush = () => {
		if (!isDirty) return [];
		// A later run that begins in the midst of the step would write it with the rest of its increments only.
		for (const { mark = barriers.count() } of all.values()) barriers.spoil(mark);
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
	return {
		isDue,
		advance,
		take,
		takeLater,
		end: () => open,
		setBack,
		flush,
		isOpen: () => isDirty,
		barrier: (line) => (barriers.take(line, isDirty) ? line : undefined),
		hasBarriers: () => barriers.count() > 0,
		size: () => all.size,
	};
};
