// otlp-send to a real OpenTelemetry collector, and to Prometheus 3, which takes OTLP as well: equal to the records.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../data/measures.ts';
import { testWith } from '../parts.ts';
import { outcome, run, start } from '../program.ts';
import { endAnyway, until } from '../servers/carbon.ts';
import { otelcolLacks, startOtelcol } from '../servers/otelcol.ts';
import { prometheus3Lacks, startPrometheus } from '../servers/prometheus.ts';

const test = suite('otlp-send into a real collector');
const folder = mkdtempSync(join(tmpdir(), 'otlp-'));
test.after(() => {
	rmSync(folder, { recursive: true });
	endAnyway();
});

const NOW = Math.floor(Date.now() / 1000) * 1000;
const textOf = (records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const LARGE = '9007199254740993';
const RECORDS = [
	histogramOf(
		[
			[0, 1, 5],
			[1, 2, LARGE],
			[4, 8, 3],
			[8, null, 1],
		],
		{ ts: NOW, start: NOW - 1500, attributes: { comm: 'a "b"\\\n', synthetic: 'no' } },
	),
	histogramOf(
		[
			[-4, -2, 7],
			[0, 1, 5],
			[1, 2, LARGE],
			[8, 16, 3],
		],
		{ ts: NOW, metric: 'exp', temporality: 'delta', start: NOW - 1000 },
	),
	histogramOf([], { ts: NOW, metric: 'empty' }),
	sumOf('9223372036854775807', { ts: NOW, host: 'web2' }),
	sumOf(-5, { ts: NOW, metric: 'open', monotonic: false, temporality: 'delta' }),
	gaugeOf(3.5, { ts: NOW, synthetic: true, unit: 'By' }),
	noticeOf('lost_events', { ts: NOW, metric: 'lat', count: 17 }),
];

const ns = (ms: number) => `${ms}000000`;
const resource = (host: string) => ({
	attributes: [
		{ key: 'service.name', value: { stringValue: 'bpfpipe' } },
		{ key: 'host.name', value: { stringValue: host } },
		{ key: 'service.instance.id', value: { stringValue: host } },
	],
});
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const CUMULATIVE = { aggregationTemporality: 2 };
const DELTA = { aggregationTemporality: 1 };

/** What the collector, or whoever reads us, has to come to. */
const WANTED = [
	[
		resource('web1'),
		'lat',
		'histogram',
		CUMULATIVE,
		{
			attributes: [text('comm', 'a "b"\\\n'), text('exported_synthetic', 'no')],
			startTimeUnixNano: ns(NOW - 1500),
			timeUnixNano: ns(NOW),
			count: '9007199254741002',
			bucketCounts: ['5', LARGE, '0', '3', '1'],
			explicitBounds: [0, 1, 3, 7],
		},
	],
	[
		resource('web1'),
		'exp',
		'exponentialHistogram',
		DELTA,
		{
			startTimeUnixNano: ns(NOW - 1000),
			timeUnixNano: ns(NOW),
			count: '9007199254741008',
			zeroCount: '5',
			positive: { bucketCounts: [LARGE, '0', '0', '3'] },
			negative: { offset: 1, bucketCounts: ['7'] },
			zeroThreshold: 1,
		},
	],
	[resource('web1'), 'empty', 'exponentialHistogram', CUMULATIVE, { timeUnixNano: ns(NOW) }],
	[
		resource('web2'),
		'calls',
		'sum',
		{ ...CUMULATIVE, isMonotonic: true },
		{ timeUnixNano: ns(NOW), asInt: '9223372036854775807' },
	],
	[resource('web1'), 'open', 'sum', DELTA, { timeUnixNano: ns(NOW), asInt: '-5' }],
	[
		resource('web1'),
		'load',
		'gauge',
		{},
		{
			attributes: [{ key: 'synthetic', value: { boolValue: true } }],
			timeUnixNano: ns(NOW),
			asDouble: 3.5,
		},
	],
	[
		resource('web1'),
		'bpfpipe.notices',
		'sum',
		{ ...DELTA, isMonotonic: true },
		{
			attributes: [text('kind', 'lost_events'), text('metric', 'lat')],
			timeUnixNano: ns(NOW),
			asInt: '17',
		},
	],
];

/** Without what stands for nothing: empty lists and objects, zeros and false. */
const bare = (value: unknown): unknown => {
	if (Array.isArray(value)) return value.map(bare);
	if (typeof value !== 'object' || value === null) return value;
	const isNothing = (one: unknown) =>
		one === 0 ||
		one === '0' ||
		one === '' ||
		one === false ||
		JSON.stringify(one) === '[]' ||
		JSON.stringify(one) === '{}';
	return Object.fromEntries(
		Object.entries(value)
			.map(([key, one]): [string, unknown] => [key, bare(one)])
			.filter(([, one]) => !isNothing(one))
			.sort(([a], [b]) => (a < b ? -1 : 1)),
	);
};
const spelled = (points: unknown[]): string[] =>
	points.map((point) => JSON.stringify((point as unknown[]).map(bare))).sort();

for (const encoding of ['protobuf', 'json'])
	for (const compression of ['gzip', 'none'])
		testWith(test, otelcolLacks(), `every point as it was: ${encoding}, ${compression}`, async () => {
			const collector = await startOtelcol();
			const args = [
				collector.url,
				'--encoding',
				encoding,
				'--compression',
				compression,
				'--histograms',
				'auto',
			];
			const { status, stderr } = await run('otlp-send', args, textOf(RECORDS));
			assert.equal({ status, stderr }, { status: 0, stderr: '' });
			await until(() => collector.points().length >= WANTED.length, 10_000);
			assert.equal(spelled(collector.points().map((point) => JSON.parse(point))), spelled(WANTED));
			const [first] = collector.passed();
			assert.match(first!.body.toString(), '"scope":{"name":"bpfpipe","version":"');
			await collector.end();
		});

testWith(test, otelcolLacks(), 'killed and started again: every record has come through', async () => {
	const collector = await startOtelcol();
	const ack = join(folder, 'ack');
	const prints = Array.from(
		{ length: 20 },
		(_, at) => `#!pos {"at":${at}}\n${textOf([sumOf(at, { ts: NOW + at }), gaugeOf(at, { ts: NOW + at })])}`,
	);
	const acked = () => (existsSync(ack) ? JSON.parse(readFileSync(ack, 'utf8')).at : -1);
	const child = start('otlp-send', [collector.url, '--ack', ack, '--linger', '10ms']);
	const done = outcome(child);
	child.stdin!.write(prints.slice(0, 12).join(''));
	await until(() => acked() === 11, 10_000);
	child.kill('SIGKILL');
	await done;
	const rest = prints.slice(acked()).join('');
	assert.is(
		(await run('otlp-send', [collector.url, '--ack', ack], `${rest}#!pos {"at":20}\n#!end\n`)).status,
		0,
	);
	assert.is(acked(), 20);
	const seen = new Set(collector.points());
	assert.is(seen.size, 40);
	await collector.end();
});

testWith(
	test,
	prometheus3Lacks(),
	'Prometheus 3 takes it: values, explicit and exponential histograms',
	async () => {
		const prometheus = await startPrometheus('127.0.0.1:9', 60_000, {
			is3: true,
			flags: ['--web.enable-otlp-receiver'],
		});
		const records = [
			sumOf(42, { ts: NOW, start: NOW - 1000 }),
			histogramOf(
				[
					[0, 1, 5],
					[4, 8, 3],
				],
				{ ts: NOW },
			),
		];
		for (const form of ['explicit', 'exponential']) {
			const url = `${prometheus.url}/api/v1/otlp/v1/metrics`;
			const all = records.map((record) => ({ ...record, metric: `${record.metric}.${form}` }));
			const { status, stderr } = await run('otlp-send', [url, '--histograms', form], textOf(all));
			assert.equal({ status, stderr }, { status: 0, stderr: '' });
		}
		const named = async (query: string) => (await prometheus.query(query)).map(({ value }) => value?.[1]);
		assert.equal(await named('calls_explicit_total{job="bpfpipe",instance="web1"}'), ['42']);
		assert.equal(await named('{__name__=~"lat.explicit.*_bucket",le="3"}'), ['5']);
		assert.equal(await named('{__name__=~"lat.explicit.*_bucket",le="7"}'), ['8']);
		assert.equal(await named('{__name__=~"lat.explicit.*_sum"}'), []);
		const [native] = await prometheus.query('{__name__=~"lat.exponential.*"}');
		// Of the zero bucket it keeps the count; how far it reaches it sets itself.
		assert.equal(
			native!.histogram![1].buckets.map(([, lower, upper, counted]) =>
				Number(upper) < 1 ? counted : [lower, upper, counted],
			),
			['5', ['4', '8', '3']],
		);
		await prometheus.end();
	},
);

test.run();
