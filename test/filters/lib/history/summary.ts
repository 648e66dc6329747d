// What the list of metrics says, and what goes up and down: every figure against one that was worked out by hand.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHistory } from '../../../../filters/lib/history/history.ts';
import type { Bucket, Exact, Gauge, Histogram, Sum } from '../../../../filters/lib/record.ts';

const test = suite('history: summary');

const START = 1_763_712_000_000;
const HOUR = 3_600_000;
const MIB = 1024 * 1024;
const fresh = (clock: () => number = () => START + HOUR) =>
	createHistory({ span: HOUR, maxSeries: 100, maxBytes: 64 * MIB, clock });

const common = (seconds: number, host = 'a', more: object = {}) => ({
	ts: START + 1000 * seconds,
	host,
	metric: 'm',
	unit: '1',
	attributes: {},
	...more,
});
const gauge = (seconds: number, value: Exact, host = 'a'): Gauge => ({
	type: 'gauge',
	...common(seconds, host),
	value,
});
const level = (seconds: number, value: Exact, temporality: 'cumulative' | 'delta'): Sum => ({
	type: 'sum',
	...common(seconds),
	temporality,
	monotonic: false,
	value,
});
const histogram = (seconds: number, counts: number[], more: object = {}): Histogram => ({
	type: 'histogram',
	...common(seconds, 'a', more),
	temporality: 'cumulative',
	buckets: counts.map((count, at): Bucket => [at === 0 ? 0 : 2 ** (at - 1), 2 ** at, count]),
});
const columns = (history: ReturnType<typeof fresh>, from: number, to: number, step: number, host?: string) =>
	history.columns({
		metric: 'm',
		unit: '1',
		type: 'gauge',
		from: START + 1000 * from,
		to: START + 1000 * to,
		columns: 10,
		step,
		attributes: {},
		limit: 10,
		...(host !== undefined && { host }),
	}).groups[0]!.columns;

test('gauges: last, least and most of each column, added up over the series', () => {
	const history = fresh();
	for (const [at, value] of [3, 9, 1, 5, 4].entries()) history.take(gauge(at, value));
	for (const [at, value] of [10, 20, 30, 40, 50].entries()) history.take(gauge(at, value, 'b'));
	const withoutCover = (all: ReturnType<typeof columns>) => all.map((one) => one?.slice(1));
	assert.equal(withoutCover(columns(history, 0, 5, 5000, 'a')), [[4, 1, 9]]);
	assert.equal(withoutCover(columns(history, 0, 5, 5000)), [[54, 11, 59]]);
	const [one] = history.metrics().metrics;
	assert.is(one!.value, 54);
	assert.is(one!.rate, undefined);
	assert.is(one!.series, 2);
	assert.equal(one!.hosts, ['a', 'b']);
});

test('a gauge that is printed seldom lasts for three of its intervals, so sums over hosts do not sag', () => {
	const history = fresh();
	for (let at = 0; at <= 40; at++) history.take(gauge(at, 1, 'a'));
	for (let at = 0; at <= 20; at += 5) history.take(gauge(at, 100, 'b'));
	const sums = columns(history, 6, 41, 5000).map((one) => Number(one![1]));
	assert.equal(sums, [101, 101, 101, 101, 101, 101, 101, 1]);
	// Asked for alone, a column is the same.
	sums.forEach((sum, at) => {
		const [one] = columns(history, 5 + 5 * at, 10 + 5 * at, 5000);
		assert.is(Number(one![1]), sum, `column ${at}`);
	});
});

test('values of any size and with fractions are what they were', () => {
	const history = fresh();
	history.take(gauge(0, '9007199254740993'));
	history.take(gauge(1, 0.25));
	assert.equal(
		columns(history, 0, 2, 2000).map((one) => one!.slice(1)),
		[[0.25, 0.25, '9007199254740993']],
	);
});

test('a sum that rises and falls is a level, be it told whole or by its changes', () => {
	const whole = fresh();
	for (const [at, value] of [5, 3, 8].entries()) whole.take(level(at, value, 'cumulative'));
	const changes = fresh();
	for (const [at, value] of [5, -2, 5].entries()) changes.take(level(at, value, 'delta'));
	for (const history of [whole, changes]) {
		assert.equal(
			columns(history, 0, 3, 3000).map((one) => one!.slice(1)),
			[[8, 3, 8]],
		);
		const [one] = history.metrics().metrics;
		assert.is(one!.type, 'gauge');
		assert.is(one!.value, 8);
	}
});

test('rate, percentile and thumbnail are those of the last minute, and of five', () => {
	const history = fresh();
	// A hundred events a second, of which two are slow in the last minute, and all were slow before.
	const counts = [0, 0, 0, 0, 0, 0];
	for (let at = 0; at <= 200; at++) {
		history.take(histogram(at, counts));
		counts[at < 120 ? 5 : 2]! += at < 120 ? 100 : 98;
		if (at >= 120) counts[4]! += 2;
	}
	const [one] = history.metrics().metrics;
	assert.ok(Math.abs(one!.rate! - 100) < 1, `${one!.rate}`);
	assert.equal(one!.p99, [8, 16]);
	assert.is(one!.interval, 1000);
	assert.is(one!.recent.length, 60);
	const filled = one!.recent.filter((count) => count !== null);
	assert.is(
		filled.reduce((sum, count) => sum + count!, 0),
		20_000,
	);
	assert.is(one!.recent.at(-3), 500);
	assert.equal(
		one!.recent.slice(0, 19).filter((count) => count !== null),
		[],
	);
});

test('stale after three intervals without a record, by our own clock', () => {
	let now = START + 5000;
	const history = fresh(() => now);
	for (let at = 0; at < 5; at++) history.take(histogram(at, [at]));
	const isStale = () => history.metrics().metrics[0]!.isStale;
	assert.not(isStale());
	now += 4900;
	assert.not(isStale());
	now += 200;
	assert.ok(isStale());
});

test('sample data are marked: none, some or all of it', () => {
	const history = fresh();
	assert.is(history.synthetic(), 'none');
	for (let at = 0; at < 3; at++) history.take({ ...histogram(at, [at]), synthetic: true });
	assert.is(history.metrics().synthetic, 'all');
	history.take({ ...gauge(1, 1), metric: 'bpfpipe_stage_up' });
	assert.is(
		history.synthetic(),
		'all',
		'what a supervisor says of itself is no measurement of what is looked at',
	);
	for (let at = 0; at < 3; at++) history.take(histogram(at, [10 * at]));
	assert.is(history.metrics().metrics.find(({ metric }) => metric === 'm')!.synthetic, 'some');
	const { groups } = history.columns({
		metric: 'm',
		unit: '1',
		type: 'histogram',
		from: START,
		to: START + 3000,
		columns: 1,
		attributes: {},
		limit: 1,
	});
	assert.is(groups[0]!.synthetic, 'some');
	// A replay never continues a real series.
	assert.equal(groups[0]!.total, [22]);
});

test('groups: those with the slowest 99th percentile first, and how many are left out', () => {
	const history = fresh();
	for (let at = 0; at < 3; at++)
		for (const [comm, row] of [
			['fast', 1],
			['slow', 9],
			['middle', 5],
		] as const) {
			const counts = new Array<number>(10).fill(0);
			counts[row] = at * (comm === 'fast' ? 1000 : 1);
			history.take(histogram(at, counts, { attributes: { comm } }));
		}
	const ask = (more: object) =>
		history.columns({
			metric: 'm',
			unit: '1',
			type: 'histogram',
			from: START,
			to: START + 3000,
			columns: 3,
			attributes: {},
			limit: 2,
			by: 'comm',
			...more,
		});
	const { groups, more } = ask({});
	assert.equal(
		groups.map(({ name, series }) => [name, series]),
		[
			['slow', 1],
			['middle', 1],
		],
	);
	assert.is(more, 1);
	assert.equal(
		ask({ by: 'pid' }).groups.map(({ name, series }) => [name, series]),
		[['', 3]],
	);
	assert.equal(
		ask({ attributes: { comm: 'fast' } }).groups.map(({ name }) => name),
		['fast'],
	);
	assert.equal(ask({ host: 'b' }).groups, []);
	assert.is(ask({ by: 'host' }).groups[0]!.series, 3);
});

test.run();
