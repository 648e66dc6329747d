// What is scanned as bytes is exactly what JSON.parse and the check of records would have taken, and nothing else.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHistogramText } from '../../../../filters/lib/histogram/text.ts';
import { faultIn, type Histogram, parseRecord } from '../../../../filters/lib/record.ts';

const test = suite('histogram text');
const text = createHistogramText();
const scan = (line: string): boolean => {
	const bytes = Buffer.from(`x${line}\nnext`);
	return text.scan(bytes, 1, bytes.length - 5);
};
const line = (buckets: string, more = '', ts = '5') =>
	`{"type":"histogram","ts":${ts},"host":"h","metric":"m","unit":"us","attributes":{}${more},"temporality":"cumulative","buckets":${buckets}}`;

test('its time, its series and its bounds', () => {
	assert.ok(scan(line('[[0,1,5],[1,2,7]]', '', '1763712000000')));
	assert.is(text.ts, 1763712000000);
	assert.is(text.series, ',"host":"h","metric":"m","unit":"us","attributes":{},"temporality":"cumulative"');
	const { layout } = text;
	assert.ok(scan(line('[[0,1,9],[1,2,70000]]')));
	assert.is(text.layout, layout, 'counts do not matter');
	for (const other of [
		'[[0,1,5],[1,3,7]]',
		'[[0,1,5]]',
		'[]',
		'[[null,1,5],[1,2,7]]',
		'[[0,1,5],[1,null,7]]',
	]) {
		assert.ok(scan(line(other)), other);
		assert.is.not(text.layout, layout, other);
	}
});

test('what is left to others', () => {
	const odd = [
		...['[[0,1,-5]]', '[[0,1,5.5]]', '[[0,1,1e3]]', '[[0,1,"5"]]', '[[00,1,5]]', '[[0,1,05]]', '[[-1,1,5]]'],
		...['[[0,1,5],[0,2,5]]', '[[1,1,5]]', '[[2,1,5]]', '[[0,null,5],[1,2,5]]', '[[0,1,5],[null,2,5]]'],
		...['[[0,1,null]]', '[[0,1]]', '[[0,1,5,6]]', '[[0,1,5],]', '[,]', '[[0, 1, 5]]', '[[0,1,5]', '[0,1,5]'],
		...[
			'[[0,1,1234567890123456]]',
			'[[0,nul,5]]',
			'[[0,nulx,5]]',
			'[[abcd,1,5]]',
			'[[0,n,5]]',
			'[[0,1,5]] ',
			'null',
			'',
		],
	];
	for (const buckets of odd) assert.not(scan(line(buckets)), buckets);
	assert.not(scan(line('[[0,1,5]]', '', '-5')));
	assert.not(scan(line('[[0,1,5]]', '', '5.5')));
	assert.not(scan(`${line('[[0,1,5]]').slice(0, -1)},"more":1}`));
	assert.not(scan('{"type":"sum","ts":5,"value":1}'));
	assert.not(scan(''));
	assert.ok(scan(line('[[0,123456789012345,5]]')), 'fifteen digits are exact');
	assert.is(text.most, 123456789012345);
	const whole = line('[[0,1,5],[1,null,7]]');
	for (let length = 0; length < whole.length; length++)
		assert.not(scan(whole.slice(0, length)), `${length} bytes`);
});

test('the list of the next line is not taken for one of its own', () => {
	const bytes = Buffer.from(`{"type":"histogram","ts":5}\n${line('[[0,1,5]]')}\n`);
	assert.not(text.scan(bytes, 0, bytes.indexOf(10)));
});

const number = fc.oneof(
	...[fc.nat(9), fc.nat(), fc.maxSafeNat(), fc.integer(), fc.double()].map((one) => one.map(String)),
	fc.constantFrom('null', '"5"', '01', '', ' 1', '1e3', '-0', '[]'),
);
const bucket = fc.array(number, { minLength: 2, maxLength: 4 }).map((parts) => `[${parts.join(',')}]`);
const sorted = fc
	.uniqueArray(fc.nat(1000), { minLength: 2, maxLength: 8 })
	.map((bounds) => bounds.sort((a, b) => a - b))
	.map((bounds) =>
		bounds.slice(1).map((upper, at) => `[${bounds[at]},${upper},${upper % 3 ? upper * 7 : 0}]`),
	);
const lists = fc.oneof(
	sorted,
	fc.array(bucket, { maxLength: 4 }),
	fc.tuple(sorted, bucket).map(([a, b]) => [...a, b]),
);

test('whatever comes: a line that is scanned is a good record with that time and those buckets', () => {
	let taken = 0;
	fc.assert(
		fc.property(lists, fc.oneof(fc.nat().map(String), number), fc.string(), (list, ts, host) => {
			const one = `{"type":"histogram","ts":${ts},"host":${JSON.stringify(host)},"metric":"m","unit":"1","attributes":{},"temporality":"delta","buckets":[${list.join(',')}]}`;
			if (!scan(one)) return;
			taken += 1;
			const record = parseRecord(one) as Histogram | undefined;
			assert.ok(record, one);
			assert.is(faultIn(record), '', one);
			assert.is(record.ts, text.ts);
			const bytes = Buffer.from(`x${one}`);
			assert.equal(JSON.parse(`[${bytes.toString('utf8', text.at, bytes.length - 1)}`), record.buckets);
			const counted = record.buckets.filter(([, , count]) => count !== 0);
			assert.equal(JSON.parse(`[${text.counted(bytes)}]`), counted);
			assert.is(
				text.total,
				counted.reduce((sum, [, , count]) => sum + Number(count), 0),
			);
			assert.is(text.most, Math.max(0, ...record.buckets.flat().map(Number)));
		}),
		{ numRuns: 3000 },
	);
	assert.ok(taken > 300, `${taken} were taken`);
});

test('whatever comes: any one character changed, the answer is still right', () => {
	const good = line('[[0,1,5],[1,2,7],[4,null,1]]');
	assert.ok(scan(good));
	const { series } = text;
	fc.assert(
		fc.property(fc.nat(good.length - 1), fc.constantFrom(...'0123456789,[]{}":-. en'), (at, character) => {
			const one = good.slice(0, at) + character + good.slice(at + 1);
			if (!scan(one) || text.series !== series) return;
			const { buckets, ts } = JSON.parse(one);
			assert.is(ts, text.ts);
			assert.is(faultIn({ ...JSON.parse(good), buckets }), '');
		}),
		{ numRuns: 3000 },
	);
});

test.run();
