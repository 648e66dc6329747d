import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { align, emptied, filled, sum } from '../../../../filters/lib/histogram/layout.ts';
import { totalOf } from '../../../../filters/lib/histogram/total.ts';
import { type Bucket, faultIn } from '../../../../filters/lib/record.ts';

const test = suite('histogram: layout');

test('buckets side by side, with zero where one side has none', () => {
	assert.equal(align([[0, 1, 5]], [[0, 1, 7]]), [[0, 1, 5, 7]]);
	assert.equal(align([[0, 1, 5]], [[1, 2, 7]]), [
		[0, 1, 5, 0],
		[1, 2, 0, 7],
	]);
	assert.equal(align([[4, null, 5]], [[null, 0, 7]]), [
		[null, 0, 0, 7],
		[4, null, 5, 0],
	]);
	assert.equal(align([], []), []);
	assert.equal(align([['9007199254740993', null, 1]], [['9007199254740993', null, 2]]), [
		['9007199254740993', null, 1, 2],
	]);
});

test('bounds that cross have no common layout', () => {
	for (const [left, right] of [
		[[[0, 2, 1]], [[1, 3, 1]]],
		[[[0, 4, 1]], [[1, 2, 1]]],
		[[[0, null, 1]], [[0, 4, 1]]],
		[[[null, 4, 1]], [[0, 4, 1]]],
		[[['9007199254740993', null, 1]], [['9007199254740992', null, 1]]],
	] as [Bucket[], Bucket[]][]) {
		assert.is(align(left, right), undefined);
		assert.is(align(right, left), undefined);
	}
});

test('known buckets that nothing crosses are filled in, as zeros', () => {
	const known: Bucket[] = emptied([
		[0, 1, 9],
		[1, 2, 9],
		[2, 4, 9],
	]);
	assert.equal(filled([[1, 2, 5]], known), [
		[0, 1, 0],
		[1, 2, 5],
		[2, 4, 0],
	]);
	assert.equal(filled([[1, 3, 5]], known), [
		[0, 1, 0],
		[1, 3, 5],
	]);
});

test('where bounds cross, the smallest buckets that hold both are added up, and only those', () => {
	assert.equal(sum([[0, 2, 1]], [[1, 3, 2]]), [[0, 3, 3]]);
	const left: Bucket[] = [
		[null, -30, 1],
		[-30, -20, 1],
		[50, null, 4],
	];
	assert.equal(sum(left, [[-25, 0, 2]]), [
		[null, -30, 1],
		[-30, 0, 3],
		[50, null, 4],
	]);
	assert.equal(sum([[-25, 0, 2]], left), sum(left, [[-25, 0, 2]]));
	assert.equal(sum([[null, 0, 1]], [[null, 4, 2]]), [[null, 4, 3]]);
	assert.equal(sum([[0, null, 1]], [[4, null, 2]]), [[0, null, 3]]);
});

/** Buckets in order, with gaps, open at one end or both, from small bounds so that they often meet. */
const buckets = fc
	.tuple(
		fc.uniqueArray(fc.integer({ min: -8, max: 8 }), { minLength: 2, maxLength: 8 }),
		fc.array(fc.nat(3), { minLength: 7, maxLength: 7 }),
		fc.boolean(),
		fc.boolean(),
	)
	.map(([bounds, counts, below, above]): Bucket[] => {
		const edges = bounds.sort((a, b) => a - b);
		const rows = edges.slice(1).map((upper, at): Bucket => [edges[at]!, upper, counts[at]!]);
		if (below) rows[0]![0] = null;
		if (above) rows.at(-1)![1] = null;
		return rows.filter(([, , count]) => count !== 3);
	});

test('whatever the bounds: a sum is a good histogram, counts all of both sides, and does not depend on their order', () => {
	fc.assert(
		fc.property(buckets, buckets, (left, right) => {
			const both = sum(left, right);
			const record = {
				...{ type: 'histogram', ts: 5, host: 'h', metric: 'm', unit: '1', attributes: {} },
				...{ temporality: 'cumulative', buckets: both },
			};
			assert.is(faultIn(record), '');
			assert.is(totalOf(both), Number(totalOf(left)) + Number(totalOf(right)));
			assert.equal(sum(right, left), both);
			const rows = align(left, right);
			if (rows) assert.equal(rows.length, both.length);
			for (const [lower, upper] of [...left, ...right])
				assert.ok(
					both.some(
						([from, to]) =>
							(from === null || (lower !== null && lower >= from)) &&
							(to === null || (upper !== null && upper <= to)),
					),
					'a bucket of either side is within one of the sum',
				);
		}),
		{ numRuns: 500 },
	);
});

test.run();
