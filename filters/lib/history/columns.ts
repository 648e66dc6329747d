// columns: what some series of a metric have in each of some steps of time, added up and never picked

import { add } from '../exact.ts';
import type { Exact } from '../record.ts';
import type { Column } from './answers.ts';
import type { Ring } from './kept/ring.ts';
import { HIGHEST, IS_SET, LAST, LEAST, type Series } from './kept/series.ts';

/** The columns asked for: `count` steps from `from` on, out of the rings of this level. */
export type Span = { level: number; from: number; step: number; count: number };

/** Where each row of a metric stands among the rows of an answer, and how many those are. */
export type Places = { placeOf: ReadonlyMap<number, number>; rows: number };

/** Calls `visit` for each slot of a ring that somebody looked at, with the column that it belongs to. */
const eachSlot = (
	ring: Ring,
	{ from, step, count }: Span,
	visit: (slot: number, column: number, ms: number) => void,
): void => {
	const parts = step / ring.step;
	const first = from / ring.step;
	const end = Math.min(first + count * parts, ring.newest + 1);
	for (let slot = Math.max(first, ring.newest - ring.length + 1); slot < end; slot++) {
		const ms = ring.lookedAt(slot);
		if (ms !== undefined) visit(slot, Math.floor((slot - first) / parts), ms);
	}
};

/** The ring of a series that answers; one that gave up its finest has the next. */
const ringOf = (one: Series, { level }: Span): Ring => (one.rings[level] ?? one.rings[level + 1])!;

/** Counts by column and row, added up in floats as long as those are exact. */
class Table {
	private readonly cells: Float64Array;
	private readonly large = new Map<number, Exact>();

	constructor(size: number) {
		this.cells = new Float64Array(size);
	}

	add(at: number, value: Exact): void {
		const before = this.large.size > 0 ? this.at(at) : this.cells[at]!;
		if (typeof value === 'number' && typeof before === 'number') {
			const sum = before + value;
			if (Number.isSafeInteger(sum)) {
				this.cells[at] = sum;
				return;
			}
		}
		const sum = add(before, value);
		if (typeof sum === 'number') this.cells[at] = sum;
		else this.large.set(at, sum);
	}

	at(at: number): Exact {
		return this.large.get(at) ?? this.cells[at]!;
	}
}

const rounded = (cover: number): number => Math.round(cover * 1000) / 1000;

/** What was counted, as columns, and all of it by rows. */
export type Counts = { columns: Column[]; total: Exact[] };

/** All that was counted in the columns, by rows. */
export const totalsOf = (series: Iterable<Series>, span: Span, { placeOf, rows }: Places): Exact[] => {
	const total = new Table(rows);
	for (const one of series) {
		const ring = ringOf(one, span);
		const places = one.numbers.map((number) => placeOf.get(number)!);
		eachSlot(ring, span, (slot) => {
			for (let row = 0; row < places.length; row++) {
				const count = ring.at(slot, row);
				if (count !== 0) total.add(places[row]!, count);
			}
		});
	}
	return Array.from({ length: rows }, (_, row) => total.at(row));
};

/** How long each column was looked at: such that what was counted by that time is the sum of the series' rates. */
class Cover {
	readonly isSeen: Uint8Array;
	private readonly most: Float64Array;
	private readonly counted: Float64Array;
	private readonly rate: Float64Array;
	private readonly ms: Float64Array;
	private readonly sum: Float64Array;

	constructor(count: number) {
		this.isSeen = new Uint8Array(count);
		[this.most, this.counted, this.rate, this.ms, this.sum] = Array.from(
			{ length: 5 },
			() => new Float64Array(count),
		) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
	}

	/** Of the series at hand. */
	look(column: number, ms: number, count: number): void {
		this.isSeen[column] = 1;
		this.ms[column]! += ms;
		this.sum[column]! += count;
	}

	/** The series at hand is done. */
	next(): void {
		for (let column = 0; column < this.ms.length; column++) {
			const [ms, sum] = [this.ms[column]!, this.sum[column]!];
			this.most[column] = Math.max(this.most[column]!, ms);
			if (ms > 0 && sum > 0) {
				this.counted[column]! += sum;
				this.rate[column]! += sum / ms;
			}
			this.ms[column] = 0;
			this.sum[column] = 0;
		}
	}

	of(column: number, step: number): number {
		const rate = this.rate[column]!;
		return rounded((rate > 0 ? this.counted[column]! / rate : this.most[column]!) / step);
	}
}

/** Counts in columns: of a histogram by rows (`isHistogram`), of a sum one number. */
export const countsOf = (
	series: Iterable<Series>,
	span: Span,
	{ placeOf, rows }: Places,
	isHistogram: boolean,
): Counts => {
	const { step, count } = span;
	const table = new Table(count * rows);
	const cover = new Cover(count);
	for (const one of series) {
		const ring = ringOf(one, span);
		const places = one.numbers.map((number) => placeOf.get(number)!);
		eachSlot(ring, span, (slot, column, ms) => {
			let sum = 0;
			for (let row = 0; row < places.length; row++) {
				const value = ring.at(slot, row);
				if (value === 0) continue;
				sum += Number(value);
				table.add(column * rows + places[row]!, value);
			}
			cover.look(column, ms, sum);
		});
		cover.next();
	}
	const total: Exact[] = new Array(rows).fill(0);
	const columnAt = (column: number): Column => {
		if (cover.isSeen[column] === 0) return null;
		const part = cover.of(column, step);
		const counts = Array.from({ length: rows }, (_, row) => table.at(column * rows + row));
		for (let row = 0; row < rows; row++) if (counts[row] !== 0) total[row] = add(total[row]!, counts[row]!);
		if (!isHistogram) return [part, counts[0] ?? 0];
		const first = counts.findIndex((one) => one !== 0);
		if (first < 0) return [part, 0];
		return [part, first, ...counts.slice(first, counts.findLastIndex((one) => one !== 0) + 1)];
	};
	return { columns: Array.from({ length: count }, (_, column) => columnAt(column)), total };
};

type Level = { cover: number; last: Exact; least: Exact; most: Exact };

/** For how many of its intervals a value that is not renewed counts on. */
const LASTS = 3;

/** One series of values: each column's, and the last one as long as it lasts. */
const levelsOf = (one: Series, span: Span): (Level | undefined)[] => {
	const ring = ringOf(one, span);
	const found: (Level | undefined)[] = new Array(span.count).fill(undefined);
	const lower = (a: Exact, b: Exact) => (Number(a) <= Number(b) ? a : b);
	const higher = (a: Exact, b: Exact) => (Number(a) >= Number(b) ? a : b);
	eachSlot(ring, span, (slot, column, ms) => {
		if (ring.at(slot, IS_SET) === 0) return;
		const [last, least, most] = [ring.at(slot, LAST), ring.at(slot, LEAST), ring.at(slot, HIGHEST)];
		const known = found[column];
		const cover = (known?.cover ?? 0) + ms / span.step;
		found[column] = known
			? { cover, last, least: lower(known.least, least), most: higher(known.most, most) }
			: { cover, last, least, most };
	});
	const most = Math.floor((LASTS * one.pace.interval) / span.step);
	const newest = Math.floor((one.ts - span.from) / span.step);
	let gap = 0;
	for (let column = 1; column < Math.min(span.count, newest); column++) {
		gap = found[column] ? 0 : gap + 1;
		const before = found[column - 1];
		if (!found[column] && before && gap <= most)
			found[column] = { cover: 0, last: before.last, least: before.last, most: before.last };
	}
	return found;
};

/** Values that go up and down in columns, added up over the series. */
export const levelColumns = (series: Iterable<Series>, span: Span): Column[] => {
	const sums: (Level | undefined)[] = new Array(span.count).fill(undefined);
	for (const one of series)
		levelsOf(one, span).forEach((level, column) => {
			if (!level) return;
			const sum = sums[column];
			sums[column] = sum
				? {
						cover: Math.max(sum.cover, level.cover),
						last: add(sum.last, level.last),
						least: add(sum.least, level.least),
						most: add(sum.most, level.most),
					}
				: level;
		});
	return sums.map((sum) => (sum ? [rounded(sum.cover), sum.last, sum.least, sum.most] : null));
};
