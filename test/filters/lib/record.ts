// The record and the control lines: what is exact stays exact, what is wrong is said in words.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	barrierLine,
	exact,
	faultIn,
	isControl,
	parseControl,
	parseRecord,
	seriesKey,
	timeLine,
	toBigInt,
	typeOf,
} from '../../../filters/lib/record.ts';

const test = suite('record');

test('whole numbers of any size go through a record unchanged', () => {
	fc.assert(fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (n) => toBigInt(exact(n)) === n));
	assert.is(exact(9007199254740991n), 9007199254740991);
	assert.is(exact(9007199254740992n), '9007199254740992');
	assert.is(exact(-9007199254740992n), '-9007199254740992');
});

test('what is no whole number is refused, not rounded', () => {
	for (const value of [1.5, Number.NaN, 2 ** 53, '1.5', '', 'x', '1e3', ' 1', '0x10']) {
		assert.throws(() => toBigInt(value), RangeError);
	}
});

test('time lines keep milliseconds, and the mark of sample data', () => {
	fc.assert(
		fc.property(fc.nat(4e12), fc.boolean(), (ms, synthetic) => {
			assert.equal(parseControl(timeLine(ms, synthetic)), { kind: 'ts', ms, synthetic });
		}),
	);
	assert.equal(parseControl('#!ts 1763712000.25'), { kind: 'ts', ms: 1763712000250, synthetic: false });
	assert.equal(parseControl('#!ts 1763712000.123456789\r'), {
		kind: 'ts',
		ms: 1763712000123,
		synthetic: false,
	});
});

test('control lines of another kind, or malformed, are still control lines', () => {
	for (const line of [
		'#!',
		'#!ts',
		'#!ts x',
		'#!ts -1',
		'#!ts 1 2',
		'#!pos',
		'#!pos {',
		'#!pos 3',
		'#!later {}',
	]) {
		assert.ok(isControl(line));
		assert.equal(parseControl(line), { kind: 'other' });
	}
});

test('a barrier comes back as it went', () => {
	const position = { ino: 12, offset: '99999999999999999999', nested: { a: [1] } };
	assert.equal(parseControl(barrierLine(position)), { kind: 'pos', position });
});

test('series are the same exactly when their names are', () => {
	const base = { type: 'sum', host: 'h', metric: 'm', unit: '1', attributes: { a: '1', b: '2' } };
	assert.is(seriesKey(base), seriesKey({ ...base, attributes: { b: '2', a: '1' } }));
	assert.is.not(seriesKey(base), seriesKey({ ...base, attributes: { a: '1,b', b: '' } }));
	assert.is.not(seriesKey(base), seriesKey({ ...base, type: 'gauge' }));
});

test('the type of a line is found without reading it, and only of records', () => {
	assert.is(typeOf('{"type":"histogram","ts":'), 'histogram');
	assert.is(typeOf('{ "x": 1, "type": "later" }'), 'later');
	for (const line of ['', '{}', '[]', 'null', '3', '"type"', '{"type":3}', '{"x":{"type":"sum"}}', '@a: 1']) {
		assert.is(typeOf(line), '', line);
	}
	assert.is(parseRecord('{"type":"sum"'), undefined);
});

const histogram = {
	type: 'histogram',
	ts: 1,
	host: 'h',
	metric: 'm',
	unit: 'us',
	attributes: {},
	temporality: 'cumulative',
	buckets: [] as unknown[],
};
const FAULTS: [string, object, RegExp | ''][] = [
	['nothing counted', {}, ''],
	[
		'open at both ends',
		{
			buckets: [
				[null, 0, 1],
				[0, 1, 1],
				[4, null, 1],
			],
		},
		'',
	],
	['beyond 2^53', { buckets: [['9007199254740992', '18014398509481984', '99999999999999999999']] }, ''],
	['a fraction of a millisecond', { ts: 1.5 }, /"ts"/],
	['before the epoch', { ts: -1 }, /"ts"/],
	['no host', { host: undefined }, /"host"/],
	['attributes that are numbers', { attributes: { a: 1 } }, /"attributes"/],
	['attributes in a list', { attributes: ['a'] }, /"attributes"/],
	['no temporality', { temporality: 'x' }, /"temporality"/],
	['buckets in a map', { buckets: {} }, /"buckets"/],
	['two numbers', { buckets: [[0, 1]] }, /\[lower, upper, count\]/],
	['a fraction', { buckets: [[0, 1, 0.5]] }, /whole numbers/],
	[
		'out of order',
		{
			buckets: [
				[4, 8, 1],
				[0, 1, 1],
			],
		},
		/overlap/,
	],
	[
		'overlapping',
		{
			buckets: [
				[0, 2, 1],
				[1, 4, 1],
			],
		},
		/overlap/,
	],
	['no width', { buckets: [[1, 1, 1]] }, /empty/],
	[
		'after the open end',
		{
			buckets: [
				[1, null, 1],
				[4, 8, 1],
			],
		},
		/order/,
	],
	[
		'open below in the middle',
		{
			buckets: [
				[1, 2, 1],
				[null, 4, 1],
			],
		},
		/order/,
	],
];
for (const [name, change, expected] of FAULTS) {
	test(`a histogram with ${name}`, () => {
		const fault = faultIn({ ...histogram, ...change });
		if (expected === '') assert.is(fault, '');
		else assert.match(fault, expected);
	});
}

test('other types: a value must be a number; unknown types are never wrong', () => {
	const gauge = { ...histogram, type: 'gauge', value: 1.5 };
	assert.is(faultIn(gauge), '');
	assert.match(faultIn({ ...gauge, value: 'x' }), /"value"/);
	assert.match(faultIn({ ...gauge, type: 'sum' }), /"monotonic"/);
	assert.is(faultIn({ type: 'later', anything: 1 }), '');
	assert.match(faultIn({ type: 'notice', ts: 1 }), /"kind"/);
});

test.run();
