// Bytes in any pieces, whole lines out: what comes out never depends on where the pieces ended.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wholeLines } from '../../../filters/lib/lines.ts';

const test = suite('lines');

const collect = (pieces: (string | Buffer)[], longest?: number) => {
	const runs: string[] = [];
	const tooLong: number[] = [];
	const lines = wholeLines(
		{ lines: (bytes) => runs.push(bytes.toString('latin1')), tooLong: (length) => tooLong.push(length) },
		longest,
	);
	for (const piece of pieces) lines.take(Buffer.from(piece as string, 'latin1'));
	return { text: runs.join(''), runs, tooLong, last: lines.last().toString('latin1') };
};

test('every run ends in a newline, and the rest is handed over at the end', () => {
	const { runs, last } = collect(['a\nb', 'c\n\nd', 'e']);
	assert.ok(runs.every((run) => run.endsWith('\n')));
	assert.is(runs.join(''), 'a\nbc\n\n');
	assert.is(last, 'de');
});

test('a hole of NULs does not make a line too long, and what stands around it is kept', () => {
	const hole = '\0'.repeat(50);
	for (const pieces of [
		['a', hole, hole, hole, `${hole}b\n`, 'c\n'],
		['a', ...Array.from({ length: 1000 }, () => hole), 'b\n', 'c\n'],
	]) {
		const { text, tooLong } = collect(pieces, 100);
		assert.match(text, /^a\0{4,}b\nc\n$/);
		assert.equal(tooLong, []);
	}
	const short = collect(['a', hole, 'b\n'], 100);
	assert.is(short.text, `a${hole}b\n`, 'one that fits is not touched');
	assert.equal(collect(['a', hole, 'x'.repeat(100), '\n'], 100).tooLong, [152]);
});

test('nothing in, nothing out', () => {
	assert.equal(collect([]), { text: '', runs: [], tooLong: [], last: '' });
	assert.equal(collect(['', '']), { text: '', runs: [], tooLong: [], last: '' });
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

test('any text in any pieces gives the same lines', () => {
	const text = fc
		.array(fc.constantFrom('a', 'b', '\n', '\r', '\0', 'xxxxxxxxxxxxxxxx'), { maxLength: 60 })
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
