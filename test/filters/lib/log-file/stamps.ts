import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createStamps, LONG_BURST_MS, QUIET_MS } from '../../../../filters/lib/log-file/stamps.ts';

const WALL = 1763712000250;
const STAMP = '#!ts 1763712000.250\n';

/** What the stamps make of runs of lines that arrive at `mono` and are written `busy` ms later. */
const stamped = (...runs: [text: string, mono: number, busy?: number][]): string[] => {
	const stamps = createStamps();
	return runs.map(([text, mono, busy = 0]) => {
		const bytes = stamps.take(Buffer.from(text), { mono, wall: WALL });
		stamps.done(mono + busy);
		return bytes.toString();
	});
};

const test = suite('append-log: stamps');

test('the first line gets a time, and each line after a silence; none within a burst', () => {
	const runs = stamped(['a\n', 5000], ['b\n', 5000 + QUIET_MS - 1], ['c\n', 5000 + 2 * QUIET_MS]);
	assert.equal(runs, [`${STAMP}a\n`, 'b\n', `${STAMP}c\n`]);
});

test('a slow disk is no silence of the source', () => {
	assert.equal(stamped(['a\n', 0, 900], ['b\n', 901]), [`${STAMP}a\n`, 'b\n']);
});

test('a source that prints its own time gets none, also after lines that came before', () => {
	const own = '#!ts 1763712009\nb\n';
	assert.equal(stamped(['a\n', 0], [own, 500], ['c\n', 9000]), [`${STAMP}a\n`, own, 'c\n']);
});

test('only a whole line of the right form is the time of a source', () => {
	const looks = 'x #!ts 1763712009\n#!ts soon\n';
	assert.equal(stamped([looks, 0], ['c\n', 9000]), [STAMP + looks, `${STAMP}c\n`]);
});

/** A stream without silence: a run every 50 ms. */
const stream = (text: string, runs: number) =>
	stamped(...Array.from({ length: runs }, (_, n) => [text, n * 50, 49] as [string, number, number]));

test('in a stream without silence a new time comes after an empty line, once a second', () => {
	const runs = stream('a\n\nb\n', 45);
	assert.equal(
		runs.filter((run) => run.includes(STAMP)),
		[`${STAMP}a\n\nb\n`, `a\n\n${STAMP}b\n`, `a\n\n${STAMP}b\n`],
	);
});

test('an empty line that ends a run is followed by the time in the next', () => {
	const runs = stream('a\n\n', 25);
	assert.is(
		runs.findIndex((run, at) => at > 0 && run === `${STAMP}a\n\n`),
		LONG_BURST_MS / 50,
	);
});

test('an empty line that begins a run, whose line before came in another, counts as well', () => {
	const texts = Array.from({ length: 21 }, (_, n): [string, number, number] => ['a\n', n * 50, 49]);
	const runs = stamped(...texts, ['\n\nb\n', 21 * 50, 49]);
	assert.is(runs.at(-1), `\n\n${STAMP}b\n`);
});

test('a stream without empty lines gets a new time every two seconds, at any line', () => {
	const runs = stream('a\n', 45);
	assert.equal(
		runs.flatMap((run, at) => (run === `${STAMP}a\n` ? [at] : [])),
		[0, (2 * LONG_BURST_MS) / 50],
	);
});

test.run();
