// numbers: whole numbers of records as the writer of protobufjs takes them, all 64 bits of them exact

import { compare } from '../exact.ts';
import type { Exact } from '../record.ts';

/** What protobufjs takes for 64 bits: a number as long as it is exact, else the two halves. */
export type Wide = number | { low: number; high: number; unsigned: boolean };

const MOST_SIGNED = (2n ** 63n - 1n).toString();
const MOST_UNSIGNED = (2n ** 64n - 1n).toString();

/** A whole number of at most 64 bits; one below zero in two's complement. */
export const wide = (value: Exact): Wide => {
	if (typeof value === 'number') return value;
	const bits = BigInt.asUintN(64, BigInt(value));
	return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: true };
};

/** Whether a count, which is not below zero, and every difference of two such, fits into a signed field of 64 bits. */
export const isSigned64 = (value: Exact): boolean => compare(value, MOST_SIGNED) <= 0;

/** Whether a count, which is not below zero, fits into an unsigned field of 64 bits. */
export const isUnsigned64 = (value: Exact): boolean => compare(value, MOST_UNSIGNED) <= 0;
