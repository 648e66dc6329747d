// Real Prometheus servers scrape what an exposition negotiates with them, and are asked back: native and classic
// histograms, names in UTF-8, quantiles beside those of the values themselves.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createExposition } from '../../filters/lib/prometheus/exposition.ts';
import { createNegotiation } from '../../filters/lib/prometheus/negotiation.ts';
import type { Bucket } from '../../filters/lib/record.ts';
import { gaugeOf, histogramOf, sumOf } from '../data/measures.ts';
import { commandsLack, testWith } from '../parts.ts';
import { type Prometheus, prometheus3Lacks, startPrometheus } from '../servers/prometheus.ts';

const test = suite('native histograms into a real Prometheus');
const TS = Date.now();
const SCRAPE_MS = 500;

/** Latencies as whole microseconds, from a fixed seed, with a long tail. */
const VALUES = (() => {
	let seed = 12345;
	return Array.from({ length: 5000 }, () => {
		seed = (seed * 1664525 + 1013904223) % 2 ** 32;
		return Math.floor(2 ** ((seed / 2 ** 32) * 14)) - 1;
	}).sort((a, b) => a - b);
})();
const bucketOf = (value: number): [number, number] => {
	const lower = value === 0 ? 0 : 2 ** Math.floor(Math.log2(value));
	return [lower, value === 0 ? 1 : 2 * lower];
};
const BUCKETS = (() => {
	const counts = new Map<number, Bucket>();
	for (const value of VALUES) {
		const [lower, upper] = bucketOf(value);
		counts.set(lower, [lower, upper, Number(counts.get(lower)?.[2] ?? 0) + 1]);
	}
	return [...counts.values()].sort(([a], [b]) => Number(a) - Number(b));
})();

const RECORDS = [
	histogramOf(BUCKETS, { ts: TS, start: TS - 60_000, metric: 'cpu-lat', attributes: { 'my.comm': 'a"b' } }),
	histogramOf([[3, 6, 5]], { ts: TS, metric: 'odd' }),
	histogramOf(
		[
			[-4, -2, 1],
			[0, 1, 2],
			['9007199254740992', '18014398509481984', '4503599627370496'],
		],
		{ ts: TS, metric: 'wide' },
	),
	sumOf(42, { ts: TS, start: TS - 60_000 }),
	gaugeOf(1.5, { ts: TS, synthetic: true }),
];

/** A server of an exposition, with what it was asked for and what it answered. */
const served = async () => {
	const state = createExposition({
		prefix: '',
		staleMs: 1e9,
		maxSeries: 100,
		estimates: false,
		onNotice: () => {},
	});
	for (const record of RECORDS) assert.is(state.take(record), '');
	const negotiate = createNegotiation({ timestamps: false });
	const asked: string[] = [];
	const answered = new Set<string>();
	const server = createServer((request, response) => {
		const { style, contentType } = negotiate(request.headers.accept);
		asked.push(request.headers.accept ?? '');
		answered.add(contentType);
		response.setHeader('content-type', contentType).end(state.render(style));
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const close = () => {
		server.closeAllConnections();
		server.close();
	};
	return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, answered, close };
};

const arrived = async (prometheus: Prometheus, query: string) => {
	for (const deadline = performance.now() + 15_000; performance.now() < deadline; ) {
		const found = await prometheus.query(query);
		if (found.length > 0) return found;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	const { lastError } = await prometheus.target();
	throw new Error(`nothing for ${query}: ${lastError}`);
};

const total = String(VALUES.length);

type Case = {
	name: string;
	lack: string;
	is3: boolean;
	flags: string[];
	global: string;
	type: RegExp;
	/** What the histogram is called in this server. */
	metric: string;
	native: boolean;
	classic: boolean;
};
const PROTOBUF = /^application\/vnd\.google\.protobuf/;
const OPEN = /^application\/openmetrics-text/;
const old = { lack: commandsLack('prometheus'), is3: false, global: '', metric: 'cpu_lat_microseconds' };
const three = { lack: prometheus3Lacks(), is3: true, flags: [] };
const BOTH = 'scrape_native_histograms: true, always_scrape_classic_histograms: true';
const CASES: Case[] = [
	{ ...old, name: '2.42 without the feature', flags: [], type: OPEN, native: false, classic: true },
	{
		...old,
		name: '2.42 with it, which then has no rows',
		flags: ['--enable-feature=native-histograms'],
		type: PROTOBUF,
		native: true,
		classic: false,
	},
	{
		...three,
		name: '3, both forms',
		global: BOTH,
		type: PROTOBUF,
		metric: 'cpu_lat_microseconds',
		native: true,
		classic: true,
	},
	{
		...three,
		name: '3, classic, names in UTF-8',
		global: '',
		type: OPEN,
		metric: 'cpu-lat_microseconds',
		native: false,
		classic: true,
	},
	{
		...three,
		name: '3, the older text with names in UTF-8',
		global: 'scrape_protocols: [PrometheusText1.0.0]',
		type: /^text\/plain; version=1\.0\.0/,
		metric: 'cpu-lat_microseconds',
		native: false,
		classic: true,
	},
];

/** The quantile that the values themselves have, and the bucket that it lies in. */
const exactly = (q: number): [number, number] => bucketOf(VALUES[Math.ceil(q * VALUES.length) - 1]!);

for (const { name, lack, is3, flags, global, type, metric, native, classic } of CASES)
	testWith(test, lack, name, async () => {
		const { address, asked, answered, close } = await served();
		const prometheus = await startPrometheus(address, SCRAPE_MS, { is3, flags, global });
		try {
			const [calls] = await arrived(prometheus, 'calls_total');
			assert.is(calls!.value[1], '42');
			assert.equal(
				[...answered].filter((one) => type.test(one)),
				[...answered],
				asked[0],
			);
			const selector = (suffix = '') => `{__name__="${metric}${suffix}"}`;
			const found = await prometheus.query(selector());
			assert.is(found.length, native ? 1 : 0);
			if (native) {
				const { count, sum, buckets } = found[0]!.histogram![1];
				assert.equal([count, sum], [total, 'NaN']);
				assert.equal(
					buckets.map(([, lower, upper, counted]) => [
						Math.max(0, Number(lower)),
						Number(upper),
						Number(counted),
					]),
					BUCKETS,
				);
				assert.is((await prometheus.query('wide_microseconds'))[0]!.histogram![1].count, String(2 ** 52 + 3));
			}
			const rows = await prometheus.query(selector('_bucket'));
			assert.is(rows.length > 0, classic);
			if (classic) {
				let upTo = 0;
				for (const [, upper, counted] of BUCKETS) {
					upTo += Number(counted);
					const row = rows.find(({ metric: { le } }) => Number(le) === Number(upper) - 1);
					assert.is(row?.value[1], String(upTo), `le ${upper}`);
				}
			}
			// A family without a native form is classic for all.
			const [odd] = await prometheus.query('odd_microseconds_bucket{le=~"5|5.0"}');
			assert.is(odd?.value[1], '5');
			for (const q of [0.01, 0.25, 0.5, 0.9, 0.99, 0.999]) {
				const [lower, upper] = exactly(q);
				for (const suffix of [...(native ? [''] : []), ...(classic ? ['_bucket'] : [])]) {
					const [answer] = await prometheus.query(`histogram_quantile(${q}, ${selector(suffix)})`);
					const value = Number(answer!.value[1]);
					// Rows of whole numbers end at 2^n - 1, and begin there.
					const from = suffix === '' ? lower : Math.max(0, lower - 1);
					assert.ok(value >= from && value <= upper, `${q}${suffix}: ${value} is not in [${from}, ${upper}]`);
				}
			}
			const { health, lastError } = await prometheus.target();
			assert.equal({ health, lastError }, { health: 'up', lastError: '' });
			if (metric.includes('-')) assert.is(rows[0]!.metric['my.comm'], 'a"b');
		} finally {
			await prometheus.end();
			close();
		}
	});

testWith(
	test,
	prometheus3Lacks(),
	'the Accept headers of this Prometheus 3 are those that the tests have',
	async () => {
		const { address, asked, close } = await served();
		const prometheus = await startPrometheus(address, SCRAPE_MS, { is3: true });
		await arrived(prometheus, 'calls_total');
		assert.match(asked[0]!, 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.');
		await prometheus.end();
		close();
	},
);

test.run();
