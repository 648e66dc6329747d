import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Json, readJson } from '../../../../filters/lib/json/json.ts';
import { jsonText, objectOf } from '../../../../filters/lib/json/text.ts';

const test = suite('lib/json/text');

const { value } = fc.letrec<{ value: Json }>((tie) => ({
	value: fc.oneof(
		{ depthSize: 'small' },
		fc.constant(null),
		fc.boolean(),
		fc.string({ unit: 'grapheme' }),
		fc.bigInt({ min: -(10n ** 39n), max: 10n ** 39n }),
		fc.constantFrom({ number: '0.5' }, { number: '-1e-300' }),
		fc.array(tie('value')),
		fc.array(fc.tuple(fc.string(), tie('value'))).map((members) => ({ members })),
	),
}));

test('what is written is read back, on one line and on many, repeated names included', () => {
	fc.assert(
		fc.property(value, (one) => {
			assert.equal(readJson(jsonText(one)), one);
			assert.equal(readJson(jsonText(one, '  ')), one);
			assert.not.match(jsonText(one), /\n/);
		}),
	);
});

test('it looks as JSON.stringify makes it', () => {
	const plain = { a: [1, 'x', null], b: {}, c: [], d: { e: [{ f: true }] } };
	const own = readJson(JSON.stringify(plain));
	assert.is(jsonText(own), JSON.stringify(plain));
	assert.is(jsonText(own, '  '), JSON.stringify(plain, null, 2));
});

test('members that are undefined are left out', () => {
	assert.is(jsonText(objectOf({ a: 1n, b: undefined, c: null })), '{"a":1,"c":null}');
});

test.run();
