import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { percentile, percentList } from '../../../../filters/lib/histogram/percentile.ts';
import type { Bucket } from '../../../../filters/lib/record.ts';

const test = suite('percentile');

test('interpolated inside its bucket', () => {
	assert.is(
		percentile(
			[
				[0, 10, 10],
				[10, 20, 10],
			],
			50,
		),
		10,
	);
	assert.is(
		percentile(
			[
				[0, 10, 10],
				[10, 20, 10],
			],
			75,
		),
		15,
	);
	assert.is(percentile([[8, 16, 1]], 100), 16);
});

test('a bucket without an end gives its finite edge', () => {
	assert.is(
		percentile(
			[
				[0, 1, 1],
				[1, null, 99],
			],
			50,
		),
		1,
	);
	assert.is(
		percentile(
			[
				[null, 0, 99],
				[0, 1, 1],
			],
			50,
		),
		0,
	);
	assert.is(percentile([[null, null, 9]], 50), undefined);
});

test('nothing counted, no percentile', () => {
	assert.is(percentile([], 50), undefined);
	assert.is(percentile([[0, 1, 0]], 50), undefined);
});

test('within the bucket that holds the true value, whatever was measured', () => {
	const log2 = (value: number): [number, number] => {
		const lower = value < 1 ? 0 : 2 ** Math.floor(Math.log2(value));
		return [lower, lower === 0 ? 1 : lower * 2];
	};
	const values = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 200 });
	fc.assert(
		fc.property(values, fc.double({ min: 0.1, max: 100, noNaN: true }), (measured, percent) => {
			const counts = new Map<number, Bucket>();
			for (const value of measured) {
				const [lower, upper] = log2(value);
				counts.set(lower, [lower, upper, Number(counts.get(lower)?.[2] ?? 0) + 1]);
			}
			const buckets = [...counts.values()].sort(([a], [b]) => Number(a) - Number(b));
			const sorted = [...measured].sort((a, b) => a - b);
			const rank = Math.min(sorted.length, Math.max(1, Math.ceil((percent / 100) * sorted.length)));
			const [lower, upper] = log2(sorted[rank - 1]!);
			const found = percentile(buckets, percent)!;
			assert.ok(found >= lower && found <= upper, `${found} is not in [${lower}, ${upper}]`);
		}),
		{ numRuns: 1000 },
	);
});

test('lists', () => {
	assert.equal(percentList('50,95,99.9', 'x'), [50, 95, 99.9]);
	for (const text of ['', '0', '101', '50,', 'p99'])
		assert.throws(() => percentList(text, 'x'), /percentile/);
});

test('counts that doubles cannot add up leave the last bucket for what is at the very end', () => {
	const buckets: Bucket[] = [
		[0, 1, '9007199254740992'],
		[1, 2, 1],
		[2, 4, 1],
	];
	assert.is(percentile(buckets, 100), 4);
});

test.run();
