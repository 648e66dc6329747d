// bench/sinks: records a second through remote-write and otlp-send, whole programs, with Telegraf between the same ends; and
// points a second through the encoder of otlp-send alone, beside OpenTelemetry's own for JavaScript
// usage:  node --import tsx test/bench/sinks.ts [RECORDS] [POINTS]
//
// The records are sums of 2,000 series, a line each; of each series one in a body, for Telegraf sends only the newest of a
// series in a body and drops the others. The server is one of loopback that reads every body. Telegraf follows a
// file; our programs read it on stdin. Time is from the start of the program to the last record at the server.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { AggregationTemporality, DataPointType, InstrumentType } from '@opentelemetry/sdk-metrics';
import { exportMessage } from '../../filters/lib/otlp/messages.ts';
import { type Point, pointOf } from '../../filters/lib/otlp/point.ts';
import { histogramOf, sumOf } from '../data/measures.ts';
import { bundleOf } from '../program.ts';
import { pointsIn, samplesIn, taker } from '../servers/taker.ts';
import { telegrafToRemoteWrite, telegrafWritesLacks } from '../servers/telegraf-http.ts';
import { sizes } from './parts/sizes.ts';

const [RECORDS, POINTS] = sizes([200_000, 5000], [2000, 50]) as [number, number];
const SERIES = 2000;
const NOW = Date.now();

const folder = mkdtempSync(join(tmpdir(), 'bench-sinks-'));
const file = join(folder, 'records');
const recordAt = (at: number) =>
	sumOf(at, {
		ts: NOW - RECORDS + at,
		host: 'web1',
		attributes: { comm: `worker-${at % SERIES}` },
	});
writeFileSync(file, Array.from({ length: RECORDS }, (_, at) => `${JSON.stringify(recordAt(at))}\n`).join(''));

const said = (name: string, count: number, seconds: number, what: string) =>
	console.log(
		`${name.padEnd(34)}${Math.round(count / seconds)
			.toLocaleString('en')
			.padStart(10)} ${what}/s (${seconds.toFixed(2)} s)`,
	);

/** Seconds that a program of ours takes with the records; what has arrived is counted afterwards. */
const through = async (
	name: string,
	args: string[],
	countIn: (seen: Parameters<typeof samplesIn>[0]) => number,
) => {
	const server = await taker();
	const input = openSync(file, 'r');
	const from = performance.now();
	const child = spawn(process.execPath, [bundleOf(name), server.url, ...args], {
		stdio: [input, 'ignore', 'inherit'],
	});
	await once(child, 'exit');
	const seconds = (performance.now() - from) / 1000;
	closeSync(input);
	const count = countIn(server.taken);
	await server.close();
	if (count !== RECORDS) throw new Error(`${name}: ${count} of ${RECORDS} arrived`);
	return seconds;
};
const telegraf = async () => {
	const server = await taker();
	try {
		let [bodies, count] = [0, 0];
		const arrived = () => {
			// Only what is new is read.
			count += samplesIn(server.taken.slice(bodies)).length;
			bodies = server.taken.length;
			return count;
		};
		return await telegrafToRemoteWrite(file, server.url, async (isOver) => {
			while (arrived() < RECORDS && !isOver()) await sleep(20);
			return arrived();
		});
	} finally {
		await server.close();
	}
};

said(
	'remote-write, 1.0',
	RECORDS,
	await through('remote-write', ['--protocol', '1'], (seen) => samplesIn(seen).length),
	'records',
);
const lack = telegrafWritesLacks();
if (lack === '') {
	const { seconds, arrived } = await telegraf();
	if (arrived === RECORDS) said('Telegraf, remote write 1.0', RECORDS, seconds, 'records');
	else console.log(`Telegraf: only ${arrived} of ${RECORDS} records arrived`);
} else console.log(`Telegraf: skipped, ${lack}`);
said(
	'otlp-send, JSON',
	RECORDS,
	await through('otlp-send', ['--encoding', 'json'], (seen) => pointsIn(seen).length),
	'records',
);
rmSync(folder, { recursive: true });

/** The same histograms to both encoders: 21 buckets, two attributes. */
const bounds = Array.from({ length: 20 }, (_, at) => 2 ** at - 1);
const counts = Array.from({ length: 21 }, (_, at) => at * 1000);
const ours = (): Point[] =>
	Array.from({ length: POINTS }, (_, at) => {
		const buckets = counts.map((count, index): [number, number, number] => [
			index === 0 ? 0 : 2 ** (index - 1),
			2 ** index,
			count,
		]);
		return pointOf(
			histogramOf(buckets, { ts: NOW, start: NOW - 1000, attributes: { comm: `w${at}`, cpu: '1' } }),
			'explicit',
		) as Point;
	});
const theirs = () => {
	const time = (ms: number): [number, number] => [Math.floor(ms / 1000), (ms % 1000) * 1e6];
	const total = counts.reduce((a, b) => a + b, 0);
	return {
		resource: {
			attributes: { 'service.name': 'bpfpipe', 'host.name': 'web1' },
			merge: (other: unknown) => other,
			getRawAttributes: () => [],
		},
		scopeMetrics: [
			{
				scope: { name: 'bpfpipe', version: '1' },
				metrics: [
					{
						descriptor: {
							name: 'lat',
							description: '',
							unit: 'us',
							type: InstrumentType.HISTOGRAM,
							valueType: 0,
							advice: {},
						},
						aggregationTemporality: AggregationTemporality.CUMULATIVE,
						dataPointType: DataPointType.HISTOGRAM,
						dataPoints: Array.from({ length: POINTS }, (_, at) => ({
							startTime: time(NOW - 1000),
							endTime: time(NOW),
							attributes: { comm: `w${at}`, cpu: '1' },
							value: { buckets: { boundaries: bounds, counts }, count: total },
						})),
					},
				],
			},
		],
	};
};

const ORIGIN = {
	attributes: [['service.name', 'bpfpipe']] as [string, string][],
	scope: { name: 'bpfpipe', version: '1' },
};
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const [us, them] = [ours(), theirs()];
type Metrics = Parameters<typeof ProtobufMetricsSerializer.serializeRequest>[0];
const work = {
	'encoder of otlp-send': () => exportMessage(us, ORIGIN).length,
	'@opentelemetry/otlp-transformer': () =>
		ProtobufMetricsSerializer.serializeRequest(them as unknown as Metrics)!.length,
};
const spent = Object.fromEntries(Object.keys(work).map((name) => [name, [] as number[]]));
for (let round = 0; round < 20; round++)
	for (const [name, encode] of Object.entries(work)) {
		const from = performance.now();
		const bytes = encode();
		spent[name]!.push((performance.now() - from) / 1000);
		if (round === 0) console.log(`${name}: ${bytes} bytes for ${POINTS} histograms`);
	}
for (const [name, seconds] of Object.entries(spent)) said(name, POINTS, median(seconds), 'histograms');
