// intake: from a record to what was counted, and since when; whatever cannot be shown where it belongs leaves a notice

import { log2BucketOf } from '../histogram/log2.ts';
import type { Bucket, Exact, Histogram, Measure, Notice, Sample, Sum } from '../record.ts';
import { type Counter, counterKey, createDelta, isCounter } from '../series/delta.ts';
import { faultOf } from '../series/fault.ts';
import { isDelta } from '../series/step-series.ts';
import { createStreamClock } from './clock.ts';
import type { Metric } from './kept/metric.ts';
import type { Series } from './kept/series.ts';
import type { Shelf } from './kept/shelf.ts';
import type { NoticeList } from './notices.ts';
import { createStrangers } from './strangers.ts';

export type IntakeOptions = { span: number; shelf: Shelf; notices: NoticeList; clock: () => number };

export type Intake = {
	/** Take a record; the answer is what is wrong with it, or ''. */
	take: (record: Measure | Sample) => string;
	/** The stream's time has come to this. */
	time: (ms: number) => void;
	newest: () => number;
	/** For how many series there was no room, and whether there may have been more. */
	refused: () => { series: number; isMore: boolean };
};

/** One name for one series; what is counted in different ways never mixes. */
const keyOf = (record: Measure | Sample): string => {
	if ((record.type === 'histogram' || record.type === 'sum') && isCounter(record)) return counterKey(record);
	const way = record.type === 'histogram' || record.type === 'sum' ? (isDelta(record) ? 'd' : '') : '';
	return `${way}${record.type === 'sum' && !record.monotonic ? 'n' : ''}${counterKey(record)}`;
};

// A tracer that was begun so shortly before its first print did its counting in that time: it is shown as of then. Of an
// older one nobody knows how much of its count is of now.
const FRESH_MS = 10_000;
// Two samples so close together are of one source that was looking all the time.
const SAMPLES_MS = 60_000;
const MANY_BUCKETS = 'the metric has too many different buckets; left out';
const ONE_ROW: readonly number[] = [0];
const SWEEPS = 60;

export const createIntake = ({ span, shelf, notices, clock }: IntakeOptions): Intake => {
	const stream = createStreamClock(clock);
	const strangers = createStrangers();
	const delta = createDelta({ fromZero: false, freshMs: FRESH_MS, staleMs: 2 * span, onCount: () => {} });
	let sweptAt = Number.NEGATIVE_INFINITY;
	let refused = 0;

	const note = (record: Measure | Sample, kind: string, detail: string, count: Exact = 1) => {
		const { ts, host, metric, attributes, synthetic } = record;
		const notice: Notice = { type: 'notice', ts, host, metric, attributes, kind, count, detail };
		notices.add(synthetic ? { ...notice, synthetic } : notice);
	};
	/** The same of a metric as a whole, for what may be of any number of series. */
	const noteOf = ({ ts, host, metric, synthetic }: Measure | Sample, kind: string, detail: string) => {
		const notice: Notice = { type: 'notice', ts, host, metric, kind, count: 1, detail };
		notices.add(synthetic ? { ...notice, synthetic } : notice);
	};
	/** What has nothing left within the span goes, and what comes of it again counts as new. */
	const sweep = (newest: number) => {
		if (newest - sweptAt < span / SWEEPS) return;
		sweptAt = newest;
		for (const one of shelf.all()) {
			if (newest - one.ts <= span) continue;
			shelf.remove(one);
			delta.forget(one.key);
			strangers.add(one.key);
		}
	};
	const time = (ms: number) => {
		stream.time(ms);
		delta.time(stream.newest());
		sweep(stream.newest());
	};
	const setBack = (record: Measure | Sample) => {
		for (const one of shelf.all()) shelf.change(one, () => one.setBack(record.ts));
		for (const metric of shelf.metrics()) metric.setBack(record.ts);
		sweptAt = record.ts;
		note(record, 'clock', 'time was set back; what was newer is left out, and time goes on from here');
	};

	const refuse = (key: string, record: Measure | Sample) => {
		if (!strangers.add(key)) return;
		refused += 1;
		noteOf(record, 'max_series', 'there is no room for more series; what is new is left out');
	};
	/** The series of a record, with a place made for one that is new. */
	const seriesOf = (key: string, record: Measure | Sample): Series | undefined => {
		const known = shelf.get(key) ?? shelf.admit(key, record, clock());
		if (!known) refuse(key, record);
		return known;
	};

	const count = (one: Series, metric: Metric, increment: Histogram | Sum, since: number) => {
		const { ts } = increment;
		// What reaches beyond all there is would pass for an interval of that length.
		const start = Math.max(since, ts - span);
		const buckets: Bucket[] = increment.type === 'histogram' ? increment.buckets : [];
		const rows = increment.type === 'sum' ? ONE_ROW : metric.rows.numbersOf(buckets);
		if (!rows) return note(increment, 'layout', MANY_BUCKETS);
		const counts = increment.type === 'sum' ? [increment.value] : buckets.map(([, , number]) => number);
		countIn(one, metric, increment, { start, ts, rows, counts });
	};
	const countIn = (
		one: Series,
		metric: Metric,
		record: Measure | Sample,
		counted: { start: number; ts: number; rows: readonly number[]; counts: Exact[]; isPoint?: boolean },
	) => {
		if (!one.count(counted)) note(record, 'late', 'is older than the history reaches; left out');
		else metric.count(counted, one.slot * one.pace.step);
	};
	const takeCounter = (one: Series, metric: Metric, record: Counter) => {
		const results = delta.take(record);
		// What it has now was counted while nobody looked: only what comes from here on can be told.
		const isBegun = strangers.remove(one.key);
		const isReset = results.some((one) => one.type === 'notice' && one.kind === 'reset');
		const isAnew = record.start !== undefined && one.ts < record.start;
		for (const result of results) {
			if (result.type !== 'notice') {
				// What fell may have counted before it did; where the begin is known, all of it lies behind that.
				if (!isBegun && (!isReset || isAnew)) count(one, metric, result, result.start!);
			} else if (result.kind === 'reset') {
				const gap = isAnew ? '' : '; a gap is left';
				note(record, 'reset', result.detail!.replace('; counted from zero again', gap));
			} else if (result.kind !== 'clock') notices.add(result);
		}
	};
	const takeIncrement = (one: Series, metric: Metric, record: Histogram | Sum) => {
		const before = one.ts < record.ts ? one.ts : record.ts - one.pace.interval;
		count(one, metric, record, Math.min(record.ts, record.start ?? before));
	};
	const takeSample = (one: Series, metric: Metric, record: Sample) => {
		const { ts, value } = record;
		const start = one.ts <= ts && ts - one.ts <= SAMPLES_MS ? one.ts : ts;
		const rows = metric.rows.numbersOf([log2BucketOf(value)]);
		if (!rows) return note(record, 'layout', MANY_BUCKETS);
		countIn(one, metric, record, { start, ts, rows, counts: [1], isPoint: true });
	};
	const takeLevel = (one: Series, record: Measure) => {
		const { ts, value } = record as Sum;
		const start = one.ts < ts ? one.ts : ts;
		const level = isDelta(record) ? one.move(value) : value;
		const isKept = one.set(level, start, ts, ts >= one.ts);
		if (!isKept) note(record, 'late', 'is older than the history reaches; left out');
	};
	const takeInto = (one: Series, metric: Metric, record: Measure | Sample) => {
		if (record.type === 'sample') takeSample(one, metric, record);
		else if (record.type === 'gauge' || (record.type === 'sum' && !record.monotonic)) takeLevel(one, record);
		else if (isDelta(record)) takeIncrement(one, metric, record);
		else takeCounter(one, metric, record);
		if (record.ts < one.ts) return;
		one.ts = record.ts;
		one.newest = record;
	};

	const take = (record: Measure | Sample): string => {
		const fault = faultOf(record);
		if (fault !== '') return `${record.metric}: ${fault}`;
		const verdict = stream.judge(record.ts);
		if (verdict === 'early') {
			noteOf(record, 'early', `its time, ${record.ts} ms, has not come yet; left out`);
			return '';
		}
		if (verdict === 'back') setBack(record);
		sweep(stream.newest());
		const key = keyOf(record);
		const one = seriesOf(key, record);
		if (!one) return '';
		if (!shelf.hasRoom(one)) shelf.settle(clock());
		if (!shelf.hasRoom(one)) {
			noteOf(record, 'memory', 'there is no room for more figures; some are left out');
			return '';
		}
		const metric = shelf.metricOf(one);
		metric.meet(record.ts, clock());
		shelf.change(one, () => takeInto(one, metric, record));
		return '';
	};
	return {
		take,
		time,
		newest: stream.newest,
		refused: () => ({ series: refused, isMore: strangers.isFull() }),
	};
};
