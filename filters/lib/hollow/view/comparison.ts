// comparison: two states of a data set side by side, and which records of a type only one of them has
// The two may be any versions, also of different chains: nothing is concluded from ordinals.

import { Budget } from '../blob/budget.ts';
import type { State } from '../blob/state.ts';
import { ordinalsOf } from '../blob/values.ts';
import { Content } from './content.ts';

/** How many there are only in the later state, only in the earlier one, in both but different, and the same in both. */
export type Tally = { added: number; removed: number; changed: number; same: number };

/** Two states, the numbers by which their records are compared, and how much text of them there may be. */
export type Comparison = { before: State; after: State; content: Content; budget: Budget };

/** Two states to compare. */
export const compare = (before: State, after: State, budget = new Budget()): Comparison => ({
	before,
	after,
	content: new Content(),
	budget,
});

/** What a value was and is, as JSON text; one that was not, or is no more, has none. */
export type Change = { before?: string; after?: string };

/** What happened, in a word. */
export const kindOf = ({ before, after }: Change): 'added' | 'removed' | 'changed' => {
	if (before === undefined) return 'added';
	return after === undefined ? 'removed' : 'changed';
};

/** In the order of the UTF-16 units, which no locale changes. */
export const byCode = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** Numbers with how often they are there; `take` takes one away and says whether there was one. */
export const countsOf = (numbers: Iterable<number>): { take: (number: number) => boolean } => {
	const left = new Map<number, number>();
	for (const number of numbers) left.set(number, (left.get(number) ?? 0) + 1);
	return {
		take: (number) => {
			const count = left.get(number) ?? 0;
			if (count > 0) left.set(number, count - 1);
			return count > 0;
		},
	};
};

/** Ordinals of the records of a type that only one of both has, ascending, and the number of those that both have. */
export type Differences = { removed: Int32Array; added: Int32Array; same: number };

/**
 * Compare the records of a type by what they hold.
 * @throws StateError when records do not fit together.
 */
export const differences = ({ before, after, content }: Comparison, type: string): Differences => {
	const numberIn = (state: State) => (ordinal: number) => content.of(state, type, ordinal);
	const [was, is] = [ordinalsOf(before, type), ordinalsOf(after, type)];
	const left = countsOf(Array.from(is, numberIn(after)));
	const removed = was.filter((ordinal) => !left.take(numberIn(before)(ordinal)));
	const added = is.filter((ordinal) => left.take(numberIn(after)(ordinal)));
	return { removed, added, same: was.length - removed.length };
};
