// json-buckets: a histogram of `bpftrace -f json`, `[{"min": 2, "max": 3, "count": 4}]`, as exact buckets
// Both ends are inclusive, a missing one is open, and whole numbers may be quoted.

import { type Json, member } from './json.ts';
import { orderFault, rangeFrom } from './label.ts';
import { exactJson } from './row.ts';

const TWO_TO_31 = 2n ** 31n;

/** A whole number, bare or quoted. */
export const wholeOf = (value: Json | undefined): bigint | undefined => {
	if (typeof value === 'bigint') return value;
	return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
};

/** The buckets as JSON; `fault` says what is wrong with them, `saturated` is the count of a row that holds all above. */
export type Buckets = { json: string; fault: string; saturated: bigint };

/** The buckets of one histogram; `fault` says what is wrong with them. */
export const bucketsOf = (list: Json[]): Buckets => {
	const pieces: string[] = [];
	let edge: bigint | null | undefined;
	let saturated = 0n;
	const failed = (fault: string): Buckets => ({ json: '', fault, saturated });
	for (const item of list) {
		const [min, max, count] = ['min', 'max', 'count'].map((name) => wholeOf(member(item, name)));
		const isOpen = ['min', 'max'].filter((name) => member(item, name) === undefined).length;
		if (count === undefined || count < 0n) return failed('a count is not a whole number');
		if (isOpen === 2 || (isOpen === 0 && (min === undefined || max === undefined || max < min))) {
			return failed('a bucket has no range');
		}
		// The 32-bit shift of releases before 0.20: the row that should have said [2G, 4G), and holds all above.
		const overflowed = min === -TWO_TO_31 && max === 0n;
		if (overflowed) saturated = count;
		const lower = overflowed ? TWO_TO_31 : (min ?? null);
		const range = rangeFrom(lower, overflowed || max === undefined ? null : max + 1n);
		const fault = orderFault(edge, range);
		if (fault) return failed(fault);
		edge = range.upper;
		pieces.push(`${range.json}${exactJson(count.toString())}]`);
	}
	return { json: pieces.join(','), fault: '', saturated };
};
