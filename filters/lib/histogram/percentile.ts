// percentile: a percentile out of bucket counts, by straight-line interpolation inside its bucket
// The true value lies in the same bucket; for power-of-two buckets that is an error of up to 100 % of its lower bound.

import { EXIT, Failure } from '../failure.ts';
import type { Bucket } from '../record.ts';
import { totalOf } from './total.ts';

/** Where in its bucket the value lies, `part` being 0 at the lower and 1 at the upper edge. */
const inside = ([lower, upper]: Bucket, part: number): number | undefined => {
	if (lower === null && upper === null) return undefined;
	// A bucket without an end has no middle: its one finite edge is all that is known.
	if (lower === null) return Number(upper);
	if (upper === null) return Number(lower);
	return Number(lower) + (Number(upper) - Number(lower)) * part;
};

/**
 * The value below which `percent` (0-100) of what was counted lies, in the unit of the bounds.
 * Undefined when nothing was counted, or when the only bucket is unbounded on both sides. Counts beyond 2^53 are
 * taken as floats, an error far below the one that the bucket itself brings.
 */
export const percentile = (buckets: Bucket[], percent: number): number | undefined => {
	const total = Number(totalOf(buckets));
	if (!(total > 0)) return undefined;
	const rank = (percent / 100) * total;
	let below = 0;
	let last: Bucket | undefined;
	for (const bucket of buckets) {
		const count = Number(bucket[2]);
		if (count <= 0) continue;
		if (below + count >= rank) return inside(bucket, Math.max(0, (rank - below) / count));
		below += count;
		last = bucket;
	}
	// Float sums may fall short of the rank by a hair.
	return last && inside(last, 1);
};

/**
 * `50,95,99.9` as numbers, each above 0 and up to 100.
 * @throws Failure(64) for anything else.
 */
export const percentList = (text: string, where: string): number[] =>
	text.split(',').map((part) => {
		const value = /^\d{1,3}(\.\d{1,6})?$/.test(part) ? Number(part) : Number.NaN;
		if (value > 0 && value <= 100) return value;
		throw new Failure(EXIT.usage, `${where}: "${part}" is not a percentile; write for example 50,95,99.9`);
	});
