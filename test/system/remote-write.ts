// remote-write to real Prometheus servers: 2.42, which has 1.0 only, and 3, which has 2.0; asked back for every value.

import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bucket, Measure } from '../../filters/lib/record.ts';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../data/measures.ts';
import { commandsLack, testWith } from '../parts.ts';
import { outcome, run, start } from '../program.ts';
import { endAnyway, until } from '../servers/carbon.ts';
import { type Prometheus, prometheus3Lacks, startPrometheus } from '../servers/prometheus.ts';

const test = suite('remote-write into a real Prometheus');
const folder = mkdtempSync(join(tmpdir(), 'remote-write-'));
test.after(() => {
	rmSync(folder, { recursive: true });
	endAnyway();
});

/** What is scraped just now. */
let exposition = '';

const NOBODY = '127.0.0.1:9';
const RECEIVER = '--web.enable-remote-write-receiver';
const SERVERS = [
	{
		name: '2.42',
		lack: commandsLack('prometheus'),
		is3: false,
		flags: [RECEIVER, '--enable-feature=native-histograms'],
	},
	{ name: '3', lack: prometheus3Lacks(), is3: true, flags: [RECEIVER] },
];
const begin = ({ is3, flags }: (typeof SERVERS)[number], isQuiet = false) =>
	startPrometheus(NOBODY, 60_000, { is3, flags, isQuiet });
const endpointOf = ({ url }: Prometheus) => `${url}/api/v1/write`;

const NOW = Math.floor(Date.now() / 1000) * 1000;
const PRINTS = 10;
const textOf = (records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

const bucketsAt = (at: number): Bucket[] => [
	[0, 1, at],
	[1, 2, 2 * at],
	[4, 8, 100 + at],
	[8, 16, at * at],
];
const recordsAt = (at: number): Measure[] => {
	const ts = NOW - (PRINTS - at) * 1000;
	return [
		histogramOf(bucketsAt(at), { ts, start: NOW - 60_000, attributes: { comm: 'a "b"\\\n' } }),
		histogramOf([[3, 6, at]], { ts, metric: 'odd' }),
		sumOf(1000 * at, { ts }),
		sumOf(at, { ts, metric: 'added', temporality: 'delta', start: ts - 1000 }),
		gaugeOf(at + 0.5, { ts, synthetic: true }),
	];
};
const all = Array.from({ length: PRINTS }, (_, at) => recordsAt(at)).flat();

/** The values of one series at their times, oldest first, as milliseconds and numbers. */
const valuesOf = async (prometheus: Prometheus, series: string): Promise<[number, number][]> => {
	const [found] = await prometheus.query(`${series}[10m]`);
	return (found?.values ?? []).map(([at, value]) => [Math.round(at * 1000), Number(value)]);
};
const timed = (value: (at: number) => number): [number, number][] =>
	Array.from({ length: PRINTS }, (_, at) => [NOW - (PRINTS - at) * 1000, value(at)]);

for (const server of SERVERS) {
	testWith(test, server.lack, `${server.name}: every value at its time, classic`, async () => {
		const prometheus = await begin(server);
		const { status, stderr } = await run(
			'remote-write',
			[endpointOf(prometheus)],
			textOf([...all, noticeOf('odd', { ts: NOW })]),
		);
		assert.is(status, 0, stderr);
		// The fall-back is said, where there is one.
		assert.is(/going on with remote write 1\.0/.test(stderr), !server.is3, stderr);
		for (const [series, value] of [
			['calls_total{host="web1"}', (at: number) => 1000 * at],
			['load{synthetic="true"}', (at: number) => at + 0.5],
			['added_total', (at: number) => (at * (at + 1)) / 2],
			['lat_microseconds_bucket{le="0.0"}', (at: number) => at],
			['lat_microseconds_bucket{le="3.0"}', (at: number) => 3 * at],
			['lat_microseconds_bucket{le="7.0"}', (at: number) => 4 * at + 100],
			['lat_microseconds_bucket{le="+Inf",comm="a \\"b\\"\\\\\\n"}', (at: number) => 4 * at + 100 + at * at],
			['lat_microseconds_count', (at: number) => 4 * at + 100 + at * at],
			['odd_microseconds_bucket{le="5.0"}', (at: number) => at],
		] as const)
			assert.equal(await valuesOf(prometheus, series), timed(value), series);
		assert.equal(await valuesOf(prometheus, 'bpfpipe_notices_total{kind="odd"}'), [[NOW, 1]]);
		assert.equal(await prometheus.query('{__name__=~".*_sum"}'), []);
		await prometheus.end();
	});

	testWith(
		test,
		server.lack,
		`${server.name}: native and classic, and the quantile of both in its bucket`,
		async () => {
			const prometheus = await begin(server);
			const args = [endpointOf(prometheus), '--histograms', 'both'];
			const { status, stderr } = await run('remote-write', args, textOf(all));
			assert.is(status, 0, stderr);
			const [found] = await prometheus.query('lat_microseconds[10m]');
			const last = PRINTS - 1;
			assert.is(found!.histograms!.length, PRINTS);
			const { count, sum, buckets } = found!.histograms!.at(-1)![1];
			assert.equal([count, sum], [String(4 * last + 100 + last * last), 'NaN']);
			assert.equal(
				buckets.map(([, lower, upper, counted]) => [Number(lower), Number(upper), Number(counted)]),
				// The zero bucket reaches as far below zero as above it.
				[
					[-1, 1, last],
					[1, 2, 2 * last],
					[4, 8, 100 + last],
					[8, 16, last * last],
				],
			);
			// What has another layout is classic, whatever is asked for.
			assert.equal(await prometheus.query('odd_microseconds'), []);
			for (const [q, lower, upper] of [
				[0.05, 1, 2],
				[0.5, 4, 8],
				[0.99, 8, 16],
			] as const)
				for (const [form, series] of [
					['native', 'lat_microseconds'],
					['classic', 'lat_microseconds_bucket'],
				] as const) {
					const [answer] = await prometheus.query(`histogram_quantile(${q}, ${series}{host="web1"})`);
					const value = Number(answer!.value[1]);
					// Of whole numbers [4,8) ends at 7, so classic rows begin at 3.
					assert.ok(value >= lower - 1 && value <= upper, `${form} ${q}: ${value}`);
				}
			await prometheus.end();
		},
	);

	testWith(test, server.lack, `${server.name}: a series that ended is stale at once`, async () => {
		const prometheus = await begin(server);
		const args = [endpointOf(prometheus), '--histograms', 'both', '--stale', '3s'];
		const records = [
			histogramOf([[2, 4, 9]], { ts: NOW - 10_000 }),
			sumOf(1, { ts: NOW - 10_000 }),
			...[8, 6, 4].map((ago) => gaugeOf(1, { ts: NOW - ago * 1000 })),
		];
		assert.is((await run('remote-write', args, textOf(records))).status, 0);
		const names = async (time: number) => {
			const { data } = (await prometheus.api(
				`query?time=${time / 1000}&query=${encodeURIComponent('{__name__=~".+"}')}`,
			)) as { data: { result: { metric: { __name__: string } }[] } };
			return [...new Set(data.result.map(({ metric }) => metric.__name__))].sort();
		};
		assert.equal(await names(NOW - 7500), [
			'calls_total',
			'lat_microseconds',
			'lat_microseconds_bucket',
			'lat_microseconds_count',
			'load',
		]);
		assert.equal(await names(NOW - 6500), ['load']);
		await prometheus.end();
	});

	testWith(
		test,
		server.lack,
		`${server.name}: killed and started again, every value is there once`,
		async () => {
			const prometheus = await begin(server, true);
			const ack = join(folder, `ack-${server.name}`);
			const lines = Array.from({ length: PRINTS }, (_, at) => `#!pos {"at":${at}}\n${textOf(recordsAt(at))}`);
			const acked = () => (existsSync(ack) ? JSON.parse(readFileSync(ack, 'utf8')).at : -1);
			const child = start('remote-write', [endpointOf(prometheus), '--ack', ack, '--linger', '20ms']);
			const done = outcome(child);
			for (const text of lines.slice(0, 6)) child.stdin!.write(text);
			await until(() => acked() === 5, 10_000);
			child.kill('SIGKILL');
			await done;
			// As the source does: from the position in the ack file on.
			const rest = `${lines.slice(acked()).join('')}#!pos {"at":${PRINTS}}\n#!end\n`;
			const { status } = await run('remote-write', [endpointOf(prometheus), '--ack', ack], rest);
			assert.is(status, 0);
			assert.is(acked(), PRINTS);
			assert.equal(
				await valuesOf(prometheus, 'added_total'),
				timed((at) => (at * (at + 1)) / 2),
			);
			assert.equal(
				await valuesOf(prometheus, 'lat_microseconds_count'),
				timed((at) => 4 * at + 100 + at * at),
			);
			await prometheus.end();
		},
	);

	testWith(
		test,
		server.lack,
		`${server.name}: a log read once more loses nothing of what is new`,
		async () => {
			const prometheus = await begin(server, true);
			await run('remote-write', [endpointOf(prometheus)], textOf(all.slice(0, 30)));
			const { status, stderr } = await run('remote-write', [endpointOf(prometheus)], textOf(all));
			assert.is(status, 0, stderr);
			assert.match(stderr, /were refused and are lost: 400/);
			assert.equal(
				await valuesOf(prometheus, 'calls_total'),
				timed((at) => 1000 * at),
			);
			await prometheus.end();
		},
	);
}

const Three = SERVERS[1]!;

testWith(test, Three.lack, '3: names in UTF-8, and in base units, are found by these names', async () => {
	const prometheus = await begin(Three);
	const records = [
		histogramOf(bucketsAt(3), {
			ts: NOW - 1000,
			metric: 'io.size',
			attributes: { 'http.method': 'GET "x"' },
		}),
		histogramOf([[1048576, 2097152, 5]], { ts: NOW - 1000, metric: 'large', unit: 'By' }),
		gaugeOf(250, { ts: NOW - 1000, metric: 'ack-age', unit: 'ms' }),
	];
	const args = [endpointOf(prometheus), '--utf8-names', '--base-units'];
	const { status, stderr } = await run('remote-write', args, textOf(records));
	assert.is(status, 0, stderr);
	const one = async (query: string) => (await prometheus.query(query)).map(({ value }) => value[1]);
	assert.equal(await one('{"io.size_seconds_bucket",le="3e-06","http.method"="GET \\"x\\""}'), ['9']);
	assert.equal(await one('{"io.size_seconds_count"}'), ['121']);
	assert.equal(await one('{"ack-age_seconds"}'), ['0.25']);
	assert.equal(await one('large_bytes_bucket{le="2.097151e+06"}'), ['5']);
	const [median] = await one('histogram_quantile(0.5, {"io.size_seconds_bucket"})');
	assert.ok(Number(median) > 3e-6 && Number(median) <= 7e-6, median);
	assert.equal((await prometheus.query('{__name__=~".*[^a-zA-Z0-9_].*"}')).length > 2, true);
	await prometheus.end();
});

testWith(test, Three.lack, '3: the bounds of a scrape and of a remote write are one label', async () => {
	const server = createServer((_request, response) => {
		response.setHeader('content-type', 'text/plain; version=0.0.4');
		response.end(exposition);
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const scraped = `127.0.0.1:${(server.address() as AddressInfo).port}`;
	const records = [
		histogramOf(
			[
				[2, 4, 1],
				[65536, 131072, 2],
				[524288, 1048576, 3],
				[2 ** 40, 2 ** 41, 1],
			],
			{ ts: NOW - 1000 },
		),
		histogramOf(
			[
				[2, 4, 1],
				[64, 128, 1],
				[1048576, 2097152, 1],
			],
			{ ts: NOW - 1000, host: 'b', metric: 'other' },
		),
	];
	for (const more of [[], ['--base-units']]) {
		const made = await run('prometheus-text', ['--last', ...more], textOf(records));
		exposition = made.stdout;
		const prometheus = await startPrometheus(scraped, 200, { is3: true, flags: [RECEIVER] });
		const bounds = async (job: string) =>
			(await prometheus.query(`{__name__=~".*_bucket",job="${job}"}`))
				.map(({ metric }) => `${metric.__name__} ${metric.le}`)
				.sort();
		for (let rounds = 0; rounds < 50 && (await bounds('bpfpipe')).length === 0; rounds++)
			await new Promise((resolve) => setTimeout(resolve, 100));
		assert.is((await run('remote-write', [endpointOf(prometheus), ...more], textOf(records))).status, 0);
		assert.ok((await bounds('bpfpipe')).length > 10);
		assert.equal(await bounds(''), await bounds('bpfpipe'));
		await prometheus.end();
	}
	server.closeAllConnections();
	server.close();
});

testWith(test, Three.lack, '3: type, help and unit of 2.0 arrive', async () => {
	// It tells metadata of scrapes only (/api/v1/metadata); of a remote write it has them in its log, where that is switched on.
	const flags = [
		...Three.flags,
		'--enable-feature=metadata-wal-records',
		'--no-storage.tsdb.wal-compression',
	];
	const prometheus = await begin({ ...Three, flags });
	const args = [endpointOf(prometheus), '--protocol', '2'];
	const { status, stderr } = await run('remote-write', args, textOf(all));
	assert.is(status, 0, stderr);
	assert.equal(((await prometheus.api('metadata')) as { data: object }).data, {});
	const written = prometheus.writtenAhead();
	const told = (name: string, value: string) => `\x04${name}${String.fromCharCode(value.length)}${value}`;
	const help = 'lat in us, by bpfpipe; whole numbers, le is inclusive: [2,4) ends at le="3"; no sum is known';
	assert.ok(written.includes(told('UNIT', 'microseconds')), 'the unit');
	assert.ok(written.includes(told('HELP', help)), 'the help');
	assert.ok(written.includes(told('HELP', 'calls, by bpfpipe')));
	await prometheus.end();
});

testWith(test, Three.lack, '3: when a counter began is in its data, where that is kept', async () => {
	const flags = [...Three.flags, '--enable-feature=created-timestamp-zero-ingestion'];
	const prometheus = await begin({ ...Three, flags });
	const began = NOW - 60_000;
	const records = [1, 2].flatMap((at) => {
		const times = { ts: NOW - 3000 + at * 1000, start: began };
		return [sumOf(1000 * at, times), histogramOf([[2, 4, at]], times), gaugeOf(at, { ts: times.ts })];
	});
	const args = [endpointOf(prometheus), '--protocol', '2'];
	const { status, stderr } = await run('remote-write', args, textOf(records));
	assert.is(status, 0, stderr);
	const [first, second] = [NOW - 2000, NOW - 1000];
	assert.equal(await valuesOf(prometheus, 'calls_total'), [
		[began, 0],
		[first, 1000],
		[second, 2000],
	]);
	assert.equal(await valuesOf(prometheus, 'lat_microseconds_bucket{le="3.0"}'), [
		[began, 0],
		[first, 1],
		[second, 2],
	]);
	assert.equal(await valuesOf(prometheus, 'load'), [
		[first, 1],
		[second, 2],
	]);
	// The first second of it counts, which without a beginning nobody could tell.
	const [grown] = await prometheus.query('increase(calls_total[2m])');
	assert.ok(Number(grown!.value[1]) >= 2000, grown!.value[1]);
	await prometheus.end();
});

test.run();
