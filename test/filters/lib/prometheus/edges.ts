import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { edgesOf, isSameLayout } from '../../../../filters/lib/prometheus/edges.ts';
import { estimatedSum } from '../../../../filters/lib/prometheus/estimate.ts';
import type { Bucket } from '../../../../filters/lib/record.ts';

const test = suite('prometheus: le, and sums out of middles');

const rows = (...buckets: Bucket[]): (string | undefined)[] =>
	edgesOf(buckets).flatMap(({ below, at }) => [below, at].filter((row) => row !== undefined));

test('a half-open bucket of whole numbers ends at the highest that it holds', () => {
	assert.equal(rows([0, 1, 1], [1, 2, 1], [2, 4, 1], [4, 8, 1]), ['0', '1', '3', '7']);
	assert.equal(rows([null, 0, 1], [0, 1, 1], [1, null, 1]), ['-1', '0']);
	assert.equal(rows([-8, -4, 1], [-4, -1, 1], [-1, 0, 1]), ['-9', '-5', '-2', '-1']);
	assert.equal(rows([null, null, 1]), []);
	assert.equal(rows(), []);
	assert.equal(rows([4, null, 1]), ['3']);
	assert.equal(rows(['9223372036854775808', '18446744073709551616', 1]), [
		'9223372036854775807',
		'18446744073709551615',
	]);
	assert.equal(rows([9007199254740991, '9007199254740992', 1]), ['9007199254740990', '9007199254740991']);
});

test('below a gap stands a row; nothing stands below zero', () => {
	assert.equal(rows([0, 1, 1], [4, 8, 1]), ['0', '3', '7']);
	assert.equal(rows([4, 8, 1]), ['3', '7']);
	assert.equal(rows([1, 2, 1]), ['0', '1']);
	assert.equal(rows([0, 2, 1]), ['1']);
	assert.equal(rows([-4, -2, 1], [0, 2, 1]), ['-5', '-3', '-1', '1']);
	assert.equal(rows([0, 1, 1], [8, null, 1]), ['0', '7']);
});

test('layouts are the same only with the same bounds', () => {
	assert.ok(isSameLayout([[0, 1, 1]], [[0, 1, 2]]));
	assert.not(isSameLayout([[0, 1, 1]], [[0, 2, 1]]));
	assert.not(isSameLayout([[0, 1, 1]], [[-1, 1, 1]]));
	assert.not(isSameLayout([[0, 1, 1]], []));
	assert.not(
		isSameLayout(
			[[0, 1, 1]],
			[
				[0, 1, 1],
				[1, 2, 1],
			],
		),
	);
});

test('a sum out of middles is exact arithmetic', () => {
	assert.is(estimatedSum([[0, 1, 7]]), '0');
	assert.is(estimatedSum([[2, 4, 3]]), '7.5');
	assert.is(
		estimatedSum([
			[2, 4, 1],
			[4, 8, 1],
		]),
		'8',
	);
	assert.is(estimatedSum([[-4, -2, 1]]), '-3.5');
	assert.is(estimatedSum([[8, null, 2]]), '16');
	assert.is(estimatedSum([[null, 0, 2]]), '-2');
	assert.is(estimatedSum([[null, null, 2]]), undefined);
	assert.is(estimatedSum([[null, null, 0]]), '0');
	assert.is(estimatedSum([]), '0');
	assert.is(estimatedSum([['9007199254740993', '9007199254740994', '10']]), '90071992547409930');
});

test('a sum out of middles is the sum where buckets hold one number each', () => {
	fc.assert(
		fc.property(fc.array(fc.nat(100), { maxLength: 20 }), (values) => {
			const buckets = [...new Set(values)]
				.sort((a, b) => a - b)
				.map((value): Bucket => [value, value + 1, values.filter((one) => one === value).length]);
			assert.is(estimatedSum(buckets), String(values.reduce((a, b) => a + b, 0)));
		}),
	);
});

test.run();
