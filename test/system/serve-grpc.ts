// serve-grpc asked by a client in another language, made from the proto files: all calls, streams, certificates, limits,
// a crowd; and ConfigureModule through a real supervisor.

import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gaugeOf, histogramOf, sumOf } from '../data/measures.ts';
import { leaveWorld, makeWorld, statusOf, until, up } from '../harness/supervised.ts';
import { testWith } from '../parts.ts';
import { outcome, start } from '../program.ts';
import { type GrpcClient, generated, grpcClientLacks, startGrpcClient } from '../servers/grpc-client.ts';
import { freePort } from '../servers/ports.ts';

const LACK = grpcClientLacks();
const test = suite('system: serve-grpc');
const folder = mkdtempSync(join(tmpdir(), 'serve-grpc-'));
const modules = LACK === '' ? generated(join(folder, 'modules')) : '';
const running = new Set<ChildProcess>();
test.after(() => {
	for (const child of running) child.kill('SIGKILL');
	rmSync(folder, { recursive: true });
});

const NOW = Math.floor(Date.now() / 1000) * 1000;
const START = NOW - 100_000;
const calls = (ts: number, value: number, advice = 'dontneed', result = 'ok') =>
	sumOf(value, { metric: 'fadvise_calls', unit: 'calls', ts, start: START, attributes: { advice, result } });
const PRINTS = [
	[calls(NOW - 20_000, 5), calls(NOW - 20_000, 1, 'willneed', 'EBADF')],
	[
		...[calls(NOW - 10_000, 9), calls(NOW - 10_000, 4, 'willneed', 'EBADF')],
		sumOf(100, {
			...{ metric: 'cache_lookups', unit: 'pages', ts: NOW - 10_000, start: START },
			attributes: { cause: 'read' },
		}),
		...[30, 12].map((value, at) =>
			sumOf(value, {
				...{ metric: 'cache_fills', unit: 'pages', ts: NOW - 10_000, start: START },
				attributes: { cause: at === 0 ? 'read' : 'other' },
			}),
		),
		gaugeOf(7, {
			metric: 'fadvise_process_calls',
			ts: NOW - 10_000,
			attributes: { pid: '42', comm: 'a', result: 'ok' },
		}),
		gaugeOf(2, {
			...{ metric: 'fadvise_process_calls', ts: NOW - 10_000 },
			attributes: { pid: '42', comm: 'a', result: 'failed' },
		}),
		gaugeOf(1, {
			metric: 'fadvise_process_calls',
			ts: NOW - 10_000,
			attributes: { pid: '7', comm: 'b', result: 'ok' },
		}),
		histogramOf([[2, 4, 5]], { metric: 'read_latency', ts: NOW - 10_000, start: START }),
	],
];
const linesOf = (records: object[]): string =>
	records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** A server that has these records, and what it is asked with. */
const withServer = async (
	args: string[],
	files: string[],
	act: (client: GrpcClient, server: { target: string; feed: (records: object[]) => void }) => Promise<void>,
) => {
	const target = `127.0.0.1:${await freePort()}`;
	const child = start('serve-grpc', ['--listen', target, '--linger', '200ms', ...args]);
	running.add(child);
	const done = outcome(child).finally(() => running.delete(child));
	let text = '';
	child.stdout!.on('data', (chunk) => {
		text += chunk;
	});
	await until('it listens', () => text.includes(target) || child.exitCode !== null, 10_000);
	const feed = (records: object[]) => child.stdin!.write(linesOf(records));
	feed(PRINTS.flat());
	const client = startGrpcClient(target, modules, files);
	try {
		await act(client, { target, feed });
	} finally {
		await client.end();
		child.stdin!.end();
	}
	const { status, stderr } = await done;
	assert.is(status, 0, stderr);
};

const seconds = (ms: number) => new Date(ms).toISOString();

testWith(test, LACK, 'the calls that read, with filters and ranges of time', () =>
	withServer([], [], async ({ ask }, { feed }) => {
		const counted = async () =>
			(await ask({ call: 'GetIOStats', request: {} })).answers?.[0]?.stats.fadvise.total_calls;
		await until('the last print is whole', async () => (await counted()) === '13', 10_000);

		const whole = (await ask({ call: 'GetIOStats', request: { include_process_stats: true } })).answers![0]
			.stats;
		assert.equal(whole.fadvise, {
			...{ total_calls: '13', success_calls: '9', failed_calls: '4' },
			advice_counts: {
				normal: '0',
				random: '0',
				sequential: '0',
				willneed: '4',
				dontneed: '9',
				noreuse: '0',
			},
			process_stats: [
				{ pid: 42, comm: 'a', call_count: '9', success_count: '7' },
				{ pid: 7, comm: 'b', call_count: '1', success_count: '1' },
			],
		});
		assert.equal(whole.cache, {
			...{ read_attempts: '100', hits: '70', misses: '30', hit_rate_percent: 70, miss_rate_percent: 30 },
			...{ pages_added: '42', pages_evicted: '0' },
		});
		assert.is(whole.memory.reclaim_efficiency_percent, 'NaN');
		const range = {
			time_range: { start: seconds(NOW - 15_000), end: seconds(NOW) },
			pids: [7],
			include_process_stats: true,
		};
		const part = (await ask({ call: 'GetIOStats', request: range })).answers![0];
		assert.is(part.stats.fadvise.total_calls, '7');
		assert.equal(
			part.stats.fadvise.process_stats.map(({ pid }: { pid: number }) => pid),
			[7],
		);
		assert.is(Date.parse(part.timestamp), NOW - 10_000);
		const before = { time_range: { end: seconds(NOW - 15_000) } };
		assert.is(
			(await ask({ call: 'GetIOStats', request: before })).answers![0].stats.fadvise.total_calls,
			'6',
		);
		const never = { time_range: { end: seconds(NOW - 50_000) } };
		assert.is((await ask({ call: 'GetIOStats', request: never })).error, 'NOT_FOUND');
		const turned = { time_range: { start: seconds(NOW), end: seconds(NOW) } };
		assert.is((await ask({ call: 'GetIOStats', request: turned })).error, 'INVALID_ARGUMENT');

		const ok = { label_filters: { result: 'ok', advice: 'dontneed' } };
		const [{ metric_sets, total_metrics }] = (await ask({ call: 'GetMetrics', request: ok })).answers!;
		assert.is(total_metrics, 1);
		assert.equal(metric_sets[0].metrics[0], {
			...{ name: 'fadvise_calls_total', value: 9, type: 'METRIC_TYPE_COUNTER' },
			labels: { result: 'ok', advice: 'dontneed', host: 'web1' },
			timestamp: new Date(NOW - 10_000).toISOString().replace('.000', ''),
		});
		const both = { ...ok, time_range: { start: seconds(NOW - 20_000), end: seconds(NOW) } };
		const sets = (await ask({ call: 'GetMetrics', request: both })).answers![0].metric_sets;
		assert.equal(
			sets.map(({ metrics }: { metrics: { value: number }[] }) => metrics[0]!.value),
			[5, 9],
		);
		const rows = (await ask({ call: 'GetMetrics', request: { modules: ['iomonitor'] } }))
			.answers![0].metric_sets[0].metrics.filter(
				({ type }: { type: string }) => type === 'METRIC_TYPE_HISTOGRAM',
			)
			.map((one: { name: string; value: number; labels: { le?: string } }) => [
				one.name,
				one.labels.le,
				one.value,
			]);
		assert.equal(rows, [
			['read_latency_microseconds_bucket', '1', 0],
			['read_latency_microseconds_bucket', '3', 5],
			['read_latency_microseconds_bucket', '+Inf', 5],
			['read_latency_microseconds_count', undefined, 5],
		]);
		assert.is((await ask({ call: 'GetMetrics', request: { modules: ['x'] } })).error, 'NOT_FOUND');

		const [status] = (await ask({ call: 'GetModuleStatus', request: {} })).answers!;
		assert.equal([status.modules[0].name, status.modules[0].running], ['iomonitor', true]);
		assert.is(status.system_status.kernel_version, spawnSync('uname', ['-r']).stdout.toString().trim());
		const [health] = (await ask({ call: 'GetHealth', request: {} })).answers!;
		assert.is(health.status, 'HEALTH_STATUS_HEALTHY');
		assert.equal((await ask({ call: 'Check', request: { service: '' } })).answers, [{ status: 'SERVING' }]);
		assert.is((await ask({ call: 'Check', request: { service: 'x' } })).error, 'NOT_FOUND');
		feed([
			{
				type: 'notice',
				ts: NOW,
				host: 'web1',
				kind: 'missing_probe',
				metric: 'cache_lookups',
				detail: 'no such',
			},
		]);
		const degraded = async () =>
			(await ask({ call: 'GetHealth', request: { include_diagnostics: true } })).answers![0];
		await until('it is degraded', async () => (await degraded()).status === 'HEALTH_STATUS_DEGRADED', 5000);
		assert.match((await degraded()).message, /missing_probe of cache_lookups: no such/);

		assert.is(
			(await ask({ call: 'ConfigureModule', request: { module: 'iomonitor' } })).error,
			'PERMISSION_DENIED',
		);
		const symbol = { file_containing_symbol: 'banyandb.ebpf.v1.EBPFMetricsService' };
		const [reflected] = (await ask({ call: 'Reflect', request: symbol })).answers!;
		assert.equal(reflected.files, ['banyandb/ebpf/v1/ebpf.proto', 'google/protobuf/timestamp.proto']);
		assert.is(Object.keys(reflected.methods).length, 6);
		const huge = { label_filters: { a: 'x'.repeat(100_000) } };
		assert.is((await ask({ call: 'GetMetrics', request: huge })).error, 'RESOURCE_EXHAUSTED');
		assert.is(
			(await ask({ call: 'StreamMetrics', request: { interval_seconds: 60 }, take: 2, deadline: 0.5 })).error,
			'DEADLINE_EXCEEDED',
		);
	}),
);

testWith(test, LACK, 'streams: the newest at once and each interval, slow readers, 200 clients', () =>
	withServer(['--max-message', '64K'], [], async ({ ask }, { feed }) => {
		const fast = await ask({ call: 'StreamMetrics', request: { interval_seconds: 1 }, take: 3 });
		assert.is(fast.answers!.length, 3);
		assert.is(
			(await ask({ call: 'StreamMetrics', request: { interval_seconds: 3601 } })).error,
			'INVALID_ARGUMENT',
		);
		// A message of some 40 kB each: HTTP/2 holds a few of them for a reader that is slow.
		const wide = Array.from({ length: 150 }, (_, at) =>
			gaugeOf(at, { metric: 'wide', ts: NOW, attributes: { name: `${'n'.repeat(150)}${at}` } }),
		);
		feed(wide);
		const slow = await ask({ call: 'StreamMetrics', request: { interval_seconds: 1 }, take: 3, slow: 1.5 });
		assert.is(slow.answers!.length, 3);
		feed(
			Array.from({ length: 600 }, (_, at) =>
				gaugeOf(at, { metric: 'wider', ts: NOW, attributes: { name: `${'n'.repeat(150)}${at}` } }),
			),
		);
		await sleep(300);
		assert.is((await ask({ call: 'GetMetrics', request: {} })).error, 'RESOURCE_EXHAUSTED');
		const few = { interval_seconds: 1, label_filters: { advice: 'dontneed' } };
		feed([{ ...calls(NOW + 1000, 9) }]);
		const crowd = await ask({ crowd: 200, take: 2, request: few });
		assert.equal(crowd.answers, Array(200).fill(2));
	}),
);

const openssl = (...args: string[]) => {
	const { status, stderr } = spawnSync('openssl', args, { cwd: folder });
	if (status !== 0) throw new Error(stderr.toString());
};
/** An issuer and a certificate of it for 127.0.0.1: `NAME-ca.pem`, `NAME.pem` and `NAME.key`. */
const issued = (name: string) => {
	const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
	openssl(
		'req',
		'-x509',
		...ec,
		'-days',
		'2',
		'-subj',
		`/CN=${name}-ca`,
		'-keyout',
		`${name}-ca.key`,
		'-out',
		`${name}-ca.pem`,
	);
	openssl('req', ...ec, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
	writeFileSync(join(folder, 'san'), 'subjectAltName=IP:127.0.0.1\n');
	const sign = ['-CA', `${name}-ca.pem`, '-CAkey', `${name}-ca.key`, '-CAcreateserial', '-extfile', 'san'];
	openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-days', '2', '-out', `${name}.pem`);
	return {
		ca: join(folder, `${name}-ca.pem`),
		pair: [join(folder, `${name}.pem`), join(folder, `${name}.key`)],
	};
};

testWith(
	test,
	LACK,
	'TLS and mutual TLS: who has no certificate, or another issuer\u2019s, does not come in',
	async () => {
		const [server, good, bad] = ['server', 'good', 'bad'].map(issued) as ReturnType<typeof issued>[];
		const health = { call: 'GetHealth', request: {}, deadline: 3 };
		const tls = ['--tls-cert', server!.pair[0]!, '--tls-key', server!.pair[1]!];
		await withServer(tls, [server!.ca], async ({ ask }, { target }) => {
			assert.ok((await ask(health)).answers);
			for (const files of [[], [bad!.ca]]) {
				const stranger = startGrpcClient(target, modules, files);
				assert.is((await stranger.ask(health)).error, 'UNAVAILABLE');
				await stranger.end();
			}
		});
		await withServer(
			[...tls, '--client-ca', good!.ca],
			[server!.ca, ...good!.pair],
			async ({ ask }, { target }) => {
				assert.ok((await ask(health)).answers);
				for (const files of [[server!.ca], [server!.ca, ...bad!.pair]]) {
					const stranger = startGrpcClient(target, modules, files);
					assert.is((await stranger.ask(health)).error, 'UNAVAILABLE');
					await stranger.end();
				}
			},
		);
	},
);

testWith(
	test,
	LACK,
	'tokens: for all calls but the health check, and another one to set modules',
	async () => {
		const accounts = join(folder, 'accounts');
		writeFileSync(accounts, `token ${'a'.repeat(20)}\n`, { mode: 0o600 });
		await withServer(['--auth-file', accounts], [], async ({ ask }) => {
			for (const call of ['GetHealth', 'GetMetrics', 'StreamMetrics', 'GetIOStats', 'GetModuleStatus'])
				assert.is((await ask({ call, request: {} })).error, 'UNAUTHENTICATED', call);
			assert.is((await ask({ call: 'Reflect', request: { list_services: '' } })).error, 'UNAUTHENTICATED');
			assert.is(
				(await ask({ call: 'GetHealth', request: {}, token: 'b'.repeat(20) })).error,
				'UNAUTHENTICATED',
			);
			assert.ok((await ask({ call: 'GetHealth', request: {}, token: 'a'.repeat(20) })).answers);
			assert.ok((await ask({ call: 'Check', request: {} })).answers);
		});
	},
);

testWith(test, LACK, 'ConfigureModule stops, starts and paces a pipeline of a real supervisor', async () => {
	const world = makeWorld();
	const [token, settings] = [join(world.dir, 'token'), join(world.dir, 'settings.yaml')];
	writeFileSync(token, `${'t'.repeat(20)}\n`, { mode: 0o600 });
	writeFileSync(settings, '');
	writeFileSync(
		world.file,
		`name: sidecar\nsettings: { collector: { interval: 1h } }\npipelines:\n  iomonitor:\n    stages: ["sleep \${collector.interval}"]\n`,
	);
	const { child, result } = up(world, ['--settings', settings, '--no-self-metrics']);
	/** The last word of the command that runs, '' when none does. */
	const argument = async (): Promise<string> => {
		const pid = (await statusOf(world))?.pipelines[0]?.stages[0]?.pid ?? 0;
		return pid === 0 ? '' : (readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').at(-2) ?? '');
	};
	try {
		await until('it runs', async () => (await argument()) === '1h', 10_000);
		const args = [
			...['--control', join(world.dir, 'sidecar.sock'), '--configure-token-file', token],
			...['--settings-file', settings],
		];
		await withServer(args, [], async ({ ask }) => {
			const set = (request: object, word = 't'.repeat(20)) =>
				ask({ call: 'ConfigureModule', request, token: word });
			assert.is((await set({ module: 'iomonitor' }, 'x'.repeat(20))).error, 'UNAUTHENTICATED');
			assert.is((await set({ module: 'nobody' })).error, 'NOT_FOUND');
			assert.is((await set({ module: '' })).error, 'INVALID_ARGUMENT');
			for (const config_json of ['{', '[]', '{"x":1}', '{"interval":"1ms"}', '{"interval":"; rm"}'])
				assert.is((await set({ module: 'iomonitor', enabled: true, config_json })).error, 'INVALID_ARGUMENT');
			const [off] = (await set({ module: 'iomonitor', enabled: false })).answers!;
			assert.equal(
				[off.success, off.error, off.status.enabled, off.status.running],
				[true, '', false, false],
			);
			assert.is(await argument(), '');
			const half = { module: 'iomonitor', enabled: true, config_json: '{"interval":"30m"}' };
			const [on] = (await set(half)).answers!;
			assert.equal([on.success, on.error, on.status.enabled], [true, '', true]);
			await until('it has its new interval', async () => (await argument()) === '30m', 10_000);
		});
	} finally {
		child.kill('SIGTERM');
		await result;
		await leaveWorld(world);
	}
});

test.run();
