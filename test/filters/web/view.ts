// What of the page is plain functions: links, spans of columns, keys, columns laid over columns.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Chart } from '../../../filters/lib/chart/chart.ts';
import type { Column, ColumnsAnswer } from '../../../filters/lib/history/answers.ts';
import { laidOver, placed } from '../../../filters/web/data/board-source.ts';
import { commandOf } from '../../../filters/web/view/keys.ts';
import { columnAt, placesIn, recentPlaces } from '../../../filters/web/view/places.ts';
import { moved, spanOf, zoomed } from '../../../filters/web/view/span.ts';
import { emptyView, linkOf, type Range, type View, viewOf } from '../../../filters/web/view/view.ts';
import { histogramChart, log2Rows } from '../../data/chart.ts';

const test = suite('web/view');

const name = fc.string({ unit: 'grapheme', maxLength: 30 });
const time = fc.integer({ min: 1e12, max: 2e12 });
const range: fc.Arbitrary<Range> = fc.oneof(
	fc.integer({ min: 1, max: 700_000 }).map((seconds) => ({ last: seconds * 1000 })),
	fc.tuple(time, fc.integer({ min: 1, max: 1e9 })).map(([from, length]) => ({ from, to: from + length })),
);
const view: fc.Arbitrary<View> = fc.record({
	tab: fc.constantFrom('metrics' as const, 'kea' as const, 'pipelines' as const, 'hollow' as const),
	metric: fc.option(
		fc.record({
			metric: name,
			unit: name,
			type: fc.constantFrom('histogram' as const, 'sum' as const, 'gauge' as const),
		}),
		{ nil: undefined },
	),
	host: fc.option(name, { nil: undefined }),
	attributes: fc
		.dictionary(
			name.filter((one) => one !== '__proto__'),
			name,
			{ maxKeys: 4 },
		)
		.map((own) => ({ ...own })),
	by: fc.option(name, { nil: undefined }),
	range,
	selection: fc.option(
		fc.tuple(time, fc.integer({ min: 1, max: 1e6 })).map(([from, length]) => ({ from, to: from + length })),
		{ nil: undefined },
	),
	earlier: fc.option(
		fc.integer({ min: 1, max: 1000 }).map((minutes) => minutes * 60_000),
		{ nil: undefined },
	),
	theme: fc.constantFrom('system' as const, 'dark' as const, 'light' as const),
	isShare: fc.boolean(),
	hasPercentiles: fc.boolean(),
	isTable: fc.boolean(),
	isWall: fc.option(fc.boolean(), { nil: undefined }),
	kea: fc.record({
		service: fc.option(name, { nil: undefined }),
		host: fc.option(name, { nil: undefined }),
		message: fc.option(name, { nil: undefined }),
		earlier: fc.option(
			fc.integer({ min: 1, max: 1000 }).map((minutes) => minutes * 60_000),
			{ nil: undefined },
		),
	}),
	hollow: fc.record({
		set: fc.option(name, { nil: undefined }),
		version: fc.option(name, { nil: undefined }),
		other: fc.option(name, { nil: undefined }),
		type: fc.option(name, { nil: undefined }),
		search: fc.option(name, { nil: undefined }),
	}),
});

/** Without what is undefined. */
const plain = (one: View) => JSON.parse(JSON.stringify(one));

test('a link holds all of a view, whatever the names are', () => {
	fc.assert(fc.property(view, (one) => assert.equal(plain(viewOf(`#${linkOf(one)}`)), plain(one))));
});

test('a link that means nothing is an empty view, and ?wall is a wall', () => {
	const nothing = viewOf('#range=9x&theme=pink&type=what&select=5-3&earlier=-1&tab=none');
	assert.equal(plain(nothing), plain(emptyView()));
	assert.is(viewOf('', '?wall').isWall, true);
	fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.ok(viewOf(text).range)));
});

test('columns begin at whole steps, hold the range, and are no more than there is room for', () => {
	fc.assert(
		fc.property(
			range,
			time,
			fc.integer({ min: 60, max: 4000 }),
			fc.integer({ min: 0, max: 90_000 }),
			(own, now, room, interval) => {
				const { from, to, step, columns } = spanOf(own, now, room, interval);
				assert.is(from % step, 0);
				assert.is((to - from) / step, columns);
				assert.ok(columns <= room + 1, `${columns} in ${room}`);
				assert.ok(step >= interval - 500);
				if ('last' in own) assert.ok(to >= now && to - now < step && to - from >= own.last);
				else assert.ok(from <= own.from && to >= own.to);
			},
		),
	);
});

test('time that goes on moves columns by whole ones', () => {
	const first = spanOf({ last: 3_600_000 }, 1_763_712_001_234, 900);
	const later = spanOf({ last: 3_600_000 }, 1_763_712_009_999, 900);
	assert.is((later.from - first.from) % first.step, 0);
	assert.is(later.columns, first.columns);
});

test('a range that is moved is fixed, and goes on again when it comes to the end', () => {
	assert.equal(moved({ last: 1000_000 }, -0.5, 5000_000), { from: 3500_000, to: 4500_000 });
	assert.equal(moved({ from: 3500_000, to: 4500_000 }, 0.5, 5000_000), { last: 1000_000 });
	assert.equal(zoomed({ last: 600_000 }, 0.5, 0), { last: 300_000 });
	assert.equal(zoomed({ from: 1000_000, to: 2000_000 }, 0.5, 9e9), { from: 1250_000, to: 1750_000 });
	assert.equal(zoomed({ last: 10_000 }, 0.5, 0), { last: 10_000 }, 'not below ten seconds');
});

test('keys are off where somebody types, and letters where they are switched off', () => {
	assert.equal(commandOf('3', false, true), { do: 'range', at: 2 });
	assert.equal(commandOf('k', false, true), { do: 'metric', by: -1 });
	assert.is(commandOf('k', true, true), undefined);
	assert.is(commandOf('k', false, false), undefined);
	assert.equal(commandOf('Escape', true, false), { do: 'back' });
	assert.equal(commandOf('ArrowDown', false, false), { do: 'metric', by: 1 });
	assert.is(commandOf('F5', false, true), undefined);
});

test('places of time in a chart', () => {
	const chart = { from: 1000, step: 500, columns: [[1, 0], [1, 0], null, [1, 0], null] as Column[] };
	assert.is(columnAt(chart, 1499), 0);
	assert.is(columnAt(chart, 999), undefined);
	assert.is(columnAt(chart, 3500), undefined);
	assert.equal(placesIn(chart, { from: 1200, to: 2000 }), [0, 2]);
	assert.is(placesIn(chart, { from: 9000, to: 9999 }), undefined);
	assert.equal(recentPlaces(chart), [0, 4]);
	assert.equal(recentPlaces({ step: 15_000, columns: chart.columns }), [2, 4]);
});

const answerOf = (from: number, columns: Column[], rows = log2Rows(21)): ColumnsAnswer => ({
	metric: 'cpu-lat',
	unit: 'us',
	type: 'histogram',
	epoch: 'e',
	now: 0,
	from,
	step: 5000,
	rows,
	isOverlapping: false,
	remarks: [],
	groups: [{ series: 60, synthetic: 'none', columns, total: [] }],
	more: 0,
});

test('an answer that reaches less far has holes at its ends', () => {
	const columns: Column[] = [
		[1, 0, 5],
		[1, 0, 6],
	];
	assert.equal(placed(answerOf(10_000, columns), columns, { from: 0, to: 25_000 }), [
		null,
		null,
		...columns,
		null,
	]);
	assert.equal(placed(answerOf(0, columns), columns, { from: 5000, to: 10_000 }), [[1, 0, 6]]);
});

test('newest columns laid over those that are there give what asking for all would', () => {
	const all = histogramChart(60);
	fc.assert(
		fc.property(
			fc.integer({ min: 20, max: 50 }),
			fc.integer({ min: 0, max: 10 }),
			fc.integer({ min: 1, max: 10 }),
			(end, on, overlap) => {
				const chart: Chart = { ...all, columns: all.columns.slice(0, end) };
				const to = all.from + (end + on) * all.step;
				const span = { from: all.from + on * all.step, to };
				const first = end - overlap;
				const answer = answerOf(all.from + first * all.step, all.columns.slice(first, end + on));
				const next = laidOver(chart, answer, span)!;
				assert.equal(next.columns, all.columns.slice(on, end + on));
				assert.is(next.from, span.from);
			},
		),
	);
});

test('columns of another step, or with other rows, are not laid over', () => {
	const chart = histogramChart(20);
	const span = { from: chart.from, to: chart.from + 100_000 };
	assert.is(laidOver(chart, { ...answerOf(chart.from, []), step: 1000 }, span), undefined);
	assert.is(laidOver(chart, answerOf(chart.from, [], log2Rows(3)), span), undefined);
	// A hole between what is there and what came.
	assert.is(
		laidOver(chart, answerOf(chart.from + 200_000, []), { from: chart.from, to: chart.from + 300_000 }),
		undefined,
	);
});

test.run();
