// point: a record as a data point of OTLP, before it is written in either encoding

import { subtract } from '../exact.ts';
import { edgesOf, floatRows } from '../histogram/edges.ts';
import { type Cell, type Exponential, exponentialOf } from '../histogram/exponential.ts';
import { totalOf } from '../histogram/total.ts';
import { isSigned64, isUnsigned64 } from '../protobuf/numbers.ts';
import { wellFormed } from '../protobuf/text.ts';
import type { Bucket, Exact, Histogram, Measure, Notice } from '../record.ts';

/** Which form histograms have: `auto` is exponential where the buckets allow it. */
export type HistogramForm = 'explicit' | 'exponential' | 'auto';

/** One value; `whole` has all its digits. */
export type NumberData = { kind: 'number'; whole: Exact } | { kind: 'float'; float: number };
/** `bounds` are inclusive; there is one count more than bounds. */
export type ExplicitData = { kind: 'explicit'; count: Exact; bounds: number[]; counts: Exact[] };
/** Neighbouring buckets, the one at `offset` first. */
export type Run = { offset: number; counts: Exact[] };
export type ExponentialData = {
	kind: 'exponential';
	count: Exact;
	scale: number;
	threshold: number;
	zero: Exact;
	positive: Run;
	negative: Run;
};

/** What all points of a metric share. */
export type Metric = {
	name: string;
	unit: string;
	type: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram';
	temporality: 'cumulative' | 'delta' | undefined;
	monotonic: boolean;
};

/** `start` and `ts` are milliseconds since the epoch. */
export type Point = {
	host: string;
	metric: Metric;
	attributes: [key: string, value: string][];
	synthetic: boolean;
	start: number | undefined;
	ts: number;
	data: NumberData | ExplicitData | ExponentialData;
};

/** Why a record is no point: the counter that it is counted by, and in words. */
export type Refusal = { counter: string; why: string };

// 64 bits of nanoseconds end in 2554.
const LAST_MS = Number((2n ** 64n - 1n) / 1_000_000n);
const SYNTHETIC = 'synthetic';

const tooLarge = (why: string): Refusal => ({ counter: 'too_large', why });

/** The attributes, none of which passes for the mark of sample data; undefined when two come to one name. */
const attributesOf = (attributes: Record<string, string>): Point['attributes'] | undefined => {
	const found = new Map<string, string>();
	const entries = Object.entries(attributes);
	for (const [name, value] of entries)
		found.set(wellFormed(name === SYNTHETIC ? `exported_${name}` : name), wellFormed(value));
	return found.size === entries.length ? [...found] : undefined;
};

/** A sum counts whole things; a gauge is a float as long as that is exact, so that it does not change its type. */
const numberData = (value: Exact, isSum: boolean): NumberData | undefined => {
	// Without the sign of a zero, which JSON has not.
	if (typeof value === 'number' && !(isSum && Number.isSafeInteger(value)))
		return { kind: 'float', float: value + 0 };
	const size = typeof value === 'string' && value.startsWith('-') ? value.slice(1) : value;
	return isSigned64(size) ? { kind: 'number', whole: value } : undefined;
};

const explicitData = (buckets: readonly Bucket[], count: Exact): ExplicitData => {
	const rows = floatRows(edgesOf(buckets), buckets);
	let before: Exact = 0;
	const counts = rows.map(([, upTo]) => {
		const own = subtract(upTo, before);
		before = upTo;
		return own;
	});
	return {
		kind: 'explicit',
		count,
		bounds: rows.map(([upper]) => upper),
		counts: [...counts, subtract(count, before)],
	};
};

/** The counts between the first and the last bucket of a side, with zeros where there is none. */
const runOf = (cells: Cell[], buckets: readonly Bucket[]): Run => {
	const [first, last] = [cells[0], cells.at(-1)];
	if (!first || !last) return { offset: 0, counts: [] };
	const counts = new Array<Exact>(last.index - first.index + 1).fill(0);
	for (const { index, at } of cells) counts[index - first.index] = buckets[at]![2];
	return { offset: first.index, counts };
};

const exponentialData = (
	{ schema, threshold, zero, positive, negative }: Exponential,
	buckets: readonly Bucket[],
	count: Exact,
): ExponentialData => ({
	kind: 'exponential',
	count,
	scale: schema,
	threshold,
	zero: totalOf(zero.map((at) => buckets[at]!)),
	positive: runOf(positive, buckets),
	negative: runOf(negative, buckets),
});

const histogramData = ({ buckets }: Histogram, form: HistogramForm) => {
	const count = totalOf(buckets);
	if (!isUnsigned64(count)) return tooLarge('a count is beyond 64 bits');
	const exponential = form === 'explicit' ? undefined : exponentialOf(buckets);
	return exponential ? exponentialData(exponential, buckets, count) : explicitData(buckets, count);
};

const isBelowZero = ([, , count]: Bucket): boolean => Number(count) < 0;

const dataOf = (record: Measure, form: HistogramForm): Point['data'] | Refusal => {
	if (record.type !== 'histogram') {
		return numberData(record.value, record.type === 'sum') ?? tooLarge('a value is beyond 64 bits');
	}
	if (record.buckets.some(isBelowZero)) return { counter: 'bad', why: 'a bucket counts below zero' };
	return histogramData(record, form);
};

const typeOf = (record: Measure, data: Point['data']): Metric['type'] => {
	if (record.type !== 'histogram') return record.type;
	return data.kind === 'exponential' ? 'exponentialHistogram' : 'histogram';
};

/** A record as a point, or why it is none. */
export const pointOf = (record: Measure, form: HistogramForm): Point | Refusal => {
	const { host, metric, unit, ts, start } = record;
	if (ts > LAST_MS || (start ?? 0) > LAST_MS) return tooLarge('a time is beyond the year 2554');
	const attributes = attributesOf(record.attributes);
	if (!attributes) return { counter: 'label_collision', why: 'two attributes come to one name' };
	const data = dataOf(record, form);
	if ('counter' in data) return data;
	return {
		host: wellFormed(host),
		metric: {
			name: wellFormed(metric),
			unit: wellFormed(unit),
			type: typeOf(record, data),
			temporality: record.type === 'gauge' ? undefined : record.temporality,
			monotonic: record.type === 'sum' && record.monotonic,
		},
		attributes,
		synthetic: record.synthetic === true,
		start,
		ts,
		data,
	};
};

const NOTICES = {
	name: 'bpfpipe.notices',
	unit: '{notice}',
	type: 'sum',
	temporality: 'delta',
	monotonic: true,
} as const;
const countOf = (count: unknown): Exact =>
	Number.isSafeInteger(count) && Number(count) > 0 ? Number(count) : 1;
const textOf = (value: unknown): string => (typeof value === 'string' ? wellFormed(value) : '');

/** A notice as an increment of the one counter that there is for them. */
export const noticePoint = ({ ts, host, kind, metric, count, synthetic }: Notice): Point | Refusal => {
	if (ts > LAST_MS) return tooLarge('a time is beyond the year 2554');
	return {
		host: textOf(host),
		metric: NOTICES,
		attributes: [
			['kind', wellFormed(kind)],
			...(metric === undefined ? [] : [['metric', textOf(metric)] as [string, string]]),
		],
		synthetic: synthetic === true,
		start: undefined,
		ts,
		data: { kind: 'number', whole: countOf(count) },
	};
};

/** About how many bytes a point takes. */
export const weightOf = ({ host, metric, attributes, data }: Point): number => {
	const text = attributes.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
	const counts =
		data.kind === 'explicit'
			? data.counts.length * 2
			: data.kind === 'exponential'
				? data.positive.counts.length + data.negative.counts.length
				: 1;
	return 64 + host.length + metric.name.length + text + counts * 8;
};
