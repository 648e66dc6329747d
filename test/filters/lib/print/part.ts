// part: values added up, and a line taken apart again

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addUp, countOf, histogramOf, lineOf, type Part } from '../../../../filters/lib/print/part.ts';
import { fixedOf } from '../../../../filters/lib/print/records.ts';
import { faultIn, parseRecord } from '../../../../filters/lib/record.ts';
import { SETTINGS } from '../../../harness/read-histograms.ts';

const test = suite('part');

const part = (type: Part['type'], value: string): Part => ({
	type,
	fixed: fixedOf(type, SETTINGS, { metric: 'm', unit: '1', attributes: { key: 'é"' } }),
	value,
});
const sumOf = (type: Part['type'], one: string, other: string) =>
	addUp(part(type, one), part(type, other))?.value;

test('sums add up, exactly', () => {
	assert.is(sumOf('sum', '5', '10'), '15');
	assert.is(sumOf('sum', '9007199254740991', '2'), '"9007199254740993"');
	assert.is(sumOf('sum', '"9007199254740993"', '"9007199254740993"'), '"18014398509481986"');
});
test('values of now do not', () => {
	assert.is(sumOf('gauge', '5', '10'), undefined);
	assert.is(addUp(part('sum', '5'), part('gauge', '5')), undefined);
});
test('histograms do where their buckets fit together', () => {
	assert.is(sumOf('histogram', '[2,4,3]', '[2,4,4],[4,8,4]'), '[2,4,7],[4,8,4]');
	assert.is(sumOf('histogram', '[null,0,1]', '[8,null,4]'), '[null,0,1],[8,null,4]');
	assert.is(sumOf('histogram', '', '[8,null,4]'), '[8,null,4]');
	assert.is(sumOf('histogram', '[0,10,5]', '[0,7,9]'), undefined);
	assert.is(sumOf('histogram', '[2147483648,null,5]', '[2147483648,4294967296,9]'), undefined);
});
test('a line is taken apart as it was put together', () => {
	const count = fc.bigInt(0n, 2n ** 64n);
	fc.assert(
		fc.property(fc.array(count, { maxLength: 20 }), fc.nat(), (counts, ts) => {
			const exact = (n: bigint) => (n > 2n ** 53n - 1n ? `"${n}"` : `${n}`);
			const whole = part('histogram', counts.map((n, at) => `[${at},${at + 1},${exact(n)}]`).join(','));
			const line = lineOf(whole, ts);
			assert.is(faultIn(parseRecord(line)!), '');
			assert.equal(histogramOf(line.trimEnd(), ts, whole.fixed), whole);
			assert.is(
				countOf(whole.value),
				counts.reduce((all, n) => all + Number(n), 0),
			);
		}),
	);
});
test.run();
