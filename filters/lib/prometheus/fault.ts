// fault: what is wrong with a record's numbers for a reader that only knows counts from zero upwards

import { compare } from '../exact.ts';
import type { Measure } from '../record.ts';

/** What is wrong, in words, or ''. */
export const faultOf = (record: Measure): string => {
	if (record.type === 'histogram')
		return record.buckets.some(([, , count]) => compare(count, 0) < 0) ? 'a bucket counts below zero' : '';
	return record.type === 'sum' && record.monotonic && compare(record.value, 0) < 0
		? 'a counter is below zero'
		: '';
};
