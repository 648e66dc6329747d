// Numbers, quantities, times and names as a reader sees them.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shownName } from '../../../../filters/lib/chart/name.ts';
import { countText, rateText, shareText, shortCount } from '../../../../filters/lib/chart/number.ts';
import { bucketText, intervalText, unitWords, valueText } from '../../../../filters/lib/chart/quantity.ts';
import {
	clockText,
	dateText,
	durationText,
	timeMarks,
	zoneText,
} from '../../../../filters/lib/chart/time.ts';

const test = suite('lib/chart: text');

test('counts keep every digit', () => {
	assert.is(countText(0), '0');
	assert.is(countText(35210), '35,210');
	assert.is(countText('123456789012345678901'), '123,456,789,012,345,678,901');
	assert.is(countText(2 ** 60), '1,152,921,504,606,846,976');
	assert.is(countText(-1234), '-1,234');
	fc.assert(
		fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), (count) => {
			assert.is(countText(count.toString()).replaceAll(',', ''), count.toString());
		}),
	);
});

test('short counts have at most four characters and are off by less than a twentieth', () => {
	const cases = { 0: '0', 999: '999', 1000: '1k', 1234: '1.2k', 16384: '16k', 999960: '1M', 3400000: '3.4M' };
	for (const [count, text] of Object.entries(cases)) assert.is(shortCount(Number(count)), text, count);
	const factors: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
	fc.assert(
		fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (count) => {
			const text = shortCount(count);
			assert.ok(text.length <= 4, text);
			const [, digits, suffix] = /^([\d.]+)(\D?)$/.exec(text)!;
			assert.ok(Math.abs(Number(digits) * factors[suffix!]! - count) <= count / 20, `${count}: ${text}`);
		}),
	);
});

test('rates and parts', () => {
	assert.is(rateText(3412.4), '3,412');
	assert.is(rateText(99.96), '100');
	assert.is(rateText(0.25), '0.25');
	assert.is(rateText(0), '0');
	assert.is(rateText(0.00012), '1.2e-4');
	assert.is(rateText(Number.NaN), '–');
	assert.is(shareText(0.055), '5.5 %');
	assert.is(shareText(0), '0 %');
	assert.is(shareText(1e-9), '< 0.01 %');
	assert.is(shareText(1), '100 %');
});

test('values carry the unit that suits their size', () => {
	for (const [value, unit, text] of [
		[0, 'us', '0 µs'],
		[16, 'us', '16 µs'],
		[1024, 'us', '1.02 ms'],
		[4096, 'us', '4.1 ms'],
		[65536, 'us', '65.5 ms'],
		[1_048_576, 'us', '1.05 s'],
		[512, 'ns', '512 ns'],
		[90_000, 'ms', '90 s'],
		[180, 's', '3 min'],
		[4096, 'By', '4 KiB'],
		[1, 'By', '1 B'],
		[3, '1', '3'],
		[131_072, '1', '131k'],
		[7, 'packets', '7 packets'],
		[7, 'constructor', '7 constructor'],
		[7, 'a\u202eb', '7 a<U+202E>b'],
		[7, 'x'.repeat(99), `7 ${'x'.repeat(24)}… (99 characters)`],
		['18446744073709551616', 'ns', '213504 d'],
	] as const)
		assert.is(valueText(value, unit), text);
	assert.is(unitWords('us'), 'microseconds');
	assert.is(unitWords('toString'), 'toString');
});

test('a bucket is an interval, with the edges it has', () => {
	assert.is(intervalText([32, 64], 'us'), '32 – 64 µs');
	assert.is(intervalText([512, 1024], 'us'), '512 µs – 1.02 ms');
	assert.is(intervalText([0, 1], 'ms'), '0 – 1 ms');
	assert.is(intervalText([1_048_576, null], 'us'), '≥ 1.05 s');
	assert.is(intervalText([null, 1], 'us'), '< 1 µs');
	assert.is(intervalText([null, null], 'us'), 'anything');
	assert.is(bucketText([2048, 4096], 'us'), '[2.05 ms, 4.1 ms)');
	assert.is(bucketText([2048, null], 'us'), '[2.05 ms, ∞)');
});

test('lengths of time in their two largest units', () => {
	for (const [ms, text] of [
		[0, '0 s'],
		[40, '40 ms'],
		[800, '0.8 s'],
		[1000, '1 s'],
		[14_000, '14 s'],
		[59_700, '1 min'],
		[192_000, '3 min 12 s'],
		[3_600_000, '1 h'],
		[3_900_000, '1 h 5 min'],
		[183_600_000, '2 d 3 h'],
		[-14_000, '-14 s'],
	] as const)
		assert.is(durationText(ms), text);
});

test('clocks are of the zone that is told', () => {
	const ts = Date.UTC(2025, 10, 21, 23, 5, 9);
	assert.is(clockText(ts, 0), '23:05:09');
	assert.is(clockText(ts, 120), '01:05:09');
	assert.is(dateText(ts, 120), '2025-11-22 01:05:09');
	assert.is(dateText(ts, -330), '2025-11-21 17:35:09');
	assert.is(zoneText(0), 'UTC');
	assert.is(zoneText(-330), 'UTC-05:30');
});

test('marks of time lie in range, at round times of the zone', () => {
	const from = Date.UTC(2025, 10, 21, 22, 31);
	const marks = timeMarks(from, from + 3_600_000, 6, 60);
	assert.equal(
		marks.map(({ text }) => text),
		['23:45', 'Nov 22', '00:15', '00:30'],
	);
	fc.assert(
		fc.property(
			fc.integer({ min: 1e12, max: 2e12 }),
			fc.integer({ min: 1000, max: 9e8 }),
			fc.integer({ min: -720, max: 840 }),
			(start, span, offset) => {
				const all = timeMarks(start, start + span, 8, offset);
				assert.ok(all.length <= 20);
				for (const { at, text } of all) {
					assert.ok(at >= start && at <= start + span);
					assert.ok(text.length > 0);
				}
			},
		),
	);
});

test('names show what is invisible, and how much is cut', () => {
	assert.is(shownName('nginx: worker'), 'nginx: worker');
	assert.is(shownName('a\u202eb\u0007\n'), 'a<U+202E>b\u2407\u240a');
	assert.is(shownName('\ud800'), '\ufffd');
	assert.is(shownName(''), '(empty)');
	assert.is(shownName('x'.repeat(1 << 20), 10), 'xxxxxxxxxx… (1,048,576 characters)');
	assert.is(shownName('<b>&amp;'), '<b>&amp;', 'markup is for the writer of markup');
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (name) => {
			assert.not.match(shownName(name), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b]/);
		}),
	);
});

test.run();
