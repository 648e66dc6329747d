// lines: the parts that take one line, label, key or value apart, case by case

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rangeOf } from '../../../../filters/lib/bpftrace/text/label.ts';
import { mapLineOf } from '../../../../filters/lib/bpftrace/text/map-line.ts';
import { bucketRowOf, looksLikeBucketRow } from '../../../../filters/lib/bpftrace/text/row.ts';
import { statusOf } from '../../../../filters/lib/bpftrace/text/status.ts';
import { metricValueOf } from '../../../../filters/lib/bpftrace/text/value.ts';
import { readJson } from '../../../../filters/lib/json/json.ts';
import { attributesOf, type Dialect, partsOf } from '../../../../filters/lib/print/keys.ts';
import { digitsJson } from '../../../../filters/lib/print/range.ts';
import { textOf } from '../../../../filters/lib/tracer/line-text.ts';

const labels = suite('label');
const RANGES: [label: string, lower: bigint | null, upper: bigint | null][] = [
	['[0]', 0n, 1n],
	['[-3]', -3n, -2n],
	['[2K]', 2048n, 2049n],
	['[0, 1]', 0n, 2n],
	['[2, 4)', 2n, 4n],
	['[512, 1K)', 512n, 1024n],
	['[127000, 125K)', 127000n, 128000n],
	['[-4K, -2K)', -4096n, -2048n],
	['[1M, 2M)', 2n ** 20n, 2n ** 21n],
	['[1G, 2G)', 2n ** 30n, 2n ** 31n],
	['[1T, 2T)', 2n ** 40n, 2n ** 41n],
	['[1P, 2P)', 2n ** 50n, 2n ** 51n],
	['[4E, 8E)', 2n ** 62n, 2n ** 63n],
	['(..., 0)', null, 0n],
	['[10, ...)', 10n, null],
	['[18446744073709551615]', 2n ** 64n - 1n, 2n ** 64n],
];
for (const [label, lower, upper] of RANGES) {
	labels(label, () => {
		const range = rangeOf(label)!;
		assert.is(range.lower, lower);
		assert.is(range.upper, upper);
	});
}
for (const label of [
	'',
	'[',
	'[3,',
	'[4, 2)',
	'[2, 2)',
	'[x]',
	'[1.5]',
	'[1k]',
	'[0,1)',
	'[1, 2]',
	'[1K2]',
	'(..., )',
]) {
	labels(`no range: ${label}`, () => assert.is(rangeOf(label), undefined));
}
labels('beyond 2^53 the bounds are strings', () => {
	assert.is(rangeOf('[4E, 8E)')!.json, '["4611686018427387904","9223372036854775808",');
	assert.is(rangeOf('[4P, 8P)')!.json, '[4503599627370496,"9007199254740992",');
});
labels.run();

const rowsSuite = suite('row');
rowsSuite('label and count that touch', () => {
	assert.is(bucketRowOf('[3000000000, 3200000000)87654321 |@|')!.count, '87654321');
});
rowsSuite('counts are exact', () => {
	assert.is(digitsJson('9007199254740991'), '9007199254740991');
	assert.is(digitsJson('9007199254740993'), '"9007199254740993"');
	assert.is(digitsJson('007'), '7');
	assert.is(digitsJson('00000000000000000000'), '0');
});
for (const line of [
	'[0]  5 |@@',
	'[0]  5',
	'[0]  -5 |@|',
	'[0]  5 |x|',
	'[0] |@|',
	'[4, 2)  1 |@|',
	' [0]  5 |@|',
]) {
	rowsSuite(`no row: ${line}`, () => assert.is(bucketRowOf(line), undefined));
}
rowsSuite('what was meant to be a row', () => {
	for (const line of ['[3', '[3,', '[3, 4', '[0]   12', '(...', '@@  |'])
		assert.ok(looksLikeBucketRow(line, false), line);
	for (const line of ['[12] hello', '[1,2]', '[x', '(3) a', 'a |'])
		assert.not(looksLikeBucketRow(line, false), line);
	for (const line of ['[', '[1]', '(', '[-']) assert.ok(looksLikeBucketRow(line, true), line);
	for (const line of ['[12] hello', '(x)', '[a']) assert.not(looksLikeBucketRow(line, true), line);
});
rowsSuite.run();

const maps = suite('map-line');
const HEADS: [line: string, kind: string, map?: string, key?: string][] = [
	['@usecs:', 'header', 'usecs', ''],
	['@usecs: ', 'header', 'usecs', ''],
	['@:', 'header', '', ''],
	['@[q]: ', 'header', '', 'q'],
	['@m[a, b]:', 'header', 'm', 'a, b'],
	['@m[a]: b]:', 'header', 'm', 'a]: b'],
	['@m[]: 3', 'scalar', 'm', ''],
	['@m[a]: 5]: 3', 'scalar', 'm', 'a]: 5'],
	['@: 54', 'scalar', '', ''],
	['07:28:33 PIDs/sec: @: 54', 'scalar', '', ''],
	['x @m[1]: count 1, average 2, total 3', 'scalar', 'm', '1'],
	['text: @h:', 'header', 'h', ''],
	['(@m: 3', 'scalar', 'm', ''],
	['@backlog[backlog limit]: histogram of size', 'other'],
	['@todo: see @n: 7', 'other'],
	['@m[k]: text @n: 7', 'other'],
	['@m: foo:', 'other'],
	['@m: { .a = 1 }', 'other'],
	['@m: 123456789012345678901', 'other'],
];
for (const [line, kind, map, key] of HEADS) {
	maps(line, () => {
		const found = mapLineOf(line)!;
		assert.is(found.kind, kind);
		if (found.kind === 'other') return;
		assert.is(found.head.map, map);
		assert.is(found.head.key, key);
	});
}
for (const line of [
	'@',
	'@user hello',
	'root@web1: 5',
	'a@b:',
	'@1: 5',
	'@m[a',
	'@m[a:',
	'@a b: 3',
	'@m[1]@n: 3',
	'',
]) {
	maps(`no map: ${line}`, () => assert.is(mapLineOf(line), undefined));
}
maps.run();

const keys = suite('keys');
const PARTS: [key: string, dialect: Dialect, wanted: number | undefined, parts: string[]][] = [
	['a, b', 'text', undefined, ['a', 'b']],
	['a,b', 'text', undefined, ['a,b']],
	['a,b', 'json', undefined, ['a', 'b']],
	['a, b', 'json', undefined, ['a, b']],
	['', 'text', undefined, ['']],
	[', 5', 'text', undefined, ['', '5']],
	['1, (2, z)', 'text', undefined, ['1', '(2, z)']],
	['[1,2],[3,4]', 'json', undefined, ['[1,2]', '[3,4]']],
	['a), b', 'text', undefined, ['a)', 'b']],
	['(a, b', 'text', undefined, ['(a', 'b']],
	['a, b, 80', 'text', 2, ['a, b', '80']],
	['80, a, b', 'text', 2, ['80', 'a, b']],
	['a, b, c', 'text', 1, ['a, b, c']],
	['1, 2, 3', 'text', 2, ['1, 2', '3']],
	['a', 'text', 3, ['a']],
	['\n    f<a, b>+1\n    g+2\n, bash', 'text', undefined, ['f<a, b>+1;g+2', 'bash']],
	['bash,\n    f+1\n', 'json', undefined, ['bash', 'f+1']],
	['\n    f+1\n', 'text', 1, ['f+1']],
	['two\nlines, 3', 'text', undefined, ['two\nlines', '3']],
];
for (const [key, dialect, wanted, parts] of PARTS) {
	keys(`${JSON.stringify(key)} ${dialect} ${wanted ?? ''}`, () =>
		assert.equal(partsOf(key, dialect, wanted), parts),
	);
}
keys('names', () => {
	assert.equal(attributesOf('a', 'text'), { key: 'a' });
	assert.equal(attributesOf('a, b', 'text'), { key1: 'a', key2: 'b' });
	assert.equal(attributesOf('a, b', 'text', ['comm', 'disk']), { comm: 'a', disk: 'b' });
	assert.equal(attributesOf('a', 'text', ['comm', 'disk']), { comm: 'a' });
});
keys.run();

const values = suite('value');
values('numbers and stats of both forms', () => {
	assert.is(metricValueOf('-9223372036854775808'), -(2n ** 63n));
	const stats = { count: 2n, average: 6n, total: 13n };
	assert.equal(metricValueOf('count 2, average 6, total 13'), stats);
	assert.equal(metricValueOf('{ .count = 2, .average = 6, .total = 13 }'), stats);
});
values('no numbers', () => {
	for (const text of ['', '0x10', 'true', '1.5', '1 2', '(1, 2)', '{}', 'count 1']) {
		assert.is(metricValueOf(text), undefined, text);
	}
});
values.run();

const json = suite('json');
json('whole numbers stay exact, others stay as written', () => {
	assert.is(readJson('18446744073709551615'), 18446744073709551615n);
	assert.is(readJson(' -3 '), -3n);
	assert.equal(readJson('[1.5,2e3]'), [{ number: '1.5' }, { number: '2e3' }]);
});
json('members that occur twice are both there', () => {
	assert.equal(readJson('{"a":1,"a":2}'), {
		members: [
			['a', 1n],
			['a', 2n],
		],
	});
});
json('strings', () => {
	assert.is(readJson('"a\\"b\\\\c\\/\\n\\u00e9\\ud83d\\udc1d"'), 'a"b\\c/\né🐝');
	assert.is(readJson("'it\\'s'", "'"), "it's");
	assert.is(readJson('"raw\ttab"'), 'raw\ttab');
});
json('the same as JSON.parse where that is right', () => {
	for (const text of ['{}', '[]', '[true,false,null]', '{"a":[{"b":"c"}]}', '""']) {
		const plain = (value: unknown): unknown => {
			if (Array.isArray(value)) return value.map(plain);
			if (typeof value !== 'object' || value === null) return value;
			return Object.fromEntries(
				(value as { members: [string, unknown][] }).members.map(([k, v]) => [k, plain(v)]),
			);
		};
		assert.equal(plain(readJson(text)), JSON.parse(text));
	}
});
for (const text of [
	'',
	'{',
	'{"a"}',
	'{"a":}',
	'[1,]',
	'01',
	'"a',
	'"\\x"',
	'"\\u12"',
	'1 2',
	'nul',
	'+1',
	'{a:1}',
]) {
	json(`refused: ${text}`, () => assert.throws(() => readJson(text), SyntaxError));
}
json('nesting has an end', () => {
	assert.ok(readJson('['.repeat(60) + ']'.repeat(60)));
	assert.throws(() => readJson('['.repeat(1_000_000)), 'nesting');
});
json.run();

const rest = suite('status and text');
rest('status lines', () => {
	assert.equal(statusOf('Attaching 1 probe...'), { kind: 'banner' });
	assert.equal(statusOf('Attached 7 probes'), { kind: 'banner' });
	assert.equal(statusOf('Lost 86 events'), { kind: 'lost', count: 86n });
	assert.is(statusOf('Lost 86 events today'), undefined);
	assert.is(statusOf('Attaching things'), undefined);
	assert.is(statusOf('a.bt:1:5-9: WARNING: too much')?.kind, 'helper_error');
});
rest('bytes that are no UTF-8 stay apart', () => {
	const text = (hex: string) => {
		const bytes = Buffer.from(hex, 'hex');
		return textOf(bytes, 0, bytes.length);
	};
	assert.is(text('61ff62'), 'a\\xffb');
	assert.is(text('c3a9f09f909d'), 'é🐝');
	assert.is(text('c0af'), '\\xc0\\xaf', 'overlong');
	assert.is(text('eda080'), '\\xed\\xa0\\x80', 'surrogate');
	assert.is(text('f4908080'), '\\xf4\\x90\\x80\\x80', 'beyond the last');
	assert.is(text('e282'), '\\xe2\\x82', 'cut');
	assert.is(text('efbfbdff'), '\ufffd\\xff');
	assert.is(text('610d'), 'a');
	assert.is(text('1b5b324a1b5b4840683a'), '@h:');
});
rest.run();
