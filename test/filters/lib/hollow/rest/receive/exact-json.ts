import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	JsonError,
	parseExact,
	utf8Text,
} from '../../../../../../filters/lib/hollow/rest/receive/exact-json.ts';
import { faultIn } from '../../../../../../filters/lib/hollow/rest/receive/json-fault.ts';

const test = suite('exact-json');

const errorOf = (text: string): JsonError => {
	try {
		parseExact(text);
	} catch (error) {
		assert.instance(error, JsonError);
		return error as JsonError;
	}
	throw new Error(`no error: ${text}`);
};
const isJson = (text: string): boolean => {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
};

test('whole numbers that a double would round are strings; everything else is what JSON.parse says', () => {
	for (const [text, value] of [
		['9007199254740991', 9007199254740991],
		['9007199254740992', '9007199254740992'],
		['[-9007199254740993,1]', ['-9007199254740993', 1]],
		['{"a":20251121000000001}', { a: '20251121000000001' }],
		[
			'[1.2345678901234567890,12345678901234567e1,0.00000000000000000001]',
			[1.2345678901234567, Number('12345678901234567e1'), 1e-20],
		],
		['"20251121000000001 \\" 20251121000000001"', '20251121000000001 " 20251121000000001'],
		['"\\\\"', '\\'],
	] as const)
		assert.equal(parseExact(text), value);
});

test('no text becomes JSON by the quotes that are put in', () => {
	for (const text of [
		'{12345678901234567890:1}',
		'{12345678901234567890 :1}',
		'[012345678901234567890]',
		'[1 12345678901234567890]',
		'-',
		'[12345678901234567890',
		'"a"12345678901234567890',
	])
		errorOf(text);
});

test('where it is broken', () => {
	for (const [text, message] of [
		['', 'line 1, column 1: it ends where a value should'],
		['{"a":\n{"b":[,', 'line 2, column 7: something else stands where a value or ] should'],
		['{"a" 1}', 'line 1, column 6: something else stands where : should'],
		['{"a":1,}', 'line 1, column 8: something else stands where a key in quotes should'],
		['{"a":12345678901234567890,}', 'line 1, column 27: something else stands where a key in quotes should'],
		['[1}', 'line 1, column 3: something else stands where , or the end of the list or object should'],
		['nul', 'line 1, column 1: something else stands where a value should'],
		['"a\nb"', 'line 1, column 1: something else stands where a value should'],
		['1 2', 'line 1, column 3: something else stands where the end should'],
	] as const)
		assert.is(errorOf(text).message, message);
});

test('depth and number of containers are bounded', () => {
	assert.equal(
		parseExact(`${'['.repeat(32)}${']'.repeat(32)}`),
		JSON.parse(`${'['.repeat(32)}${']'.repeat(32)}`),
	);
	assert.match(errorOf('['.repeat(1_000_000)).message, /^line 1, column 33: nested deeper than 32 levels$/);
	assert.match(errorOf(`[${'[],'.repeat(8_000_001)}1]`).message, /more than 8000000 lists and objects$/);
});

test('any value goes through unchanged, and any text is taken exactly when it is JSON', () => {
	fc.assert(
		fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
			const text = JSON.stringify(value);
			fc.pre(!/\d{16}/.test(text));
			assert.equal(parseExact(text), JSON.parse(text));
			assert.is(faultIn(text), undefined);
		}),
		{ numRuns: 300 },
	);
	const piece = fc.constantFrom(
		...'{}[],:"\\ -019eE.+tfn'.split(''),
		'true',
		'null',
		'"a"',
		'12345678901234567890',
	);
	fc.assert(
		fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
			const text = pieces.join('');
			assert.is(faultIn(text) === undefined, isJson(text), text);
			if (!isJson(text)) errorOf(text);
		}),
		{ numRuns: 3000 },
	);
});

test('a cut anywhere is an error at the cut or before it', () => {
	const text =
		'{"data":{"MetricsState":[{"source":"\\u00e9","n":20251121000000001,"ok":[true,null,-1.5e3]}]}}';
	for (let at = 0; at < text.length; at += 1) assert.ok(errorOf(text.slice(0, at)).offset <= at);
});

test('bytes that are no UTF-8', () => {
	assert.is(utf8Text(Buffer.from('é')), 'é');
	for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]])
		assert.throws(() => utf8Text(Uint8Array.from(bytes)), /not UTF-8/);
});

test.run();
