import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { edgesOf, floatRows, isSameLayout } from '../../../../filters/lib/histogram/edges.ts';
import type { Bucket } from '../../../../filters/lib/record.ts';

const test = suite('histogram: inclusive edges');

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

test('rows as floats, with what lies up to each; bounds that come to one float are one row', () => {
	const of = (...buckets: Bucket[]) => floatRows(edgesOf(buckets), buckets);
	assert.equal(of([0, 1, 5], [2, 4, 3], [8, null, 2]), [
		[0, 5],
		[1, 5],
		[3, 8],
		[7, 8],
	]);
	assert.equal(
		of(['1152921504606846976', '1152921504606846978', 4], ['1152921504606846978', '1152921504606846980', 5]),
		[[2 ** 60, 9]],
	);
	assert.equal(of([null, null, 3]), []);
});

test.run();
