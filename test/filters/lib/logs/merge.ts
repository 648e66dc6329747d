import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMerge } from '../../../../filters/lib/logs/merge.ts';

const test = suite('logs/merge');

const line = (name: string, ts: number) => `{"type":"gauge","ts":${ts},"metric":"${name}"}\n`;
const runOf = (...lines: string[]) => Buffer.from(lines.join(''));

/** A merge of so many lanes, and what has come out of it: lines, and `LANE:POSITION` for barriers. */
const merging = (count: number) => {
	const out: string[] = [];
	const so = { isFull: false, open: () => {} };
	const lanes = createMerge(count, {
		put: (lines) => out.push(...(lines.toString().match(/.*\n/g) ?? [])),
		barrier: (lane, { at }) => out.push(`${lane}:${at}`),
		blocked: () => so.isFull,
		room: () =>
			new Promise<void>((resolve) => {
				so.open = () => {
					so.isFull = false;
					resolve();
				};
			}),
	});
	return { out, lanes, so };
};

test('lines of logs that have more to read come by time, and each log keeps its order', () => {
	const { out, lanes } = merging(2);
	lanes[0]!.bytes(runOf(line('a', 1), line('a', 4), line('a', 3), line('a', 6)));
	assert.equal(out, [], 'the other log may have older lines');
	lanes[1]!.bytes(runOf(line('b', 2), line('b', 5), line('b', 9)));
	assert.equal(out, [line('a', 1), line('b', 2), line('a', 4), line('a', 3), line('b', 5), line('a', 6)]);
	lanes[0]!.idle(true);
	assert.is(out.at(-1), line('b', 9));
});

test('a log at its end holds nobody up, until it has something again', () => {
	const { out, lanes } = merging(2);
	lanes[1]!.idle(true);
	lanes[0]!.bytes(runOf(line('a', 1)));
	assert.equal(out, [line('a', 1)]);
	lanes[1]!.idle(false);
	lanes[0]!.bytes(runOf(line('a', 3)));
	assert.is(out.length, 1);
	lanes[1]!.bytes(runOf(line('b', 2)));
	assert.equal(out.slice(1), [line('b', 2)], 'what a has may have to wait for more of b');
	lanes[1]!.idle(true);
	assert.equal(out.slice(2), [line('a', 3)]);
});

test('what has no time goes at once; control lines are left out', () => {
	const { out, lanes } = merging(2);
	lanes[0]!.bytes(runOf('#!ts 9\n', 'odd\n', '#!pos {}\n', line('a', 8), '#!end\n'));
	lanes[1]!.bytes(runOf('#!ts 1\n'));
	assert.equal(out, [], 'a run of control lines is no line');
	lanes[1]!.bytes(runOf(line('b', 7)));
	assert.equal(out, ['odd\n', line('b', 7)]);
});

test('a barrier is passed behind the lines before it, and before those after it', () => {
	const { out, lanes } = merging(2);
	lanes[1]!.idle(true);
	lanes[0]!.position({ at: 0 });
	lanes[0]!.bytes(runOf(line('a', 1)));
	lanes[0]!.position({ at: 1 });
	lanes[0]!.bytes(runOf(line('a', 2)));
	assert.equal(out, ['0:0', line('a', 1), '0:1', line('a', 2)]);
});

test('room is where all has gone on, and nothing goes on while the reader is slow', async () => {
	const { out, lanes, so } = merging(1);
	await lanes[0]!.room();
	so.isFull = true;
	lanes[0]!.bytes(runOf(line('a', 1)));
	lanes[0]!.position({ at: 1 });
	let hasRoom = false;
	lanes[0]!.room().then(() => {
		hasRoom = true;
	});
	await turn();
	assert.equal([out, hasRoom], [[], false]);
	so.open();
	await turn();
	assert.equal([out, hasRoom], [[line('a', 1), '0:1'], true]);
});

test('property: nothing is lost or doubled, each log keeps its order, barriers stand where they stood', async () => {
	const piece = fc.oneof(
		{ weight: 4, arbitrary: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 }) },
		fc.constant('position' as const),
		fc.constant('rest' as const),
	);
	const move = fc.tuple(fc.integer({ min: 0, max: 2 }), piece);
	await fc.assert(
		fc.asyncProperty(fc.array(move, { maxLength: 40 }), fc.boolean(), async (moves, isSlow) => {
			const { out, lanes, so } = merging(3);
			const given: string[][] = [[], [], []];
			let next = 0;
			for (const [lane, what] of moves) {
				so.isFull = isSlow && next % 3 === 0;
				if (what === 'rest') {
					lanes[lane]!.idle(true);
				} else if (what === 'position') {
					next += 1;
					given[lane]!.push(`${lane}:${next}`);
					lanes[lane]!.position({ at: next });
				} else {
					lanes[lane]!.idle(false);
					const lines = what.map((ts) => line(`${lane}-${next++}`, ts));
					given[lane]!.push(...lines);
					lanes[lane]!.bytes(Buffer.from(lines.join('')));
				}
			}
			so.open();
			so.isFull = false;
			await turn();
			for (const lane of lanes) lane.idle(true);
			await turn();
			const laneOf = (text: string) => Number(/^\d(?=:)|(?<="metric":")\d/.exec(text)![0]);
			given.forEach((texts, lane) => {
				assert.equal(
					out.filter((text) => laneOf(text) === lane),
					texts,
				);
			});
		}),
	);
});

test('property: logs that are in order come out in order, when all of them are to be read', () => {
	const sorted = fc
		.array(fc.integer({ min: 0, max: 99 }), { maxLength: 20 })
		.map((times) => times.sort((a, b) => a - b));
	fc.assert(
		fc.property(fc.array(sorted, { minLength: 1, maxLength: 4 }), (logs) => {
			const { out, lanes } = merging(logs.length);
			for (const [at, times] of logs.entries())
				if (times.length > 0) lanes[at]!.bytes(Buffer.from(times.map((ts) => line('x', ts)).join('')));
			for (const lane of lanes) lane.idle(true);
			const times = out.map((text) => JSON.parse(text).ts);
			assert.equal(
				times,
				logs.flat().sort((a, b) => a - b),
			);
		}),
	);
});

test.run();
