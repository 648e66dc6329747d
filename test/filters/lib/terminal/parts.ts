import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countScale, ramp, shareScale } from '../../../../filters/lib/chart/ramp.ts';
import type { Column, Row } from '../../../../filters/lib/history/answers.ts';
import { pairText, plainBar, sparkText, towerLines } from '../../../../filters/lib/terminal/bars.ts';
import { styleCode } from '../../../../filters/lib/terminal/colour.ts';
import { bandRow, bandsOf, heatLines, mostInBands } from '../../../../filters/lib/terminal/heat.ts';
import { keysIn } from '../../../../filters/lib/terminal/keys.ts';
import { createScreen } from '../../../../filters/lib/terminal/screen.ts';
import { fit, lineText, widthOf } from '../../../../filters/lib/terminal/text.ts';

const colour = suite('terminal: colour');

colour('each depth says a colour in its own way, and none says none', () => {
	assert.is(styleCode({ fg: '#ff0000' }, 24), '\x1b[38;2;255;0;0m');
	assert.is(styleCode({ bg: '#ff0000' }, 24), '\x1b[48;2;255;0;0m');
	assert.is(styleCode({ fg: '#ff0000' }, 8), '\x1b[38;5;196m');
	assert.is(styleCode({ fg: '#080808' }, 8), '\x1b[38;5;232m');
	assert.is(styleCode({ fg: '#ff5555' }, 4), '\x1b[91m');
	assert.is(styleCode({ fg: '#000000', bg: '#ffffff' }, 4), '\x1b[30;107m');
	assert.is(styleCode({ fg: '#ff0000', bg: '#00ff00' }, 1), '');
	assert.is(styleCode({ bold: true, inverse: true, dim: true }, 1), '\x1b[1;2;7m');
	assert.is(styleCode({}, 24), '');
});

colour('the steps of the heat map stay apart in 256 colours', () => {
	for (const theme of ['dark', 'light'] as const) {
		const codes = ramp(theme).map((fg) => styleCode({ fg }, 8));
		assert.is(new Set(codes).size, codes.length, theme);
	}
});

colour.run();

const text = suite('terminal: text');

text('cut and filled by columns: wide signs take two, combined ones none', () => {
	assert.is(fit('abc', 5), 'abc  ');
	assert.is(fit('abc', 5, true), '  abc');
	assert.is(fit('abcdef', 4), 'abc…');
	assert.is(fit('日本語', 4), '日… ');
	assert.is(fit('日本語', 5), '日本…');
	assert.is(fit('e\u0301e\u0301e\u0301', 2), 'e\u0301…');
	assert.is(fit('👩‍👩‍👧‍👦x', 2), '… ');
	assert.is(fit('abc', 0), '');
	assert.is(fit('', 2), '  ');
});

text('property: exactly as wide as wanted, whatever it holds', () => {
	const piece = fc.string({ unit: 'grapheme' }).map((all) => all.replace(/[\p{Cc}\p{Cf}]/gu, ''));
	fc.assert(
		fc.property(piece, fc.integer({ min: 0, max: 30 }), fc.boolean(), (all, width, isRight) => {
			assert.is(widthOf(fit(all, width, isRight)), width);
		}),
	);
	fc.assert(
		fc.property(fc.array(piece), fc.integer({ min: 0, max: 40 }), (all, width) => {
			const line = all.map((one) => ({ text: one, bold: true }));
			const shown = lineText(line, width, 24).replaceAll(/\x1b\[[\d;]*m/g, '');
			assert.is(widthOf(shown), width);
		}),
	);
});

text('a style ends with its piece', () => {
	assert.is(lineText([{ text: 'a', bold: true }, { text: 'b' }], 4, 8), '\x1b[1ma\x1b[0mb  ');
	assert.is(lineText([{ text: 'abc', bold: true }, { text: 'd' }], 2, 8), '\x1b[1ma…\x1b[0m');
});

text.run();

const bars = suite('terminal: bars');

bars('what is above nothing is seen, what is not known is a blank', () => {
	assert.is(sparkText([0, 1, 50, 100, null]), ' ▁▄█ ');
	assert.is(sparkText([]), '');
	assert.is(sparkText([0, null]), '  ');
	assert.is(pairText(10, 5, 10, 4), '██▀▀');
	assert.is(pairText(5, 10, 10, 4), '██▄▄');
	assert.is(pairText(0, 0, 10, 2), '  ');
	assert.is(pairText(1, 0, 1_000_000, 3), '▀  ');
	assert.is(plainBar(5, 10, 4), '##  ');
	assert.is(plainBar(1, 1e9, 4), '#   ');
	assert.is(plainBar(0, 10, 4), '    ');
});

bars('a tower is as high as its value, over lines', () => {
	assert.equal(towerLines([0, 5, 10, null], 0, 10, 2), ['  █ ', '▁██ ']);
	assert.equal(towerLines([-5, 0, 5], -5, 5, 1), ['▁▄█']);
	assert.equal(towerLines([3], 0, 0, 1), ['▁']);
});

bars.run();

const heat = suite('terminal: heat map');

const ROWS: Row[] = [
	[0, 1],
	[1, 2],
	[2, 4],
	[4, null],
];
const COLUMNS: Column[] = [[1, 0, 1, 0, 0, 9], null, null, [1, 1, 3], [1, 0]];

heat('bands: each bucket its own where there is room, else neighbours together, none left out', () => {
	assert.equal(bandsOf(1, 4, 3), [
		{ first: 1, last: 1 },
		{ first: 2, last: 2 },
		{ first: 3, last: 3 },
	]);
	assert.equal(bandsOf(0, 5, 2), [
		{ first: 0, last: 2 },
		{ first: 3, last: 4 },
	]);
	assert.equal(bandsOf(0, 0, 5), []);
	assert.equal(bandRow(ROWS, { first: 1, last: 3 }), [1, null]);
	fc.assert(
		fc.property(fc.nat(50), fc.nat(50), fc.integer({ min: 1, max: 20 }), (from, count, most) => {
			const bands = bandsOf(from, from + count, most);
			assert.ok(bands.length <= most);
			const rows = bands.flatMap(({ first, last }) =>
				Array.from({ length: last - first + 1 }, (_, at) => first + at),
			);
			assert.equal(
				rows,
				Array.from({ length: count }, (_, at) => from + at),
			);
		}),
	);
});

heat(
	'the scale reaches to what a cell has: to a band of several buckets, by its rate after an outage',
	() => {
		const columns: Column[] = [
			[1, 0, 3, 4, 1],
			[0, 0],
			[0, 0],
			[3, 0, 6, 9, 30],
		];
		assert.is(mostInBands(columns, bandsOf(0, 3, 3)), 10);
		assert.is(mostInBands(columns, bandsOf(0, 3, 2)), 10);
		assert.is(mostInBands(columns, bandsOf(0, 3, 1)), 15);
		assert.is(mostInBands([], bandsOf(0, 3, 1)), 0);
		assert.is(mostInBands([[1.5, 0, 4]], bandsOf(0, 1, 1)), 3);
	},
);

const map = (bands: ReturnType<typeof bandsOf>, hasColours: boolean, scale = countScale(9)) =>
	heatLines({ columns: COLUMNS, bands, scale, theme: 'dark', hasColours });

heat(
	'in half blocks: two buckets a line, the highest on top, nothing is the ground, no data is hatched',
	() => {
		const lines = map(bandsOf(0, 4, 9), true);
		assert.equal(
			lines.map((line) => line.map((cell) => cell.text).join('')),
			['▀╱╱  ', '▄╱╱▀ '],
		);
		const most = ramp('dark').at(-1);
		assert.equal(lines[0]![0], { text: '▀', fg: most });
		assert.is(lines[1]![0]!.fg, ramp('dark')[0], 'one event has the first full colour');
		const odd = map(bandsOf(0, 3, 9), true);
		assert.equal(
			odd.map((line) => line.map((cell) => cell.text).join('')),
			[' ╱╱  ', '▄╱╱▀ '],
		);
	},
);

heat('in signs, one bucket a line', () => {
	assert.equal(
		map(bandsOf(0, 4, 9), false).map((line) => line[0]!.text),
		['@//  ', ' //  ', ' //+ ', './/  '],
	);
});

heat('buckets in one band are added up, and a share is of its column', () => {
	const [line] = map([{ first: 0, last: 3 }], false);
	assert.is(line![0]!.text, '@//+ ');
	const shares = map(bandsOf(0, 4, 9), false, shareScale());
	assert.is(shares[2]![0]!.text[3], '@', 'all of its column');
	assert.is(shares[0]![0]!.text[0], '@');
});

heat.run();

const keys = suite('terminal: keys');

keys('letters, arrows and the rest, however they are bundled', () => {
	assert.equal(keysIn('jk\x1b[A\x1bOB\x1b[5~q'), ['j', 'k', 'up', 'down', 'page-up', 'q']);
	assert.equal(keysIn('\x1b'), ['escape']);
	assert.equal(keysIn('\r\x7f\x03\x1a\x0c'), ['enter', 'backspace', 'interrupt', 'suspend', 'redraw']);
	assert.equal(keysIn('é日👍'), ['é', '日', '👍']);
	assert.equal(keysIn('\x1b[200~\x1b[1;5C\x00\x01\x9b'), [], 'what is not known is no key');
});

keys('property: any input ends, and gives no control characters', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (all) => {
			for (const key of keysIn(all)) assert.not.match(key, /[\x00-\x1f]/);
		}),
	);
});

keys.run();

const screen = suite('terminal: screen');

screen('only what changed is written, in one piece; on leaving all is as before', () => {
	const written: string[] = [];
	const it = createScreen((piece) => written.push(piece));
	const take = () => written.splice(0);
	it.draw(['x']);
	assert.equal(take(), [], 'nothing before it is ours');
	it.enter();
	it.enter();
	assert.is(take().length, 1);
	it.draw(['one', 'two', 'three']);
	assert.is(take().length, 1);
	it.draw(['one', 'TWO', 'three']);
	assert.equal(take(), ['\x1b[?2026h\x1b[2;1HTWO\x1b[?2026l']);
	it.draw(['one', 'TWO', 'three']);
	assert.equal(take(), []);
	it.spoil();
	it.draw(['one', 'TWO', 'three']);
	assert.match(take()[0]!, /one.*TWO.*three/);
	it.draw(['one']);
	assert.equal(take(), ['\x1b[?2026h\x1b[2;1H\x1b[J\x1b[?2026l'], 'lines of a larger screen go');
	it.leave();
	it.leave();
	const [last, ...more] = take();
	assert.equal(more, []);
	for (const code of ['\x1b[?25h', '\x1b[?7h', '\x1b[?1049l']) assert.ok(last!.includes(code));
	it.draw(['one']);
	assert.equal(take(), []);
	it.enter();
	it.draw(['one']);
	assert.match(take().join(''), /one/, 'after a pause all is written again');
});

screen.run();
