// MIGRATING-IOMONITOR.md and the configuration file of before: both export modes start with it unchanged, a real Prometheus
// has the documented names, a real BanyanDB the same figures, and every command of the page is one.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
	chmodSync,
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../harness/supervised.ts';
import { bpfLacks, commandsLack, testWith } from '../parts.ts';
import { bundleOf, cleanEnv, outcome, type Result, ROOT, run } from '../program.ts';
import { type Banyandb, banyandbLacks, startBanyandb } from '../servers/banyandb.ts';
import { freePort } from '../servers/ports.ts';
import { startPrometheus } from '../servers/prometheus.ts';

const test = suite('system: MIGRATING-IOMONITOR');
const LACK = bpfLacks() || banyandbLacks() || commandsLack('prometheus', 'promtool');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const OLD = join(ROOT, 'test/fixtures/ebpf-sidecar-config.yaml');
const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-sidecar-'));
const bin = join(dir, 'bin');
const READS = 5;

const rows = read('MIGRATING-IOMONITOR.md')
	.match(/^\|.*\|$/gm)!
	.map((row) => row.split('|').map((cell) => cell.trim()));
const spansIn = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, span]) => span!);
const right = [...new Set(rows.flatMap(([, , cell]) => spansIn(cell)))];
const commands = right.filter((span) => /^(?:EBPF_\S+ )?(?:ebpf-sidecar|bpfpipe|serve-grpc|sh)\b/.test(span));

const children = new Set<ChildProcess>();
process.on('exit', () => {
	for (const child of children) child.kill('SIGKILL');
});
const places = (name: string) => {
	const folder = join(dir, name);
	mkdirSync(folder, { recursive: true });
	return { STATE_DIRECTORY: folder, RUNTIME_DIRECTORY: folder, LOGS_DIRECTORY: folder };
};

type Sidecar = { http: string; status: () => Promise<Result>; stop: () => Promise<Result> };
/** The sidecar with the file of before; what differs from it comes by the environment, as it was documented. */
const startSidecar = async (name: string, comm: string, env: Record<string, string>): Promise<Sidecar> => {
	const [http, grpc] = [await freePort(), await freePort()];
	const child = spawn(process.execPath, [bundleOf('ebpf-sidecar'), '--config', OLD, '--log-level', 'info'], {
		env: cleanEnv({
			...places(name),
			EBPF_SIDECAR_SERVER_HTTP_PORT: `${http}`,
			EBPF_SIDECAR_SERVER_GRPC_PORT: `${grpc}`,
			EBPF_SIDECAR_COLLECTOR_COMM: comm,
			EBPF_SIDECAR_WINDOW: '2s',
			...env,
		}),
		stdio: 'pipe',
	});
	children.add(child);
	const ends = outcome(child);
	return {
		http: `127.0.0.1:${http}`,
		status: () => run('bpfpipe', ['status', join(ROOT, 'etc/iomonitor.yaml')], '', places(name)),
		stop: () => {
			child.kill('SIGTERM');
			return ends;
		},
	};
};

test.before(() => {
	mkdirSync(bin);
	for (const name of ['ebpf-sidecar', 'bpfpipe', 'serve-grpc']) {
		chmodSync(bundleOf(name), 0o755);
		symlinkSync(bundleOf(name), join(bin, name));
	}
});
test.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));

testWith(
	test,
	LACK,
	'the file of before starts both modes; the names that were documented are there, and right',
	async () => {
		// It advises the kernel once a file that it will read it in order, and nobody else is called so.
		const reader = `cat-${process.pid}`;
		copyFileSync('/bin/cat', join(dir, reader));
		writeFileSync(join(dir, 'data'), Buffer.alloc(1 << 20, 'x'));
		const banyandb: Banyandb = await startBanyandb();
		const endpoint = { EBPF_SIDECAR_EXPORT_BANYANDB_ENDPOINT: banyandb.url.replace('http://', '') };
		const [one, two] = [
			await startSidecar('prometheus', reader, {}),
			await startSidecar('banyandb', reader, { EBPF_SIDECAR_EXPORT_TYPE: 'banyandb', ...endpoint }),
		];
		const prometheus = await startPrometheus(one.http, 500);
		const healthOf = (sidecar: Sidecar) =>
			fetch(`http://${sidecar.http}/health`).then(
				({ status }) => status,
				() => 0,
			);
		const metricsOf = async (sidecar: Sidecar) => (await fetch(`http://${sidecar.http}/metrics`)).text();
		const attached = async (sidecar: Sidecar) => (await healthOf(sidecar)) !== 0;
		let ended: Result[] = [];
		try {
			for (const sidecar of [one, two]) await until('the page is there', () => attached(sidecar), 20_000);
			const isCounting = async (sidecar: Sidecar) => {
				spawnSync(join(dir, reader), [join(dir, 'data')], { stdio: 'ignore' });
				return /^ebpf_fadvise_calls_total\{.*\} [1-9]/m.test(await metricsOf(sidecar));
			};
			for (const sidecar of [one, two]) await until('it counts', () => isCounting(sidecar), 20_000);
			const inPrometheus = async (name: string) =>
				Number((await prometheus.query(`sum(${name})`))[0]?.value[1] ?? Number.NaN);
			const truth = async () => {
				const [, count] = /^ebpf_fadvise_calls_total\{[^}]*\} (\d+)/m.exec(await metricsOf(one))!;
				return Number(count);
			};
			// Two prints, in which what was read while it was waited for is counted.
			await sleep(2500);
			const before = await truth();
			for (let at = 0; at < READS; at++)
				spawnSync(join(dir, reader), [join(dir, 'data')], { stdio: 'ignore' });
			const count = before + READS;
			await until('all reads are counted', async () => (await truth()) === count, 10_000);
			await until(
				'Prometheus has them',
				async () => (await inPrometheus('ebpf_fadvise_calls_total')) === count,
				10_000,
			);
			assert.is(await inPrometheus('ebpf_fadvise_success_total'), count);
			assert.is(await inPrometheus('ebpf_fadvise_advice_total{advice="sequential"}'), count);
			assert.ok((await inPrometheus('ebpf_cache_read_attempts_total')) > 0);
			assert.ok((await inPrometheus('read_latency_seconds_bucket{le="+Inf"}')) > 0);
			const linted = spawnSync('promtool', ['check', 'metrics'], {
				input: await metricsOf(one),
				encoding: 'utf8',
			});
			assert.equal([linted.status, linted.stderr], [0, '']);
			const stats = (await (await fetch(`http://${one.http}/api/v1/stats`)).json()) as { status: string };
			assert.is(stats.status, 'ok');
			assert.equal([await healthOf(one), await healthOf(two)], [200, 200]);
			const status = await one.status();
			assert.is(status.status, 0, status.stdout + status.stderr);
			const shown = async () => {
				const args = [banyandb.url, 'ebpf_fadvise_calls', '--group', 'ebpf-metrics', '--since', '1d'];
				const { stdout } = await run('banyandb-read', args);
				return stdout;
			};
			await until('BanyanDB has a point', async () => /"value":[1-9]/.test(await shown()), 20_000);
		} finally {
			ended = await Promise.all([one.stop(), two.stop()]);
			await prometheus.end();
			await banyandb.end();
		}
		for (const { status, stderr } of ended) assert.is(status, 0, stderr);
	},
);

test('each metric of before has its row, with a name that there is', () => {
	const source = read('filters/lib/sidecar/figures.ts');
	const named = right.filter((span) => /^ebpf_\w+$/.test(span));
	assert.ok(named.length >= 13);
	for (const name of named) assert.ok(source.includes(name.replace(/_total$/, '')), name);
	const documented =
		'fadvise_calls_total fadvise_success_total fadvise_advice_total fadvise_success_rate_percent cache_read_attempts_total cache_misses_total page_cache_adds_total cache_hit_rate_percent cache_miss_rate_percent memory_lru_pages_scanned memory_lru_pages_reclaimed memory_reclaim_efficiency_percent memory_direct_reclaim_processes';
	const left = rows.flatMap(([, cell]) => spansIn(cell));
	for (const name of documented.split(' ')) assert.ok(left.includes(`ebpf_${name}`), name);
});

test('each command is one, and each of its settings is there', () => {
	assert.ok(commands.length >= 15, commands.join('\n'));
	writeFileSync(join(dir, 'TOKEN'), 'token secret\n', { mode: 0o600 });
	for (const command of commands.filter((one) => !one.startsWith('sh '))) {
		// What would run for ever asks for the health of one that does not run: its settings are read and checked.
		const isRun = /ebpf-sidecar(?! version| check| health)/.test(command);
		const isUp = command.startsWith('bpfpipe up');
		const line =
			`${isRun ? `${command} health -s server.http.port=1` : command.replace('bpfpipe up', 'bpfpipe check')}`
				.replaceAll('FILE', OLD)
				.replaceAll('TOKEN', join(dir, 'TOKEN'));
		const { status, stderr } = spawnSync('bash', ['-c', `cd ${ROOT}; ${line}`], {
			encoding: 'utf8',
			env: cleanEnv({ ...places('commands'), PATH: `${bin}:${process.env.PATH}` }),
		});
		const isAsking = isRun || /health|status|logs/.test(command);
		assert.is(status, isAsking && !isUp ? 69 : 0, `${line}: ${stderr}`);
	}
});

test.run();
