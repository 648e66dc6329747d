// metrics: the data set of metrics, MetricsState / Metric / MetricBucket, and its states as records
// `upper` is the first value that is no longer in the bucket, and null where a bound is open.

import { type Bucket, type Exact, exact, type Histogram, type Sum, toBigInt } from '../record.ts';
import type { Cycle, CycleMetric } from './cycle.ts';
import { ValueError } from './errors.ts';
import { hostOf, isSynthetic, parseName } from './naming.ts';
import type { Schema } from './schema.ts';
import { parseSchemas } from './schema-text.ts';
import type { State } from './state.ts';
import { ordinalsOf, recordOf, type Value } from './values.ts';
import type { DataSet } from './writer.ts';

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

/** The schema with 32-bit numbers, which is the predecessor's. */
export const METRICS_SCHEMA: Schema[] = schemaFor(false);

/** A number as the columns take it. */
const columnValue = (value: Exact): number | bigint => {
	if (typeof value === 'number') return value;
	try {
		return toBigInt(value);
	} catch (error) {
		throw new ValueError('', (error as Error).message);
	}
};
const bound = (value: Exact | null) => (value === null ? null : columnValue(value));

const metricValue = ({ name, total, unit, buckets }: CycleMetric) => ({
	name,
	total: columnValue(total),
	unit,
	buckets: buckets.map(([lower, upper, count]) => ({
		lower: bound(lower),
		upper: bound(upper),
		count: columnValue(count),
	})),
});

/**
 * Add every state of a cycle to a data set of `schemaFor`.
 * @throws ValueError naming what does not fit its type or stands twice; then `abandon` the data set's cycle.
 */
export const addCycle = (data: DataSet, { states }: Cycle): void => {
	for (const { source, timestamp, metrics, aggregates } of states) {
		data.add('MetricsState', {
			timestamp,
			source,
			metrics: metrics.map((metric) => [metric.name, metricValue(metric)]),
			aggregates: aggregates.map(([name, total]) => [name, columnValue(total)]),
		});
	}
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

/** Whether a state is of this data set. */
export const hasMetrics = (state: State): boolean => {
	const schema = state.tables.get('MetricsState')?.schema;
	const names = schema?.kind === 'object' ? schema.fields.map(({ name }) => name) : [];
	return ['timestamp', 'source', 'metrics'].every((name) => names.includes(name));
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
		const [name, unit] = [metric.name ?? key, metric.unit ?? '1'];
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

/** Every state record in the data set as bpfpipe records, metrics by name. A time that is no time is NaN. */
export function* metricsIn(state: State): Generator<Histogram | Sum> {
	for (const ordinal of ordinalsOf(state, 'MetricsState')) {
		const value: Value = recordOf(state, 'MetricsState', ordinal);
		yield* recordsOfOne(value as unknown as Metrics);
	}
}
