// layout: the bucket bounds of a series, laid side by side so that counts can be added or subtracted
// Rows that one side leaves out count zero; bounds that cross (a bucket was split or merged) have no common layout.

import { add, compare } from '../exact.ts';
import type { Bucket, Exact } from '../record.ts';
import { isSameLayout } from './edges.ts';

/** One bucket of two histograms: `[lower, upper, count on the left, count on the right]`. */
export type Row = [lower: Exact | null, upper: Exact | null, left: Exact, right: Exact];

/** Whether bucket `a` ends at or before the place where bucket `b` begins. */
const isBefore = (a: Bucket, b: Bucket): boolean =>
	a[1] !== null && b[0] !== null && compare(a[1], b[0]) <= 0;

const isSameBound = (a: Exact | null, b: Exact | null): boolean =>
	a === b || (a !== null && b !== null && compare(a, b) === 0);

const isSame = (a: Bucket, b: Bucket): boolean => isSameBound(a[0], b[0]) && isSameBound(a[1], b[1]);

/** Every bucket of either side in order, or undefined when bounds cross. */
export const align = (left: Bucket[], right: Bucket[]): Row[] | undefined => {
	// Nearly always, print after print; the search below would give the same.
	if (isSameLayout(left, right)) return left.map((one, at): Row => [one[0], one[1], one[2], right[at]![2]]);
	const rows: Row[] = [];
	let [l, r] = [0, 0];
	while (l < left.length || r < right.length) {
		const [a, b] = [left[l], right[r]];
		if (a && b && isSame(a, b)) {
			rows.push([a[0], a[1], a[2], b[2]]);
			l += 1;
			r += 1;
		} else if (a && (!b || isBefore(a, b))) {
			rows.push([a[0], a[1], a[2], 0]);
			l += 1;
		} else if (b && (!a || isBefore(b, a))) {
			rows.push([b[0], b[1], 0, b[2]]);
			r += 1;
		} else return undefined;
	}
	return rows;
};

/** The same bounds, every count zero. */
export const emptied = (buckets: Bucket[]): Bucket[] => buckets.map(([lower, upper]) => [lower, upper, 0]);

const crosses = (bucket: Bucket, others: Bucket[]): boolean =>
	others.some((other) => !isSame(bucket, other) && !isBefore(bucket, other) && !isBefore(other, bucket));

/**
 * `buckets` filled up with zeros for each bucket of `known` that none of them crosses; the same list where none is lacking,
 * so that all who keep the newest print of a series share one.
 */
export const filled = (buckets: Bucket[], known: Bucket[]): Bucket[] => {
	if (isSameLayout(buckets, known)) return buckets;
	const rows =
		align(buckets, known) ??
		align(
			buckets,
			known.filter((bucket) => !crosses(bucket, buckets)),
		)!;
	return rows.map(([lower, upper, count]) => [lower, upper, count]);
};

const lowest = (a: Exact | null, b: Exact | null): Exact | null =>
	a === null || b === null ? null : compare(a, b) < 0 ? a : b;
const highest = (a: Exact | null, b: Exact | null): Exact | null =>
	a === null || b === null ? null : compare(a, b) > 0 ? a : b;

const byLower = (a: Bucket, b: Bucket): number => {
	if (a[0] === null || b[0] === null) return Number(b[0] === null) - Number(a[0] === null);
	return compare(a[0], b[0]);
};

/**
 * The counts of two histograms added up, bucket by bucket. Where bounds cross, the crossing buckets become the
 * smallest one that holds them all: less resolution, but nothing is lost and nothing is counted twice.
 */
export const sum = (left: Bucket[], right: Bucket[]): Bucket[] => {
	const rows = align(left, right);
	if (rows) return rows.map(([lower, upper, a, b]) => [lower, upper, add(a, b)]);
	const merged: Bucket[] = [];
	for (const bucket of [...left, ...right].sort(byLower)) {
		const last = merged.at(-1);
		if (!last || isBefore(last, bucket)) merged.push([...bucket]);
		else
			merged[merged.length - 1] = [
				lowest(last[0], bucket[0]),
				highest(last[1], bucket[1]),
				add(last[2], bucket[2]),
			];
	}
	return merged;
};
