// published-cycle: a cycle out of published blobs, the way back from what the publisher wrote

import { isSynthetic } from '../../series/naming.ts';
import { Budget } from '../blob/budget.ts';
import type { State } from '../blob/state.ts';
import type { Version } from '../version.ts';
import type { Cycle, CycleMetric, CycleState } from './cycle.ts';
import { boundOf, exactOf, type MetricsState, metricsStatesIn, type StoredMetric } from './metrics-state.ts';

const metricOf = ([key, { name, total, unit, buckets }]: [string, StoredMetric]): CycleMetric => ({
	name: name ?? key,
	total: exactOf(total ?? 0),
	unit: unit ?? 'count',
	buckets: (buckets ?? []).map(({ lower, upper, count }) => [
		boundOf(lower),
		boundOf(upper),
		exactOf(count ?? 0),
	]),
});

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : Number(a > b));

const stateOf = ({ timestamp, source, metrics, aggregates }: MetricsState): CycleState => ({
	source: source ?? 'unknown',
	timestamp: timestamp ?? '',
	metrics: [...(metrics ?? [])].sort(byName).map(metricOf),
	aggregates: [...(aggregates ?? [])].sort(byName).map(([name, total]) => [name, exactOf(total)]),
});

// It was bounded when it came, as a body or as lines; what was published can be read again.
const NO_BOUND = Number.MAX_SAFE_INTEGER;

/**
 * What a data set of metrics holds, as the cycle that made it; states by source, metrics and aggregates by name.
 * @throws StateError when its records do not hold together.
 */
export const publishedCycle = (state: State, version: Version, dataset: string): Cycle => {
	const states = Array.from(metricsStatesIn(state, new Budget(NO_BOUND)), stateOf).sort((a, b) =>
		byName([a.source, 0], [b.source, 0]),
	);
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
