// What a history counts of itself is what it takes, with what is kept beside it for /metrics: measured, not computed

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bucket, Measure } from '../../../../filters/lib/record.ts';

// tsx gives each function its name by a property of its own, a quarter of a kilobyte each; what is installed has no such.
const define = Object.defineProperty;
Object.defineProperty = ((target: object, key: PropertyKey, what: PropertyDescriptor) =>
	typeof target === 'function' && key === 'name' ? target : define(target, key, what)) as typeof define;
const { createHistory } = await import('../../../../filters/lib/history/history.ts');
const { createScrape } = await import('../../../../filters/lib/serve/scrape.ts');

const MIB = 1024 * 1024;
const START = 1_763_712_000_000;
// Maps double, and what the collector calls in use is not all.
const TOLERANCE = 0.1;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const taken = (): number => {
	collect();
	collect();
	const { heapUsed, arrayBuffers } = process.memoryUsage();
	return heapUsed + arrayBuffers;
};

/** A record as it comes off a line: nothing of it is shared with another. */
const fresh = (record: Measure): Measure => JSON.parse(JSON.stringify(record));

const common = (which: number, print: number) => ({
	ts: START + print * 15_000,
	host: 'web1',
	metric: `lat${which % 20}`,
	unit: 'us',
	attributes: { comm: `worker-${which}` },
});
const histogram =
	(buckets: number) =>
	(which: number, print: number): Measure => {
		const list = Array.from(
			{ length: buckets },
			(_, row): Bucket => [2 ** row, 2 ** (row + 1), (print + 1) * (1 + ((row + which) % 7))],
		);
		return { type: 'histogram', ...common(which, print), temporality: 'cumulative', buckets: list };
	};
const counter = (which: number, print: number): Measure => ({
	type: 'sum',
	...common(which, print),
	temporality: 'cumulative',
	monotonic: true,
	value: print * 3 + which,
});
const gauge = (which: number, print: number): Measure => ({
	type: 'gauge',
	...common(which, print),
	value: print + which,
});

const PRINTS = 30;
// Nothing of one case may be collected while another is measured.
const alive: unknown[] = [];

const test = suite('lib/serve: what is counted is what is taken');

for (const [name, series, make] of [
	['histograms of 15 buckets', 1000, histogram(15)],
	['histograms of 40 buckets', 500, histogram(40)],
	['counters', 4000, counter],
	['gauges', 2000, gauge],
] as const)
	test(name, () => {
		const history = createHistory({
			span: 3_600_000,
			maxSeries: 10_000,
			maxBytes: 256 * MIB,
			clock: () => START,
		});
		const scrape = createScrape({ staleMs: 300_000, maxSeries: 10_000, figures: [], onLeftOut: () => {} });
		alive.push(history, scrape);
		const before = taken();
		for (let print = 0; print < PRINTS; print++)
			for (let which = 0; which < series; which++) {
				const record = fresh(make(which, print));
				assert.is(history.take(record), '');
				scrape.take(record);
			}
		scrape.answer({ headers: { accept: 'text/plain' } } as never);
		const each = (taken() - before) / series;
		const { bytes, series: kept } = history.counts();
		assert.is(kept, series);
		if (process.env.SHOW) console.log(name, Math.round(bytes / series), Math.round(each));
		const off = bytes / series / each - 1;
		assert.ok(Math.abs(off) < TOLERANCE, `${Math.round(bytes / series)} counted, ${Math.round(each)} taken`);
	});

test.run();
