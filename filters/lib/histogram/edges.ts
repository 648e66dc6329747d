// edges: the highest whole number that each bucket holds, for readers whose bounds are inclusive: [2,4) ends at 3
// A row of its own also stands below a gap: without it a reader would spread a bucket over what lies under it.

import { add, subtract } from '../exact.ts';
import type { Bucket, Exact } from '../record.ts';

/** The rows at one bucket: before its count is added (where a gap ends), and after. Both are inclusive bounds. */
export type Edge = { below: string | undefined; at: string | undefined };

const inclusive = (bound: Exact): string => String(subtract(bound, 1));

/** The rows of all buckets but the last of all, +Inf, which every histogram has. */
export const edgesOf = (buckets: readonly Bucket[]): Edge[] => {
	let last: string | undefined;
	return buckets.map(([lower, upper], at) => {
		const start = lower === null ? undefined : inclusive(lower);
		// What begins at zero cannot lie below it: that row would say nothing and make a first bucket reach below zero.
		const isGap = start !== last && !(at === 0 && start === '-1');
		last = upper === null ? undefined : inclusive(upper);
		return { below: isGap ? start : undefined, at: last };
	});
};

/** One row as a number and how much lies up to it. */
export type Row = [upper: number, cumulative: Exact];

/**
 * The same rows as floats, with the counts of `buckets` added up. Bounds beyond 2^53 that come to one float are one row: it
 * holds what the higher of them does.
 */
export const floatRows = (edges: Edge[], buckets: readonly Bucket[]): Row[] => {
	const rows: Row[] = [];
	let total: Exact = 0;
	const put = (digits: string | undefined) => {
		if (digits === undefined) return;
		const upper = Number(digits);
		if (rows.at(-1)?.[0] === upper) rows.pop();
		rows.push([upper, total]);
	};
	for (const [at, { below, at: end }] of edges.entries()) {
		put(below);
		total = add(total, buckets[at]![2]);
		put(end);
	}
	return rows;
};

/** Whether two lists of buckets have the same bounds. */
export const isSameLayout = (left: readonly Bucket[], right: readonly Bucket[]): boolean => {
	if (left === right) return true;
	if (left.length !== right.length) return false;
	for (let at = 0; at < left.length; at++) {
		const [a, b] = [left[at]!, right[at]!];
		if (a[0] !== b[0] || a[1] !== b[1]) return false;
	}
	return true;
};
