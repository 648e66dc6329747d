// What is said of added-up counts: sums exact, percentiles as the bucket in which they must lie.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { colouredColumns, gapsIn, levelsOf, ratesOf } from '../../../../filters/lib/chart/chart.ts';
import {
	addUp,
	columnTotal,
	highestRow,
	mostIn,
	percentileInterval,
	percentileRow,
	percentileRows,
	together,
	usedRows,
} from '../../../../filters/lib/chart/counts.ts';
import { rowMarks, valueMarks } from '../../../../filters/lib/chart/marks.ts';
import { countScale, legendOf, ramp, shareScale, stepOf } from '../../../../filters/lib/chart/ramp.ts';
import type { Column, CountColumn } from '../../../../filters/lib/history/answers.ts';
import type { Exact } from '../../../../filters/lib/record.ts';
import { log2Rows } from '../../../data/chart.ts';

const test = suite('lib/chart: counts');

const ROWS = 12;
const count = fc.oneof(
	fc.integer({ min: 0, max: 1000 }),
	fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }).map(String),
);
const column: fc.Arbitrary<Column> = fc.option(
	fc
		.tuple(fc.integer({ min: 0, max: 4 }), fc.array(count, { maxLength: ROWS - 4 }))
		.map(([first, counts]): CountColumn => [1, first, ...counts]),
);
const columns = fc.array(column, { minLength: 1, maxLength: 10 });

/** Another way to the same: every cell as a bigint. */
const cells = (all: Column[]): bigint[] => {
	const sums = new Array<bigint>(ROWS).fill(0n);
	for (const one of all)
		one?.slice(2).forEach((value, index) => {
			sums[(one[1] as number) + index]! += BigInt(value as Exact);
		});
	return sums;
};

test('sums are exact, whatever their size, and splitting a range changes nothing', () => {
	fc.assert(
		fc.property(columns, fc.nat(10), (all, cut) => {
			const counts = addUp(all, ROWS);
			assert.equal(counts.rows.map(BigInt), cells(all));
			assert.is(
				BigInt(counts.total),
				cells(all).reduce((a, b) => a + b, 0n),
			);
			assert.equal(together([addUp(all, ROWS, 0, cut), addUp(all, ROWS, cut)], ROWS), counts);
			assert.is(counts.columns, all.filter((one) => one !== null).length);
		}),
	);
});

test('a percentile lies in the first bucket up to which that part was counted', () => {
	fc.assert(
		fc.property(columns, fc.constantFrom(1, 50, 90, 99, 99.9, 100), (all, percent) => {
			const sums = cells(all);
			const total = sums.reduce((a, b) => a + b, 0n);
			const row = percentileRow(addUp(all, ROWS), percent);
			if (total === 0n) return assert.is(row, undefined);
			const upTo = (end: number) => sums.slice(0, end).reduce((a, b) => a + b, 0n);
			const needed = total * BigInt(Math.round(percent * 10));
			assert.ok(upTo(row! + 1) * 1000n >= needed);
			assert.ok(upTo(row!) * 1000n < needed);
		}),
	);
});

test('the percentile of a list of values lies in the bucket of the value of that rank', () => {
	const rows = log2Rows(12);
	fc.assert(
		fc.property(
			fc.array(fc.integer({ min: 0, max: 2047 }), { minLength: 1, maxLength: 300 }),
			fc.constantFrom(50, 90, 99),
			(values, percent) => {
				const counts = rows.map(
					([low, high]) => values.filter((value) => value >= Number(low) && value < Number(high)).length,
				);
				const ranked = values.sort((a, b) => a - b);
				const value = ranked[Math.ceil((percent * ranked.length) / 100) - 1]!;
				const [low, high] = percentileInterval(addUp([[1, 0, ...counts]], 12), rows, percent)!;
				assert.ok(value >= Number(low) && value < Number(high), `${value} in [${low}, ${high})`);
			},
		),
	);
});

test('an unbounded bucket leaves the interval open', () => {
	const rows = [
		[null, 1],
		[1, 2],
		[2, null],
	] as [number | null, number | null][];
	assert.equal(percentileInterval(addUp([[1, 0, 1, 0, 99]], 3), rows, 99), [2, null]);
	assert.equal(percentileInterval(addUp([[1, 0, 9]], 3), rows, 99), [null, 1]);
	assert.is(percentileInterval(addUp([null], 3), rows, 99), undefined);
});

test('lines of percentiles have a hole where there are no data', () => {
	assert.equal(percentileRows([[1, 2, 10], null, [1, 0], [1, 0, 99, 1]], 4, [50, 99.9]), [
		[2, null, null, 0],
		[2, null, null, 1],
	]);
});

test('the highest row, the most in a cell, the rows in use', () => {
	const all: Column[] = [[1, 3, 1, 5], null, [1, 0], [1, 2, 7, 0]];
	assert.is(highestRow(addUp(all, ROWS)), 4);
	assert.is(highestRow(addUp([], ROWS)), undefined);
	assert.is(mostIn(all), 7);
	assert.equal(usedRows(all, ROWS), [2, 5]);
	assert.equal(usedRows([null], ROWS), [0, ROWS]);
	assert.is(columnTotal([1, 3, 1, '9007199254740993']), '9007199254740994');
});

test('rates are of the time that was looked at', () => {
	const rates = (type: 'histogram' | 'sum' | 'gauge', ...all: Column[]) =>
		ratesOf({ type, columns: all, step: 2000 });
	assert.equal(rates('histogram', [0.5, 0, 10]), [10]);
	assert.equal(rates('sum', [1, 10], null, [1, 0]), [5, null, 0]);
	// Three columns that were counted in the last of them.
	assert.equal(rates('sum', [0, 0], [0, 0], [3, 12], [0, 0]), [2, 2, 2, null]);
	assert.equal(rates('gauge', [1, 10, 1, 20]), [null]);
	assert.equal(levelsOf([[1, 10, 1, 20], null, [1, 4, 2, 5]]), { last: 4, least: 1, most: 20 });
});

test('columns that were hardly looked at are gaps, the newest is not', () => {
	assert.equal(gapsIn([[1, 0], null, null, [0.4, 0], [1, 0], [0.3, 0], null]), [
		[1, 4],
		[6, 7],
	]);
	assert.equal(
		gapsIn([
			[1, 0],
			[0, 0],
			[0, 0],
			[3, 0, 5],
		]),
		[[1, 3]],
		'counted in a later one',
	);
	assert.equal(
		gapsIn([
			[1, 0],
			[0, 0],
			[2, 0, 5],
		]),
		[],
		'a print came a little late',
	);
	assert.equal(
		colouredColumns([
			[1, 0, 4],
			[0, 0],
			[2, 0, 6],
		]),
		[
			[1, 0, 4],
			[1, 0, 3],
			[1, 0, 3],
		],
	);
	assert.equal(gapsIn([]), []);
});

test('what was counted over more than its column is coloured by its rate, and so is the scale', () => {
	const outage: Column[] = [
		[1, 0, 4],
		[0, 0],
		[0, 0],
		[0, 0],
		[4, 0, 16, '18014398509481984'],
		[1, 1, 3],
	];
	const coloured = colouredColumns(outage);
	assert.equal(coloured[4], [1, 0, 4, 2 ** 52]);
	assert.equal(coloured.toSpliced(4, 1), outage.toSpliced(4, 1), 'those before it are hatched, not coloured');
	assert.equal(gapsIn(outage), [[1, 4]]);
	assert.is(mostIn(outage), 2 ** 52);
	const late: Column[] = [[1, 0, 4], [0, 0], [1.6, 0, 8], null];
	assert.equal(colouredColumns(late), [[1, 0, 4], [1, 0, 5], [1, 0, 5], null]);
	assert.is(mostIn(late), 5);
	assert.is(mostIn([[1.5, 0, 4]]), 3, 'a scale of whole numbers');
	assert.equal(colouredColumns([[0.5, 0, 4]]), [[0.5, 0, 4]], 'part of a column is what was seen of it');
	assert.is(mostIn(outage.map(() => [1, 0])), 0);
});

test('one event has a colour at once, more never a lower one, and the legend is of the same table', () => {
	for (const most of [1, 2, 3, 9, 100, 16_384, 1e12]) {
		const scale = countScale(most);
		assert.is(stepOf(scale, 0), 0);
		assert.is(stepOf(scale, 1), most === 1 ? 9 : 1, `${most}`);
		assert.is(stepOf(scale, most), 9);
		const [low, middle, high] = legendOf(scale);
		assert.is(low, 1);
		assert.is(high, most);
		assert.ok(stepOf(scale, middle) >= 5 && (middle === 1 || stepOf(scale, middle - 1) < 5), `${most}`);
	}
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 1e9 }), fc.nat(1e9), fc.nat(1e9), (most, a, b) => {
			const scale = countScale(most);
			assert.ok(a > b ? stepOf(scale, a) >= stepOf(scale, b) : stepOf(scale, a) <= stepOf(scale, b));
		}),
	);
	assert.is(stepOf(shareScale(), 1), 9);
	assert.is(stepOf(shareScale(), 1e-9), 1);
});

const luminance = (hex: string): number => {
	const [r, g, b] = [1, 3, 5]
		.map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
		.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [
		number,
		number,
		number,
	];
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

test('each colour has 3:1 against an empty cell, and more is further from it', () => {
	for (const [theme, ground] of [
		['dark', '#11161d'],
		['light', '#ffffff'],
	] as const) {
		const ratios = ramp(theme).map((colour) => {
			const [a, b] = [luminance(colour) + 0.05, luminance(ground) + 0.05];
			return Math.max(a, b) / Math.min(a, b);
		});
		assert.ok(
			ratios.every((ratio) => ratio >= 3),
			`${theme}: ${ratios}`,
		);
		assert.equal(
			[...ratios].sort((a, b) => a - b),
			ratios,
		);
	}
});

test('marks of buckets are their edges, those of values round and in their range', () => {
	assert.equal(rowMarks(log2Rows(3), 'us', 9), [
		{ at: 0, text: '0 µs' },
		{ at: 1, text: '1 µs' },
		{ at: 2, text: '2 µs' },
		{ at: 3, text: '4 µs' },
	]);
	assert.equal(
		rowMarks(
			[
				[null, 5],
				[5, null],
			],
			'1',
			9,
		).map(({ text }) => text),
		['-∞', '5', '∞'],
	);
	assert.equal(rowMarks([], 'us', 9), []);
	fc.assert(
		fc.property(
			fc.double({ min: -1e9, max: 1e9, noNaN: true }),
			fc.double({ min: 0, max: 1e9, noNaN: true }),
			(least, span) => {
				const { marks, range } = valueMarks(least, least + span, '1', 5);
				assert.ok(range[0] <= least && range[1] >= least + span && range[0] < range[1], `${range}`);
				assert.ok(marks.length >= 1 && marks.length < 15);
			},
		),
	);
});

test.run();
