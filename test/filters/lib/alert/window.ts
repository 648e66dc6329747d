// A window against a plain list of all that came.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Window } from '../../../../filters/lib/alert/window.ts';

const test = suite('lib/alert/window');

const valueAt = (window: Window, now: number): number | undefined => {
	const counted = window.at(now);
	return counted && 'value' in counted ? Number(counted.value) : undefined;
};

test('what lies in (now - range, now], in whatever order it came', () => {
	// Whole slots apart, so that each increment is its own.
	const RANGE = 10_240;
	const step = fc.tuple(fc.nat(30), fc.nat(100));
	fc.assert(
		fc.property(fc.array(step, { maxLength: 30 }), fc.nat(40), (steps, look) => {
			const window = new Window(RANGE);
			for (const [at, by] of steps) window.push(at * 1000, { value: by });
			const now = Math.max(30, look) * 1000;
			const wanted = steps.filter(([at]) => at * 1000 > now - RANGE);
			assert.is(
				valueAt(window, now),
				wanted.length === 0 ? undefined : wanted.reduce((so, [, by]) => so + by, 0),
			);
		}),
	);
});

test('the same from look to look, with what comes in between, however late', () => {
	const RANGE = 102_400;
	const step = fc.tuple(fc.nat(1000), fc.nat(100), fc.boolean());
	fc.assert(
		fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
			const window = new Window(RANGE);
			let now = 0;
			const all: [number, number][] = [];
			for (const [back, by, isLook] of steps) {
				now += 700;
				const at = Math.max(0, Math.floor(now / 100) - (back % 7 === 0 ? back : 0)) * 100;
				all.push([at, by]);
				window.push(at, { value: by });
				const wanted = all.filter(([ts]) => ts > now - RANGE).reduce((so, [, value]) => so + value, 0);
				if (isLook) assert.is(valueAt(window, now) ?? 0, wanted);
			}
		}),
	);
});

test('memory is bounded: what lies closer than a thousandth of the range is one, and goes with the later of it', () => {
	const window = new Window(1024);
	for (let at = 0; at < 100_000; at++) window.push(at / 10, { value: 1 });
	assert.is(valueAt(window, 9999.9), 10_240);
	assert.ok(JSON.stringify(window).length < 100_000);
});

test('buckets add up, those whose bounds cross become the smallest that holds both', () => {
	const window = new Window(1000);
	window.push(100, { buckets: [[0, 1, 2]] });
	window.push(200, {
		buckets: [
			[0, 1, 3],
			[1, 2, 1],
		],
	});
	assert.equal(window.at(500), {
		buckets: [
			[0, 1, 5],
			[1, 2, 1],
		],
	});
	window.push(300, { buckets: [[0, 2, 4]] });
	assert.equal(window.at(500), { buckets: [[0, 2, 10]] });
	assert.is(window.at(1300), undefined);
});

test('a clock that is set moves all of it', () => {
	const window = new Window(1000);
	window.push(5000, { value: 1 });
	window.push(5500, { value: 2 });
	window.shift(-4000);
	assert.is(valueAt(window, 1500), 3);
	assert.is(valueAt(window, 2000), 2);
	assert.is(valueAt(window, 2500), undefined);
});

test.run();
