import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Chart, Look } from '../../../../filters/lib/chart/chart.ts';
import { createNames, slugOf, stampOf } from '../../../../filters/lib/plot/name.ts';
import { aggregatesSvg, amountOf, summarySvg } from '../../../../filters/lib/plot/overview.ts';

const test = suite('plot: overview');
const LOOK: Look = { theme: 'dark', offset: 0, width: 1200, isShare: false, hasPercentiles: false };
const chart = (metric: string, more: Partial<Chart> = {}): Chart => ({
	metric,
	unit: 'us',
	type: 'histogram',
	scope: '',
	series: 1,
	from: 1_763_712_000_000,
	step: 1000,
	rows: [
		[1, 2],
		[8, 16],
	],
	columns: [[1, 0, 90, 10], null, [1, 0, 90, 10]],
	synthetic: 'none',
	isOverlapping: false,
	notices: [],
	...more,
});
const textsIn = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);

test('what was counted is exact: events, growth; a level is none', () => {
	assert.is(amountOf(chart('m')), 200);
	assert.is(amountOf(chart('m', { columns: [[1, 0, '9007199254740993', 1]] })), '9007199254740994');
	assert.is(
		amountOf(
			chart('m', {
				type: 'sum',
				rows: [],
				columns: [
					[1, 5],
					[1, 7],
				],
			}),
		),
		12,
	);
	assert.is(amountOf(chart('m', { type: 'sum', rows: [], columns: [[1, 5, 5, 5]] })), undefined);
	assert.is(amountOf(chart('m', { type: 'gauge', rows: [], columns: [[1, 5, 5, 5]] })), undefined);
});

test('the summary reads rate and percentiles by the time that was looked at, and levels', () => {
	const gauge = chart('g', { type: 'gauge', unit: 'By', rows: [], columns: [[1, 5, 2, 9]] });
	const texts = textsIn(summarySvg([chart('m'), gauge], LOOK));
	for (const wanted of [
		'2 metrics',
		'm (us)',
		'100/s',
		'1 – 2 µs',
		'8 – 16 µs',
		'5 B',
		'least 2 B',
		'most 9 B',
	])
		assert.ok(texts.includes(wanted), `${wanted} in ${texts.join(' | ')}`);
	assert.ok(texts.some((text) => text.includes('2025-11-21 08:00:00 to 2025-11-21 08:00:03 UTC')));
});

test('the aggregates are by size, and say where there are none', () => {
	const small = chart('small', { columns: [[1, 0, 1]] });
	const texts = textsIn(aggregatesSvg([small, chart('large')], LOOK));
	assert.ok(texts.indexOf('large (us)') < texts.indexOf('small (us)'));
	assert.ok(texts.includes('200 events') && texts.includes('1 events'));
	const gauge = chart('g', { type: 'gauge', rows: [], columns: [null] });
	assert.ok(textsIn(aggregatesSvg([gauge], LOOK)).includes('no metric counts anything'));
});

test('sample data is told in both, for how many', () => {
	const sample = chart('s', { synthetic: 'some' });
	for (const draw of [summarySvg, aggregatesSvg]) {
		assert.ok(textsIn(draw([chart('m'), sample], LOOK)).includes('SAMPLE DATA: 1 of 2 metrics'));
		assert.ok(textsIn(draw([sample], LOOK)).includes('SAMPLE DATA: all of 1 metrics'));
		assert.not.match(draw([chart('m')], LOOK), /SAMPLE/);
		assert.ok(textsIn(draw([sample], LOOK)).includes('s (us) [SAMPLE]'));
	}
});

test('more metrics than there is room for are counted', () => {
	const many = Array.from({ length: 250 }, (_, at) => chart(`m${at}`));
	assert.ok(textsIn(summarySvg(many, LOOK)).includes('250 metrics, the first 200 of them'));
});

test('property: names from outside are text, and equal input gives equal pictures', () => {
	const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<script>', '"&<', ']]>', '\0\x1b'));
	fc.assert(
		fc.property(name, name, (metric, unit) => {
			for (const draw of [summarySvg, aggregatesSvg]) {
				const svg = draw([chart(metric, { unit })], LOOK);
				assert.is(draw([chart(metric, { unit })], LOOK), svg);
				assert.not.match(svg, /<(?!\/?(svg|rect|text|path|defs|g)\b)|[\0-\x08\x1b]/);
			}
		}),
	);
});

test('names of files: letters and digits, once each, and the time in UTC', () => {
	assert.is(slugOf('CPU Usage (%)'), 'cpu-usage');
	assert.is(slugOf('../../etc/passwd'), 'etc-passwd');
	assert.is(slugOf('日本'), 'metric');
	assert.is(slugOf('x'.repeat(500)).length, 80);
	const nameFor = createNames();
	assert.equal(['a b', 'a-b', 'summary', 'A B'].map(nameFor), ['a-b', 'a-b-2', 'summary', 'a-b-3']);
	assert.is(stampOf(1_763_712_000_999), '20251121T080000Z');
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (any) => assert.match(slugOf(any), /^[a-z0-9-]{1,80}$/)),
	);
});

test.run();
