// What doctor sees: in small roots made for it, on this machine, and of the servers that a file names.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Check, type Look, machineChecks } from '../../../supervisor/commands/prerequisites.ts';
import { connects, optionValues } from '../../../supervisor/commands/reach.ts';
import { run } from '../../program.ts';

type World = { dir: string; env: Record<string, string>; server?: Server };
const test = suite<World>('doctor');
test.before.each((world) => {
	world.dir = mkdtempSync(join(tmpdir(), 'bpfpipe-doctor-'));
	const { dir } = world;
	world.env = { STATE_DIRECTORY: dir, RUNTIME_DIRECTORY: dir, LOGS_DIRECTORY: dir };
});
test.after.each(({ dir, server }) => {
	server?.close();
	rmSync(dir, { recursive: true });
});

const put = (dir: string, path: string, text = '') => {
	mkdirSync(dirname(join(dir, path)), { recursive: true });
	writeFileSync(join(dir, path), text);
};
const look = (root: string, more: Partial<Look> = {}): Record<string, Check> =>
	Object.fromEntries(
		machineChecks({ root, fix: false, bpftrace: 'must', libbpf: 'may', tools: [], stages: 0, ...more }).map(
			(check) => [check.name, check],
		),
	);
const states = (checks: Record<string, Check>, ...names: string[]) =>
	names.map((name) => checks[name]?.state);

test('an empty machine lacks everything, and each thing has its remedy', ({ dir }) => {
	const checks = look(dir);
	assert.equal(states(checks, 'node', 'btf', 'tracefs', 'rights', 'libbpf', 'open files', 'clock'), [
		'ok',
		'fail',
		'fail',
		'fail',
		'warn',
		'fail',
		'warn',
	]);
	for (const { state, todo } of Object.values(checks)) assert.is(todo === undefined, state === 'ok');
});

test('what is there is found', ({ dir }) => {
	put(dir, 'sys/kernel/btf/vmlinux');
	put(dir, 'proc/mounts', 'tracefs /sys/kernel/tracing tracefs rw 0 0\n');
	put(dir, 'proc/self/status', 'CapEff:\t000000c000000000\n');
	put(dir, 'proc/self/limits', 'Max open files            1024                 4096                 files\n');
	put(dir, 'usr/lib/aarch64-linux-gnu/libbpf.so.1');
	put(dir, 'run/systemd/timesync/synchronized');
	const checks = look(dir);
	assert.equal(states(checks, 'btf', 'tracefs', 'libbpf', 'open files', 'clock'), Array(5).fill('ok'));
	assert.not(checks.rights!.state === 'fail');
	assert.is(look(dir, { stages: 1000 })['open files']!.state, 'fail');
});

test('a file without bpftrace is not told about the kernel, one with a fallback is only warned', ({
	dir,
}) => {
	assert.equal(states(look(dir, { bpftrace: 'no', libbpf: 'no' }), 'btf', 'tracefs', 'rights', 'libbpf'), [
		...[undefined, undefined, undefined, undefined],
	]);
	assert.equal(states(look(dir, { bpftrace: 'may' }), 'btf', 'tracefs', 'rights'), ['warn', 'warn', 'warn']);
	assert.is(look(dir, { tools: ['no-such-tool'] })['no-such-tool']!.state, 'fail');
});

test('bpftrace is found on the PATH, with its version', async ({ dir, env }) => {
	const file = join(dir, 'x.yaml');
	writeFileSync(file, 'pipelines: { p: { stages: [bpftrace x.bt] } }');
	put(dir, 'bin/bpftrace', '#!/bin/sh\necho bpftrace v9.8.7\n');
	chmodSync(join(dir, 'bin/bpftrace'), 0o755);
	const { stdout } = await run('bpfpipe', ['doctor', file], '', { ...env, PATH: `${dir}/bin:/usr/bin:/bin` });
	assert.match(stdout, /^ok {3}bpftrace: 9\.8\.7 \(\S+\/bin\/bpftrace\)$/m);
});

const fileFor = (dir: string, ...stages: string[]): string => {
	const file = join(dir, 'x.yaml');
	writeFileSync(file, `pipelines: { p: { stages: ${JSON.stringify(stages)} } }`);
	return file;
};
const listening = (world: World): Promise<number> =>
	new Promise((resolve) => {
		world.server = createServer((socket) => socket.end());
		world.server.listen(0, '127.0.0.1', () => resolve((world.server!.address() as { port: number }).port));
	});

test('a server that answers is ok; one that refuses is a failure and 69', async (world) => {
	const port = await listening(world);
	const good = await run(
		'bpfpipe',
		['doctor', fileFor(world.dir, 'cat', `graphite-send --uri 127.0.0.1:${port}`)],
		'',
		world.env,
	);
	assert.match(
		good.stdout,
		new RegExp(`^ok {3}p/graphite-send: 127\\.0\\.0\\.1:${port} answers, after \\d+ ms$`, 'm'),
	);
	assert.is(good.status, 0, good.stdout);
	const file = fileFor(world.dir, 'cat', 'graphite-send --uri=127.0.0.1:9,127.0.0.1:1');
	const bad = await run('bpfpipe', ['doctor', file, '--json'], '', world.env);
	assert.is(bad.status, 69);
	const { well, checks } = JSON.parse(bad.stdout) as { well: boolean; checks: Check[] };
	assert.is(well, false);
	const failed = checks.filter(({ state }) => state === 'fail').map(({ what }) => what);
	assert.equal(failed, ['127.0.0.1:9: connection refused', '127.0.0.1:1: connection refused']);
});

test('a port to listen on is tried', async (world) => {
	const port = await listening(world);
	const file = fileFor(world.dir, 'cat', `cat --listen 127.0.0.1:${port}`, 'cat --listen 127.0.0.1:0');
	const { stdout } = await run('bpfpipe', ['doctor', file], '', world.env);
	assert.match(stdout, new RegExp(`^warn p/cat-2: 127\\.0\\.0\\.1:${port} is in use`, 'm'));
});

test('no server is waited for longer than the bound', async (world) => {
	const port = await listening(world);
	const from = performance.now();
	assert.type(await connects({ host: '127.0.0.1', port }, 1000), 'number');
	assert.match(String(await connects({ host: '127.0.0.1', port }, 0)), /^(\d+|no answer within 0 s)$/);
	assert.match(
		String(await connects({ host: 'no-such-host.invalid', port: 1 }, 1500)),
		/no such host|name server|no answer/,
	);
	assert.ok(performance.now() - from < 4000);
});

test('a program that is missing fails, with a fallback it is a warning', async ({ dir, env }) => {
	const file = join(dir, 'x.yaml');
	writeFileSync(file, 'pipelines: { p: { stages: [{ run: nowhere-a, fallback: replay x }, nowhere-b] } }');
	const { status, stdout } = await run('bpfpipe', ['doctor', file], '', env);
	assert.is(status, 69);
	assert.match(stdout, /^warn p\/nowhere-a: "nowhere-a" is not installed; replay would run instead — /m);
	assert.match(stdout, /^fail p\/nowhere-b: "nowhere-b" is not installed — install it/m);
});

test('folders and room for logs', async ({ dir, env }) => {
	const file = fileFor(
		dir,
		'cat',
		'append-log --max-size 10M --keep 2 x.log',
		'append-log y.log --max-size 1M',
	);
	const logs = join(dir, 'new', 'logs');
	const { stdout } = await run('bpfpipe', ['doctor', file], '', { ...env, LOGS_DIRECTORY: logs });
	assert.match(stdout, new RegExp(`^ok {3}logs: ${logs} can be made$`, 'm'));
	assert.match(stdout, /^(ok {3}|warn )disk: \d+ MiB free for .*, logs may grow to 36/m);
	const fixed = await run('bpfpipe', ['doctor', file, '--fix'], '', { ...env, LOGS_DIRECTORY: logs });
	assert.match(fixed.stdout, new RegExp(`^ok {3}logs: ${logs} can be written$`, 'm'));
	const impossible = await run('bpfpipe', ['doctor', file], '', { ...env, LOGS_DIRECTORY: join(file, 'x') });
	assert.is(impossible.status, 69);
	assert.match(impossible.stdout, /^fail logs: \S+x\.yaml\/x cannot be made — /m);
});

test('option values, joined or apart', () => {
	assert.equal(optionValues(['--uri', 'a', 'x', '--uri=b', '--url', 'c'], '--uri'), ['a', 'b']);
});

test('which probes a running program offers, and what is lost without the others', async ({ dir, env }) => {
	const script = join(dir, 'x.bt');
	writeFileSync(
		script,
		'// lost without it: how often\nuprobe:libc:no_such\n{\n\t@a = 1;\n}\n\nuprobe:libc:malloc\n{\n\t@b = 1;\n}\n',
	);
	const tracer = join(dir, 'tracer');
	writeFileSync(tracer, `#!/bin/bash\nsleep 0.1; echo "uprobe:$(echo "$2" | cut -d'"' -f2):malloc"\n`, {
		mode: 0o755,
	});
	const own = `bpftrace-run --pid ${process.pid} --bpftrace ${tracer} ${script}`;
	const { stdout } = await run('bpfpipe', ['doctor', fileFor(dir, own, 'cat')], '', env);
	assert.match(stdout, new RegExp(`^ok {3}p/bpftrace-run: 1 probes on process ${process.pid} `, 'm'));
	assert.match(stdout, /^warn p\/bpftrace-run: lost: how often \(no uprobe:libc:no_such\) — this build/m);
	assert.match(stdout, /^(ok {3}|fail )bpftrace: /m);
	const none = `bpftrace-run --program no-such-program --bpftrace ${tracer} ${script}`;
	const away = await run('bpfpipe', ['doctor', fileFor(dir, none, 'cat')], '', env);
	assert.is(away.status, 69);
	assert.match(
		away.stdout,
		/^fail p\/bpftrace-run: no process runs no-such-program; .* — start that program/m,
	);
});

test.run();
