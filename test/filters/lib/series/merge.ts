import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bucket, Gauge, Histogram, Sum } from '../../../../filters/lib/record.ts';
import { merge, temporalityOf } from '../../../../filters/lib/series/merge.ts';

const test = suite('lib/series/merge');

const common = { ts: 1, host: 'h', metric: 'm', unit: '1', attributes: {} };
const histogram = (temporality: 'delta' | 'cumulative', ...buckets: Bucket[]): Histogram => ({
	type: 'histogram',
	...common,
	temporality,
	buckets,
});
const sum = (temporality: 'delta' | 'cumulative', value: number | string): Sum => ({
	type: 'sum',
	...common,
	temporality,
	monotonic: true,
	value,
});
const gauge = (value: number): Gauge => ({ type: 'gauge', ...common, value });

test('of what is cumulative, or a gauge, the newest record counts', () => {
	assert.equal(merge({ record: sum('cumulative', 5) }, sum('cumulative', 3)), {
		record: sum('cumulative', 3),
	});
	assert.equal(merge({ record: gauge(5) }, gauge(3)), { record: gauge(3) });
	assert.equal([temporalityOf(gauge(1)), temporalityOf(sum('delta', 1))], ['', 'delta']);
});

test('increments add up, exactly', () => {
	const most = sum('delta', '9007199254740993');
	assert.equal(merge({ record: most }, sum('delta', 2)), { record: sum('delta', '9007199254740995') });
	const two = merge({ record: histogram('delta', [0, 1, 5]) }, histogram('delta', [0, 1, 1], [4, 8, 2]));
	assert.equal(two, { record: histogram('delta', [0, 1, 6], [4, 8, 2]) });
});

test('increments whose bounds cross have no sum, and nothing mends that', () => {
	const broken = merge({ record: histogram('delta', [0, 2, 5]) }, histogram('delta', [1, 3, 1]));
	assert.match(broken.broken!, /bounds that cross/);
	assert.is(merge(broken, histogram('delta', [0, 2, 5])), broken);
});

test.run();
