import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bucketNode } from '../../filters/lib/graphite/encoding.ts';
import { goldenSuite, run } from '../program.ts';

goldenSuite('graphite-line');

const parts = suite('graphite-line: names of buckets');

parts('lower bounds, and what there is instead', () => {
	assert.is(bucketNode([16, 32, 1]), '16');
	assert.is(bucketNode([-8, -4, 1]), 'neg_8');
	assert.is(bucketNode([null, 0, 1]), 'lt_0');
	assert.is(bucketNode([null, -4, 1]), 'lt_neg_4');
	assert.is(bucketNode([null, null, 1]), 'all');
	assert.is(bucketNode(['9223372036854775808', null, 1]), '9223372036854775808');
});

const test = suite('graphite-line: the program');
const sum = (metric: string) =>
	`${JSON.stringify({ type: 'sum', ts: 1000, host: 'h', metric, unit: '1', attributes: {}, temporality: 'cumulative', monotonic: true, value: 1 })}\n`;

test('one name for two metrics is a warning', async () => {
	const { status, stdout, stderr } = await run('graphite-line', ['-m', 'x'], sum('a') + sum('b'));
	assert.is(status, 0);
	assert.is(stdout, 'h.x 1 1\nh.x 1 1\n');
	assert.match(stderr, /warning: -m gives a and b one name/);
});

test('usage', async () => {
	for (const args of [
		['--values', 'total'],
		['--escape', 'no'],
		['--host-dots', 'no'],
		['--percentiles', '0'],
	]) {
		const { status, stdout, stderr } = await run('graphite-line', args);
		assert.is(status, 64);
		assert.is(stdout, '');
		assert.match(stderr, /^graphite-line: --/);
	}
});

parts.run();
test.run();
