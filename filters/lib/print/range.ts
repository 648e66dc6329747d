// range: the bounds and the count of a bucket, exact however large, as the JSON that the record has them in

import { exact } from '../record.ts';

/** A half-open range of whole numbers; `null` is open. `json` is the start of its bucket: `[512,1024,`. */
export type Range = { lower: bigint | null; upper: bigint | null; json: string };

const MOST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** A whole number from zero up as JSON. */
export const countJson = (count: bigint): string =>
	count <= MOST_SAFE ? count.toString() : JSON.stringify(exact(count));

const PLAIN = /^(?:0|[1-9]\d{0,14})$/;

/** Decimal digits as JSON: a number where that is exact, else a string. */
export const digitsJson = (digits: string): string =>
	PLAIN.test(digits) ? digits : JSON.stringify(exact(BigInt(digits)));

const bound = (value: bigint | null): string => (value === null ? 'null' : JSON.stringify(exact(value)));

/** The range from `lower` up to, not including, `upper`. */
export const rangeFrom = (lower: bigint | null, upper: bigint | null): Range => ({
	lower,
	upper,
	json: `[${bound(lower)},${bound(upper)},`,
});

/** Why `range` cannot follow a bucket that ends at `edge`, in words; '' when it can. `undefined`: the first. */
export const orderFault = (edge: bigint | null | undefined, { lower }: Range): string => {
	if (edge === undefined) return '';
	if (edge === null) return 'a bucket after the open-ended one';
	return lower === null || lower < edge ? 'buckets are not in ascending order' : '';
};
