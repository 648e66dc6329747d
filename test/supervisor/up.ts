// The supervisor at work: real processes, numbered lines, and what is missing, twice or torn afterwards.

import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StageStatus } from '../../supervisor/status.ts';
import { outcome, ROOT, run, start } from '../program.ts';

type World = { dir: string; file: string; out: string; env: Record<string, string> };
const test = suite<World>('up');
// Named by its full address: a stage runs in the supervisor's folder, where there is no tsx.
const TSX = import.meta.resolve('tsx');
const fixture = (name: string) =>
	`${process.execPath} --import ${TSX} ${join(ROOT, 'test', 'fixtures', `${name}.ts`)}`;
const LIMIT_MS = 20_000;
const started = new Set<ChildProcess>();

test.before.each((world) => {
	world.dir = mkdtempSync(join(tmpdir(), 'bpfpipe-up-'));
	world.file = join(world.dir, 'plan.yaml');
	world.out = join(world.dir, 'out');
	world.env = { STATE_DIRECTORY: world.dir, RUNTIME_DIRECTORY: world.dir, LOGS_DIRECTORY: world.dir };
});
test.after.each(({ dir }) => {
	for (const child of started) child.kill('SIGKILL');
	started.clear();
	rmSync(dir, { recursive: true });
});

/** A plan of numbers -> pass -> keep, `middle` in place of pass. */
const plan = ({ file, out }: World, count: number, rate: number, middle = fixture('pass'), more = '') =>
	writeFileSync(
		file,
		`pipelines:
  p:
    ${more}
    stages:
      - { name: numbers, run: ${fixture('numbers')} --count ${count} --rate ${rate}, grace: 2s }
      - { name: middle, run: ${JSON.stringify(middle)}, grace: 1s }
      - { name: keep, run: ${fixture('keep')} ${out}, grace: 2s }
`,
	);

const up = ({ file, env }: World, ...args: string[]) => {
	const child = start('bpfpipe', ['up', file, ...args], env);
	started.add(child);
	const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
	return { child, result: outcome(child).finally(() => clearTimeout(timer)) };
};

const stagesOf = async ({ file, env }: World): Promise<StageStatus[]> => {
	const { stdout } = await run('bpfpipe', ['status', '--json', file], '', env);
	return stdout === ''
		? []
		: JSON.parse(stdout).pipelines.flatMap((one: { stages: StageStatus[] }) => one.stages);
};

const until = async (what: string, condition: () => unknown, limitMs = 10_000): Promise<void> => {
	for (const deadline = Date.now() + limitMs; !(await condition()); await sleep(20)) {
		if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
	}
};
const flowing = (world: World) =>
	until('the first lines', () => existsSync(world.out) && readFileSync(world.out).length > 0);

/** What became of the numbers 0..count-1. */
const account = (path: string, count: number) => {
	const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
	const whole = lines.filter((line) => /^n \d{10}$/.test(line)).map((line) => Number(line.slice(2)));
	const seen = new Set(whole);
	return { missing: count - seen.size, twice: whole.length - seen.size, torn: lines.length - whole.length };
};
const NOTHING_LOST = { missing: 0, twice: 0, torn: 0 };

const isAlive = (pid: number): boolean => {
	try {
		// A zombie that nobody reaps yet is dead for our purpose.
		return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return false;
	}
};

test('ends with 0 when the source is done, and every line has arrived', async (world) => {
	plan(world, 20_000, 20_000);
	const { status, stderr } = await up(world).result;
	assert.is(status, 0, stderr);
	assert.equal(account(world.out, 20_000), NOTHING_LOST);
});

test('TERM stops in order: what the source printed has arrived, without a gap', async (world) => {
	plan(world, 100_000_000, 50_000);
	const { child, result } = up(world);
	await flowing(world);
	await sleep(500);
	child.kill('SIGTERM');
	const { status, stderr } = await result;
	assert.is(status, 0, stderr);
	const count = readFileSync(world.out, 'utf8').split('\n').length - 1;
	assert.ok(count > 1000);
	assert.equal(account(world.out, count), NOTHING_LOST);
});

test('a middle stage that is TERMed loses nothing, and its neighbours do not notice', async (world) => {
	plan(world, 60_000, 10_000);
	const { result } = up(world);
	await flowing(world);
	const before = await stagesOf(world);
	let last = 0;
	for (let i = 0; i < 5; i++) {
		const pid = async () => (await stagesOf(world)).find(({ name }) => name === 'middle')?.pid ?? 0;
		await until('the middle to be back', async () => ![0, last].includes(await pid()));
		last = await pid();
		process.kill(last, 'SIGTERM');
		if (i === 0) {
			const during = await stagesOf(world);
			assert.is(during[0]!.pid, before[0]!.pid);
			assert.is(during[2]!.pid, before[2]!.pid);
		}
	}
	const { status, stderr } = await result;
	assert.is(status, 0, stderr);
	assert.equal(account(world.out, 60_000), NOTHING_LOST);
});

test('a pipeline restarted whole, because one stage died too often, loses nothing to TERM either', async (world) => {
	plan(world, 30_000, 5000);
	const { result } = up(world);
	await flowing(world);
	let last = 0;
	for (let i = 0; i < 6; i++) {
		const pid = async () => (await stagesOf(world)).find(({ name }) => name === 'middle')?.pid ?? 0;
		await until('the middle to be back', async () => ![0, last].includes(await pid()));
		last = await pid();
		process.kill(last, 'SIGTERM');
	}
	const { status, stderr } = await result;
	assert.is(status, 0, stderr);
	assert.match(stderr, /died too often; the pipeline "p" restarts whole/);
	// The source of this test counts from zero again, so only what is missing or torn says something.
	const { missing, torn } = account(world.out, 30_000);
	assert.equal([missing, torn], [0, 0]);
});

test('a middle stage that is KILLed costs at most what it had read', async (world) => {
	plan(world, 40_000, 10_000);
	const { result } = up(world);
	await flowing(world);
	process.kill((await stagesOf(world))[1]!.pid, 'SIGKILL');
	const { status } = await result;
	assert.is(status, 0);
	const { missing, twice, torn } = account(world.out, 40_000);
	assert.is(twice, 0);
	assert.ok(torn <= 2, `${torn} torn`);
	assert.ok(missing * 13 <= 192 * 1024, `${missing} lines are more than one read, one buffer and one write`);
});

test('no stage outlives a supervisor that was KILLed, be it ours or not', async (world) => {
	plan(world, 100_000_000, 10_000, 'cat');
	const { child, result } = up(world);
	await flowing(world);
	const pids = (await stagesOf(world)).map(({ pid }) => pid);
	assert.ok(pids.every((pid) => pid > 0 && isAlive(pid)));
	child.kill('SIGKILL');
	await result;
	await until('every stage to end', () => !pids.some(isAlive), 1000);
});

test('exit code 78 stops the pipeline at once, with that code and a line saying so', async (world) => {
	plan(world, 100_000_000, 10_000, "sh -c 'exit 78'");
	const { status, stderr } = await up(world).result;
	assert.is(status, 78);
	assert.match(stderr, /p\/middle: exit code 78; not started again, the pipeline "p" stops/);
});

test('a stage that ignores TERM is KILLed after its grace', async (world) => {
	plan(world, 100_000_000, 1000, fixture('ignores-term'));
	const { child, result } = up(world);
	await until('the stage to be up', async () => (await stagesOf(world))[1]?.state === 'RUNNING');
	await sleep(500);
	const { pid } = (await stagesOf(world))[1]!;
	child.kill('SIGTERM');
	const { status } = await result;
	assert.is(status, 0);
	assert.not(isAlive(pid));
});

test('a stage that cannot be had is replaced by its fallback, tried again, and comes back', async (world) => {
	const primary = join(world.dir, 'primary');
	writeFileSync(
		world.file,
		`pipelines:
  p:
    retry: 1s
    restart: always
    stages:
      - { name: source, run: ${primary}, fallback: "sh -c 'echo from the fallback; exec sleep 1000'", hint: Install it. }
      - ${fixture('keep')} ${world.out}
`,
	);
	const { child, result } = up(world);
	await flowing(world);
	assert.match(readFileSync(world.out, 'utf8'), /^from the fallback$/m);
	assert.ok((await stagesOf(world))[0]!.fallback);
	writeFileSync(primary, '#!/bin/sh\necho from the primary; exec sleep 1000\n');
	chmodSync(primary, 0o755);
	await until('the primary', () => /^from the primary$/m.test(readFileSync(world.out, 'utf8')));
	await until('the switch to be seen', async () => (await stagesOf(world))[0]!.fallback === false);
	child.kill('SIGTERM');
	const { stderr } = await result;
	assert.match(
		stderr,
		/p\/source: cannot be had \(exit code 69\); "sh" runs in its place, marked synthetic\. Install it\./,
	);
});

test('--no-fallback leaves the fallback out', async (world) => {
	writeFileSync(
		world.file,
		`pipelines: { p: { restart: never, stages: [{ run: /nowhere/x, fallback: "echo no" }] } }`,
	);
	const { status, stdout, stderr } = await up(world, '--no-fallback').result;
	assert.is(status, 69);
	assert.is(stdout, '');
	assert.match(stderr, /there is no program "\/nowhere\/x"/);
});

test('a second supervisor of the same name is refused', async (world) => {
	plan(world, 100_000_000, 1000);
	const { child, result } = up(world);
	await flowing(world);
	const second = await up(world).result;
	assert.is(second.status, 69);
	assert.match(second.stderr, /a supervisor with this name is running already/);
	child.kill('SIGTERM');
	await result;
});

test('status without a supervisor says so, with 69', async (world) => {
	plan(world, 1, 1);
	const { status, stdout, stderr } = await run('bpfpipe', ['status', world.file], '', world.env);
	assert.is(status, 69);
	assert.is(stdout, '');
	assert.match(stderr, /plan\.sock: no supervisor answers/);
});

test('a flood on stderr is bounded, counted, and blocks nothing', async (world) => {
	plan(world, 20_000, 10_000, `sh -c 'yes flood | head -c 20000000 >&2; exec cat'`);
	const { status, stderr } = await up(world).result;
	assert.is(status, 0);
	assert.equal(account(world.out, 20_000), NOTHING_LOST);
	assert.ok(stderr.length < 200_000, `${stderr.length} bytes of log`);
	assert.match(stderr, /lines more than 100 a second were left out/);
});

test.run();
