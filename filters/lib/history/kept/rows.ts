// rows: the buckets of one metric, whoever has them, numbered; and those of several layouts put in one order

import { compare } from '../../exact.ts';
import { isSameLayout } from '../../histogram/edges.ts';
import type { Bucket, Exact } from '../../record.ts';

/** A bucket without its count: `[lower, upper)`, null = unbounded. */
export type Row = [lower: Exact | null, upper: Exact | null];

/** Every bucket that a metric ever had, by its number. */
export type Rows = {
	all: Row[];
	/** The numbers of these buckets; undefined when the metric would have more than `most`. */
	numbersOf: (buckets: Bucket[]) => number[] | undefined;
};

export const createRows = (most: number): Rows => {
	const all: Row[] = [];
	const known = new Map<string, number>();
	let last: { buckets: Bucket[]; numbers: number[] } = { buckets: [], numbers: [] };

	const numbersOf = (buckets: Bucket[]): number[] | undefined => {
		if (isSameLayout(buckets, last.buckets)) return last.numbers;
		const keys = buckets.map(([lower, upper]) => `${lower} ${upper}`);
		const fresh = keys.filter((key) => !known.has(key)).length;
		if (all.length + fresh > most) return undefined;
		const numbers = keys.map((key, at) => {
			const number = known.get(key) ?? all.length;
			if (number === all.length) {
				known.set(key, number);
				all.push([buckets[at]![0], buckets[at]![1]]);
			}
			return number;
		});
		last = { buckets, numbers };
		return numbers;
	};
	return { all, numbersOf };
};

/** Below zero when bound `a` is lower; null is below all as a lower bound (`end` -1), above all as an upper one (1). */
const compareBounds = (a: Exact | null, b: Exact | null, end: -1 | 1): number => {
	if (a === null || b === null) return a === b ? 0 : a === null ? end : -end;
	return compare(a, b);
};

const byBounds = (a: Row, b: Row): number => compareBounds(a[0], b[0], -1) || compareBounds(a[1], b[1], 1);

/** Whether `b`, which begins at or after `a`, begins before `a` ends. */
const reachesInto = (a: Row, b: Row): boolean => a[1] === null || b[0] === null || compare(b[0], a[1]) < 0;

/** Rows in order, the place of each bucket among them, and what a reader has to know. */
export type Order = {
	rows: Row[];
	placeOf: Map<number, number>;
	/** Some rows overlap: buckets of different layouts, each with its own counts. */
	isOverlapping: boolean;
	/** Of how many buckets the rows are fewer, since they overlapped and were added up. */
	merged: number;
};

/** Merging is left alone when fewer rows than this part of them would stay. */
const LEAST_LEFT = 0.5;

type Run = { row: Row; numbers: number[] };

/** Buckets that overlap as one row that holds them all: less resolution, nothing invented. */
const merge = (sorted: Run[]): Run[] => {
	const runs: Run[] = [];
	for (const { row, numbers } of sorted) {
		const last = runs.at(-1);
		if (!last || !reachesInto(last.row, row)) runs.push({ row: [...row], numbers: [...numbers] });
		else {
			last.numbers.push(...numbers);
			if (compareBounds(row[1], last.row[1], 1) > 0) last.row[1] = row[1];
		}
	}
	return runs;
};

/**
 * The buckets of these numbers in one order. Where layouts cross, the crossing buckets become one row, as long as enough
 * rows stay to see something; else every layout keeps its rows.
 */
export const orderOf = (all: Row[], numbers: Iterable<number>): Order => {
	const sorted = [...new Set(numbers)].map((number): Run => ({ row: all[number]!, numbers: [number] }));
	sorted.sort((a, b) => byBounds(a.row, b.row));
	const runs = merge(sorted);
	const isOverlapping = runs.length < LEAST_LEFT * sorted.length;
	const shown = isOverlapping ? sorted : runs;
	return {
		rows: shown.map(({ row }) => row),
		placeOf: new Map(shown.flatMap(({ numbers: own }, place) => own.map((number) => [number, place]))),
		isOverlapping,
		merged: sorted.length - shown.length,
	};
};
