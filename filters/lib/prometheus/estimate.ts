// estimate: a sum out of bucket counts, every value taken for the middle of its bucket
// For whole numbers in [2,4) that is 2.5. It is exact arithmetic on a guess: off by up to half a bucket for each value.

import type { Bucket } from '../record.ts';
import { toBigInt } from '../record.ts';

/** Twice the middle of a bucket; one without an end has only its edge; undefined when it has none. */
const twiceMiddle = ([lower, upper]: Bucket): bigint | undefined => {
	if (lower === null) return upper === null ? undefined : 2n * (toBigInt(upper) - 1n);
	if (upper === null) return 2n * toBigInt(lower);
	return toBigInt(lower) + toBigInt(upper) - 1n;
};

/** The estimate as digits, or undefined where a bucket without bounds has counted something. */
export const estimatedSum = (buckets: Bucket[]): string | undefined => {
	let twice = 0n;
	for (const bucket of buckets) {
		const count = toBigInt(bucket[2]);
		if (count === 0n) continue;
		const middle = twiceMiddle(bucket);
		if (middle === undefined) return undefined;
		twice += count * middle;
	}
	const size = twice < 0n ? -twice : twice;
	return `${twice < 0n ? '-' : ''}${size / 2n}${size % 2n === 1n ? '.5' : ''}`;
};
