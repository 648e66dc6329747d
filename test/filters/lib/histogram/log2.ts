import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { log2Range } from '../../../../filters/lib/histogram/log2.ts';

const test = suite('histogram: log2');

test('lower bounds from the first to the last, both included', () => {
	assert.equal(log2Range('0..4', '--x'), [
		[0, 1, 0],
		[1, 2, 0],
		[2, 4, 0],
		[4, 8, 0],
	]);
	assert.is(log2Range('0..1048576', '--x').length, 22);
	assert.equal(log2Range('8..8', '--x'), [[8, 16, 0]]);
	assert.equal(log2Range('0..0', '--x'), [[0, 1, 0]]);
});

test('up to 2^63, exact', () => {
	assert.equal(log2Range('9223372036854775808..9223372036854775808', '--x'), [
		['9223372036854775808', '18446744073709551616', 0],
	]);
	assert.throws(() => log2Range('1..18446744073709551616', '--x'), /not FIRST\.\.LAST/);
});

test('what is no range is refused with what to write', () => {
	for (const text of ['', '4', '4..2', '0..3', '3..8', '-1..4', '0..', '0..x', '0...4', '0..4 '])
		assert.throws(
			() => log2Range(text, '--zero-buckets'),
			(error: Error & { code?: number }) =>
				error.code === 64 && error.message.startsWith(`--zero-buckets: "${text}" is not`),
			text,
		);
});

test.run();
