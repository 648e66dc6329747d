// slots: what the places of a histogram's array count, as buckets

import type { Bucket, Exact } from '../record.ts';
import { exact } from '../record.ts';

/**
 * Where slot i begins and ends. `log2`: slot 0 is [0, first), slot i [first * 2^(i-1), first * 2^i).
 * `linear`: slot i is [from + i * step, from + (i + 1) * step). The last is unbounded when `isOpen`.
 */
export type Slots =
	| { scale: 'log2'; first: bigint; isOpen: boolean }
	| { scale: 'linear'; from: bigint; step: bigint; isOpen: boolean };

const edge = (slots: Slots, index: number): bigint => {
	if (slots.scale === 'linear') return slots.from + BigInt(index) * slots.step;
	return index === 0 ? 0n : slots.first << BigInt(index - 1);
};

/** The buckets of counts by slot, of `length` slots there are; empty ones are left out. */
export const bucketsOf = (slots: Slots, length: number, counts: Map<number, bigint>): Bucket[] =>
	[...counts]
		.filter(([, count]) => count !== 0n)
		.sort(([a], [b]) => a - b)
		.map(([index, count]) => {
			const isUnbounded = slots.isOpen && index === length - 1;
			const upper: Exact | null = isUnbounded ? null : exact(edge(slots, index + 1));
			return [exact(edge(slots, index)), upper, exact(count)];
		});
