// total: how much a histogram counted

import { add } from '../exact.ts';
import type { Bucket, Exact } from '../record.ts';

/** The sum of the counts, exact beyond 2^53: the one way in which they are added up. */
export const totalOf = (buckets: readonly Bucket[]): Exact => {
	let total: Exact = 0;
	for (const [, , count] of buckets) total = add(total, count);
	return total;
};
