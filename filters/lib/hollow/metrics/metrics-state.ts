// metrics-state: the data set of metrics as it stands in a state, a MetricsState with everything in it after the other

import { type Exact, exact } from '../../record.ts';
import { Budget } from '../blob/budget.ts';
import type { State } from '../blob/state.ts';
import { ordinalsOf, recordOf, type Value } from '../blob/values.ts';

/** A number as it is stored, an Integer or a Long. */
export type Whole = number | bigint;
export type StoredBucket = { lower: Whole | null; upper: Whole | null; count: Whole | null };
export type StoredMetric = {
	name: string | null;
	total: Whole | null;
	unit: string | null;
	buckets: StoredBucket[] | null;
};
export type MetricsState = {
	timestamp: string | null;
	source: string | null;
	metrics: Map<string, StoredMetric> | null;
	aggregates?: Map<string, Whole> | null;
};

/** A stored number as our records have it. */
export const exactOf = (value: Whole): Exact => (typeof value === 'bigint' ? exact(value) : value);

/** A stored bound as our records have it; null is open. */
export const boundOf = (value: Whole | null): Exact | null => (value === null ? null : exactOf(value));

/**
 * Every MetricsState of a state that `hasMetrics`.
 * @throws StateError when records do not fit together or exceed the budget.
 */
export function* metricsStatesIn(state: State, budget = new Budget()): Generator<MetricsState> {
	for (const ordinal of ordinalsOf(state, 'MetricsState')) {
		budget.begin('MetricsState', ordinal);
		const value: Value = recordOf(state, 'MetricsState', ordinal, budget);
		yield value as unknown as MetricsState;
	}
}
