// serve-grpc as a program: what it refuses to begin with, and its calls over HTTP.

import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gaugeOf, sumOf } from '../data/measures.ts';
import { until } from '../harness/supervised.ts';
import { outcome, run, start } from '../program.ts';
import { freePort } from '../servers/ports.ts';

const test = suite('serve-grpc: the program');
const folder = mkdtempSync(join(tmpdir(), 'serve-grpc-'));
const running = new Set<ChildProcess>();
test.after(() => {
	for (const child of running) child.kill('SIGKILL');
	rmSync(folder, { recursive: true });
});

test('what cannot be is refused before it listens', async () => {
	const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
	writeFileSync(key, 'x');
	writeFileSync(cert, 'x');
	for (const [args, wanted, code] of [
		[['--listen', '0.0.0.0:1'], /other machines could read/, 78],
		[['--http', '0.0.0.0:1'], /other machines could read/, 78],
		[['--tls-cert', cert], /go together/, 64],
		[['--client-ca', cert], /means nothing without/, 64],
		[['--tls-cert', cert, '--tls-key', key], /no certificate and its key/, 78],
		[['--tls-cert', join(folder, 'none'), '--tls-key', key], /none/, 69],
		[['--module', 'a b'], /--module: "a b"/, 64],
		[['--history', '0'], /--history/, 64],
		[['--listen', '127.0.0.1:x'], /--listen/, 64],
		[['--configure-token-file', join(folder, 'none')], /none/, 69],
	] as [string[], RegExp, number][]) {
		const { status, stdout, stderr } = await run('serve-grpc', args);
		assert.equal([status, stdout], [code, ''], `${args.join(' ')}: ${stderr}`);
		assert.match(stderr, wanted);
		assert.is(stderr.split('\n').length, 2, stderr);
	}
});

test('an address that is taken is one line and 69', async () => {
	const target = `127.0.0.1:${await freePort()}`;
	const first = start('serve-grpc', ['--listen', target]);
	running.add(first);
	const done = outcome(first);
	await new Promise((resolve) => first.stdout!.once('data', resolve));
	const { status, stderr } = await run('serve-grpc', ['--listen', target]);
	assert.is(status, 69, stderr);
	assert.match(stderr, new RegExp(`^serve-grpc: ${target}: .*EADDRINUSE`));
	first.kill('SIGTERM');
	assert.is((await done).status, 0);
	running.delete(first);
});

test('the calls over HTTP', async () => {
	const [target, web] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
	const token = join(folder, 'token');
	writeFileSync(token, 't'.repeat(20), { mode: 0o600 });
	const child = start('serve-grpc', [
		'--listen',
		target,
		'--http',
		web,
		'--configure-token-file',
		token,
		'--linger',
		'100ms',
	]);
	running.add(child);
	const done = outcome(child);
	let text = '';
	child.stdout!.on('data', (chunk) => {
		text += chunk;
	});
	await until('it listens', () => text.includes(`http://${web}/`), 10_000);
	const ts = Math.floor(Date.now() / 1000) * 1000;
	const attributes = { advice: 'normal', result: 'ok' };
	const records = [
		sumOf('9007199254740993', { metric: 'fadvise_calls', unit: 'calls', ts, start: 1, attributes }),
		sumOf(5, { metric: 'steps', temporality: 'delta', ts }),
		gaugeOf(0.5, { metric: 'load', ts }),
	];
	child.stdin!.write(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
	const get = async (path: string, init: RequestInit = {}) => {
		const answer = await fetch(`http://${web}/api/v1/ebpf/${path}`, init);
		// biome-ignore lint/suspicious/noExplicitAny: whatever the service says.
		return { status: answer.status, body: (await answer.json()) as any };
	};
	await until('counts', async () => (await get('io/stats')).status === 200, 10_000);
	assert.is((await get('io/stats')).body.stats.fadvise.totalCalls, '9007199254740993');
	const { body } = await get('metrics?label_filters[host]=web1');
	assert.equal([body.totalMetrics, body.metricSets[0].moduleName], [2, 'iomonitor']);
	assert.is(body.metricSets[0].collectedAt, new Date(ts).toISOString());
	assert.is((await get('modules/status')).body.modules[0].running, true);
	assert.is((await get('health')).body.status, 'HEALTH_STATUS_HEALTHY');
	for (const [path, status] of [
		['metrics?pids=x', 400],
		['metrics?x=1', 400],
		['metrics?modules=x', 404],
		['nothing', 404],
		['modules/configure', 405],
	] as const)
		assert.is((await get(path)).status, status, path);
	assert.is((await get('metrics', { method: 'POST' })).status, 405);
	const post = (headers: Record<string, string>, sent = '{}') =>
		get('modules/configure', {
			method: 'POST',
			body: sent,
			headers: { 'Content-Type': 'application/json', ...headers },
		});
	assert.is((await post({})).status, 401);
	const authorization = `Bearer ${'t'.repeat(20)}`;
	assert.is((await post({ authorization })).status, 400);
	// No supervisor was named.
	assert.is((await post({ authorization }, '{"module":"iomonitor"}')).status, 403);
	const gone = new AbortController();
	const stream = await fetch(`http://${web}/api/v1/ebpf/metrics/stream?intervalSeconds=1`, {
		signal: gone.signal,
	});
	const { value } = await stream.body!.getReader().read();
	assert.is(
		JSON.parse(Buffer.from(value!).toString().split('\n')[0]!).result.metricSet.moduleName,
		'iomonitor',
	);
	gone.abort();
	child.kill('SIGUSR1');
	await new Promise((resolve) => setTimeout(resolve, 300));
	child.stdin!.end();
	const { status, stderr } = await done;
	running.delete(child);
	assert.is(status, 0, stderr);
	assert.match(stderr, /warning: steps: increments have no place here/);
	assert.match(stderr, /in 3, .*increments 1/, stderr);
});

test('without a way to a supervisor nothing can be set, and the manual says how', () => {
	const { stdout } = spawnSync(process.execPath, ['dist/serve-grpc.cjs', '--help'], { encoding: 'utf8' });
	assert.match(stdout, /ConfigureModule is off/);
});

test.run();
