// The supervisor at work: real processes, numbered lines, and what is missing, twice or torn afterwards.

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	account,
	fixture,
	flowing,
	isAlive,
	leaveWorld,
	makeWorld,
	NOTHING_LOST,
	pidOf,
	stagesOf,
	until,
	up,
	type World,
	writePlan,
} from '../../harness/supervised.ts';
import { run } from '../../program.ts';

const test = suite<World>('up');
const SOON = 'restart_delay: 50ms..200ms';

test.before.each((world) => {
	Object.assign(world, makeWorld());
});
test.after.each(leaveWorld);

test('ends with 0 when the source is done, and every line has arrived', async (world) => {
	writePlan(world, 20_000, 20_000);
	const { status, stderr } = await up(world).result;
	assert.is(status, 0, stderr);
	assert.equal(account(readFileSync(world.out, 'utf8'), 20_000), NOTHING_LOST);
});

test('TERM stops in order: what the source printed has arrived, without a gap', async (world) => {
	writePlan(world, 100_000_000, 50_000);
	const { child, result } = up(world);
	await flowing(world);
	await sleep(500);
	child.kill('SIGTERM');
	const { status, stderr } = await result;
	assert.is(status, 0, stderr);
	const count = readFileSync(world.out, 'utf8').split('\n').length - 1;
	assert.ok(count > 1000);
	assert.equal(account(readFileSync(world.out, 'utf8'), count), NOTHING_LOST);
});

test('TERM again and again: what still drains arrives all the same, and the socket goes', async (world) => {
	const source = `sh -c 'i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done; exec sleep 100'`;
	const slow = `sh -c 'while read x; do echo $x; [ $((x % 100)) = 0 ] && sleep 0.1; done'`;
	const keep = `sh -c 'exec cat > ${world.out}'`;
	const stages = [source, slow, keep].map((run) => `{ run: ${JSON.stringify(run)}, grace: 20s }`);
	writeFileSync(world.file, `pipelines: { p: { stages: [ ${stages.join(', ')} ] } }`);
	const { child, result } = up(world);
	await flowing(world);
	await sleep(300);
	for (let times = 0; times < 3; times++) {
		child.kill(times === 1 ? 'SIGINT' : 'SIGTERM');
		await sleep(200);
	}
	const { status, stderr } = await result;
	assert.is(status, 0, stderr);
	assert.is(stderr.match(/stopping: sources first/g)!.length, 1);
	assert.match(stderr, /is stopping already; KILL would cut off what still drains/);
	assert.is(readFileSync(world.out, 'utf8').split('\n').length - 1, 2000);
	assert.not(existsSync(join(world.dir, 'plan.sock')));
});

test('a middle stage that is TERMed loses nothing, and its neighbours do not notice', async (world) => {
	// The source outlasts five restarts, on a busy machine too.
	writePlan(world, 60_000, 10_000, fixture('pass'), SOON);
	const { result } = up(world);
	await flowing(world);
	const before = await stagesOf(world);
	let last = 0;
	for (let i = 0; i < 5; i++) {
		last = await pidOf(world, 'middle', last);
		process.kill(last, 'SIGTERM');
		if (i === 0) {
			const during = await stagesOf(world);
			assert.is(during[0]!.pid, before[0]!.pid);
			assert.is(during[2]!.pid, before[2]!.pid);
		}
	}
	const { status, stderr } = await result;
	assert.is(status, 0, stderr);
	assert.equal(account(readFileSync(world.out, 'utf8'), 60_000), NOTHING_LOST);
});

test('a pipeline restarted whole, because one stage died too often, loses nothing to TERM either', async (world) => {
	writePlan(world, 20_000, 5000, fixture('pass'), SOON);
	const { result } = up(world);
	await flowing(world);
	let last = 0;
	for (let i = 0; i < 6; i++) {
		last = await pidOf(world, 'middle', last);
		process.kill(last, 'SIGTERM');
	}
	const { status, stderr } = await result;
	assert.is(status, 0, stderr);
	assert.match(stderr, /died too often; the pipeline "p" restarts whole/);
	// The source of this test counts from zero again, so only what is missing or torn says something.
	const { missing, torn } = account(readFileSync(world.out, 'utf8'), 20_000);
	assert.equal([missing, torn], [0, 0]);
});

test('a middle stage that is KILLed costs at most what it had read', async (world) => {
	writePlan(world, 15_000, 10_000);
	const { result } = up(world);
	await flowing(world);
	process.kill(await pidOf(world, 'middle'), 'SIGKILL');
	const { status } = await result;
	assert.is(status, 0);
	const { missing, twice, torn } = account(readFileSync(world.out, 'utf8'), 15_000);
	assert.is(twice, 0);
	assert.ok(torn <= 2, `${torn} torn`);
	assert.ok(missing * 13 <= 192 * 1024, `${missing} lines are more than one read, one buffer and one write`);
});

test('no stage outlives a supervisor that was KILLed, be it ours or not', async (world) => {
	writePlan(world, 100_000_000, 10_000, 'cat');
	const { child, result } = up(world);
	await flowing(world);
	const pids = (await stagesOf(world)).map(({ pid }) => pid);
	assert.ok(pids.every((pid) => pid > 0 && isAlive(pid)));
	child.kill('SIGKILL');
	await result;
	await until('every stage to end', () => !pids.some(isAlive), 1000);
});

test('exit code 78 stops the pipeline at once, with that code and a line saying so', async (world) => {
	writePlan(world, 100_000_000, 10_000, "sh -c 'exit 78'");
	const { status, stderr } = await up(world).result;
	assert.is(status, 78);
	assert.match(stderr, /p\/middle: exit code 78; not started again, the pipeline "p" stops/);
});

test('a stage that ignores TERM is KILLed after its grace', async (world) => {
	writePlan(world, 100_000_000, 1000, fixture('ignores-term'));
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
		/p\/source: cannot be had \(there is no program "\S+\/primary", neither ours nor on the PATH\); "sh" runs in its place, marked synthetic\. Install it\./,
	);
});

test('--no-fallback leaves the fallback out', async (world) => {
	writeFileSync(
		world.file,
		`pipelines: { p: { restart: never, stages: [{ run: /nowhere/x, fallback: "echo no" }] } }`,
	);
	const { status, stdout, stderr } = await up(world, ['--no-fallback']).result;
	assert.is(status, 69);
	assert.is(stdout, '');
	assert.match(stderr, /there is no program "\/nowhere\/x"/);
});

test('a second supervisor of the same name is refused', async (world) => {
	writePlan(world, 100_000_000, 1000);
	const { child, result } = up(world);
	await flowing(world);
	const second = await up(world).result;
	assert.is(second.status, 69);
	assert.match(second.stderr, /a supervisor with this name is running already/);
	child.kill('SIGTERM');
	await result;
});

test('status without a supervisor says so, with 69', async (world) => {
	writePlan(world, 1, 1);
	const { status, stdout, stderr } = await run('bpfpipe', ['status', world.file], '', world.env);
	assert.is(status, 69);
	assert.is(stdout, '');
	assert.match(stderr, /plan\.sock: no supervisor answers/);
});

test('a flood on stderr is bounded, counted, and blocks nothing', async (world) => {
	writePlan(world, 20_000, 10_000, `sh -c 'yes flood | head -c 20000000 >&2; exec cat'`);
	const { status, stderr } = await up(world).result;
	assert.is(status, 0);
	assert.equal(account(readFileSync(world.out, 'utf8'), 20_000), NOTHING_LOST);
	assert.ok(stderr.length < 200_000, `${stderr.length} bytes of log`);
	assert.match(stderr, /lines more than 100 a second were left out/);
});

test.run();
