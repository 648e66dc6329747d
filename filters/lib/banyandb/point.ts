// point: what is written of a record: one value of one series at one time, or one for each bucket and one for them all

import { totalOf } from '../histogram/total.ts';
import type { Bucket, Exact, Histogram, Measure, Notice } from '../record.ts';
import { toBigInt } from '../record.ts';
import { boundsOf, keyOf, noticeSeries, type Series, seriesOf } from './series.ts';

/** Fields of ours. `value_int` and `value_float` take what the type of `value` cannot hold. */
export type FieldName = 'value' | 'value_int' | 'value_float' | 'count' | 'total' | 'buckets' | 'start';

/** `value` may have a fraction, the others are whole; `version` decides between points of one series and time. */
export type Point = {
	series: Series;
	ts: number;
	version: number;
	values: { [name in FieldName]?: Exact };
};

/** Why a record is no point: the counter that it is counted by, and in words. */
export type Refusal = { counter: string; why: string };

export type Points = {
	/** The points of a record, or why there are none. */
	of: (record: Measure) => Point[] | Refusal;
	ofNotice: (notice: Notice) => Point[] | Refusal;
};

export type PointsOptions = {
	/** A second point of one series and time: it takes the place of the first. */
	onRepeat: (record: Measure) => void;
};

const LAST_MS = Number((2n ** 63n - 1n) / 1_000_000n);
const [LEAST, MOST] = [-(2n ** 63n), 2n ** 63n - 1n];
/** So many series are known by heart; then it begins anew, which costs time only. */
const MOST_SERIES = 100_000;

const tooLarge = (why: string): Refusal => ({ counter: 'too_large', why });

const fits = (value: Exact): boolean => {
	if (typeof value === 'number') return true;
	const whole = toBigInt(value);
	return whole >= LEAST && whole <= MOST;
};

/** Points of records that come one after the other; versions grow, also from one run to the next. */
export const createPoints = ({ onRepeat }: PointsOptions): Points => {
	const known = new Map<string, Series>();
	let version = 0;

	const nextVersion = (): number => {
		version = Math.max(version + 1, Date.now() * 1000);
		return version;
	};
	const remembered = (key: string, make: () => Series): Series => {
		const found = known.get(key);
		if (found) return found;
		if (known.size >= MOST_SERIES) known.clear();
		const series = make();
		known.set(key, series);
		return series;
	};
	const value = (record: Exclude<Measure, Histogram>): Point[] | Refusal => {
		const { ts, start, value } = record;
		if (!fits(value)) return tooLarge('a value is beyond 64 bits');
		const series = remembered(keyOf(record), () => seriesOf(record));
		if (series.lastMs === ts) onRepeat(record);
		series.lastMs = ts;
		return [
			{ series, ts, version: nextVersion(), values: start === undefined ? { value } : { value, start } },
		];
	};
	const bucket = (record: Histogram, key: string, one: Bucket): Point => {
		const bounds = boundsOf(one);
		const series = remembered(`${bounds[0]} ${bounds[1]} ${key}`, () => seriesOf(record, bounds));
		return { series, ts: record.ts, version: nextVersion(), values: { count: one[2] } };
	};
	const histogram = (record: Histogram): Point[] | Refusal => {
		const { ts, start, buckets } = record;
		const total = totalOf(buckets);
		if (!fits(total) || !buckets.every(([, , count]) => fits(count)))
			return tooLarge('a count is beyond 64 bits');
		const key = keyOf(record);
		const series = remembered(key, () => seriesOf(record));
		if (series.lastMs === ts) onRepeat(record);
		series.lastMs = ts;
		const whole = { total, buckets: buckets.length, ...(start === undefined ? {} : { start }) };
		// The buckets come first: where the total is, they are.
		return [
			...buckets.map((one) => bucket(record, key, one)),
			{ series, ts, version: nextVersion(), values: whole },
		];
	};
	return {
		of: (record) => {
			if (record.ts > LAST_MS || (record.start ?? 0) > LAST_MS)
				return tooLarge('a time is beyond the year 2262');
			return record.type === 'histogram' ? histogram(record) : value(record);
		},
		ofNotice: (notice) => {
			if (notice.ts > LAST_MS) return tooLarge('a time is beyond the year 2262');
			const { count } = notice;
			const isCount = Number.isSafeInteger(count) && Number(count) > 0;
			return [
				{
					series: noticeSeries(notice),
					ts: notice.ts,
					version: nextVersion(),
					values: { count: isCount ? count! : 1 },
				},
			];
		},
	};
};

/** About how many bytes a point takes while it waits. */
export const weightOf = ({ series }: Point): number => 160 + series.tags.length * 8;
