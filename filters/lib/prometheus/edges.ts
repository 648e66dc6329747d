// edges: the `le` of a histogram's buckets: the highest whole number that each holds, so [2,4) is le="3"
// A row of its own also stands below a gap: without it Prometheus would spread a bucket over what lies under it.

import { subtract } from '../exact.ts';
import type { Bucket, Exact } from '../record.ts';
import { numberText } from './text.ts';

/** The rows at one bucket: before its count is added (where a gap ends), and after. Both are inclusive bounds. */
export type Edge = { below: string | undefined; at: string | undefined };

const inclusive = (bound: Exact): string => numberText(subtract(bound, 1));

/** The rows of all buckets but the last of all, +Inf, which every histogram has. */
export const edgesOf = (buckets: Bucket[]): Edge[] => {
	let last: string | undefined;
	return buckets.map(([lower, upper], at) => {
		const start = lower === null ? undefined : inclusive(lower);
		// What begins at zero cannot lie below it: that row would say nothing and make a first bucket reach below zero.
		const isGap = start !== last && !(at === 0 && start === '-1');
		last = upper === null ? undefined : inclusive(upper);
		return { below: isGap ? start : undefined, at: last };
	});
};

/** Whether two lists of buckets have the same bounds. */
export const isSameLayout = (left: Bucket[], right: Bucket[]): boolean =>
	left.length === right.length && left.every(([a, b], at) => a === right[at]![0] && b === right[at]![1]);
