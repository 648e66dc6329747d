import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exponentialOf } from '../../../../filters/lib/histogram/exponential.ts';
import { type Bucket, exact } from '../../../../filters/lib/record.ts';

const test = suite('histogram: exponential');

test('powers of two are schema 0, and what begins at zero is the zero bucket', () => {
	assert.equal(
		exponentialOf([
			[0, 1, 5],
			[1, 2, 7],
			[4, 8, 1],
		]),
		{
			schema: 0,
			threshold: 1,
			zero: [0],
			positive: [
				{ index: 0, at: 1 },
				{ index: 2, at: 2 },
			],
			negative: [],
		},
	);
	assert.is(exponentialOf([[0, 2, 1]])!.threshold, 2);
	assert.equal(exponentialOf([]), { schema: 0, threshold: 0, zero: [], positive: [], negative: [] });
});

test('below zero the buckets mirror, the smallest first', () => {
	const found = exponentialOf([
		[-8, -4, 1],
		[-2, -1, 2],
		[-1, 0, 3],
		[0, 1, 4],
		[1, 2, 5],
	])!;
	assert.equal(found.negative, [
		{ index: 0, at: 1 },
		{ index: 2, at: 0 },
	]);
	assert.equal([found.zero, found.threshold], [[2, 3], 1]);
});

test('a coarser factor has a schema below zero, down to 65,536', () => {
	assert.equal(
		exponentialOf([
			[1, 4, 1],
			[16, 64, 1],
		])!.positive.map(({ index }) => index),
		[0, 2],
	);
	assert.is(exponentialOf([[1, 4, 1]])!.schema, -1);
	assert.is(exponentialOf([[65536, 4294967296, 1]])!.schema, -4);
	assert.is(exponentialOf([[1, 2 ** 32, 1]]), undefined);
});

test('bounds beyond 2^53 are exact', () => {
	const [lower, upper] = [2n ** 100n, 2n ** 101n].map(exact) as [string, string];
	assert.equal(exponentialOf([[lower, upper, 1]])!.positive, [{ index: 100, at: 0 }]);
	assert.is(exponentialOf([[exact(2n ** 100n + 1n), upper, 1]]), undefined);
});

test('what no such histogram has is none', () => {
	const none: [string, Bucket[]][] = [
		['no end', [[4, null, 1]]],
		['no beginning', [[null, 0, 0]]],
		['other bounds', [[3, 6, 1]]],
		['a factor of eight', [[1, 8, 1]]],
		['a factor of four from two on', [[2, 8, 1]]],
		[
			'two factors',
			[
				[1, 2, 1],
				[4, 16, 1],
			],
		],
		['zero in the midst of odd bounds', [[0, 10, 1]]],
		[
			'a zero bucket that reaches over another',
			[
				[-4, 0, 1],
				[0, 1, 1],
				[1, 2, 1],
			],
		],
	];
	for (const [why, buckets] of none) assert.is(exponentialOf(buckets), undefined, why);
});

test('every bucket has exactly one place, and its bounds are those of the place', () => {
	const exponent = fc.uniqueArray(fc.nat(120), { maxLength: 20 });
	fc.assert(
		fc.property(exponent, exponent, fc.boolean(), fc.nat(4), (above, below, hasZero, shift) => {
			const width = 2 ** shift;
			const edge = (at: number) => 2n ** BigInt(at * width);
			const ascending = (list: number[]) => [...list].sort((a, b) => a - b);
			const buckets: Bucket[] = [
				...ascending(below)
					.reverse()
					.map((at): Bucket => [exact(-edge(at + 1)), exact(-edge(at)), 1]),
				...(hasZero ? [[0, 1, 1] as Bucket] : []),
				...ascending(above).map((at): Bucket => [exact(edge(at)), exact(edge(at + 1)), 1]),
			];
			const found = exponentialOf(buckets)!;
			const isOne = above.length + below.length === 0;
			assert.is(found.schema, isOne ? 0 : 0 - shift);
			const places = [
				...found.zero,
				...found.positive.map(({ at }) => at),
				...found.negative.map(({ at }) => at),
			];
			assert.equal(
				places.sort((a, b) => a - b),
				buckets.map((_bucket, at) => at),
			);
			for (const { index, at } of found.positive) assert.is(buckets[at]![0], exact(edge(index)));
			for (const { index, at } of found.negative) assert.is(buckets[at]![1], exact(-edge(index)));
			assert.equal(
				found.positive.map(({ index }) => index),
				ascending(above),
			);
			assert.equal(
				found.negative.map(({ index }) => index),
				ascending(below),
			);
		}),
	);
});

test.run();
