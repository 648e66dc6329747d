// numbers: whole numbers of records as the writer of protobufjs takes them, all 64 bits of them exact

import type { Writer } from 'protobufjs/minimal.js';
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

const SMALL_UNSIGNED = 2 ** 32;
const SMALL_SIGNED = 2 ** 31;

/** A count as a varint. Below 2^32 it is the same as one of 32 bits, which is written without an object for its halves. */
export const writeCount = (writer: Writer, tag: number, count: Exact): void => {
	writer.uint32(tag);
	if (typeof count === 'number' && count < SMALL_UNSIGNED) writer.uint32(count);
	else writer.uint64(wide(count) as number);
};

/** Differences as a packed list of zigzag varints, by the same rule. */
export const writeDifferences = (writer: Writer, tag: number, values: readonly Exact[]): void => {
	writer.uint32(tag);
	const isSmall = values.every(
		(one) => typeof one === 'number' && one < SMALL_SIGNED && one >= -SMALL_SIGNED,
	);
	if (isSmall) writer.sint32s(values as number[]);
	else writer.sint64s(values.map(wide) as number[]);
};

/** Whether a count, which is not below zero, and every difference of two such, fits into a signed field of 64 bits. */
export const isSigned64 = (value: Exact): boolean => compare(value, MOST_SIGNED) <= 0;

/** Whether a count, which is not below zero, fits into an unsigned field of 64 bits. */
export const isUnsigned64 = (value: Exact): boolean => compare(value, MOST_UNSIGNED) <= 0;
