// Input that nobody means well with: memory stays bounded, time stays where it was, and what is left out is said.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHistory } from '../../../../filters/lib/history/history.ts';
import type { Bucket, Exact, Histogram, Sample } from '../../../../filters/lib/record.ts';

const test = suite('history: hostile');

const START = 1_763_712_000_000;
const HOUR = 3_600_000;
const MIB = 1024 * 1024;

const fresh = (more: Partial<Parameters<typeof createHistory>[0]> = {}) =>
	createHistory({ span: HOUR, maxSeries: 10_000, maxBytes: 64 * MIB, clock: () => START, ...more });
type History = ReturnType<typeof fresh>;

const recordOf = (ts: number, comm: string, buckets: Bucket[]): Histogram => ({
	type: 'histogram',
	ts,
	host: 'a',
	metric: 'lat',
	unit: 'us',
	attributes: { comm },
	temporality: 'cumulative',
	buckets,
});
const log2 = (rows: number, count: Exact): Bucket[] =>
	Array.from({ length: rows }, (_, at): Bucket => [at === 0 ? 0 : 2 ** (at - 1), 2 ** at, count]);

const kindsOf = (history: History): Record<string, Exact> => {
	const kinds: Record<string, Exact> = {};
	for (const { kind, count } of history.notices(0, Number.MAX_SAFE_INTEGER).notices)
		kinds[kind] = Number(kinds[kind] ?? 0) + Number(count);
	return kinds;
};
const all = (history: History, columns = 240) =>
	history.columns({
		metric: 'lat',
		unit: 'us',
		type: 'histogram',
		from: 0,
		to: START + HOUR,
		columns,
		attributes: {},
		limit: 1,
	});

test('series beyond the limit are left out, counted one by one and said; those that are there go on', () => {
	const history = fresh({ maxSeries: 100 });
	for (let print = 0; print < 3; print++)
		for (let at = 0; at < 5000; at++) history.take(recordOf(START + 1000 * print, `c${at}`, log2(3, print)));
	const { kept, remarks, metrics } = history.metrics();
	assert.is(kept.series, 100);
	assert.is(kept.refused, 4900);
	assert.match(remarks.join(), /no room for 4900 more series/);
	assert.is(metrics[0]!.series, 100);
	assert.ok(Number(kindsOf(history).max_series) >= 4900);
	assert.equal(all(history).groups[0]!.total, [200, 200, 200]);
});

test('hundreds of thousands of series stay within the cap on memory', () => {
	const history = fresh({ maxSeries: 1_000_000, maxBytes: 16 * MIB });
	for (let at = 0; at < 200_000; at++) history.take(recordOf(START, `c${at}`, log2(2, 1)));
	const { kept } = history.metrics();
	assert.ok(kept.bytes <= kept.maxBytes, `${kept.bytes}`);
	assert.ok(kept.series > 300 && kept.series < 10_000, `${kept.series}`);
	assert.ok(kept.refused >= 100_000, `${kept.refused}`);
});

test('at the cap the finest steps go first, of what nobody looks at, and sums stay what they were', () => {
	const history = fresh({ maxBytes: 3 * MIB });
	const prints = 40;
	let series = 0;
	const watched = { attributes: { comm: 'c7' }, limit: 1, columns: 10, step: 1000 };
	const name = { metric: 'lat', unit: 'us', type: 'histogram' } as const;
	for (let print = 0; print < prints; print++) {
		for (let at = 0; at < 150; at++) {
			history.take(recordOf(START + 1000 * print, `c${at}`, log2(16, print + 1)));
			if (at !== 10) continue;
			const { step } = history.columns({ ...name, ...watched, from: START, to: START + 1000 * prints });
			assert.is(step, 1000, 'the one that is looked at keeps its seconds');
		}
		series = history.counts().series;
	}
	const { lean, bytes } = history.counts();
	assert.ok(lean > 0, 'nothing was given up');
	assert.ok(bytes <= 3 * MIB);
	const { groups, step, remarks } = all(history, 4000);
	assert.is(step, 5000);
	assert.match(remarks.join(), /finest steps/);
	assert.equal(
		groups[0]!.total,
		log2(16, 0).map(() => series * (prints - 1)),
	);
	assert.match(history.metrics().remarks.join(), /cap on memory is reached/);
	assert.ok('memory' in kindsOf(history));
});

test('a series that finds room later begins with what it has then, not with all it ever counted', () => {
	const history = fresh({ maxSeries: 2, span: 600_000 });
	for (const comm of ['a', 'b', 'c']) history.take(recordOf(START, comm, log2(1, 1000)));
	// Two of them end; the third goes on, and has room once those are forgotten.
	for (let at = 1; at < 1500; at++) history.take(recordOf(START + 1000 * at, 'c', log2(1, 1000 + at)));
	const { groups } = history.columns({
		metric: 'lat',
		unit: 'us',
		type: 'histogram',
		from: START,
		to: START + 2 * HOUR,
		columns: 100,
		attributes: { comm: 'c' },
		limit: 1,
	});
	const total = Number(groups[0]!.total[0]);
	assert.ok(total > 500 && total < 1500, `${total}`);
});

test('a series that comes back after it was forgotten does not bring all it ever counted', () => {
	const history = fresh({ span: 600_000, clock: () => START + 2 * HOUR });
	for (let at = 0; at < 1400; at++) {
		history.take(recordOf(START + 1000 * at, 'a', log2(1, at)));
		if (at < 10 || at > 1390) history.take(recordOf(START + 1000 * at, 'b', log2(1, 1_000_000 + at)));
	}
	assert.ok(Number(all(history).groups[0]!.total[0]) < 2000);
});

test('a mebibyte in an attribute counts for what it takes, and is shown short in notices', () => {
	const history = fresh({ maxBytes: 32 * MIB });
	for (let at = 0; at < 20; at++)
		history.take(recordOf(START + at, `${at}${'x'.repeat(MIB - 300)}`, log2(2, at)));
	const { kept } = history.metrics();
	assert.ok(kept.series > 1 && kept.series < 8, `${kept.series}`);
	assert.is(kept.series + kept.refused, 20);
	for (const one of history.records()) history.notice({ ...one, type: 'notice', kind: 'late' });
	const text = JSON.stringify(history.notices(0, START + HOUR));
	assert.ok(text.length < 200_000, `${text.length}`);
	assert.match(text, /\.\.\. \(\d+ characters\)/);
});

test('one time far ahead moves nothing; a clock that stays there is believed', () => {
	const history = fresh({ clock: () => START + 10_000 });
	for (let at = 0; at < 10; at++) history.take(recordOf(START + 1000 * at, 'a', log2(1, at)));
	const ahead = START + 10 * 365 * 24 * HOUR;
	history.take(recordOf(ahead, 'a', log2(1, 100)));
	history.take(recordOf(START + 10_000, 'a', log2(1, 10)));
	assert.is(history.newest(), START + 10_000);
	assert.equal(all(history).groups[0]!.total, [10]);
	assert.is(kindsOf(history).early, 1);
	for (let at = 0; at < 60; at++) history.take(recordOf(ahead + 1000 * at, 'a', log2(1, 100 + at)));
	assert.is(history.newest(), ahead + 59_000);
});

test('a clock that was set back is said, and time goes on from there', () => {
	const history = fresh({ clock: () => START + HOUR });
	for (let at = 0; at < 300; at++) history.take(recordOf(START + 600_000 + 1000 * at, 'a', log2(1, at)));
	for (let at = 0; at < 60; at++) history.take(recordOf(START + 1000 * at, 'a', log2(1, 300 + at)));
	assert.is(history.newest(), START + 59_000);
	assert.is(kindsOf(history).clock, 1);
	const { groups } = all(history, 4000);
	// What was counted while it was not believed yet belongs to no time that is known.
	assert.ok(Number(groups[0]!.total[0]) <= 60);
	for (let at = 60; at < 2000; at++) history.take(recordOf(START + 1000 * at, 'a', log2(1, 300 + at)));
	assert.ok(Number(all(history).groups[0]!.total[0]) <= 2000);
});

test('bounds without end fill a table, and then are left out and said', () => {
	const history = fresh();
	for (let at = 0; at < 3000; at++) {
		const buckets: Bucket[] = [[at, at + 1, 1]];
		history.take({ ...recordOf(START + at, 'a', buckets), temporality: 'delta' });
	}
	assert.equal(all(history).rows.length, 2000);
	assert.is(kindsOf(history).layout, 1000);
});

test('bounds and counts of any size are exact', () => {
	const large = (most: bigint) => fc.bigInt({ min: 0n, max: most }).map((one) => `${one}`);
	fc.assert(
		fc.property(
			fc.array(large(10n ** 30n), { minLength: 1, maxLength: 20 }),
			large(10n ** 30n),
			(counts, edge) => {
				const history = fresh();
				const upper = `${BigInt(edge) + 10n ** 20n}`;
				for (const [at, count] of counts.entries()) {
					const record = recordOf(START + 1000 * at, 'a', [[edge, upper, count]]);
					history.take({ ...record, temporality: 'delta' });
				}
				const sum = counts.reduce((all, count) => all + BigInt(count), 0n);
				const { groups, rows } = all(history);
				if (sum === 0n) return;
				assert.is(BigInt(groups[0]!.total[0]!), sum);
				assert.is(`${BigInt(rows[0]![0]!)}`, edge);
			},
		),
	);
});

test('samples fall into the bucket of their power of two', () => {
	const history = fresh();
	const sample = (value: Exact): Sample => ({
		type: 'sample',
		ts: START,
		host: 'a',
		metric: 'lat',
		unit: 'us',
		attributes: {},
		value,
	});
	for (const value of [0, 1, 1, 3, 2.5, 131, -7, '18446744073709551616']) history.take(sample(value));
	const { rows, groups } = all(history);
	assert.equal(rows, [
		[null, 0],
		[0, 1],
		[1, 2],
		[2, 4],
		[128, 256],
		['18446744073709551616', '36893488147419103232'],
	]);
	assert.equal(groups[0]!.total, [1, 1, 2, 2, 1, 1]);
});

test('layouts that cross are added up where that leaves enough to see, and else keep their rows', () => {
	const few = fresh();
	few.take({ ...recordOf(START, 'a', log2(12, 1)), temporality: 'delta' });
	few.take({ ...recordOf(START, 'b', [[0, 2, 5]]), temporality: 'delta' });
	const merged = all(few);
	assert.not(merged.isOverlapping);
	assert.equal(merged.rows[0], [0, 2]);
	assert.equal(merged.groups[0]!.total.slice(0, 2), [7, 1]);
	assert.match(merged.remarks.join(), /2 buckets are added/);

	const many = fresh();
	const linear = Array.from({ length: 10 }, (_, at): Bucket => [100 * at, 100 * at + 100, 1]);
	many.take({ ...recordOf(START, 'a', log2(11, 1)), temporality: 'delta' });
	many.take({ ...recordOf(START, 'b', linear), temporality: 'delta' });
	const both = all(many);
	assert.ok(both.isOverlapping);
	assert.is(both.rows.length, 21);
	assert.equal(
		both.groups[0]!.total.reduce<number>((sum, one) => sum + Number(one), 0),
		21,
	);
	assert.match(both.remarks.join(), /overlap/);
});

test('an answer has no more cells than can be added up in a moment', () => {
	const history = fresh();
	for (let at = 0; at < 100; at++)
		for (let row = 0; row < 20; row++) {
			const buckets: Bucket[] = [[100 * at + row, 100 * at + row + 1, 1]];
			history.take({ ...recordOf(START + at, `c${at}`, buckets), temporality: 'delta' });
		}
	const { groups, more, rows } = history.columns({
		metric: 'lat',
		unit: 'us',
		type: 'histogram',
		from: START - 4_000_000,
		to: START,
		columns: 4000,
		attributes: {},
		by: 'comm',
		limit: 500,
	});
	assert.is(rows.length, 2000);
	assert.ok(groups.length < 100 && groups.length + more === 100, `${groups.length}`);
});

test('notices are bounded too: those that say the same are one, the oldest go, and how many is told', () => {
	const history = fresh();
	const notice = (at: number, metric: string) =>
		history.notice({ type: 'notice', ts: START + at, host: 'a', metric, kind: 'late', count: 2 });
	for (let at = 0; at < 9; at++) notice(at, 'same');
	assert.equal(
		history.notices(0, START + HOUR).notices.map(({ count }) => count),
		[18],
	);
	for (let at = 0; at < 10_000; at++) notice(at, `m${at}`);
	const { notices, more } = history.notices(0, START + HOUR);
	assert.is(notices[0]!.metric, 'm9999');
	assert.is(notices.length + more, 10_001);
	assert.equal(history.notices(START + 9990, START + HOUR).notices.length, 10);
	assert.is(history.notices(START + 9990, START + HOUR).more, 0);
	assert.equal(history.notices(0, START + HOUR, 'm9995').notices.length, 1);
	assert.is(history.counts().notices, 10_009);
	for (let at = 0; at < 5000; at++) notice(at, `${at}${'x'.repeat(5000)}`);
	const size = JSON.stringify(history.notices(0, START + HOUR)).length;
	assert.ok(size < 4 * MIB, `${size}`);
});

test.run();
