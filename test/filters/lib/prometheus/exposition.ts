import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createExposition, type ExpositionOptions } from '../../../../filters/lib/prometheus/exposition.ts';
import type { TextStyle } from '../../../../filters/lib/prometheus/style.ts';
import type { Measure } from '../../../../filters/lib/record.ts';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../../../data/measures.ts';
import { parseExposition } from '../../../harness/exposition-parser.ts';

const test = suite('prometheus: the exposition');
const TS = 1763712000000;
const MINUTE = 60_000;
const TEXT: TextStyle = { format: 'text', timestamps: false };
const OPEN: TextStyle = { format: 'openMetrics', timestamps: false };

const create = (more: Partial<ExpositionOptions> = {}) => {
	const notices: string[] = [];
	const state = createExposition({
		prefix: '',
		staleMs: 5 * MINUTE,
		maxSeries: 100,
		estimates: false,
		onNotice: ({ kind, metric, host }) => notices.push(`${kind} ${metric} ${host}`),
		...more,
	});
	const all = (...records: Measure[]) => {
		for (const record of records) assert.is(state.take(record), '');
	};
	/** Its lines without headers; the strict parser has read the whole. */
	const lines = (style: TextStyle = TEXT): string[] => {
		const text = state.render(style);
		parseExposition(text);
		return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
	};
	return { state, all, lines, notices };
};

test('a histogram, a counter and a gauge, each below its header', () => {
	const { state, all } = create();
	assert.is(state.render(TEXT), '');
	all(
		sumOf(42),
		histogramOf(
			[
				[0, 1, 5],
				[1, 2, 0],
				[2, 4, 9],
				[4, null, 1],
			],
			{ attributes: { comm: 'a"b' } },
		),
		gaugeOf(3.5),
		sumOf(-3, { metric: 'balance', monotonic: false, unit: 'By' }),
	);
	assert.is(
		state.render(TEXT),
		`# HELP balance_bytes balance in By, by bpfpipe
# TYPE balance_bytes gauge
# UNIT balance_bytes bytes
balance_bytes{host="web1"} -3
# HELP calls_total calls, by bpfpipe
# TYPE calls_total counter
calls_total{host="web1"} 42
# HELP lat_microseconds lat in us, by bpfpipe; whole numbers, le is inclusive: [2,4) ends at le="3"; no sum is known
# TYPE lat_microseconds histogram
# UNIT lat_microseconds microseconds
lat_microseconds_bucket{host="web1",comm="a\\"b",le="0"} 5
lat_microseconds_bucket{host="web1",comm="a\\"b",le="1"} 5
lat_microseconds_bucket{host="web1",comm="a\\"b",le="3"} 14
lat_microseconds_bucket{host="web1",comm="a\\"b",le="+Inf"} 15
lat_microseconds_count{host="web1",comm="a\\"b"} 15
# HELP load load, by bpfpipe
# TYPE load gauge
load{host="web1"} 3.5
`,
	);
});

test('OpenMetrics: a counter by its base name, created where the start is known, an end', () => {
	const { state, all } = create();
	assert.is(state.render(OPEN), '# EOF\n');
	all(
		sumOf(42, { start: TS - 1500 }),
		sumOf(1, { metric: 'other' }),
		histogramOf([[2, 4, 9]], { start: 250 }),
		gaugeOf(1, { start: 5 }),
	);
	const text = state.render(OPEN);
	parseExposition(text);
	assert.match(
		text,
		'# TYPE calls counter\ncalls_total{host="web1"} 42\ncalls_created{host="web1"} 1763711998.500\n',
	);
	assert.match(
		text,
		`_bucket{host="web1",le="1.0"} 0
lat_microseconds_bucket{host="web1",le="3.0"} 9
lat_microseconds_bucket{host="web1",le="+Inf"} 9
lat_microseconds_created{host="web1"} 0.250
`,
	);
	assert.match(text, '\\"3\\"');
	assert.match(text, '# TYPE load gauge\nload{host="web1"} 1\n#');
	assert.ok(text.endsWith('# TYPE other counter\nother_total{host="web1"} 1\n# EOF\n'));
	assert.not.match(state.render(TEXT), '_created');
});

test('names in UTF-8 stand in quotes inside the braces', () => {
	const { state, all } = create();
	all(
		sumOf(1, { metric: 'a.b', start: 1500 }),
		histogramOf([[2, 4, 9]], { metric: 'cpu-lat', attributes: { 'a-b': 'x', comm: 'y' } }),
		gaugeOf(1, { host: '' }),
	);
	assert.is(
		state.render({ ...OPEN, names: 'utf8' }),
		`# HELP "a.b" a.b, by bpfpipe
# TYPE "a.b" counter
{"a.b_total",host="web1"} 1
{"a.b_created",host="web1"} 1.500
# HELP "cpu-lat_microseconds" cpu-lat in us, by bpfpipe; whole numbers, le is inclusive: [2,4) ends at le=\\"3\\"; no sum is known
# TYPE "cpu-lat_microseconds" histogram
# UNIT "cpu-lat_microseconds" microseconds
{"cpu-lat_microseconds_bucket",host="web1","a-b"="x",comm="y",le="1.0"} 0
{"cpu-lat_microseconds_bucket",host="web1","a-b"="x",comm="y",le="3.0"} 9
{"cpu-lat_microseconds_bucket",host="web1","a-b"="x",comm="y",le="+Inf"} 9
# HELP load load, by bpfpipe
# TYPE load gauge
load 1
# EOF
`,
	);
	assert.match(state.render({ ...TEXT, names: 'utf8' }), '{"cpu-lat_microseconds_count",host="web1",');
});

test('times of records behind values: milliseconds, or seconds', () => {
	const { all, lines } = create({ estimates: true });
	all(histogramOf([[0, 1, 5]]), sumOf(1, { ts: TS + 1 }), gaugeOf(2, { ts: TS + 1500 }));
	const ends = (style: TextStyle) => lines(style).map((line) => line.replace(/^\S+ \S+ ?/, ''));
	const [first, second, third] = ['1763712000000', '1763712000001', '1763712001500'];
	assert.equal(ends({ ...TEXT, timestamps: true }), [second, first, first, first, first, third]);
	assert.equal(ends({ ...OPEN, timestamps: true }), [
		'1763712000.001',
		'1763712000.000',
		'1763712000.000',
		'1763712000.000',
		'1763712001.500',
	]);
	all(gaugeOf(2, { ts: TS + 2000 }));
	assert.is(ends({ ...TEXT, timestamps: true }).at(-1), '1763712002000');
});

test('an estimated sum is a gauge of its own that says what it is', () => {
	const { state, all } = create({ estimates: true });
	all(histogramOf([[2, 4, 2]]), histogramOf([[null, null, 1]], { host: 'web2' }));
	const family = parseExposition(state.render(TEXT)).get('lat_estimated_sum_microseconds')!;
	assert.is(family.type, 'gauge');
	assert.match(family.help, /^ESTIMATE .*middle/);
	assert.equal(
		family.samples.map(({ value }) => value),
		['5'],
	);
	all(histogramOf([[2, 4, 3]], { ts: TS + 1 }));
	assert.match(state.render(TEXT), 'lat_estimated_sum_microseconds{host="web1"} 7.5\n');
});

test('buckets once shown stay, at what they had', () => {
	const { all, lines } = create();
	all(
		histogramOf([
			[0, 1, 5],
			[4, 8, 1],
		]),
		histogramOf([[0, 1, 5]], { ts: TS + 1, host: 'web2' }),
	);
	all(
		histogramOf(
			[
				[0, 1, 6],
				[4, 8, 1],
				[8, 16, 2],
			],
			{ ts: TS + 2 },
		),
	);
	assert.equal(
		lines()
			.slice(0, 6)
			.map((line) => line.replace(/.*le=/, '')),
		['"0"} 6', '"3"} 6', '"7"} 7', '"15"} 9', '"+Inf"} 9', 'lat_microseconds_count{host="web1"} 9'],
	);
});

test('a source that begins again goes on from what was reached', () => {
	const { all, lines, notices } = create();
	all(sumOf(10), sumOf(15, { ts: TS + 1 }), sumOf(3, { ts: TS + 2 }), sumOf(7, { ts: TS + 3 }));
	assert.is(lines()[0], 'calls_total{host="web1"} 22');
	all(histogramOf([[0, 1, 5]]), histogramOf([[0, 1, 2]], { ts: TS + 4 }));
	assert.is(lines()[1], 'lat_microseconds_bucket{host="web1",le="0"} 7');
	assert.equal(notices, ['reset calls web1', 'reset lat web1']);
	assert.ok(lines().includes('bpfpipe_notices_total{host="web1",kind="reset",metric="calls"} 1'));
});

test('bounds that cross are merged, and nothing is lost', () => {
	const { all, lines } = create();
	all(
		histogramOf([
			[0, 2, 5],
			[2, 4, 1],
		]),
		histogramOf(
			[
				[0, 1, 1],
				[1, 3, 2],
			],
			{ ts: TS + 1 },
		),
	);
	assert.equal(
		lines()
			.slice(0, 2)
			.map((line) => line.replace(/.*le=/, '')),
		['"3"} 9', '"+Inf"} 9'],
	);
});

test('increments are added up, also those of what may fall', () => {
	const { all, lines } = create();
	const delta = { temporality: 'delta' } as const;
	all(sumOf(5, delta), sumOf(6, { ...delta, ts: TS + 1 }));
	all(histogramOf([[0, 1, 5]], delta), histogramOf([[2, 4, 1]], { ...delta, ts: TS + 1 }));
	const fall = { ...delta, metric: 'open', monotonic: false };
	all(sumOf(5, fall), sumOf(-7, { ...fall, ts: TS + 1 }));
	assert.equal(lines(), [
		'calls_total{host="web1"} 11',
		'lat_microseconds_bucket{host="web1",le="0"} 5',
		'lat_microseconds_bucket{host="web1",le="1"} 5',
		'lat_microseconds_bucket{host="web1",le="3"} 6',
		'lat_microseconds_bucket{host="web1",le="+Inf"} 6',
		'lat_microseconds_count{host="web1"} 6',
		'open{host="web1"} -2',
	]);
});

test('what is late changes nothing and is counted', () => {
	const { all, lines, notices } = create();
	all(gaugeOf(2), gaugeOf(1, { ts: TS - 1 }), sumOf(5), sumOf(4, { ts: TS - 1 }));
	assert.equal(lines().slice(0, 2), ['calls_total{host="web1"} 5', 'load{host="web1"} 2']);
	assert.equal(notices, ['late load web1', 'late calls web1']);
	all(gaugeOf(3));
	assert.is(lines()[1], 'load{host="web1"} 3');
});

test('replayed data has a label and is a series of its own', () => {
	const { all, lines } = create();
	all(sumOf(5, { synthetic: true }), sumOf(3));
	assert.equal(lines(), ['calls_total{host="web1",synthetic="true"} 5', 'calls_total{host="web1"} 3']);
});

test('numbers beyond 2^53 are exact', () => {
	const { all, lines } = create();
	all(
		sumOf('9007199254740993'),
		histogramOf([
			['9007199254740993', '9007199254740995', '9007199254740993'],
			['9007199254740995', '9007199254740996', 1],
		]),
		sumOf('9007199254740995', { ts: TS + 1 }),
	);
	assert.equal(
		lines().map((line) => line.replace(/^.*\} /, '')),
		['9007199254740995', '0', '9007199254740993', '9007199254740994', '9007199254740994', '9007199254740994'],
	);
});

test('a series without a record is gone after --stale, and begins anew when it comes back', () => {
	const { state, all, lines } = create();
	all(sumOf(5), gaugeOf(1), gaugeOf(1, { host: 'web2', ts: TS + 1 }));
	assert.is(state.time(TS + 5 * MINUTE), false);
	assert.is(lines().length, 3);
	assert.is(state.time(TS + 5 * MINUTE + 1), true);
	assert.equal(lines(), ['load{host="web2"} 1']);
	assert.is(state.time(TS + 5 * MINUTE + 2), true);
	assert.is(state.size(), 0);
	assert.is(state.render(TEXT), '');
	all(sumOf(9, { ts: TS + 6 * MINUTE }));
	assert.equal(lines(), ['calls_total{host="web1"} 9']);
});

test('a gauge that a notice calls stale is gone at once, a counter goes on', () => {
	const { state, all, lines } = create();
	const web2 = { host: 'web2', attributes: { b: '2', a: '1' } };
	all(sumOf(5), gaugeOf(1), gaugeOf(2, web2), gaugeOf(3, { ...web2, synthetic: true }));
	const without = () => lines().filter((line) => !line.startsWith('bpfpipe_notices'));
	state.notice({ kind: 'stale', metric: 'calls', host: 'web1', attributes: {} });
	state.notice({ kind: 'late', metric: 'load', host: 'web1', attributes: {} });
	assert.is(without().length, 4);
	state.notice({ kind: 'stale', metric: 'load', host: 'web2', attributes: { a: '1', b: '2' } });
	assert.equal(without(), [
		'calls_total{host="web1"} 5',
		'load{host="web1"} 1',
		'load{host="web2",a="1",b="2",synthetic="true"} 3',
	]);
	for (const odd of [undefined, null, 'x', 7, [], { a: { b: [] } }])
		state.notice({ kind: 'stale', metric: odd, host: odd, attributes: odd });
	assert.is(without().length, 3);
	all(gaugeOf(4, { ...web2, ts: TS + 1 }));
	assert.is(without().length, 4);
});

test('a record keeps its series, and one that comes after --stale is that of a new one', () => {
	const { all, lines } = create();
	all(sumOf(5), sumOf(6, { ts: TS + 4 * MINUTE }), sumOf(7, { ts: TS + 9 * MINUTE }));
	assert.equal(lines(), ['calls_total{host="web1"} 7']);
	all(sumOf(2, { ts: TS + 9 * MINUTE + 1 }));
	assert.is(lines()[0], 'calls_total{host="web1"} 9');
	all(sumOf(3, { ts: TS + 15 * MINUTE }));
	assert.is(lines()[0], 'calls_total{host="web1"} 3');
});

test('of names that come to one, the first stays until it is gone', () => {
	const { state, all, lines, notices } = create();
	all(gaugeOf(1, { metric: 'a-b' }), gaugeOf(2, { metric: 'a_b' }), gaugeOf(3, { metric: 'a_b' }));
	assert.equal(lines(), [
		'a_b{host="web1"} 1',
		'bpfpipe_notices_total{host="web1",kind="name_collision",metric="a_b"} 2',
	]);
	assert.equal(notices, ['name_collision a_b web1', 'name_collision a_b web1']);
	state.time(TS + 6 * MINUTE);
	all(gaugeOf(4, { metric: 'a_b', ts: TS + 6 * MINUTE }));
	assert.is(lines()[0], 'a_b{host="web1"} 4');
});

test('names of lines do not meet either, whatever their kinds', () => {
	for (const [first, second] of [
		[sumOf(1, { metric: 'x' }), gaugeOf(1, { metric: 'x' })],
		[sumOf(1, { metric: 'x' }), gaugeOf(1, { metric: 'x_total', unit: '' })],
		[histogramOf([], { metric: 'x', unit: '' }), gaugeOf(1, { metric: 'x_count' })],
		[gaugeOf(1, { metric: 'x_bucket' }), histogramOf([], { metric: 'x', unit: '' })],
		[gaugeOf(1, { metric: 'x', unit: 'us' }), gaugeOf(1, { metric: 'x_microseconds' })],
		[sumOf(1, { metric: 'x' }), sumOf(1, { metric: 'x', unit: '' })],
		[histogramOf([], { metric: 'x' }), gaugeOf(1, { metric: 'x_estimated_sum_microseconds' })],
	] as const) {
		const { all, notices } = create({ estimates: true });
		all(first, second);
		assert.is(notices.length, 1, JSON.stringify([first, second]));
		assert.match(notices[0]!, 'name_collision');
	}
	const { all, notices } = create();
	all(sumOf(1, { metric: 'bpfpipe_notices' }));
	assert.equal(notices, ['name_collision bpfpipe_notices web1']);
});

test('labels that come to one: the first stays', () => {
	const { all, lines, notices } = create();
	all(
		gaugeOf(1, { attributes: { 'a-b': 'x' } }),
		gaugeOf(2, { attributes: { a_b: 'x' } }),
		gaugeOf(3, { attributes: { 'a-b': 'x', a_b: 'y' } }),
		gaugeOf(4, { attributes: { 'a-b': 'y' } }),
		gaugeOf(5, { host: '\ud800' }),
		gaugeOf(6, { host: '\ud801' }),
	);
	assert.equal(
		lines()
			.filter((line) => line.startsWith('load'))
			.map((line) => line.slice(-1)),
		['1', '4', '5'],
	);
	assert.is(notices.length, 3);
	assert.ok(notices.every((one) => one.startsWith('label_collision load')));
});

test('one series counted in two ways is two, of which the first stays', () => {
	const { all, lines, notices } = create();
	all(sumOf(10), sumOf(1, { temporality: 'delta', ts: TS + 1 }));
	assert.is(lines()[0], 'calls_total{host="web1"} 10');
	assert.equal(notices, ['label_collision calls web1']);
});

test('what is beyond --max-series is left out and counted, and gets the place of what is gone', () => {
	const { state, all, lines } = create({ maxSeries: 2 });
	all(gaugeOf(1), gaugeOf(2, { host: 'b', ts: TS + MINUTE }), gaugeOf(3, { host: 'c' }), sumOf(1));
	all(gaugeOf(4, { ts: TS + 1 }), gaugeOf(5, { host: 'c', ts: TS + 1 }));
	assert.equal(lines(), [
		'load{host="web1"} 4',
		'load{host="b"} 2',
		'bpfpipe_notices_total{host="c",kind="max_series",metric="load"} 2',
		'bpfpipe_notices_total{host="web1",kind="max_series",metric="calls"} 1',
	]);
	state.time(TS + 5.5 * MINUTE);
	all(gaugeOf(6, { host: 'c', ts: TS + 5.5 * MINUTE }));
	assert.ok(lines().includes('load{host="c"} 6'));
});

test('notices are counted by kind, metric and host', () => {
	const { state, lines } = create();
	state.notice(noticeOf('lost_events', { metric: 'lat', count: 17 }));
	state.notice(noticeOf('lost_events', { metric: 'lat', count: '9007199254740993' }));
	state.notice(noticeOf('lost_events', { metric: 'lat', synthetic: true }));
	state.notice(noticeOf('odd', { count: -5 }));
	state.notice(noticeOf('odd', { count: 1.5, host: 5 as unknown as string }));
	assert.equal(lines(), [
		'bpfpipe_notices_total{host="web1",kind="lost_events",metric="lat"} 9007199254741010',
		'bpfpipe_notices_total{host="web1",kind="lost_events",metric="lat",synthetic="true"} 1',
		'bpfpipe_notices_total{host="web1",kind="odd"} 1',
		'bpfpipe_notices_total{kind="odd"} 1',
	]);
	for (let at = 0; at < 3000; at++) state.notice(noticeOf('many', { host: `h${at}` }));
	assert.is(lines().length, 1001);
	assert.is(lines().at(-1), 'bpfpipe_notices_total{kind="more_kinds"} 2004');
});

test('a count or a counter below zero is refused', () => {
	const { state } = create();
	assert.is(state.take(histogramOf([[0, 1, -1]])), 'lat: a bucket counts below zero');
	assert.is(state.take(histogramOf([[0, 1, '-9007199254740993']])), 'lat: a bucket counts below zero');
	assert.is(state.take(sumOf(-1)), 'calls: a counter is below zero');
	assert.is(state.take(sumOf(-1, { temporality: 'delta' })), 'calls: a counter is below zero');
	assert.is(state.size(), 0);
	assert.is(state.take(sumOf(-1, { monotonic: false })), '');
});

test('a clock that was set back: series go on in the new time', () => {
	const { all, lines, notices } = create();
	const hourBack = TS - 60 * MINUTE;
	all(gaugeOf(1), sumOf(5));
	for (let at = 0; at <= 20; at++)
		all(gaugeOf(10 + at, { ts: hourBack + at * 1000 }), sumOf(6 + at, { ts: hourBack + at * 1000 }));
	assert.equal(lines().slice(0, 2), ['calls_total{host="web1"} 26', 'load{host="web1"} 30']);
	assert.is(notices.filter((one) => one.startsWith('clock')).length, 1);
});

test('a metric called like its unit has no UNIT, which no parser would take', () => {
	const { state, all } = create();
	all(gaugeOf(1, { metric: 'bytes', unit: 'By' }));
	assert.is(
		state.render(TEXT),
		'# HELP bytes bytes in By, by bpfpipe\n# TYPE bytes gauge\nbytes{host="web1"} 1\n',
	);
});

test('a carriage return or another line end of Unicode is a character like any other', () => {
	const { all, lines } = create();
	all(gaugeOf(1, { metric: 'a\rb\u2028', host: 'c\rd\u2029' }));
	for (const style of [TEXT, OPEN]) assert.equal(lines(style), ['a_b_{host="c\rd\u2029"} 1']);
});

test('a prefix stands before every metric but ours', () => {
	const { state, all, lines } = create({ prefix: 'my-app' });
	all(gaugeOf(1));
	state.notice(noticeOf('odd'));
	assert.equal(lines(), ['my_app_load{host="web1"} 1', 'bpfpipe_notices_total{host="web1",kind="odd"} 1']);
});

test.run();
