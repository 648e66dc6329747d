// published-cycle: a cycle out of published blobs, the way back from what the publisher wrote

import { type Exact, exact } from '../../record.ts';
import type { State } from '../blob/state.ts';
import { ordinalsOf, recordOf } from '../blob/values.ts';
import type { Version } from '../version.ts';
import type { Cycle, CycleMetric, CycleState } from './cycle.ts';
import { isSynthetic } from './naming.ts';

type Whole = number | bigint;
type Bucket = { lower: Whole | null; upper: Whole | null; count: Whole | null };
type Metric = { name: string | null; total: Whole | null; unit: string | null; buckets: Bucket[] | null };
type Metrics = {
	timestamp: string | null;
	source: string | null;
	metrics: Map<string, Metric> | null;
	aggregates: Map<string, Whole> | null;
};

const exactOf = (value: Whole | null): Exact => exact(BigInt(value ?? 0));
const boundOf = (value: Whole | null): Exact | null => (value === null ? null : exactOf(value));

const metricOf = ([key, { name, total, unit, buckets }]: [string, Metric]): CycleMetric => ({
	name: name ?? key,
	total: exactOf(total),
	unit: unit ?? 'count',
	buckets: (buckets ?? []).map(({ lower, upper, count }) => [boundOf(lower), boundOf(upper), exactOf(count)]),
});

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : Number(a > b));

const stateOf = ({ timestamp, source, metrics, aggregates }: Metrics): CycleState => ({
	source: source ?? 'unknown',
	timestamp: timestamp ?? '',
	metrics: [...(metrics ?? [])].sort(byName).map(metricOf),
	aggregates: [...(aggregates ?? [])].sort(byName).map(([name, total]) => [name, exactOf(total)]),
});

/**
 * What a data set of metrics holds, as the cycle that made it; states by source, metrics and aggregates by name.
 * @throws StateError when its records do not hold together.
 */
export const cycleIn = (state: State, version: Version, dataset: string): Cycle => {
	const states = Array.from(ordinalsOf(state, 'MetricsState'), (ordinal) =>
		stateOf(recordOf(state, 'MetricsState', ordinal) as unknown as Metrics),
	).sort((a, b) => byName([a.source, 0], [b.source, 0]));
	const synthetic = states.some(({ source }) => isSynthetic(source));
	return { version, dataset, wide: state.tables.has('Long'), synthetic, states };
};

const sorted = ({ states }: Cycle): CycleState[] =>
	states
		.map((state) => ({
			...state,
			metrics: [...state.metrics].sort((a, b) => byName([a.name, 0], [b.name, 0])),
			aggregates: [...state.aggregates].sort(byName),
		}))
		.sort((a, b) => byName([a.source, 0], [b.source, 0]));

const flat = ({ source, timestamp, metrics, aggregates }: CycleState) => [
	source,
	timestamp,
	metrics.map(({ name, total, unit, buckets }) => [name, total, unit, buckets]),
	aggregates,
];

/** Whether two cycles say the same, in whatever order. */
export const isSameContent = (one: Cycle, other: Cycle): boolean => {
	const [ours, theirs] = [sorted(one), sorted(other)];
	return (
		one.wide === other.wide &&
		ours.length === theirs.length &&
		ours.every((state, at) => JSON.stringify(flat(state)) === JSON.stringify(flat(theirs[at]!)))
	);
};
