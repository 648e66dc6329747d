// Times and sizes, short enough for a column.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytes, span } from '../../../supervisor/health/quantity.ts';

const test = suite('quantity');

test('times and sizes are short', () => {
	assert.equal([0, 59_999, 60_000, 3_599_999, 3_600_000, 172_800_000].map(span), [
		'0s',
		'59s',
		'1m0s',
		'59m59s',
		'1h0m',
		'2d0h',
	]);
	assert.equal([0, 1023, 1024, 14_000, 96 * 2 ** 20, 5 * 2 ** 50].map(bytes), [
		'0 B',
		'1023 B',
		'1.0 KiB',
		'13 KiB',
		'96 MiB',
		'5120 TiB',
	]);
});

test.run();
