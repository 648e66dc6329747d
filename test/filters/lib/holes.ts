// Text with NULs in it, in any pieces: what is a hole and what is text never depends on where the pieces ended.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHoles, SHORTEST_HOLE } from '../../../filters/lib/holes.ts';

const test = suite('holes');

/** What comes out, a hole being `<LENGTH>`, and how many bytes were accounted for. */
const play = (pieces: string[]) => {
	let out = '';
	let bytes = 0;
	const holes = createHoles({
		text: (piece) => {
			assert.ok(piece.length > 0);
			out += piece.toString('latin1');
			bytes += piece.length;
		},
		hole: (length) => {
			out += `<${length}>`;
			bytes += length;
		},
	});
	for (const piece of pieces) holes.take(Buffer.from(piece, 'latin1'));
	holes.end();
	return { out, bytes };
};

const nuls = (length: number) => '\0'.repeat(length);
const LONG = SHORTEST_HOLE + 1;

const cases: [title: string, text: string, wanted: string][] = [
	['nothing', '', ''],
	['text', 'a\nb', 'a\nb'],
	['a hole at the start, of any length', `${nuls(3)}a\n`, '<3>a\n'],
	['nothing but a hole', nuls(5), '<5>'],
	['a hole between two lines', `a\n${nuls(1)}b\n`, 'a\n<1>b\n'],
	['an empty line behind a hole stays', `a\n${nuls(9)}\nb\n`, 'a\n<9>\nb\n'],
	['a few NULs in a line are text', 'a\0\0b\n', 'a\0\0b\n'],
	['a few NULs at the end of a line are text', 'a\0\n', 'a\0\n'],
	['a few NULs behind a line that has not ended are text', 'a\0', 'a\0'],
	['a hole in a line ends it', `ab${nuls(LONG)}c\n`, `ab\n<${LONG - 1}>c\n`],
	['two holes', `${nuls(2)}a\n${nuls(3)}b\n`, '<2>a\n<3>b\n'],
];

for (const [title, text, wanted] of cases) {
	test(title, () => {
		for (const pieces of [[text], [...text], text.split(/(?<=\0)(?=[^\0])/)]) {
			assert.equal(play(pieces), { out: wanted, bytes: text.length });
		}
	});
}

test('any pieces give the same, and every byte is accounted for', () => {
	const part = fc.constantFrom(
		'a',
		'bc',
		'\n',
		'\0',
		nuls(SHORTEST_HOLE - 1),
		nuls(SHORTEST_HOLE),
		nuls(300),
	);
	fc.assert(
		fc.property(
			fc.array(part, { maxLength: 20 }),
			fc.array(fc.nat(2000), { maxLength: 10 }),
			(parts, cuts) => {
				const text = parts.join('');
				const ends = [...new Set([0, ...cuts.map((at) => at % (text.length + 1)), text.length])];
				ends.sort((a, b) => a - b);
				const pieces = ends.slice(1).map((end, at) => text.slice(ends[at], end));
				const whole = play([text]);
				assert.equal(play(pieces), whole);
				assert.is(whole.bytes, text.length);
				assert.is(whole.out.replace(/<\d+>|[\n\0]/g, ''), text.replace(/[\n\0]/g, ''));
				assert.not.match(whole.out, /(?:^|\n)\0/);
			},
		),
		{ numRuns: 3000 },
	);
});

test.run();
