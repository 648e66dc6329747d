// Bytes in any pieces, whole lines out: what comes out never depends on where the pieces ended.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wholeLines } from '../../../filters/lib/lines.ts';

const test = suite('lines');

const collect = (pieces: (string | Buffer)[], longest?: number) => {
	const runs: string[] = [];
	const tooLong: number[] = [];
	const holes: number[] = [];
	const lines = wholeLines(
		{
			lines: (bytes) => runs.push(bytes.toString('latin1')),
			tooLong: (length) => tooLong.push(length),
			hole: (length) => holes.push(length),
		},
		longest,
	);
	for (const piece of pieces) lines.take(Buffer.from(piece as string, 'latin1'));
	const last = lines.last().toString('latin1');
	return { text: runs.join(''), runs, tooLong, holes, last };
};

test('every run ends in a newline, and the rest is handed over at the end', () => {
	const { runs, last } = collect(['a\nb', 'c\n\nd', 'e']);
	assert.ok(runs.every((run) => run.endsWith('\n')));
	assert.is(runs.join(''), 'a\nbc\n\n');
	assert.is(last, 'de');
});

test('nothing in, nothing out', () => {
	assert.equal(collect([]), { text: '', runs: [], tooLong: [], holes: [], last: '' });
	assert.equal(collect(['', '']), { text: '', runs: [], tooLong: [], holes: [], last: '' });
});

test('a line over the limit is skipped, counted with its length, and its neighbours are not', () => {
	for (const pieces of [
		['a\n', 'x'.repeat(11), '\nb\n'],
		[`a\n${'x'.repeat(11)}\nb\n`],
		[...`a\n${'x'.repeat(11)}\nb\n`],
	]) {
		const { text, tooLong } = collect(pieces, 10);
		assert.is(text, 'a\nb\n');
		assert.equal(tooLong, [12]);
	}
});

test('a line of exactly the limit passes', () => {
	const line = `${'x'.repeat(9)}\n`;
	assert.is(collect([line], 10).text, line);
	assert.is(collect([...line], 10).text, line);
});

test('an unfinished line over the limit is counted at the end', () => {
	const { text, tooLong, last } = collect(['a\n', 'x'.repeat(20), 'x'.repeat(20)], 10);
	assert.equal([text, tooLong, last], ['a\n', [40], '']);
});

test('a hole longer than the limit is stepped over, and the line behind it is whole', () => {
	for (const pieces of [[`a\n${'\0'.repeat(300)}b\nc\n`], [...`a\n${'\0'.repeat(300)}b\nc\n`]]) {
		const { text, tooLong, holes } = collect(pieces, 10);
		assert.equal([text, tooLong, holes], ['a\nb\nc\n', [], [300]]);
	}
});

test('a hole ends a line that is too long', () => {
	const { text, tooLong, holes } = collect(['x'.repeat(20), '\0'.repeat(300), 'b\n'], 10);
	assert.equal([text, tooLong, holes], ['b\n', [21], [299]]);
});

test('any text in any pieces gives the same lines', () => {
	const text = fc
		.array(fc.constantFrom('a', 'b', '\n', '\r', '\t', 'xxxxxxxxxxxxxxxx'), { maxLength: 60 })
		.map((p) => p.join(''));
	const cuts = fc.array(fc.nat(200), { maxLength: 12 });
	fc.assert(
		fc.property(text, cuts, (whole, places) => {
			const ends = [...new Set([0, ...places.map((at) => at % (whole.length + 1)), whole.length])].sort(
				(a, b) => a - b,
			);
			const pieces = ends.slice(1).map((end, i) => whole.slice(ends[i], end));
			const expected = whole.split('\n').map((line, i, all) => (i < all.length - 1 ? `${line}\n` : line));
			const last = expected.pop()!;
			const result = collect(pieces, 20);
			assert.is(result.text, expected.filter((line) => line.length <= 20).join(''));
			const long = [...expected, last].filter((line) => line.length > 20).map((line) => line.length);
			assert.equal(result.tooLong, long);
			assert.is(result.last, last.length > 20 ? '' : last);
		}),
		{ numRuns: 3000 },
	);
});

test.run();
