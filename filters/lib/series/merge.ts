// merge: what two records of one series and one time come to

import { add } from '../exact.ts';
import { align, sum } from '../histogram/layout.ts';
import type { Measure } from '../record.ts';

/** A series at one time; `broken` says in words why it has no value. */
export type Merged = { record: Measure; broken?: string };

/** '' for a gauge. */
export const temporalityOf = (record: Measure): string => (record.type === 'gauge' ? '' : record.temporality);

/** Increments of one series at one time add up; anything else is its newest record. */
export const merge = (before: Merged, record: Measure): Merged => {
	if (temporalityOf(record) !== 'delta') return { record };
	if (before.broken !== undefined) return before;
	const known = before.record;
	if (record.type !== 'histogram' || known.type !== 'histogram') {
		const value = add((known as { value: number }).value, (record as { value: number }).value);
		return { record: { ...record, value } as Measure };
	}
	if (!align(known.buckets, record.buckets))
		return { ...before, broken: 'its increments at one time have bucket bounds that cross' };
	return { record: { ...record, buckets: sum(known.buckets, record.buckets) } };
};
