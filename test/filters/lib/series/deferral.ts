// Histograms that are kept as bytes give the same steps as those that are read one by one.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Histogram, Measure } from '../../../../filters/lib/record.ts';
import { createDeferral } from '../../../../filters/lib/series/deferral.ts';
import { createSteps } from '../../../../filters/lib/series/steps.ts';

const test = suite('deferral');
const OPTIONS = { stepMs: 100, staleMs: 250, zeroBuckets: [] };

/** The steps that lines give, as text, and how many lines were not read one by one. */
const stepsOf = (lines: string[], isQuick: boolean): { out: string[]; quick: number } => {
	const steps = createSteps(OPTIONS);
	const out: string[] = [];
	let quick = 0;
	const give = (all: unknown[]) => out.push(...all.map((one) => JSON.stringify(one)));
	const known = createDeferral(steps, (ts) => !steps.isDue(ts));
	for (const line of lines) {
		const bytes = Buffer.from(`${line}\n`);
		if (line.startsWith('#')) {
			const passed = steps.barrier(line);
			if (passed) give([passed]);
			continue;
		}
		if (isQuick && known.take(bytes, 0, bytes.length - 1)) {
			quick += 1;
			continue;
		}
		const record = JSON.parse(line) as Measure;
		for (const step of steps.advance(record.ts)) give(step);
		const series = steps.take(record, record.ts);
		if (isQuick) known.learn(record, series);
	}
	give(steps.flush());
	return { out, quick };
};

const histogram = (
	ts: number,
	host: string,
	buckets: Histogram['buckets'],
	temporality = 'cumulative',
): string =>
	JSON.stringify({
		type: 'histogram',
		ts,
		host,
		metric: 'm',
		unit: '1',
		attributes: { é: '"' },
		temporality,
		buckets,
	});

test('within a step only the last record of a series is read', () => {
	const lines = Array.from({ length: 50 }, (_, n) => histogram(1000 + n * 10, 'a', [[0, 1, n]]));
	const { out, quick } = stepsOf(lines, true);
	assert.is(quick, 50 - 6, 'the first of all, and the first of each step that follows');
	assert.equal(out, stepsOf(lines, false).out);
});

const LAYOUTS: [number, number][][] = [
	[
		[0, 1],
		[1, 2],
	],
	[
		[0, 1],
		[1, 2],
		[2, 4],
	],
	[[0, 3]],
	[],
];
const event = fc.record({
	step: fc.oneof(
		{ weight: 8, arbitrary: fc.integer({ min: 0, max: 30 }) },
		{ weight: 1, arbitrary: fc.integer({ min: -200, max: 400 }) },
	),
	host: fc.constantFrom('a', 'b'),
	layout: fc.oneof(
		{ weight: 8, arbitrary: fc.constant(0) },
		{ weight: 2, arbitrary: fc.nat(LAYOUTS.length - 1) },
	),
	temporality: fc.oneof(
		{ weight: 6, arbitrary: fc.constant('cumulative') },
		{ weight: 1, arbitrary: fc.constant('delta') },
	),
	count: fc.nat(1000),
	barrier: fc.oneof(
		{ weight: 9, arbitrary: fc.constant(false) },
		{ weight: 1, arbitrary: fc.constant(true) },
	),
});

test('whatever comes, the steps, notices and barriers are the same', () => {
	let taken = 0;
	fc.assert(
		fc.property(fc.array(event, { maxLength: 60 }), (events) => {
			let ts = 1000;
			const lines = events.flatMap(({ step, host, layout, temporality, count, barrier }, at) => {
				ts = Math.max(0, ts + step);
				const buckets = LAYOUTS[layout]!.map(([lower, upper]): [number, number, number] => [
					lower,
					upper,
					count,
				]);
				const line = histogram(ts, host, buckets, temporality);
				return barrier ? [line, `#!pos {"at":${at}}`] : [line];
			});
			const { out, quick } = stepsOf(lines, true);
			taken += quick;
			// How often bounds crossed within a step is not counted for records that nobody reads.
			const same = (all: string[]) => all.map((one) => one.replace(/("kind":"layout","count":)\d+/, '$1n'));
			assert.equal(same(out), same(stepsOf(lines, false).out));
		}),
		{ numRuns: 2000 },
	);
	assert.ok(taken > 1000, `${taken} were taken`);
});

test.run();
