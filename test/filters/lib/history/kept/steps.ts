import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Pace } from '../../../../../filters/lib/history/kept/pace.ts';
import { levelsFor, stepFor } from '../../../../../filters/lib/history/kept/steps.ts';

const test = suite('steps');
const HOUR = 3_600_000;

test('rings for a span: each slot of a coarser one is whole slots of a finer one, and all of them hold it', () => {
	assert.equal(
		levelsFor(HOUR).map(({ step, reach }) => [step, reach]),
		[
			[1000, 300_000],
			[5000, 900_000],
			[15_000, HOUR],
		],
	);
	fc.assert(
		fc.property(fc.integer({ min: 1000, max: 400 * 24 * HOUR }), (span) => {
			const levels = levelsFor(span);
			assert.is(levels.at(-1)!.reach, span);
			levels.forEach(({ step, length, reach }, at) => {
				assert.ok(step * (length - 1) >= reach);
				assert.ok(length <= 400, `${length}`);
				if (at > 0) assert.is(step % levels[at - 1]!.step, 0);
			});
		}),
	);
});

test('the next step that people read easily', () => {
	for (const [least, base, wanted] of [
		[1, 1000, 1000],
		[1001, 1000, 2000],
		[8000, 5000, 10_000],
		[8000, 15_000, 15_000],
		[16_000, 15_000, 30_000],
		[61_000, 1000, 120_000],
		[1e9, 86_400_000, 12 * 86_400_000],
	] as const)
		assert.is(stepFor(least, base), wanted, `${least} of ${base}`);
});

test('the usual interval is learnt, forgives what is odd and follows what stays', () => {
	const pace = new Pace(1000);
	let ts = 1_000_000;
	const print = (wait: number) => {
		pace.place(ts, ts + wait);
		ts += wait;
	};
	for (let at = 0; at < 20; at++) print(1000 + (at % 3));
	assert.ok(Math.abs(pace.interval - 1001) < 2);
	print(40_000);
	print(1000);
	assert.ok(pace.interval < 1100);
	for (let at = 0; at < 4; at++) print(15_000);
	assert.is(pace.interval, 15_000);
});

test.run();
