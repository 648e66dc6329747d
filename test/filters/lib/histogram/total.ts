import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { totalOf } from '../../../../filters/lib/histogram/total.ts';
import type { Exact } from '../../../../filters/lib/record.ts';

const test = suite('histogram: total');

const total = (...counts: Exact[]): Exact => totalOf(counts.map((count, index) => [index, index + 1, count]));

test('the counts are added up, exactly, in the short form of a number', () => {
	assert.is(total(), 0);
	assert.is(total(1, 2, 3), 6);
	assert.is(total(2 ** 53 - 2, 1), 2 ** 53 - 1);
	assert.is(total(2 ** 53 - 1, 1), '9007199254740992');
	assert.is(total('18446744073709551615', 1, 2), '18446744073709551618');
	assert.is(total('9007199254740993', '-3'), 9007199254740990);
});

test.run();
