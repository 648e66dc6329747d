import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Measure } from '../../../../filters/lib/record.ts';
import { createIntake, type IntakeOptions } from '../../../../filters/lib/remote-write/intake.ts';
import { type Item, samplesIn } from '../../../../filters/lib/remote-write/item.ts';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../../../data/measures.ts';

const test = suite('remote-write: records as samples');
const TS = 1763712000000;

const create = (more: Partial<IntakeOptions> = {}) => {
	const items: Item[] = [];
	const notices: string[] = [];
	const intake = createIntake({
		prefix: '',
		staleMs: 300_000,
		maxSeries: 100,
		form: 'classic',
		restored: [],
		onItem: (item) => items.push(item),
		onNotice: ({ kind, metric }) => notices.push(`${kind} ${metric}`),
		...more,
	});
	const all = (...records: Measure[]) => {
		for (const record of records) assert.is(intake.take(record), '');
	};
	const nameOf = (labels: readonly string[]): string => {
		const pairs = labels.flatMap((label, at) => (at % 2 === 0 ? [`${label}=${labels[at + 1]}`] : []));
		return pairs.join(',').replace('__name__=', '');
	};
	/** What came since the last look: `TIME-OFFSET NAME,LABELS VALUE`. */
	const lines = (): string[] =>
		items
			.splice(0)
			.flatMap(({ ts, samples, natives }) => [
				...samples.map(({ remote, value }) => `${ts - TS} ${nameOf(remote.labels)} ${value}`),
				...natives.map(
					({ remote, value }) =>
						`${ts - TS} ${nameOf(remote.labels)} ${value === 'stale' ? 'end' : 'native'}`,
				),
			]);
	return { intake, all, lines, notices, items };
};

test('in base units: bounds as Prometheus writes them, values, and no native form of what is no power of two', () => {
	const { all, lines } = create({ isBase: true, form: 'both' });
	all(
		histogramOf([
			[2, 4, 9],
			[64, 128, 1],
			[1048576, 2097152, 1],
		]),
		gaugeOf(1500, { unit: 'ms' }),
	);
	assert.equal(lines(), [
		'0 lat_seconds_bucket,host=web1,le=1e-06 0',
		'0 lat_seconds_bucket,host=web1,le=3e-06 9',
		'0 lat_seconds_bucket,host=web1,le=6.3e-05 9',
		'0 lat_seconds_bucket,host=web1,le=0.000127 10',
		'0 lat_seconds_bucket,host=web1,le=1.048575 10',
		'0 lat_seconds_bucket,host=web1,le=2.097151 11',
		'0 lat_seconds_bucket,host=web1,le=+Inf 11',
		'0 lat_seconds_count,host=web1 11',
		'0 load_seconds,host=web1 1.5',
	]);
	all(histogramOf([[2, 4, 9]], { metric: 'size', unit: 'KiB' }));
	assert.equal(lines(), [
		'0 size_bytes_bucket,host=web1,le=1024.0 0',
		'0 size_bytes_bucket,host=web1,le=3072.0 9',
		'0 size_bytes_bucket,host=web1,le=+Inf 9',
		'0 size_bytes_count,host=web1 9',
		'0 size_bytes,host=web1 native',
	]);
});

test('bounds that come to one float are one row', () => {
	const { all, lines } = create();
	const [low, high] = ['9007199254740993', '9007199254740994'] as const;
	all(
		histogramOf([
			[low, high, 1],
			[high, '9007199254740995', 2],
		]),
	);
	assert.equal(lines(), [
		'0 lat_microseconds_bucket,host=web1,le=9.007199254740992e+15 1',
		'0 lat_microseconds_bucket,host=web1,le=9.007199254740994e+15 3',
		'0 lat_microseconds_bucket,host=web1,le=+Inf 3',
		'0 lat_microseconds_count,host=web1 3',
	]);
});

test('what comes of a series from before its end is late, and what comes after it is taken', () => {
	const { all, lines, notices } = create({ staleMs: 2000 });
	all(gaugeOf(1), sumOf(1, { ts: TS + 5000 }));
	assert.equal(lines(), ['0 load,host=web1 1', '2000 load,host=web1 stale', '5000 calls_total,host=web1 1']);
	all(gaugeOf(2, { ts: TS + 1000 }));
	assert.equal(notices, ['late load']);
	all(gaugeOf(3, { ts: TS + 4000 }));
	assert.ok(lines().includes('4000 load,host=web1 3'));
});

test('an end is that of the series in Prometheus, where a gauge and a sum that may fall are one', () => {
	const { all, lines, notices } = create({ staleMs: 2 });
	all(gaugeOf(1, { ts: TS }), sumOf(5, { metric: 'other', ts: TS + 9 }));
	lines();
	all(sumOf(2, { metric: gaugeOf(1).metric, unit: gaugeOf(1).unit, monotonic: false, ts: TS + 1 }));
	assert.equal(
		lines().filter((line) => line.endsWith(' 2')),
		[],
	);
	assert.ok(notices.some((notice) => notice.startsWith('late ')));
});

test('names as they are, where they are asked for', () => {
	const { all, lines, intake } = create({ spelling: 'utf8', form: 'both', isBase: true });
	all(
		histogramOf([[2, 4, 9]], {
			metric: 'io.size',
			unit: 'KiB',
			attributes: { 'http.method': 'GET', le: '5' },
		}),
		sumOf(7, { metric: 'page-faults', attributes: { 'a-b': '' } }),
	);
	assert.equal(lines(), [
		'0 io.size_bytes_bucket,exported_le=5,host=web1,http.method=GET,le=1024.0 0',
		'0 io.size_bytes_bucket,exported_le=5,host=web1,http.method=GET,le=3072.0 9',
		'0 io.size_bytes_bucket,exported_le=5,host=web1,http.method=GET,le=+Inf 9',
		'0 io.size_bytes_count,exported_le=5,host=web1,http.method=GET 9',
		'0 io.size_bytes,exported_le=5,host=web1,http.method=GET native',
		'0 page-faults_total,host=web1 7',
	]);
	intake.notice(noticeOf('odd', { ts: TS, metric: 'io.size' }));
	assert.match(lines()[0]!, /bpfpipe_notices_total,host=web1,kind=odd,metric=io\.size 1$/);
	// Two names that are one in letters are refused here as well: the series must not depend on the spelling.
	const other = create({ spelling: 'utf8' });
	other.all(gaugeOf(1, { metric: 'a-b' }), gaugeOf(1, { metric: 'a.b' }));
	assert.equal(other.notices, ['name_collision a.b']);
});

test('rows, values and their labels, which stand in order', () => {
	const { all, lines } = create({ prefix: 'my-app' });
	all(
		histogramOf(
			[
				[0, 1, 5],
				[2, 4, 3],
				[4, null, 1],
			],
			{ attributes: { zone: 'z', Comm: 'c' } },
		),
		sumOf(7),
		gaugeOf(1.5, { synthetic: true }),
	);
	assert.equal(lines(), [
		'0 Comm=c,my_app_lat_microseconds_bucket,host=web1,le=0.0,zone=z 5',
		'0 Comm=c,my_app_lat_microseconds_bucket,host=web1,le=1.0,zone=z 5',
		'0 Comm=c,my_app_lat_microseconds_bucket,host=web1,le=3.0,zone=z 8',
		'0 Comm=c,my_app_lat_microseconds_bucket,host=web1,le=+Inf,zone=z 9',
		'0 Comm=c,my_app_lat_microseconds_count,host=web1,zone=z 9',
		'0 my_app_calls_total,host=web1 7',
		'0 my_app_load,host=web1,synthetic=true 1.5',
	]);
});

test('cumulative values are sent as they are, and rows once shown stay', () => {
	const { all, lines } = create();
	all(sumOf(7), sumOf(3, { ts: TS + 1 }));
	all(histogramOf([[2, 4, 3]], { ts: TS + 2 }), histogramOf([], { ts: TS + 3 }));
	assert.equal(
		lines().filter((line) => /^[013]/.test(line)),
		[
			'0 calls_total,host=web1 7',
			'1 calls_total,host=web1 3',
			'3 lat_microseconds_bucket,host=web1,le=1.0 0',
			'3 lat_microseconds_bucket,host=web1,le=3.0 0',
			'3 lat_microseconds_bucket,host=web1,le=+Inf 0',
			'3 lat_microseconds_count,host=web1 0',
		],
	);
});

test('increments are added up, late ones too, and go on after a restart', () => {
	const delta = { temporality: 'delta' as const };
	const { all, lines, intake, notices } = create();
	all(
		sumOf(7, { ...delta, start: TS - 5 }),
		sumOf(3, { ...delta, ts: TS + 10 }),
		sumOf(2, { ...delta, ts: TS + 9 }),
		sumOf(1, { ...delta, ts: TS + 11 }),
		histogramOf([[2, 4, 3]], delta),
		histogramOf([[2, 4, '9007199254740991']], { ...delta, ts: TS + 1 }),
	);
	assert.equal(
		lines().filter((line) => /calls_total|_count/.test(line)),
		[
			'0 calls_total,host=web1 7',
			'10 calls_total,host=web1 10',
			'11 calls_total,host=web1 13',
			'0 lat_microseconds_count,host=web1 3',
			'1 lat_microseconds_count,host=web1 9007199254740994',
		],
	);
	assert.equal(notices, ['late calls']);
	const restored = JSON.parse(JSON.stringify(intake.sums()));
	const next = create({ restored });
	next.all(sumOf(1, { ...delta, ts: TS + 20 }));
	assert.is(next.items[0]!.start, TS - 5);
	assert.equal(next.lines(), ['20 calls_total,host=web1 14']);
	// What has not come yet is kept all the same.
	assert.equal(
		next.intake.sums().map(({ buckets, value }) => [value, buckets]),
		[
			[14, []],
			[0, [[2, 4, '9007199254740994']]],
		],
	);
	next.intake.time(TS + 400_000);
	assert.is(next.intake.sums().length, 0);
});

test('the start is that of what counts', () => {
	const { all, items } = create();
	all(
		sumOf(1, { start: TS - 1 }),
		sumOf(1, { start: TS - 1, monotonic: false, metric: 'x' }),
		gaugeOf(1, { start: 5 }),
	);
	assert.equal(
		items.map(({ start }) => start),
		[TS - 1, undefined, undefined],
	);
});

test('a series without a record for long ends, all its rows, and may come again', () => {
	const { all, lines } = create({ staleMs: 10 });
	all(histogramOf([[0, 1, 1]]), gaugeOf(1), gaugeOf(1, { ts: TS + 10 }));
	assert.is(lines().filter((line) => line.endsWith('stale')).length, 0);
	all(gaugeOf(1, { ts: TS + 11 }), histogramOf([[0, 1, 2]], { ts: TS + 12 }));
	assert.equal(lines(), [
		'10 lat_microseconds_bucket,host=web1,le=0.0 stale',
		'10 lat_microseconds_bucket,host=web1,le=+Inf stale',
		'10 lat_microseconds_count,host=web1 stale',
		'11 load,host=web1 1',
		'12 lat_microseconds_bucket,host=web1,le=0.0 2',
		'12 lat_microseconds_bucket,host=web1,le=+Inf 2',
		'12 lat_microseconds_count,host=web1 2',
	]);
});

test('after a pause of the source no series has its end and a record at one time', () => {
	const { all, lines } = create({ staleMs: 10 });
	all(gaugeOf(1), sumOf(1));
	lines();
	all(gaugeOf(2, { ts: TS + 11 }), sumOf(2, { ts: TS + 11 }));
	assert.equal(lines(), [
		'10 load,host=web1 stale',
		'10 calls_total,host=web1 stale',
		'11 load,host=web1 2',
		'11 calls_total,host=web1 2',
	]);
});

test('native where the metric has that form, and classic for good once a series has not', () => {
	const { all, lines } = create({ form: 'native', staleMs: 10 });
	all(histogramOf([[2, 4, 1]]));
	assert.equal(lines(), ['0 lat_microseconds,host=web1 native']);
	all(histogramOf([[3, 6, 1]], { ts: TS + 1, host: 'b' }), histogramOf([[2, 4, 1]], { ts: TS + 2 }));
	const found = lines();
	assert.ok(found.includes('2 lat_microseconds,host=web1 end'));
	assert.ok(found.includes('2 lat_microseconds_count,host=web1 1'));
	all(gaugeOf(1, { ts: TS + 100 }));
	assert.ok(lines().includes('12 lat_microseconds_count,host=web1 stale'));
	const both = create({ form: 'both', staleMs: 10 });
	both.all(histogramOf([[2, 4, 1]]));
	assert.is(samplesIn(both.items), 5);
	both.lines();
	both.all(gaugeOf(1, { ts: TS + 11 }));
	assert.ok(both.lines().includes('10 lat_microseconds,host=web1 end'));
});

test('what is left out is told and counted', () => {
	const { all, lines, notices, intake } = create({ maxSeries: 2 });
	all(
		gaugeOf(1, { metric: 'a-b' }),
		gaugeOf(1, { metric: 'a_b', unit: '' }),
		gaugeOf(1),
		gaugeOf(1, { host: 'more' }),
		gaugeOf(1),
	);
	assert.equal(notices, ['name_collision a_b', 'max_series load', 'late load']);
	assert.match(intake.take(sumOf(-1)), 'below zero');
	assert.match(intake.take(histogramOf([[0, 1, -1]])), 'below zero');
	intake.notice(noticeOf('lost_events', { count: 3, metric: 'lat' }));
	intake.notice(noticeOf('lost_events', { count: 3, metric: 'lat' }));
	assert.equal(
		lines().filter((line) => line.includes('lost')),
		[
			'0 bpfpipe_notices_total,host=web1,kind=lost_events,metric=lat 3',
			'1 bpfpipe_notices_total,host=web1,kind=lost_events,metric=lat 6',
		],
	);
});

test('a clock that was set back goes on in the new time', () => {
	const { all, lines, notices } = create();
	const DAY = 86_400_000;
	for (let at = 0; at < 40; at++) all(sumOf(at, { ts: TS + at * 1000 }));
	lines();
	for (let at = 0; at < 40; at++) all(sumOf(100 + at, { ts: TS - DAY + at * 1000 }));
	assert.ok(notices.includes('clock calls'));
	assert.ok(lines().some((line) => line.endsWith('calls_total,host=web1 139')));
});

test('a hundred thousand series: those above the limit are counted', () => {
	const { all, notices, items, lines } = create({ maxSeries: 1000 });
	for (let at = 0; at < 100_000; at++) all(gaugeOf(1, { host: `h${at}` }));
	assert.is(notices.length, 99_000);
	assert.is(items.length, 100_000);
	assert.equal(lines().at(-1)!.split(' ').slice(1), [
		'bpfpipe_notices_total,kind=more_kinds',
		String(99_000 - 1000),
	]);
});

test.run();
