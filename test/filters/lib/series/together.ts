// to-delta and every in one pipeline: killed at any time and started again at a barrier that came out of both

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Sum } from '../../../../filters/lib/record.ts';
import { createDelta } from '../../../../filters/lib/series/delta.ts';
import { createSteps } from '../../../../filters/lib/series/steps.ts';

type Line = { ts: number; key: string; value: number } | { ts: number; key?: never } | string;

const total = (line: { ts: number; key: string; value: number }): Sum => ({
	type: 'sum',
	ts: line.ts,
	host: 'h',
	metric: 'm',
	unit: '1',
	attributes: { key: line.key },
	temporality: 'cumulative',
	monotonic: true,
	value: line.value,
});

/** What comes out of `to-delta | every 10ms` for some lines: steps with a count, and barriers, by input line. */
const play = (lines: Line[]) => {
	const delta = createDelta({ fromZero: false, staleMs: 1e6, onCount: () => {} });
	const steps = createSteps({ stepMs: 10, staleMs: 1e6, zeroBuckets: [] });
	const out: { at: number; step?: string; value?: number; barrier?: string }[] = [];
	lines.forEach((line, at) => {
		const put = (one: unknown) => {
			if (typeof one === 'string') out.push({ at, barrier: one });
			else {
				const { ts, attributes, value } = one as Sum;
				if (value !== 0) out.push({ at, step: `${attributes.key} ${ts}`, value: Number(value) });
			}
		};
		const advance = (ms: number) => {
			for (const some of steps.advance(ms)) some.forEach(put);
		};
		const pass = (barrier: string | undefined) => {
			const passed = barrier === undefined ? undefined : steps.barrier(barrier);
			if (passed !== undefined) put(passed);
		};
		if (typeof line === 'string') pass(delta.barrier(line));
		else if (line.key === undefined) {
			delta.time(line.ts);
			pass(delta.release());
			advance(line.ts);
		} else {
			const results = delta.take(total(line));
			pass(delta.release());
			for (const result of results) {
				assert.is.not(result.type, 'notice');
				advance(result.ts);
				steps.take(result as Sum, result.ts);
			}
		}
	});
	return out;
};

const print = fc.record({
	gap: fc.integer({ min: 1, max: 14 }),
	keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 }),
	grow: fc.integer({ min: 1, max: 9 }),
	barrier: fc.nat(5),
	timed: fc.boolean(),
});

const test = suite('to-delta and every together');

test('no increment is lost and no step is written lower', () => {
	let restarts = 0;
	fc.assert(
		fc.property(fc.array(print, { minLength: 5, maxLength: 25 }), (prints) => {
			const totals = new Map<string, number>();
			let ts = 0;
			const lines = prints.flatMap(({ gap, keys, grow, barrier, timed }, at): Line[] => {
				ts += gap;
				for (const key of [...totals.keys(), ...keys]) totals.set(key, (totals.get(key) ?? 0) + grow);
				const burst: Line[] = [...totals].map(([key, value]) => ({ ts, key, value }));
				if (timed) burst.unshift({ ts });
				burst.splice(barrier, 0, `B${at}`);
				return burst;
			});
			const whole = play(lines);
			const want = new Map(whole.flatMap(({ step, value }) => (step ? [[step, value]] : [])));
			for (const { at, barrier } of whole) {
				if (barrier === undefined) continue;
				restarts += 1;
				const again = play(lines.slice(lines.indexOf(barrier)));
				const got = new Map(again.flatMap(({ step, value }) => (step ? [[step, value]] : [])));
				for (const [step, value] of got) assert.is(value, want.get(step), `${barrier}: ${step}`);
				for (const one of whole)
					if (one.step && one.at > at) assert.ok(got.has(one.step), `${barrier}: ${one.step}`);
			}
		}),
		{ numRuns: 1000 },
	);
	assert.ok(restarts > 2000, `only ${restarts} restarts were tried`);
});

test.run();
