// metrics: the data set of metrics, MetricsState / Metric / MetricBucket, and its states as records
// `upper` is the first value that is no longer in the bucket, and null where a bound is open.

import { type Bucket, type Exact, exact, type Histogram, type Sum } from '../../record.ts';
import { Budget } from '../blob/budget.ts';
import { ValueError, within } from '../blob/bytes/errors.ts';
import { keyHashFor } from '../blob/hash-key.ts';
import type { State } from '../blob/state.ts';
import type { HashedTable } from '../blob/type/hashed-table.ts';
import type { ListTable } from '../blob/type/list-table.ts';
import type { ObjectTable } from '../blob/type/object-table.ts';
import type { Schema } from '../blob/type/schema.ts';
import { parseSchemas } from '../blob/type/schema-text.ts';
import { ordinalsOf, recordOf, type Value } from '../blob/values.ts';
import type { DataSet } from '../blob/writer.ts';
import type { Cycle, CycleMetric, CycleState } from './cycle.ts';
import { hostOf, isSynthetic, parseName } from './naming.ts';

/**
 * The schema as the Java object mapper makes it of the three classes, in its order; `wide`: with Long for Integer.
 * Source: the golden files, which Java wrote.
 */
export const schemaFor = (wide: boolean): Schema[] => {
	const [type, value] = wide ? ['Long', 'long'] : ['Integer', 'int'];
	return parseSchemas(`
		String { string value; }
		${type} { ${value} value; }
		MetricBucket { ${type} lower; ${type} upper; ${type} count; }
		ListOfMetricBucket List<MetricBucket>;
		Metric { String name; ${type} total; String unit; ListOfMetricBucket buckets; }
		MapOfStringToMetric Map<String,Metric> @HashKey(value);
		MapOfStringTo${type} Map<String,${type}> @HashKey(value);
		MetricsState { String timestamp; String source; MapOfStringToMetric metrics; MapOfStringTo${type} aggregates; }
	`);
};

/** Adds a record of an object type by its fields' values; returns its ordinal. */
const objects = (data: DataSet, type: string) => {
	const ordinals = data.ordinals(type);
	const { columns } = data.table(type) as ObjectTable;
	return (...values: unknown[]): number => {
		const slot = ordinals.slot();
		for (let at = 0; at < columns.length; at++) columns[at]!.set(slot, values[at], columns[at]!.field.name);
		return ordinals.commit();
	};
};

/** Adds a map with texts as keys, from pairs of ordinals. */
const maps = (data: DataSet, type: string) => {
	const ordinals = data.ordinals(type);
	const table = data.table(type) as HashedTable;
	const hash = keyHashFor(data.state.tables, 'String', ['value']);
	return (pairs: [key: number, value: number][]): number => {
		pairs.sort(([a], [b]) => a - b);
		if (pairs.some(([key], at) => at > 0 && key === pairs[at - 1]![0]))
			throw new ValueError('', `a key stands twice in ${type}`);
		table.put(ordinals.slot(), pairs.flat(), hash);
		return ordinals.commit();
	};
};

const lists = (data: DataSet, type: string) => {
	const ordinals = data.ordinals(type);
	const table = data.table(type) as ListTable;
	return (elements: number[]): number => {
		table.put(ordinals.slot(), elements);
		return ordinals.commit();
	};
};

/** Run `add`; what does not fit says behind which step of the path: a number is the place of a bucket. */
const at = <Result>(step: string | number, add: () => Result): Result => {
	try {
		return add();
	} catch (error) {
		throw within(typeof step === 'number' ? `buckets[${step}]` : step, error);
	}
};

/** Adds numbers. Bounds come again and again, so their ordinals are remembered; counts hardly do. */
const numbers = (data: DataSet, type: string) => {
	const put = objects(data, type);
	const known = new Map<Exact | null, number | null>([[null, null]]);
	const number = (value: Exact): number => {
		if (typeof value === 'number') return put(value);
		if (/^-?\d{1,40}$/.test(value)) return put(BigInt(value));
		throw new ValueError('', `${JSON.stringify(value)} is not a whole number`);
	};
	const bound = (value: Exact | null): number | null => {
		const had = known.get(value);
		if (had !== undefined) return had;
		const ordinal = number(value!);
		known.set(value, ordinal);
		return ordinal;
	};
	return { number, bound };
};

/** Adds the states of one cycle by columns: without an object for each bucket it takes half the time of `data.add`. */
const stateAdder = (data: DataSet) => {
	const type = data.state.tables.has('Long') ? 'Long' : 'Integer';
	const { number, bound } = numbers(data, type);
	const text = objects(data, 'String');
	const [bucket, buckets] = [objects(data, 'MetricBucket'), lists(data, 'ListOfMetricBucket')];
	const [metric, metrics] = [objects(data, 'Metric'), maps(data, 'MapOfStringToMetric')];
	const aggregates = maps(data, `MapOfStringTo${type}`);
	const state = objects(data, 'MetricsState');

	const addBucket = ([lower, upper, count]: Bucket): number =>
		bucket(bound(lower), bound(upper), number(count));
	const addMetric = (one: CycleMetric): number => {
		const [name, total, unit] = [text(one.name), number(one.total), text(one.unit)];
		const list = one.buckets.map((each, index) => at(index, () => addBucket(each)));
		return metric(name, total, unit, buckets(list));
	};
	return (one: CycleState): number => {
		const [timestamp, source] = [text(one.timestamp), text(one.source)];
		const all = one.metrics.map((each) => {
			const key = text(each.name);
			return [key, at(`metrics.${each.name}`, () => addMetric(each))] as [number, number];
		});
		const own = at('metrics', () => metrics(all));
		const totals = one.aggregates.map(([name, total]) => {
			const key = text(name);
			return [key, at(`aggregates.${name}`, () => number(total))] as [number, number];
		});
		return state(
			timestamp,
			source,
			own,
			at('aggregates', () => aggregates(totals)),
		);
	};
};

/**
 * Add every state of a cycle to a data set of `schemaFor`.
 * @throws ValueError naming what does not fit its type or stands twice; then `abandon` the data set's cycle.
 */
export const addCycle = (data: DataSet, { states }: Cycle): void => {
	const add = stateAdder(data);
	for (const state of states) at(`MetricsState of ${state.source}`, () => add(state));
};

type Whole = number | bigint;
type Bounds = { lower: Whole | null; upper: Whole | null; count: Whole | null };
type Metric = { name: string | null; total: Whole | null; unit: string | null; buckets: Bounds[] | null };
type Metrics = {
	timestamp: string | null;
	source: string | null;
	metrics: Map<string, Metric> | null;
	aggregates?: Map<string, Whole> | null;
};

/** Milliseconds since the epoch, from ISO text or digits; NaN when it is no time. */
const millisOf = (text: string | null): number =>
	/^\d{1,15}$/.test(text ?? '') ? Number(text) : Date.parse(text ?? '');

/** What a name of the data set says of a series. */
const seriesOf = (name: string, unit: string) => {
	const { metric, attributes } = parseName(name);
	return { metric, unit, attributes, temporality: 'cumulative' as const };
};

const exactOf = (value: Whole): Exact => (typeof value === 'bigint' ? exact(value) : value);
const boundOf = (value: Whole | null): Exact | null => (value === null ? null : exactOf(value));
const from = ({ lower }: Bounds): Whole => lower ?? -Infinity;
const byLower = (a: Bounds, b: Bounds): number => Number(from(a) > from(b)) - Number(from(a) < from(b));

const bucketsOf = (buckets: Bounds[]): Bucket[] =>
	[...buckets]
		.sort(byLower)
		.map(({ lower, upper, count }) => [boundOf(lower), boundOf(upper), exactOf(count ?? 0)]);

/** The records of one MetricsState: a histogram where there are buckets, else a sum of the total. */
const recordsOfOne = ({ timestamp, source, metrics, aggregates }: Metrics): (Histogram | Sum)[] => {
	const origin = source ?? 'unknown';
	const common = { ts: millisOf(timestamp), host: hostOf(origin) };
	const mark = isSynthetic(origin) ? { synthetic: true } : {};
	const sum = (name: string, unit: string, value: Whole): Sum => ({
		type: 'sum',
		...common,
		...seriesOf(name, unit),
		monotonic: true,
		value: exactOf(value),
		...mark,
	});
	const records: (Histogram | Sum)[] = [];
	const sorted = [...(metrics ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
	for (const [key, metric] of sorted) {
		const [name, unit] = [metric.name ?? key ?? '', metric.unit ?? '1'];
		const buckets = bucketsOf(metric.buckets ?? []);
		if (buckets.length > 0)
			records.push({ type: 'histogram', ...common, ...seriesOf(name, unit), buckets, ...mark });
		else if (metric.total !== null) records.push(sum(name, unit, metric.total));
	}
	// An aggregate says nothing new where the series that it adds up are there.
	const known = new Set(records.map(({ metric }) => metric));
	for (const [name, total] of aggregates ?? [])
		if (!metrics?.has(name) && !known.has(parseName(name).metric)) records.push(sum(name, '1', total));
	return records.sort((a, b) => (a.metric < b.metric ? -1 : Number(a.metric > b.metric)));
};

/**
 * Every state record in the data set as bpfpipe records, metrics by name. A time that is no time is NaN.
 * @throws StateError when records do not fit together or exceed the budget.
 */
export function* metricsIn(state: State, budget = new Budget()): Generator<Histogram | Sum> {
	for (const ordinal of ordinalsOf(state, 'MetricsState')) {
		budget.begin('MetricsState', ordinal);
		const value: Value = recordOf(state, 'MetricsState', ordinal, budget);
		yield* recordsOfOne(value as unknown as Metrics);
	}
}
