// bench/protobuf: 1,000 histograms in protobuf, native and with rows, beside our text and prom-client's, all classic
// usage:  node --import tsx test/bench/protobuf.ts [HISTOGRAMS] [ROUNDS]
//
// All have the same counts in 21 buckets, and every count changes from round to round, outside what is timed. prom-client
// has neither protobuf nor native histograms, so its text stands for it.

import { Histogram as PeerHistogram, Registry } from 'prom-client';
import { createExposition } from '../../filters/lib/prometheus/exposition.ts';
import type { Style } from '../../filters/lib/prometheus/style.ts';
import type { Bucket } from '../../filters/lib/record.ts';
import { histogramOf } from '../data/measures.ts';
import { sizes } from './parts/sizes.ts';

const [HISTOGRAMS, ROUNDS] = sizes([1000, 20], [50, 3]) as [number, number];
const BUCKETS = 21;

const STYLES: Record<string, Style> = {
	'protobuf, native': { format: 'protobuf', timestamps: false, histograms: 'native' },
	'protobuf, both': { format: 'protobuf', timestamps: false },
	'protobuf, classic': { format: 'protobuf', timestamps: false, histograms: 'classic' },
	'text, classic': { format: 'text', timestamps: false },
	'OpenMetrics, classic': { format: 'openMetrics', timestamps: false },
};

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const state = createExposition({
	prefix: '',
	staleMs: 1e9,
	maxSeries: 1e6,
	estimates: false,
	onNotice: () => {},
});
const registers = new Registry();
const bounds = Array.from({ length: BUCKETS - 1 }, (_, index) => 2 ** (index + 1) - 1);
const peer = new PeerHistogram({
	name: 'lat',
	help: 'lat',
	labelNames: ['host', 'comm'],
	buckets: bounds,
	registers: [registers],
});

const change = (round: number) => {
	for (let series = 0; series < HISTOGRAMS; series++) {
		const buckets = Array.from(
			{ length: BUCKETS },
			(_, at): Bucket => [at === 0 ? 0 : 2 ** (at - 1), 2 ** at, (round + 1) * (at + 1)],
		);
		const attributes = { comm: `worker-${series}` };
		state.take(histogramOf(buckets, { ts: 1763712000000 + round, attributes }));
		for (const bound of bounds) peer.observe({ host: 'web1', ...attributes }, bound);
	}
};

type Spent = { ms: number[]; bytes: number };
const spent = new Map<string, Spent>();
const timed = async (name: string, render: () => Uint8Array | string | Promise<string>) => {
	const from = performance.now();
	const answer = await render();
	const bytes = (typeof answer === 'string' ? Buffer.from(answer) : answer).length;
	const ms = performance.now() - from;
	const known = spent.get(name) ?? { ms: [], bytes };
	known.bytes = bytes;
	known.ms.push(ms);
	spent.set(name, known);
};

for (let round = 0; round <= ROUNDS; round++) {
	change(round);
	for (const [name, style] of Object.entries(STYLES)) await timed(name, () => state.render(style));
	await timed('prom-client, text', () => registers.metrics());
}
for (const [name, { ms, bytes }] of spent) {
	// The first makes what is kept.
	const [first, ...rest] = ms;
	const kept = rest.length > 0 ? rest : [first!];
	console.log(
		`${name.padEnd(22)}${median([...kept])
			.toFixed(2)
			.padStart(
				8,
			)} ms (best ${Math.min(...kept).toFixed(2)}, first ${first!.toFixed(1)}), ${(bytes / 1000).toFixed(0)} kB`,
	);
}
