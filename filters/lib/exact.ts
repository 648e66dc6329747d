// exact: sums, differences and order of the numbers in records, exact for whole numbers of any size
// Plain number arithmetic where that is exact; bigints beyond 2^53; floats only where a value has a fraction.

import { type Exact, exact } from './record.ts';

const isWhole = (value: Exact): boolean => typeof value === 'string' || Number.isSafeInteger(value);

/** `a + b`; whole numbers add up exactly, a fraction on either side makes it float arithmetic. */
export const add = (a: Exact, b: Exact): Exact => {
	if (typeof a === 'number' && typeof b === 'number') {
		const sum = a + b;
		if (Number.isSafeInteger(sum)) return sum;
	}
	return isWhole(a) && isWhole(b) ? exact(BigInt(a) + BigInt(b)) : Number(a) + Number(b);
};

/** `a - b`, by the rules of `add`. */
export const subtract = (a: Exact, b: Exact): Exact => {
	if (typeof a === 'number' && typeof b === 'number') {
		const difference = a - b;
		if (Number.isSafeInteger(difference)) return difference;
	}
	return isWhole(a) && isWhole(b) ? exact(BigInt(a) - BigInt(b)) : Number(a) - Number(b);
};

/** Below zero when `a < b`, zero when they are equal, above zero when `a > b`. */
export const compare = (a: Exact, b: Exact): number => {
	if ((typeof a === 'number' && typeof b === 'number') || !isWhole(a) || !isWhole(b)) {
		return Number(a) - Number(b);
	}
	const [left, right] = [BigInt(a), BigInt(b)];
	return left < right ? -1 : Number(left > right);
};
