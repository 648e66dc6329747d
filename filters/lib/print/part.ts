// part: the value of one series as it was printed, the line that it becomes, and two of them added up
// Counts add up. Values of now do not, and neither do histograms whose buckets cross.

import { add } from '../exact.ts';
import { align } from '../histogram/layout.ts';
import type { Bucket } from '../record.ts';
import { type Fixed, HISTOGRAM_START } from './records.ts';

/**
 * `value` is JSON: a number, or what stands between the brackets of `buckets`.
 * One is spoiled when another came beside it that cannot be added to it.
 */
export type Part = { type: 'histogram' | 'sum' | 'gauge'; fixed: Fixed; value: string; isSpoiled?: true };

/** The record's line, with its newline. */
export const lineOf = ({ type, fixed, value }: Part, ts: number): string =>
	`{"type":"${type}","ts":${ts}${fixed.middle}${value}${type === 'histogram' ? ']' : ''}}\n`;

const bucketsOf = (value: string): Bucket[] => JSON.parse(`[${value}]`);

/** A histogram out of its line, the other way round than `lineOf`. */
export const histogramOf = (line: string, ts: number, fixed: Fixed): Part => {
	const from = HISTOGRAM_START.length + String(ts).length + fixed.middle.length;
	return { type: 'histogram', fixed, value: line.slice(from, -']}'.length) };
};

/** How much a histogram counted, as near as a double is: bpftrace prints the keys of a map in that order. */
export const countOf = (value: string): number =>
	bucketsOf(value).reduce((sum, [, , count]) => sum + Number(count), 0);

const histogramSum = (one: string, other: string): string | undefined => {
	const rows = align(bucketsOf(one), bucketsOf(other));
	const buckets = rows?.map(([lower, upper, a, b]): Bucket => [lower, upper, add(a, b)]);
	return buckets && JSON.stringify(buckets).slice(1, -1);
};

/** Two values of one series as one; undefined where that would be wrong. */
export const addUp = (one: Part, other: Part): Part | undefined => {
	if (one.type !== other.type || one.type === 'gauge') return undefined;
	const value =
		one.type === 'histogram'
			? histogramSum(one.value, other.value)
			: JSON.stringify(add(JSON.parse(one.value), JSON.parse(other.value)));
	return value === undefined ? undefined : { ...one, value };
};
