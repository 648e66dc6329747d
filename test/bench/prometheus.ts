// bench/prometheus: rendering 10,000 lines of /metrics, every value changed since the last time, beside prom-client
// usage:  node --import tsx test/bench/prometheus.ts [LINES] [ROUNDS]
//
// Both have the same series: counters with two labels, then histograms. Values change outside what is timed; what is timed
// ends with the bytes that a response would carry. prom-client has a _sum where we have the row below the first bucket.

import { Counter, Histogram as PeerHistogram, Registry } from 'prom-client';
import { createExposition } from '../../filters/lib/prometheus/exposition.ts';
import type { Bucket, Common } from '../../filters/lib/record.ts';
import { sizes } from './parts/sizes.ts';

const [LINES, ROUNDS] = sizes([10_000, 400], [60, 3]) as [number, number];
const BUCKETS = 37;
const SERIES = Math.max(1, Math.floor(LINES / (BUCKETS + 3)));
const STYLE = { format: 'text', timestamps: false } as const;

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const linesIn = (text: string): number =>
	text.split('\n').filter((line) => line && !line.startsWith('#')).length;

type Contender = {
	/** Change every value, for the round `at`. */
	change: (at: number) => void;
	render: () => string | Promise<string>;
};

const create = () =>
	createExposition({ prefix: '', staleMs: 1e9, maxSeries: 1e6, estimates: false, onNotice: () => {} });
const common = (series: number, at: number): Common => ({
	ts: 1763712000000 + at * 1000,
	host: 'web1',
	metric: 'lat',
	unit: '1',
	attributes: { comm: `worker-${series}` },
});
const times = (count: number, work: (at: number) => void) => {
	for (let at = 0; at < count; at++) work(at);
};

const ourCounters = (): Contender => {
	const state = create();
	const more = { type: 'sum', temporality: 'cumulative', monotonic: true } as const;
	return {
		change: (at) =>
			times(LINES, (series) => state.take({ ...more, ...common(series, at), value: at * 1000 + series })),
		render: () => state.render(STYLE),
	};
};
const theirCounters = (): Contender => {
	const registers = new Registry();
	const counter = new Counter({
		name: 'lat_total',
		help: 'lat',
		labelNames: ['host', 'comm'],
		registers: [registers],
	});
	return {
		change: (at) =>
			times(LINES, (series) =>
				counter.inc({ host: 'web1', comm: `worker-${series}` }, at === 0 ? series + 1 : 1000),
			),
		render: () => registers.metrics(),
	};
};
const ourHistograms = (): Contender => {
	const state = create();
	const bucketsAt = (at: number): Bucket[] =>
		Array.from({ length: BUCKETS }, (_, index) => [2 ** index, 2 ** (index + 1), at + 1]);
	const more = { type: 'histogram', temporality: 'cumulative' } as const;
	return {
		change: (at) =>
			times(SERIES, (series) => state.take({ ...more, ...common(series, at), buckets: bucketsAt(at) })),
		render: () => state.render(STYLE),
	};
};
const theirHistograms = (): Contender => {
	const registers = new Registry();
	const bounds = Array.from({ length: BUCKETS }, (_, index) => 2 ** (index + 1) - 1);
	const histogram = new PeerHistogram({
		name: 'lat',
		help: 'lat',
		labelNames: ['host', 'comm'],
		buckets: bounds,
		registers: [registers],
	});
	return {
		change: () =>
			times(SERIES, (series) => {
				for (const bound of bounds) histogram.observe({ host: 'web1', comm: `worker-${series}` }, bound);
			}),
		render: () => registers.metrics(),
	};
};

type Spent = { text: string; first: number; rest: number[] };

const round = async ({ change, render }: Contender, at: number, spent: Spent) => {
	change(at);
	const from = performance.now();
	spent.text = await render();
	Buffer.from(spent.text);
	const ms = performance.now() - from;
	// The first is apart, for then prefixes are made.
	if (at === 0) spent.first = ms;
	else spent.rest.push(ms);
};
const nothing = (): Spent => ({ text: '', first: 0, rest: [] });
const said = ({ text, first, rest }: Spent): string =>
	`${median(rest).toFixed(2)} ms (best ${Math.min(...rest).toFixed(2)}, first ${first.toFixed(1)}) for ${linesIn(text)} lines`;

for (const [name, ours, theirs] of [
	['counters', ourCounters(), theirCounters()],
	['histograms', ourHistograms(), theirHistograms()],
] as const) {
	const [us, them] = [nothing(), nothing()];
	// In turns, so that a busy machine is busy for both.
	for (let at = 0; at <= ROUNDS; at++) {
		await round(ours, at, us);
		await round(theirs, at, them);
	}
	const ratio = (median(them.rest) / median(us.rest)).toFixed(1);
	console.log(`${name.padEnd(11)} ours ${said(us)}; prom-client ${said(them)}: ${ratio} times ours`);
}
