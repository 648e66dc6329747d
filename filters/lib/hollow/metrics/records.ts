// records: what a data set of metrics holds as bpfpipe's records

import type { Bucket, Histogram, Sum } from '../../record.ts';
import { hostOf, isSynthetic, parseName } from '../../series/naming.ts';
import type { Budget } from '../blob/budget.ts';
import type { State } from '../blob/state.ts';
import {
	boundOf,
	exactOf,
	type MetricsState,
	metricsStatesIn,
	type StoredBucket,
	type Whole,
} from './metrics-state.ts';

/** Milliseconds since the epoch, from ISO text or digits; NaN when it is no time. */
const timeIn = (text: string | null): number =>
	/^\d{1,15}$/.test(text ?? '') ? Number(text) : Date.parse(text ?? '');

/** What a name of the data set says of a series. */
const seriesOf = (name: string, unit: string) => {
	const { metric, attributes } = parseName(name);
	return { metric, unit, attributes, temporality: 'cumulative' as const };
};

const from = ({ lower }: StoredBucket): Whole => lower ?? -Infinity;
const byLower = (a: StoredBucket, b: StoredBucket): number =>
	Number(from(a) > from(b)) - Number(from(a) < from(b));

const bucketsOf = (buckets: StoredBucket[]): Bucket[] =>
	[...buckets]
		.sort(byLower)
		.map(({ lower, upper, count }) => [boundOf(lower), boundOf(upper), exactOf(count ?? 0)]);

/** The records of one MetricsState: a histogram where there are buckets, else a sum of the total. */
const recordsOfOne = ({ timestamp, source, metrics, aggregates }: MetricsState): (Histogram | Sum)[] => {
	const origin = source ?? 'unknown';
	const common = { ts: timeIn(timestamp), host: hostOf(origin) };
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
 * Every MetricsState in the data set as bpfpipe records, metrics by name. A time that is no time is NaN.
 * @throws StateError when records do not fit together or exceed the budget.
 */
export function* recordsIn(state: State, budget?: Budget): Generator<Histogram | Sum> {
	for (const one of metricsStatesIn(state, budget)) yield* recordsOfOne(one);
}
