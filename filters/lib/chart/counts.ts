// counts: the columns of a histogram added up, exactly, and what can be said of the sum
// A percentile is of added-up counts, never a mean of percentiles, and it is an interval: the bucket that it lies in.

import { add } from '../exact.ts';
import type { Column, CountColumn, Row } from '../history/answers.ts';
import type { Exact } from '../record.ts';

/** Columns added up: a count for each row, their sum, and for how much of one column's time there were data. */
export type Counts = { rows: Exact[]; total: Exact; cover: number; columns: number };

/** Add up the columns from number `from` to before number `to`, of a histogram with `rows` buckets. */
export const addUp = (columns: readonly Column[], rows: number, from = 0, to = columns.length): Counts => {
	const sums: Exact[] = new Array(rows).fill(0);
	let total: Exact = 0;
	let cover = 0;
	let seen = 0;
	for (let at = Math.max(0, from); at < Math.min(to, columns.length); at += 1) {
		const column = columns[at] as CountColumn | null;
		if (!column) continue;
		seen += 1;
		cover += column[0];
		const first = column[1] as number;
		for (let index = 2; index < column.length; index += 1) {
			const count = column[index] as Exact;
			if (count === 0) continue;
			const row = first + index - 2;
			sums[row] = add(sums[row]!, count);
			total = add(total, count);
		}
	}
	return { rows: sums, total, cover, columns: seen };
};

/** Several answers of `addUp` as one, of the same rows. */
export const together = (all: Counts[], rows: number): Counts => ({
	rows: Array.from({ length: rows }, (_, row) =>
		all.reduce<Exact>((sum, one) => add(sum, one.rows[row]!), 0),
	),
	total: all.reduce<Exact>((sum, one) => add(sum, one.total), 0),
	cover: all.reduce((sum, one) => sum + one.cover, 0),
	columns: all.reduce((sum, one) => sum + one.columns, 0),
});

// Per cent with up to three decimals, as a whole number of these.
const PARTS = 100_000;

/**
 * The number of the row in which the `percent` (above 0 to 100) lies: the first up to which at least that part was
 * counted. Undefined when nothing was.
 */
export const percentileRow = (
	{ rows, total }: Pick<Counts, 'rows' | 'total'>,
	percent: number,
): number | undefined => {
	const parts = Math.round(percent * 1000);
	if (Number(total) <= 0) return undefined;
	if (typeof total === 'number' && total < Number.MAX_SAFE_INTEGER / PARTS) {
		let below = 0;
		for (let row = 0; row < rows.length; row += 1) {
			below += rows[row] as number;
			if (rows[row] !== 0 && below * PARTS >= total * parts) return row;
		}
		return undefined;
	}
	const rank = BigInt(total) * BigInt(parts);
	let below = 0n;
	for (let row = 0; row < rows.length; row += 1) {
		below += BigInt(rows[row]!);
		if (Number(rows[row]) !== 0 && below * BigInt(PARTS) >= rank) return row;
	}
	return undefined;
};

/** The bucket in which a percentile lies; null as an edge means that it has none. */
export const percentileInterval = (
	counts: Pick<Counts, 'rows' | 'total'>,
	rows: Row[],
	percent: number,
): Row | undefined => {
	const row = percentileRow(counts, percent);
	return row === undefined ? undefined : rows[row];
};

/** The number of the highest row with something in it: the slowest that was seen. */
export const highestRow = ({ rows }: Pick<Counts, 'rows'>): number | undefined => {
	const row = rows.findLastIndex((count) => Number(count) > 0);
	return row < 0 ? undefined : row;
};

/** For each column the row of a percentile, null where there is none: its two edges are the band. */
export const percentileRows = (
	columns: readonly Column[],
	rows: number,
	percents: number[],
): (number | null)[][] => {
	const lines: (number | null)[][] = percents.map(() => []);
	for (let at = 0; at < columns.length; at += 1) {
		const counts = columns[at] ? addUp(columns, rows, at, at + 1) : undefined;
		percents.forEach((percent, index) => {
			lines[index]!.push((counts && percentileRow(counts, percent)) ?? null);
		});
	}
	return lines;
};

/**
 * A column of a histogram as it is coloured: what was counted into it over more than its own time (a cover above 1) as
 * that much less, or what piled up while nobody looked would be drawn as load. Only for colours: figures are of the counts.
 */
export const colouredColumn = (column: Column): Column => {
	if (!column || !(column[0] > 1)) return column;
	const [cover, first, ...counts] = column as CountColumn;
	return [1, first, ...counts.map((count) => Number(count) / cover)];
};

/** The largest count of any cell, as it is coloured, for the scale; whole, since counts are. */
export const mostIn = (columns: readonly Column[]): number => {
	let most = 0;
	for (const column of columns) {
		if (!column) continue;
		const share = Math.max(1, column[0]);
		for (let index = 2; index < column.length; index += 1) {
			const count = Number(column[index]) / share;
			if (count > most) most = count;
		}
	}
	return Math.ceil(most);
};

/** The sum of one column, and what a second brought of it; undefined without data. */
export const columnTotal = (column: Column): Exact => {
	let total: Exact = 0;
	if (column)
		for (let index = 2; index < column.length; index += 1) total = add(total, column[index] as Exact);
	return total;
};

/** What of the rows is in use, `[from, to)`, for layouts with many empty ones at the ends. */
export const usedRows = (columns: readonly Column[], rows: number): [from: number, to: number] => {
	let [from, to] = [rows, 0];
	for (const column of columns) {
		if (!column || column.length < 3) continue;
		const first = (column as CountColumn)[1];
		from = Math.min(from, first);
		to = Math.max(to, first + column.length - 2);
	}
	return from < to ? [from, to] : [0, rows];
};
