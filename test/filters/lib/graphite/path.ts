import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEncoder } from '../../../../filters/lib/graphite/encoding.ts';
import {
	escapeNode,
	escapeNodes,
	escapeTag,
	joinNodes,
	joinTags,
	ownNodes,
} from '../../../../filters/lib/graphite/path.ts';
import { parsePoint } from '../../../../filters/lib/graphite/point.ts';
import type { Bucket, Histogram } from '../../../../filters/lib/record.ts';

const test = suite('path');

test("a user's own nodes have no dots too many", () => {
	for (const text of ['prod.web', 'prod.web.', '.prod.web', 'prod..web', '..prod...web..'])
		assert.equal(ownNodes(text, 'percent'), ['prod', 'web'], text);
	assert.equal(ownNodes('a b.c/d.', 'percent'), ['a%20b', 'c%2Fd']);
	for (const text of ['', '.', '...']) assert.equal(ownNodes(text, 'percent'), []);
});

for (const [text, percent, underscore] of [
	['cpu-lat_1', 'cpu-lat_1', 'cpu-lat_1'],
	['', '%', '_'],
	['.', '%2E', '_'],
	['..', '%2E%2E', '__'],
	['../../etc/x', '%2E%2E%2F%2E%2E%2Fetc%2Fx', '______etc_x'],
	['a b\tc\n', 'a%20b%09c%0A', 'a_b_c_'],
	['a;b=c', 'a%3Bb%3Dc', 'a_b_c'],
	['*?[x]{y}', '%2A%3F%5Bx%5D%7By%7D', '___x__y_'],
	['\0', '%00', '_'],
	['100%', '100%25', '100_'],
	['é', '%C3%A9', '_'],
	['😀', '%F0%9F%98%80', '_'],
	['\ud83d', '%uD83D', '_'],
	['\u2003', '%E2%80%83', '_'],
] as const) {
	test(`node ${JSON.stringify(text)}`, () => {
		assert.is(escapeNode(text, 'percent'), percent);
		assert.is(escapeNode(text, 'underscore'), underscore);
	});
}

test('empty nodes between dots get a name', () => {
	assert.equal(escapeNodes('.a..b.', 'percent'), ['%', 'a', '%', 'b', '%']);
});

test('names too long for a file are cut, counted, and stay different', () => {
	let cut = 0;
	const of = (end: string) => escapeNode(`${'x'.repeat(300)}${end}`, 'percent', () => cut++);
	assert.is(of('a').length, 240);
	assert.is.not(of('a'), of('b'));
	assert.is(cut, 3);
});

test('paths too long for a file system are cut, counted, and stay different', () => {
	let cut = 0;
	const of = (end: string) => joinNodes([...Array(40).fill('y'.repeat(100)), end], () => cut++);
	assert.ok(of('a').length < 2100);
	assert.is.not(of('a'), of('b'));
	assert.ok(of('a').startsWith(`${'y'.repeat(100)}.`));
	assert.is(cut, 4);
});

test('exactly as long as may be is left alone, one more is cut to no more than that', () => {
	const [LONGEST_NODE, LONGEST_PATH] = [240, 2000];
	for (const more of [0, 1]) {
		let cut = 0;
		const onCut = () => cut++;
		const node = 'x'.repeat(LONGEST_NODE + more);
		assert.is(escapeNode(node, 'percent', onCut) === node, more === 0);
		const nodes = ['y'.repeat(999), 'z'.repeat(1000 + more)];
		assert.is(joinNodes(nodes, onCut) === nodes.join('.'), more === 0);
		const tags = [`a=${'b'.repeat(996)}`, `c=${'d'.repeat(998 + more)}`];
		assert.is(joinTags(tags, onCut) === `;${tags.join(';')}`, more === 0);
		assert.is(cut, more * 3);
	}
	// What is kept of a long path, its dots counted, leaves room for the hashed node: 1760 bytes and no more.
	for (const [lengths, kept] of [
		[[879, 879, 500], 2],
		[[879, 880, 500], 1],
		[[1759, 300], 1],
		[[1760, 300], 0],
	] as const) {
		const path = joinNodes(lengths.map((length) => 'n'.repeat(length))).split('.');
		assert.is(path.length, kept + 1, `${lengths}`);
		assert.is(path.at(-1)!.length, LONGEST_NODE);
		assert.ok(path.join('.').length <= LONGEST_PATH);
	}
});

test('halves of a surrogate pair, and what lies just beside them', () => {
	for (const [text, node] of [
		['\ud7ff', '%ED%9F%BF'],
		['\ud800', '%uD800'],
		['\udfff', '%uDFFF'],
		['\ue000', '%EE%80%80'],
	] as const)
		assert.is(escapeNode(text, 'percent'), node);
});

test('tags too long for a line become one', () => {
	assert.match(joinTags(Array(50).fill(`a=${'b'.repeat(100)}`)), /^;cut=[0-9a-f]{16}$/);
});

test('reserved tags get another name', () => {
	assert.is(escapeTag('name', 'percent'), '%6Eame');
	assert.is(escapeTag('synthetic', 'underscore'), '_synthetic');
});

// Everything JSON can bring: all of UTF-16, with what carbon trips over more often.
const nasty = fc.constantFrom(
	'.',
	'/',
	'..',
	' ',
	'\t',
	'\n',
	'\r',
	'\0',
	';',
	'=',
	'~',
	'*',
	'%',
	'_',
	'\u00a0',
	'\ud800',
	'é',
);
const text = fc
	.array(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 8 })
	.map((parts) => parts.join(''));

const properties = suite('path: properties');

properties('a node is safe, whatever the text', () => {
	fc.assert(
		fc.property(text, fc.constantFrom('percent' as const, 'underscore' as const), (name, how) => {
			const node = escapeNode(name, how);
			assert.match(node, how === 'percent' ? /^[A-Za-z0-9_%-]{1,240}$/ : /^[A-Za-z0-9_-]{1,240}$/);
		}),
	);
});

properties('two texts never give the same node', () => {
	fc.assert(
		fc.property(text, text, (a, b) => {
			if (a !== b) assert.is.not(escapeNode(a, 'percent'), escapeNode(b, 'percent'));
		}),
		{ numRuns: 2000 },
	);
});

properties('every line of any record is one that the sender takes, with its value and time', () => {
	const record = fc.record({
		host: text,
		metric: text,
		names: fc.dictionary(text, text, { maxKeys: 4 }),
		tags: fc.boolean(),
		hostDots: fc.constantFrom('underscore' as const, 'escape' as const, 'keep' as const),
		how: fc.constantFrom('percent' as const, 'underscore' as const),
		synthetic: fc.boolean(),
		lower: fc.integer(),
		seconds: fc.integer({ min: 1, max: 4_294_967_295 }),
		count: fc.nat(),
	});
	fc.assert(
		fc.property(record, ({ host, metric, names, tags, hostDots, how, synthetic, lower, seconds, count }) => {
			const buckets: Bucket[] = [
				[null, lower, 1],
				[lower, lower + 1, count],
				[lower + 1, null, 2],
			];
			const histogram: Histogram = {
				type: 'histogram',
				ts: seconds * 1000 + 999,
				host,
				metric,
				unit: 'us',
				attributes: names,
				temporality: 'delta',
				buckets,
				synthetic,
			};
			const options = { escape: how, hostDots, tags, percentiles: [50], rate: false, onCut: () => {} };
			const lines = createEncoder(options).measure(histogram)!;
			assert.is(lines.length, 4);
			const points = lines.map(parsePoint);
			for (const point of points) {
				if (typeof point === 'string') throw new Error(point);
				assert.is(point.time, seconds);
				assert.is(/^synthetic\.|;synthetic=true$/.test(point.path), synthetic);
				assert.not.match(point.path, /[^A-Za-z0-9_%.;=-]/);
			}
			assert.is((points[1] as { value: number }).value, count);
		}),
		{ numRuns: 1000 },
	);
});

test.run();
properties.run();
