import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Gauge, Histogram, Measure, Notice, Sum } from '../../../../filters/lib/record.ts';
import { createGroup, groupKey } from '../../../../filters/lib/series/fold.ts';

const COMMON = { ts: 1, host: 'h', metric: 'm', unit: 'us' };
const sum = (comm: string, value: Sum['value'], more: Partial<Sum> = {}): Sum => ({
	type: 'sum',
	...COMMON,
	attributes: { comm },
	temporality: 'delta',
	monotonic: true,
	value,
	...more,
});
const gauge = (comm: string, value: number): Gauge => ({
	type: 'gauge',
	...COMMON,
	attributes: { comm },
	value,
});
const histogram = (comm: string, buckets: Histogram['buckets'], more: object = {}): Histogram => ({
	type: 'histogram',
	...COMMON,
	attributes: { comm },
	temporality: 'delta',
	buckets,
	...more,
});

const closed = (most: number, ...records: Measure[]) => {
	const group = createGroup(records[0]!, most);
	for (const record of records) group.take(record);
	return group.close();
};
const shape = (most: number, ...records: Measure[]) =>
	closed(most, ...records).map((one) =>
		one.type === 'notice'
			? `${one.kind} ${one.count}`
			: `${Object.values(one.attributes).join('/')} ${'value' in one ? one.value : JSON.stringify(one.buckets)}`,
	);

const test = suite('fold');

test('just as many as pass are not folded, one more is', () => {
	assert.equal(shape(2, sum('a', 1), sum('b', 2)), ['a 1', 'b 2']);
	assert.equal(shape(2, sum('a', 1), sum('b', 2), sum('c', 3)), ['folded 1', 'b 2', 'c 3', 'other 1']);
});

test('of equals the first by name passes, in whatever order they come', () => {
	for (const order of ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
		assert.equal(shape(1, ...[...order].map((name) => sum(name, 5))), ['folded 2', 'a 5', 'other 10']);
});

test('whole numbers of any size are weighed and added up exactly', () => {
	const most = '1000000000000000000000000000000000000000';
	assert.equal(
		shape(1, sum('a', '9007199254740993'), sum('b', '9007199254740994'), sum('c', most), sum('d', 1)),
		['folded 3', `c ${most}`, 'other 18014398509481988'],
	);
});

test('a series called other is no candidate, and by itself it is no fold', () => {
	assert.equal(shape(1, sum('other', 9), sum('a', 1)), ['other 9', 'a 1']);
	assert.equal(shape(1, sum('other', 9), sum('a', 1), sum('b', 2)), ['folded 2', 'b 2', 'other 10']);
	assert.equal(
		shape(3, sum('other', 9), sum('a', 1), sum('', 4, { attributes: { x: 'other', y: 'other' } })),
		['folded 2', 'a 1', 'other/other/other 13'],
	);
	assert.equal(shape(1, sum('', 9, { attributes: {} }), sum('a', 1)), ['folded 1', ' 9', 'other 1']);
});

test('a fold has the attributes of all, and none whose name means something to JavaScript is lost', () => {
	const odd = JSON.parse('{"__proto__":"x","comm":"y"}');
	const [, , fold] = closed(1, sum('a', 3), sum('', 2, { attributes: odd }));
	assert.is(JSON.stringify((fold as Sum).attributes), '{"comm":"other","__proto__":"other"}');
});

test('a fold says nothing that only one of its series says', () => {
	const odd = { ...sum('a', 1, { start: 5 }), zebra: 1 } as Sum;
	const [, kept, fold] = closed(1, odd, sum('b', 2, { start: 7 }), sum('c', 9), { ...odd, value: 0 });
	assert.equal(kept, sum('c', 9));
	assert.equal(fold, sum('other', 3, { start: 5 }));
});

test('increments of one series are added up before they are weighed; of a level the last counts', () => {
	assert.equal(shape(1, sum('a', 2), sum('b', 3), sum('a', 2)), ['folded 1', 'a 4', 'other 3']);
	const level = { temporality: 'cumulative', monotonic: false } as const;
	assert.equal(shape(1, sum('a', 9, level), sum('b', 3, level), sum('a', 2, level)), [
		'folded 1',
		'b 3',
		'other 2',
	]);
});

test('crossing bounds are merged, counted, and lose nothing', () => {
	const results = shape(
		1,
		histogram('a', [[0, 1, 9]]),
		histogram('b', [
			[0, 2, 1],
			[2, 4, 2],
		]),
		histogram('c', [[1, 3, 4]]),
		histogram('d', [[8, null, 1]]),
	);
	assert.equal(results, ['folded 3', 'layout 1', 'a [[0,1,9]]', 'other [[0,4,7],[8,null,1]]']);
});

test('gauges beyond the budget are left out; the highest stay, and the notice names the next ones', () => {
	assert.equal(shape(1, gauge('a', 1), gauge('b', 0.5), gauge('other', 0)), ['folded 2', 'a 1']);
	const [few] = closed(1, ...Array.from({ length: 21 }, (_, at) => gauge(`${at}`, at))) as [Notice];
	assert.match(few.detail!, /\{"comm":"0"\}$/);
	const many = Array.from({ length: 1000 }, (_, at) => gauge(`${at}${'x'.repeat(3000)}`, at));
	const [notice] = closed(1, ...many) as [Notice];
	assert.match(
		notice.detail!,
		/^999 of 1000 series \(gauge, us\) are left out, .*: \{"comm":"998x+, .* and 979 more$/,
	);
	assert.ok(notice.detail!.length < 5000);
});

test('a group that is folded early is the same when each series comes once', () => {
	const group = createGroup(sum('a', 1), 2);
	for (const [at, value] of [3, 1, 4, 1, 5, 9, 2, 6].entries()) {
		group.take(sum(`${at}`, value));
		group.shrink();
		assert.ok(group.size() <= 2);
	}
	assert.equal(
		group.close().map((one) => ('value' in one ? one.value : (one as Notice).detail)),
		['6 of 8 series (sum, us) are in "other", with 16 of 31', 9, 6, 16],
	);
	const levels = [sum('other', 1), sum('a', 2)];
	const again = createGroup(levels[0]!, 1);
	again.take(sum('b', 1));
	again.take(sum('c', 1));
	again.shrink();
	again.take(sum('other', 5));
	assert.equal(
		again.close().map((one) => ('value' in one ? one.value : (one as Notice).count)),
		[2, 1, 6],
	);
});

test('groups: what never mixes', () => {
	const keys = [
		sum('a', 1),
		sum('a', 1, { synthetic: true }),
		sum('a', 1, { monotonic: false }),
		sum('a', 1, { monotonic: false, temporality: 'cumulative' }),
		sum('a', 1, { host: 'i' }),
		sum('a', 1, { metric: 'n' }),
		sum('a', 1, { unit: 's' }),
		gauge('a', 1),
		histogram('a', []),
	].map(groupKey);
	assert.is(new Set(keys).size, keys.length);
	assert.is(groupKey(sum('a', 1)), groupKey(sum('b', 2, { synthetic: false, ts: 3, start: 1 })));
	const [notice, , fold] = closed(1, sum('a', 1, { synthetic: true }), sum('b', 1, { synthetic: true }));
	assert.ok((notice as Notice).synthetic && (fold as Sum).synthetic);
});

test.run();
