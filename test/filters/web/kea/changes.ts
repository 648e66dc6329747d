// What moved on the Kea tab: rates of the time looked at, chance left out and counted, the biggest first.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ColumnsAnswer, Group } from '../../../../filters/lib/history/answers.ts';
import { changesOf, factorText } from '../../../../filters/web/kea/changes.ts';
import type { Place } from '../../../../filters/web/kea/places.ts';
import type { KeaAnswers } from '../../../../filters/web/kea/questions.ts';

const test = suite('web/kea: changes');

/** Counts of a range of 60 s, of which `cover` was looked at. */
const counts = (groups: Record<string, number>, cover = 1): ColumnsAnswer => ({
	epoch: 'e',
	now: 0,
	metric: 'm',
	unit: '{packet}',
	type: 'sum',
	from: 0,
	step: 60_000,
	rows: [],
	isOverlapping: false,
	remarks: [],
	groups: Object.entries(groups).map(
		([name, total]): Group => ({
			name,
			series: 1,
			synthetic: 'none',
			columns: [[cover, total]],
			total: [total],
		}),
	),
	more: 0,
});
const range = (drops: Record<string, number>, cover = 1): KeaAnswers =>
	({
		received: counts({ DISCOVER: 600 * cover }, cover),
		drops: { all: counts(drops, cover), of: new Map() },
	}) as KeaAnswers;
const none = new Map();
const compare = (now: KeaAnswers, before: KeaAnswers, fullNow = none, fullBefore = none) =>
	changesOf({ now, before, fullNow, fullBefore });

test('chance does not move a figure, and what did not move is counted', () => {
	const { moved, still } = compare(
		range({ queue: 100, allocation: 100 }),
		range({ queue: 110, allocation: 200 }),
	);
	assert.equal(
		moved.map(({ what, of, before, after }) => [what, of, before, after]),
		[['packets dropped', 'allocation', '3.33 packet/s', '1.67 packet/s']],
	);
	assert.is(still, 2);
});

test('half a range that was looked at is no half of the load', () => {
	assert.equal(compare(range({ queue: 300 }), range({ queue: 150 }, 0.5)).moved, []);
});

test('what is new and what is gone come by how much there was', () => {
	const { moved } = compare(range({ queue: 500, truncated: 40 }), range({ allocation: 90 }));
	assert.equal(
		moved.map(({ of, factor }) => [of, factorText(factor)]),
		[
			['queue', 'new'],
			['allocation', 'gone'],
			['truncated', 'new'],
		],
	);
});

test('pools are compared where both ranges have them', () => {
	const place = (id: string) => ({ id, cidr: '10.0.0.0/24', leaseType: '' }) as Place;
	const full = (one: number, other?: number) =>
		new Map([
			['a', { place: place('1'), last: one }],
			...(other === undefined ? [] : [['b', { place: place('2'), last: other }] as const]),
		]);
	const { moved } = compare(range({}), range({}), full(0.9, 0.5), full(0.45));
	assert.equal(
		moved.map(({ of, before, after, factor }) => [of, before, after, factor]),
		[['10.0.0.0/24 · id 1', '45 %', '90 %', 2]],
	);
});

test('a factor below one is a part', () => {
	assert.equal([16, 1.18, 0.25, 1 / 12].map(factorText), ['▲ × 16', '▲ × 1.18', '▼ × 1/4.0', '▼ × 1/12']);
});

test.run();
