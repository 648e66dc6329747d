// buckets: a histogram of `bpftrace -f json`, `[{"min": 2, "max": 3, "count": 4}]`, as exact buckets
// Both ends are inclusive, a missing one is open, and whole numbers may be quoted.

import { type Json, membersOf, wholeOf } from '../../json/json.ts';
import { countJson, orderFault, type Range, rangeFrom } from '../../print/range.ts';

const TWO_TO_31 = 2n ** 31n;

/** The buckets as JSON; `fault` says what is wrong with them, `saturated` is the count of a row that holds all above. */
export type Buckets = { json: string; fault: string; saturated: bigint };

type Fields = { min?: bigint; max?: bigint; count?: bigint; fault: string };

const fieldsOf = (item: Json): Fields => {
	const fields: Fields = { fault: '' };
	for (const [name, value] of membersOf(item) ?? []) {
		if (name !== 'min' && name !== 'max' && name !== 'count') continue;
		const whole = wholeOf(value);
		if (whole === undefined) return { fault: `${name} is not a whole number` };
		if (fields[name] !== undefined) return { fault: `${name} is there twice` };
		fields[name] = whole;
	}
	const { min, max, count } = fields;
	if (count === undefined || count < 0n) fields.fault = 'a count is missing or below zero';
	else if (min === undefined && max === undefined) fields.fault = 'a bucket has no range';
	return fields;
};

// The 32-bit shift of releases before 0.20: the row that should have said [2G, 4G), and holds all above.
const isSaturated = ({ min, max }: Fields): boolean => min === -TWO_TO_31 && max === 0n;

const rangeOf = (fields: Fields): Range => {
	const { min, max } = fields;
	if (isSaturated(fields)) return rangeFrom(TWO_TO_31, null);
	return rangeFrom(min ?? null, max === undefined ? null : max + 1n);
};

/** The buckets of one histogram. */
export const bucketsOf = (list: Json[]): Buckets => {
	const pieces: string[] = [];
	let edge: bigint | null | undefined;
	let saturated = 0n;
	for (const item of list) {
		const fields = fieldsOf(item);
		const range = rangeOf(fields);
		const { lower, upper } = range;
		const isEmpty = lower !== null && upper !== null && upper <= lower;
		const fault = fields.fault || (isEmpty ? 'a range ends before it begins' : orderFault(edge, range));
		if (fault) return { json: '', fault, saturated };
		if (isSaturated(fields)) saturated = fields.count!;
		edge = upper;
		pieces.push(`${range.json}${countJson(fields.count!)}]`);
	}
	return { json: pieces.join(','), fault: '', saturated };
};
