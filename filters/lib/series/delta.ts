// delta: what a cumulative series counted between one record and the next
// Knows resets, late and repeated records, series that appear later, and which barriers are safe to restart from.

import { compare, subtract } from '../exact.ts';
import { align, filled, type Row } from '../histogram/layout.ts';
import type { Bucket, Exact, Histogram, Notice, Sum } from '../record.ts';
import { seriesKey } from '../record.ts';
import { createRestartPoints } from './restart.ts';
import { createSetBack } from './set-back.ts';

/** A record that counts upwards from a fixed start. */
export type Counter = Histogram | Sum;

export type DeltaOptions = {
	/** Take the first print of a metric as counted from zero, instead of as a baseline only. */
	fromZero: boolean;
	/** Without that: count from zero a source whose first print comes within these milliseconds of its `start` (default 0). */
	freshMs?: number;
	/** Milliseconds of stream time after which a series that is not seen any more is forgotten. */
	staleMs: number;
	/** Told about each record that was seen before (same time, same value), and each series forgotten. */
	onCount: (what: 'duplicate' | 'forgotten', key: string) => void;
};

/** Whether a record has increments at all: a cumulative histogram, or a cumulative sum that only grows. */
export const isCounter = (record: Counter): boolean =>
	record.temporality === 'cumulative' && (record.type === 'histogram' || record.monotonic);

/** Increments out of cumulative records. All times are the records' own, in milliseconds since the epoch. */
export type Delta = {
	/** The increment (if any) and the notices that one cumulative record gives rise to. */
	take: (record: Counter) => (Counter | Notice)[];
	/** The same for who keeps the newest record: where the series goes on, it stands in place of its increment. */
	follow: (record: Counter) => (Counter | Notice)[];
	/** The stream's time has come to `ms`: what was printed before it is complete. */
	time: (ms: number) => void;
	/** Forget the series of this `counterKey`: what comes of it counts as new. */
	forget: (key: string) => void;
	/** A barrier line comes: the answer is that line when it may go on at once, else it is held. */
	barrier: (line: string) => string | undefined;
	/** The newest barrier that may go on now, if any; the older ones are not needed any more. */
	release: () => string | undefined;
};

/** The times of prints: the first, and the newest two. */
type Prints = { first: number; before: number; last: number };
type Metric = Prints;
type Series = { ts: number; value: Exact; buckets: Bucket[]; epoch: number; metric: Metric };

type Named = Parameters<typeof seriesKey>[0] & { synthetic?: boolean };
/** The record that was named last: several ask for the name of the same one, and it is half of the work. */
let named: { record: Named | undefined; key: string } = { record: undefined, key: '' };

/** One name for one series; a replay never continues a real series, nor the other way round. */
export const counterKey = (record: Named): string => {
	if (named.record !== record) named = { record, key: `${record.synthetic ? '~' : ''}${seriesKey(record)}` };
	return named.key;
};

const metricKey = ({ type, host, metric, unit, synthetic }: Counter): string =>
	JSON.stringify([type, host, metric, unit, synthetic === true]);

const noticeOf = (record: Counter, kind: string, detail: string): Notice => {
	const { ts, host, metric, attributes, synthetic } = record;
	const notice: Notice = { type: 'notice', ts, host, metric, attributes, kind, count: 1, detail };
	return synthetic ? { ...notice, synthetic } : notice;
};

/** What counts since one time on one host is one source: it prints all that it has, so what it did not print was nothing. */
const createSources = () => {
	const starts = new Map<number, Map<string, Prints>>();
	return {
		/** A record came; the answer is the prints of its source, if it says since when it counts. */
		meet: ({ start, host, ts, synthetic }: Counter): Prints | undefined => {
			if (start === undefined) return undefined;
			const hosts = starts.get(start) ?? new Map<string, Prints>();
			starts.set(start, hosts);
			const key = synthetic ? `~${host}` : ` ${host}`;
			const known = hosts.get(key);
			if (known) {
				if (ts > known.last) [known.before, known.last] = [known.last, ts];
				return known;
			}
			const prints = { first: ts, before: ts, last: ts };
			hosts.set(key, prints);
			return prints;
		},
		/** Those without a print since then are over. */
		forget: (since: number) => {
			for (const [start, hosts] of starts) {
				for (const [key, { last }] of hosts) if (last < since) hosts.delete(key);
				if (hosts.size === 0) starts.delete(start);
			}
		},
		clear: () => starts.clear(),
	};
};

const bucketsOf = (record: Counter): Bucket[] => (record.type === 'histogram' ? record.buckets : []);
const sumValueOf = (record: Counter): Exact => (record.type === 'sum' ? record.value : 0);

/** The record with its increment for a value; `start` says since when it counted. */
const increment = (record: Counter, start: number, value: Exact, buckets: Bucket[]): Counter => {
	return record.type === 'sum'
		? { ...record, temporality: 'delta', start, value }
		: { ...record, temporality: 'delta', start, buckets };
};

const fell = (rows: Row[]): Row | undefined => rows.find(([, , before, now]) => compare(now, before) < 0);

/** Why a record does not continue what was there before, or ''. */
const resetReason = (record: Counter, known: Series, rows: Row[] | undefined): string => {
	// Whatever it has come to, it is not what was counted before.
	if (record.start !== undefined && record.start > known.ts) return 'it began to count anew';
	if (record.type === 'sum') {
		return compare(record.value, known.value) < 0 ? `${known.value} fell to ${record.value}` : '';
	}
	if (!rows) return 'the bucket layout changed';
	const row = fell(rows);
	return row ? `bucket [${row[0]}, ${row[1]}) fell from ${row[2]} to ${row[3]}` : '';
};

const isRepeat = (record: Counter, known: Series, rows: Row[] | undefined): boolean =>
	record.ts === known.ts &&
	(record.type === 'sum'
		? compare(record.value, known.value) === 0
		: rows?.every(([, , before, now]) => compare(before, now) === 0) === true);

/** Late by more than a minute and a quarter, for a quarter of a minute: no order in which logs are read does that. */
export const SET_BACK = { stepMs: 5000, graceMs: 60_000 };

export const createDelta = ({ fromZero, freshMs = 0, staleMs, onCount }: DeltaOptions): Delta => {
	const series = new Map<string, Series>();
	const metrics = new Map<string, Metric>();
	const sources = createSources();
	const points = createRestartPoints();
	let epoch = 0;
	let sweptAt = 0;
	let newest = Number.NEGATIVE_INFINITY;
	const isSetBack = createSetBack(SET_BACK);

	// A key is forgotten so that process ids or addresses used as keys cannot fill the memory.
	const sweep = (ms: number) => {
		if (ms - sweptAt < staleMs / 4) return;
		sweptAt = ms;
		for (const [key, { ts }] of series) {
			if (ms - ts <= staleMs) continue;
			series.delete(key);
			onCount('forgotten', key);
		}
		for (const [key, { last }] of metrics) if (ms - last > staleMs) metrics.delete(key);
		sources.forget(ms - staleMs);
	};
	const time = (ms: number) => {
		points.time(ms);
		sweep(ms);
	};
	/** The metric of a record; a series that is known has it already. */
	const meetMetric = (record: Counter, known: Series | undefined): Metric => {
		const { ts } = record;
		const key = known ? '' : metricKey(record);
		const metric = known?.metric ?? metrics.get(key) ?? { first: ts, before: ts, last: ts };
		if (ts > metric.last) [metric.before, metric.last] = [metric.last, ts];
		if (!known) metrics.set(key, metric);
		return metric;
	};
	const remember = (key: string, record: Counter, layout: Bucket[], metric: Metric) => {
		const buckets = filled(bucketsOf(record), layout);
		series.set(key, { ts: record.ts, value: sumValueOf(record), buckets, epoch, metric });
		return buckets;
	};

	/**
	 * A series seen for the first time: a baseline in the first print of the metric, or of its source where that is known;
	 * counted from zero later.
	 */
	const begin = (key: string, record: Counter, metric: Metric, source: Prints | undefined): Counter[] => {
		const buckets = remember(key, record, [], metric);
		const prints = source && source.first < metric.first ? source : metric;
		const isLater = record.ts > prints.first;
		const isFresh = record.start !== undefined && record.ts - record.start <= freshMs;
		if (!isLater && !fromZero && !isFresh) return [];
		const since = record.ts === prints.last ? prints.before : prints.first;
		const start = isLater ? since : (record.start ?? record.ts);
		return [increment(record, Math.min(start, record.ts), sumValueOf(record), buckets)];
	};
	const goOn = (key: string, record: Counter, known: Series, isWhole: boolean): (Counter | Notice)[] => {
		if (record.ts < known.ts) {
			return [
				noticeOf(record, 'late', `older by ${known.ts - record.ts} ms than what was taken; not applied`),
			];
		}
		const rows = record.type === 'histogram' ? align(known.buckets, record.buckets) : undefined;
		if (isRepeat(record, known, rows)) {
			onCount('duplicate', key);
			known.epoch = epoch;
			return [];
		}
		const reason = resetReason(record, known, rows);
		const buckets = remember(key, record, known.buckets, known.metric);
		if (reason !== '') {
			const detail = `${reason}; counted from zero again`;
			const start = Math.max(known.ts, record.start ?? known.ts);
			return [noticeOf(record, 'reset', detail), increment(record, start, sumValueOf(record), buckets)];
		}
		if (isWhole) return [record];
		const grown = (rows ?? []).map(([lower, upper, a, b]): Bucket => [lower, upper, subtract(b, a)]);
		return [increment(record, known.ts, subtract(sumValueOf(record), known.value), grown)];
	};

	/** From now on time is that of `record`: baselines stay what they are, as of then. */
	const setBack = (record: Counter): Notice => {
		const { ts } = record;
		const seconds = Math.round((newest - ts) / 1000);
		for (const one of series.values()) one.ts = ts;
		for (const metric of metrics.values()) metric.first = metric.before = metric.last = ts - 1;
		sources.clear();
		points.startOver();
		[newest, sweptAt] = [ts, ts];
		return noticeOf(record, 'clock', `time was set back by about ${seconds} s; going on in the new time`);
	};
	const take = (record: Counter, isWhole = false): (Counter | Notice)[] => {
		const back = isSetBack(record.ts, newest) ? setBack(record) : undefined;
		newest = Math.max(newest, record.ts);
		const results = takeOne(record, isWhole);
		return back ? [back, ...results] : results;
	};
	const takeOne = (record: Counter, isWhole: boolean): (Counter | Notice)[] => {
		time(record.ts);
		epoch = points.record(record.ts);
		const key = counterKey(record);
		const known = series.get(key);
		const metric = meetMetric(record, known);
		const source = sources.meet(record);
		return known ? goOn(key, record, known, isWhole) : begin(key, record, metric, source);
	};
	const oldestEpoch = (): number => {
		let oldest = Number.POSITIVE_INFINITY;
		for (const one of series.values()) oldest = Math.min(oldest, one.epoch);
		return oldest;
	};
	const barrier = (line: string): string | undefined => {
		if (series.size > 0) points.hold(line);
		else points.clear();
		return series.size > 0 ? undefined : line;
	};
	const forget = (key: string) => {
		series.delete(key);
	};
	const follow = (record: Counter) => take(record, true);
	return {
		take: (record) => take(record),
		follow,
		time,
		forget,
		barrier,
		release: () => points.release(oldestEpoch),
	};
};
