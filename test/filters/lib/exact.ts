import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { add, compare, subtract } from '../../../filters/lib/exact.ts';
import { exact } from '../../../filters/lib/record.ts';

const test = suite('exact');
const LARGEST = Number.MAX_SAFE_INTEGER;

test('whole numbers of any size, to the last digit', () => {
	assert.is(add(1, 2), 3);
	assert.is(add(LARGEST, 1), '9007199254740992');
	assert.is(add('9007199254740993', 1), '9007199254740994');
	assert.is(add('9007199254740992', -1), LARGEST);
	assert.is(subtract(3, 5), -2);
	assert.is(subtract(-LARGEST, 2), '-9007199254740993');
	assert.is(subtract('9007199254740993', '9007199254740992'), 1);
});

test('with a fraction on either side they are floats', () => {
	assert.is(add(0.5, 0.25), 0.75);
	assert.is(add(0.5, 0.5), 1);
	assert.is(subtract(1.5, 1), 0.5);
	assert.is(add('9007199254740993', 0.5), 9007199254740992);
	assert.is(subtract(0.5, '1'), -0.5);
});

test('order, between numbers and digits too', () => {
	assert.ok(compare(1, 2) < 0 && compare(2, 1) > 0 && compare(2, 2) === 0);
	assert.ok(compare('9007199254740993', '9007199254740992') > 0);
	assert.ok(compare('9007199254740992', '9007199254740993') < 0);
	assert.is(compare('9007199254740993', '9007199254740993'), 0);
	assert.ok(compare(LARGEST, '9007199254740993') < 0 && compare('10', 9) > 0);
	assert.ok(compare(0.5, '1') < 0 && compare('1', 0.5) > 0);
});

test('property: as bigints have it', () => {
	const any = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n });
	const near = fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n });
	const value = fc.oneof(any, near, fc.bigInt({ min: -9n, max: 9n }));
	fc.assert(
		fc.property(value, value, (a, b) => {
			assert.is(add(exact(a), exact(b)), exact(a + b));
			assert.is(subtract(exact(a), exact(b)), exact(a - b));
			assert.is(Math.sign(compare(exact(a), exact(b))), a < b ? -1 : Number(a > b));
		}),
	);
});

test.run();
