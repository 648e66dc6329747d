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
	['a hole at the start', `${nuls(LONG)}a\n`, `<${LONG}>a\n`],
	['nothing but a hole', nuls(LONG), `<${LONG}>`],
	['a hole between two lines', `a\n${nuls(SHORTEST_HOLE)}b\n`, `a\n<${SHORTEST_HOLE}>b\n`],
	['an empty line behind a hole stays', `a\n${nuls(LONG)}\nb\n`, `a\n<${LONG}>\nb\n`],
	['a hole in a line ends it', `ab${nuls(LONG)}c\n`, `ab\n<${LONG - 1}>c\n`],
	['two holes', `${nuls(LONG)}a\n${nuls(99)}b\n`, `<${LONG}>a\n<99>b\n`],
	['a few NULs are text, wherever they stand', '\0a\0\0b\0\n\0\n\0', '\0a\0\0b\0\n\0\n\0'],
	['as many as just make no hole', nuls(SHORTEST_HOLE - 1), nuls(SHORTEST_HOLE - 1)],
	['a hole behind a few NULs', `\0a${nuls(LONG)}b`, `\0a\n<${LONG - 1}>b`],
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
				assert.not.match(whole.out, new RegExp(`\\0{${SHORTEST_HOLE}}`));
			},
		),
		{ numRuns: 3000 },
	);
});

test.run();
