import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	ANY_LINE_BYTES,
	BARRIER_BYTES,
	barrierPlace,
	createPrinter,
} from '../../../../filters/lib/tail/printer.ts';

const place = suite('tail: where a barrier goes');

const TIMED = '@us:\n[0] 1\n\n#!ts 1763712000\n@us:\n';

place('before the first time line of a run, unless nothing was printed since the last barrier', () => {
	assert.is(barrierPlace(Buffer.from(TIMED), 0, true), TIMED.indexOf('#!ts'));
	assert.is(barrierPlace(Buffer.from('#!ts 1763712000\na\n'), 0, true), -1);
	assert.is(barrierPlace(Buffer.from('#!ts 1763712000\na\n'), 1, true), 0);
});

place('in a log without times after an empty line, once in 64 KiB; at any line once in 1 MiB', () => {
	const bytes = Buffer.from('a\n\nb\n');
	assert.is(barrierPlace(bytes, BARRIER_BYTES - 6, false), -1);
	assert.is(barrierPlace(bytes, BARRIER_BYTES, false), 3);
	assert.is(barrierPlace(bytes, BARRIER_BYTES, true), -1);
	assert.is(barrierPlace(Buffer.from('a\nb\n'), ANY_LINE_BYTES - 1, false), -1);
	assert.is(barrierPlace(Buffer.from('a\nb\n'), ANY_LINE_BYTES, true), 0);
});

place.run();

const test = suite('tail: printer');

/** What is printed, warnings and counts aside. */
const printing = (barriers: boolean) => {
	let printed = '';
	const counts: string[] = [];
	const trails: string[] = [];
	const printer = createPrinter({
		text: (text) => {
			printed += text;
		},
		bytes: (bytes) => {
			printed += bytes.toString('latin1');
		},
		barriers,
		position: ({ offset, time, trail }) => {
			trails.push(trail.toString('latin1'));
			return { offset, ...(time === undefined ? {} : { time }) };
		},
		count: (what) => counts.push(what),
		warn: () => {},
	});
	const start = (offset: number, time?: string, trail = '') =>
		printer.start({ offset, time, trail: Buffer.from(trail) });
	return { printer, start, counts, trails, printed: () => printed };
};

test('a barrier has the offset of the line behind it and the last time before it', () => {
	const { printer, start, printed } = printing(true);
	start(100);
	printer.run(Buffer.from('a\n#!ts 5\nb\n#!ts 6\nc\n'));
	assert.ok(printer.owes());
	printer.quiet();
	assert.not(printer.owes());
	printer.quiet();
	assert.is(
		printed(),
		'a\n#!pos {"offset":102}\n#!ts 5\nb\n#!ts 6\nc\n#!pos {"offset":120,"time":"#!ts 6"}\n',
	);
});

test('a log with times gets its barriers before them only, one without after empty lines, too', () => {
	const block = `${'a line of a block\n'.repeat(200)}\n`;
	for (const [first, wanted] of [
		['#!ts 5\n', 0],
		['', 3],
	] as const) {
		const { printer, start, printed } = printing(true);
		start(0);
		printer.run(Buffer.from(`${first}one\n`));
		for (let n = 0; n < 60; n++) printer.run(Buffer.from(block));
		assert.is(printed().split('#!pos ').length - 1, wanted);
		for (const text of printed().split('#!pos ').slice(0, -1)) assert.is(text.slice(-2), '\n\n');
		printer.run(Buffer.from('#!ts 6\ntwo\n'));
		assert.match(printed(), /#!pos .*\n#!ts 6\ntwo\n$/);
	}
});

test('without barriers the lines are all there is', () => {
	const { printer, start, printed } = printing(false);
	start(0);
	printer.run(Buffer.from('a\n#!ts 5\n#!pos {"x":1}\n'));
	printer.quiet(true);
	assert.is(printed(), 'a\n#!ts 5\n#!pos {"x":1}\n');
});

test('the time is repeated at a new start, unless the log says it itself', () => {
	for (const [line, wanted] of [
		['a\n', '#!ts 5 synthetic\na\n'],
		['#!ts 6\n', '#!ts 6\n'],
	] as const) {
		const { printer, start, printed } = printing(false);
		start(0, '#!ts 5 synthetic');
		printer.run(Buffer.from(line));
		assert.is(printed(), wanted);
	}
});

test('barriers of another pipeline in the log are left out, counted, and move the offset', () => {
	const { printer, start, printed, counts } = printing(true);
	start(0);
	printer.run(Buffer.from('a\n#!pos {"x":1}\nb #!pos \n'));
	printer.quiet();
	assert.is(printed(), 'a\nb #!pos \n#!pos {"offset":25}\n');
	assert.equal(counts, ['foreign_barriers']);
});

test('half a line gets a newline but no barrier behind it; skipped bytes move the offset', () => {
	const { printer, start, printed, counts } = printing(true);
	start(0);
	printer.skip(10);
	printer.torn(Buffer.from('hal'));
	printer.quiet();
	assert.is(printed(), 'hal\n#!pos {"offset":10}\n');
	assert.equal(counts, ['torn']);
});

test('bytes are printed as they are, whatever their encoding', () => {
	const { printer, printed } = printing(true);
	printer.run(Buffer.from([255, 0xe9, 0, 10]));
	assert.is(printed(), '\xff\xe9\0\n');
});

test('a barrier has the bytes before it: those printed, those it started behind, or what is known of the skipped', () => {
	const { printer, start, trails } = printing(true);
	start(7, undefined, 'before\n');
	printer.quiet(true);
	printer.run(Buffer.from('a\n#!ts 5\n#!pos {"x":1}\n'));
	printer.quiet();
	printer.skip(99);
	printer.quiet();
	assert.is(printer.hole(3), 9 + 23 + 99 - 2);
	printer.quiet();
	const all = 'before\na\n#!ts 5\n#!pos {"x":1}\n';
	assert.equal(trails, ['before\n', 'before\na\n', all, '\n', '\0\0\0']);
});

test('the end of a finite input is said to sinks only', () => {
	for (const barriers of [true, false]) {
		const { printer, printed } = printing(barriers);
		printer.end();
		assert.is(printed(), barriers ? '#!end\n' : '');
	}
});

test('whatever the lines and runs: barriers aside the text is the same, and each barrier is where it says', () => {
	const line = fc.constantFrom('a\n', '\n', '#!ts 1763712000\n', '[0] 1 |@@|\n', `${'x'.repeat(9000)}\n`);
	fc.assert(
		fc.property(fc.array(fc.array(line, { minLength: 1, maxLength: 30 })), (runs) => {
			const { printer, start, printed, trails } = printing(true);
			start(0);
			for (const run of runs) printer.run(Buffer.from(run.join('')));
			printer.quiet();
			let offset = 0;
			for (const text of printed().split(/(?<=\n)/)) {
				if (text.startsWith('#!pos ')) assert.is(JSON.parse(text.slice(6)).offset, offset);
				else offset += text.length;
			}
			const place = (trail: string) => runs.flat().join('').indexOf(trail);
			for (const trail of trails) assert.ok(place(trail) >= 0, 'a trail is a part of the log');
			assert.is(printed().replace(/^#!pos .*\n/gm, ''), runs.flat().join(''));
		}),
	);
});

test.run();
