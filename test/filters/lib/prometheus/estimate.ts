import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { estimatedSum } from '../../../../filters/lib/prometheus/estimate.ts';
import type { Bucket } from '../../../../filters/lib/record.ts';

const test = suite('prometheus: sums out of middles');

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
