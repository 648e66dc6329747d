// fault: what is wrong with a record's numbers for whoever only knows counts from zero upwards

import { compare } from '../exact.ts';
import type { Measure, Sample } from '../record.ts';

/** What is wrong, in words, or ''. */
export const faultOf = (record: Measure | Sample): string => {
	if (record.type === 'histogram') {
		for (const bucket of record.buckets) if (compare(bucket[2], 0) < 0) return 'a bucket counts below zero';
		return '';
	}
	return record.type === 'sum' && record.monotonic && compare(record.value, 0) < 0
		? 'a counter is below zero'
		: '';
};
