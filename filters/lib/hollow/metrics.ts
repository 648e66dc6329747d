// metrics: the data set of metrics, MetricsState / Metric / MetricBucket, and its states as records
// `upper` is the first value that is no longer in the bucket, and null where a bound is open.

import type { Bucket, Histogram, Sum } from '../record.ts';
import type { Schema } from './schema.ts';
import { parseSchemas } from './schema-text.ts';
import type { State } from './state.ts';
import { ordinalsOf, recordOf, type Value } from './values.ts';

/** The schema as the Java object mapper makes it of the three classes, in its order. */
export const METRICS_SCHEMA: Schema[] = parseSchemas(`
	String { string value; }
	Integer { int value; }
	MetricBucket { Integer lower; Integer upper; Integer count; }
	ListOfMetricBucket List<MetricBucket>;
	Metric { String name; Integer total; String unit; ListOfMetricBucket buckets; }
	MapOfStringToMetric Map<String,Metric> @HashKey(value);
	MapOfStringToInteger Map<String,Integer> @HashKey(value);
	MetricsState { String timestamp; String source; MapOfStringToMetric metrics; MapOfStringToInteger aggregates; }
`);

type Bounds = { lower: number | null; upper: number | null; count: number | null };
type Metric = { name: string | null; total: number | null; unit: string | null; buckets: Bounds[] | null };
type Metrics = {
	timestamp: string | null;
	source: string | null;
	metrics: Map<string, Metric> | null;
	aggregates?: Map<string, number> | null;
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

const from = (bound: number | null, open: number): number => bound ?? open;
const bucketsOf = (buckets: Bounds[]): Bucket[] => {
	const list = buckets.map(({ lower, upper, count }): Bucket => [lower, upper, count ?? 0]);
	return list.sort(
		([a], [b]) => from(a as number | null, -Infinity) - from(b as number | null, -Infinity) || 0,
	);
};

/** The records of one MetricsState: a histogram where there are buckets, else a sum of the total. */
const recordsOfOne = ({ timestamp, source, metrics, aggregates }: Metrics): (Histogram | Sum)[] => {
	const common = { ts: millisOf(timestamp), host: source ?? 'unknown' };
	const sum = (metric: string, unit: string, value: number): Sum => ({
		type: 'sum',
		...common,
		metric,
		unit,
		attributes: {},
		temporality: 'cumulative',
		monotonic: true,
		value,
	});
	const records: (Histogram | Sum)[] = [];
	for (const [key, metric] of metrics ?? []) {
		const [name, unit] = [metric.name ?? key, metric.unit ?? '1'];
		if ((metric.buckets ?? []).length > 0) {
			const buckets = bucketsOf(metric.buckets!);
			const series = { metric: name, unit, attributes: {}, temporality: 'cumulative' as const };
			records.push({ type: 'histogram', ...common, ...series, buckets });
		} else if (metric.total !== null) records.push(sum(name, unit, metric.total));
	}
	for (const [name, total] of aggregates ?? []) if (!metrics?.has(name)) records.push(sum(name, '1', total));
	return records.sort((a, b) => (a.metric < b.metric ? -1 : 1));
};

/** Every state record in the data set as bpfpipe records, metrics by name. A time that is no time is NaN. */
export function* metricsIn(state: State): Generator<Histogram | Sum> {
	for (const ordinal of ordinalsOf(state, 'MetricsState')) {
		const value: Value = recordOf(state, 'MetricsState', ordinal);
		yield* recordsOfOne(value as unknown as Metrics);
	}
}
