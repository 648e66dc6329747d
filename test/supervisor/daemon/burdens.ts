// What a supervisor must bear: many stages, floods, stages that misbehave, and restarts that leave nothing behind.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundle } from '../../../build.ts';
import { ask } from '../../../supervisor/daemon/control.ts';
import type { StageStatus } from '../../../supervisor/health/output.ts';
import type { Status } from '../../../supervisor/health/status.ts';
import {
	account,
	childrenOf,
	command,
	fixture,
	flowing,
	isAlive,
	leaveWorld,
	makeWorld,
	NOTHING_LOST,
	openIn,
	pidOf,
	residentKb,
	until,
	up,
	type World,
	writePlan,
} from '../../harness/supervised.ts';
import { ROOT } from '../../program.ts';

const test = suite<World>('burdens');
const ENDLESS = 100_000_000;
const SOON = 'restart_delay: 5ms..20ms';

test.before.each((world) => {
	Object.assign(world, makeWorld());
});
test.after.each(leaveWorld);

const status = ({ dir }: World): Promise<Status | undefined> =>
	ask(join(dir, 'plan.sock'), { command: 'status' }).then(
		(answer) => answer as Status,
		() => undefined,
	);
const stages = async (world: World): Promise<StageStatus[]> =>
	(await status(world))?.pipelines.flatMap((one) => one.stages) ?? [];
const allUp = async (world: World): Promise<boolean> => {
	const all = await stages(world);
	return all.length > 0 && all.every(({ pid }) => pid > 0);
};
const stopped = async ({ child, result }: ReturnType<typeof up>) => {
	child.kill('SIGTERM');
	return result;
};

test('200 stages in one file: they start, lines flow through all of them, and they stop', async (world) => {
	const cats = Array.from({ length: 198 }, (_, i) => `{ name: c${i}, run: cat }`).join(', ');
	const source = `sh -c 'while :; do date +%s; sleep 0.05; done'`;
	writeFileSync(
		world.file,
		`pipelines: { p: { stages: [ ${JSON.stringify(source)}, ${cats}, ${JSON.stringify(`sh -c 'exec cat > ${world.out}'`)} ] } }`,
	);
	const from = performance.now();
	const one = up(world);
	await flowing(world);
	const started = performance.now() - from;
	const all = await stages(world);
	assert.is(all.length, 200);
	assert.ok(all.every(({ state }) => state === 'RUNNING'));
	const kb = residentKb(one.pid);
	const stopping = performance.now();
	assert.is((await stopped(one)).status, 0);
	const ended = performance.now() - stopping;
	assert.not(all.some(({ pid }) => isAlive(pid)));
	console.log(
		`200 stages: first line after ${started.toFixed(0)} ms, stopped in ${ended.toFixed(0)} ms, ${(kb / 1024).toFixed(0)} MB`,
	);
	assert.ok(kb < 200 * 1024, `${kb} KB`);
});

test('a flood of 100 MB/s on stderr neither blocks the stage for ever nor fills memory', async (world) => {
	writePlan(world, 2000, 2000, `${fixture('floods')} 3`);
	const one = up(world);
	let most = 0;
	const timer = setInterval(() => {
		if (isAlive(one.pid)) most = Math.max(most, residentKb(one.pid));
	}, 50);
	const { status: code, signal, stderr } = await one.result;
	clearInterval(timer);
	assert.is(code, 0, `${signal}: ${stderr.slice(-2000)}`);
	assert.equal(account(readFileSync(world.out, 'utf8'), 2000), NOTHING_LOST);
	const left = [...stderr.matchAll(/(\d+) lines more than 100 a second/g)].reduce(
		(sum, [, n]) => sum + Number(n),
		0,
	);
	console.log(
		`flood: ${((left * 18) / 1e6).toFixed(0)} MB in 3 s taken and counted, ${(most / 1024).toFixed(0)} MB in use`,
	);
	assert.ok(left * 18 > 30e6, `${left} lines`);
	assert.ok(stderr.length < 200_000, `${stderr.length} bytes of log`);
	assert.ok(most < 150 * 1024, `${most} KB`);
});

test('a stage whose grandchild keeps the pipe open does not hang stop or restart', async (world) => {
	writePlan(world, ENDLESS, 1000, `sh -c 'sleep 876543 & exec cat'`, SOON);
	const one = up(world);
	await flowing(world);
	const before = await pidOf(world, 'middle');
	process.kill(before, 'SIGKILL');
	await pidOf(world, 'middle', before);
	const from = performance.now();
	assert.is((await stopped(one)).status, 0);
	assert.ok(performance.now() - from < 5000);
});

test('a stage that closes its stdin and lives on is ended after its grace', async (world) => {
	writePlan(world, ENDLESS, 1000, `sh -c 'exec <&-; trap "" TERM; while :; do sleep 0.1; done'`);
	const one = up(world);
	await until('all to run', () => allUp(world));
	await sleep(300);
	const pids = (await stages(world)).map(({ pid }) => pid);
	const from = performance.now();
	assert.is((await stopped(one)).status, 0);
	assert.ok(performance.now() - from < 8000);
	assert.not(pids.some(isAlive));
});

test('a stage that exits 0 at once, for ever: the delays grow, and it ends up DEGRADED but tried', async (world) => {
	writePlan(world, ENDLESS, 1000, 'true', SOON);
	const one = up(world);
	await until('DEGRADED', async () => (await status(world))?.pipelines[0]?.state === 'DEGRADED', 20_000);
	const { restarts } = (await stages(world))[1]!;
	await until('more tries', async () => (await stages(world))[1]!.restarts > restarts + 3);
	const { status: code, stderr } = await stopped(one);
	assert.is(code, 0);
	assert.match(stderr, /starting again in \d ms.*\n(.*\n)*.*starting again in 1\d ms/);
	assert.match(stderr, /the pipeline "p" DEGRADED, will be tried for ever/);
});

/** KILL a process, which may be gone before the signal comes. */
const killed = (pid: number): boolean => {
	try {
		return process.kill(pid, 'SIGKILL');
	} catch {
		return false;
	}
};

test('after 100 restarts: descriptors as before, no zombie, and each child has only 0 to 3 open', async (world) => {
	const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-limits-'));
	await bundle(join(ROOT, 'test', 'fixtures', 'numbers.ts'), folder);
	const numbers = `${process.execPath} ${join(folder, 'numbers.cjs')}`;
	const sink = `sh -c 'exec cat >> ${world.out}'`;
	writeFileSync(
		world.file,
		`pipelines: { p: { ${SOON.replace(':', ': ')}, stages: [ "${numbers} --count ${ENDLESS} --rate 1000", { name: middle, run: cat }, ${JSON.stringify(sink)} ] } }`,
	);
	const one = up(world);
	await flowing(world);
	await until('all to run', () => allUp(world));
	const before = openIn(one.pid).size;
	for (let kills = 0; kills < 100; ) {
		const { pid } = (await stages(world))[1]!;
		if (isAlive(pid) && killed(pid)) {
			kills += 1;
			await until('the end of it', () => !isAlive(pid));
		}
		await sleep(5);
	}
	await until('all to run', () => allUp(world));
	await sleep(200);
	const after = openIn(one.pid);
	assert.ok(
		after.size <= before + 1,
		`${before} before, ${after.size} after: ${[...after.values()].join(' ')}`,
	);
	const children = childrenOf(one.pid);
	assert.not(
		children.some(([, state]) => state === 'Z'),
		'a zombie',
	);
	assert.is(children.length, 4, 'three stages and the guard');
	for (const { pid, name } of await stages(world)) {
		// What a process opened itself is its own affair: inherited are pipes, and files of the supervisor.
		const inherited = [...openIn(pid)].filter(
			([fd, what]) => fd > 3 && /^\/|^socket:/.test(what) && what !== '/dev/null',
		);
		assert.equal(inherited, [], `${name} has inherited ${JSON.stringify(inherited)}`);
	}
	assert.is((await stopped(one)).status, 0);
	rmSync(folder, { recursive: true });
});

test('a sink that is done before its endless source ends the pipeline', async (world) => {
	writeFileSync(world.file, 'pipelines: { p: { restart: never, stages: [ "yes", "head -n 3" ] } }');
	const { status: code, stdout } = await up(world, [], 10_000).result;
	assert.is(code, 0);
	assert.is(stdout, 'y\ny\ny\n');
	assert.not(existsSync(join(world.dir, 'plan.sock')));
});

test('a quiet source is ended too, when its sink is done', async (world) => {
	writeFileSync(world.file, `pipelines: { p: { restart: never, stages: [ "sleep 1000", "true" ] } }`);
	const { status: code } = await up(world, [], 10_000).result;
	assert.is(code, 0);
});

test('without a descriptor left it waits, says what is missing, and takes no fallback for the real thing', async (world) => {
	const stage = (name: string) => `{ name: s${name}, run: sleep 100${name}, fallback: sleep 2000 }`;
	const delays = 'restart: always, restart_delay: 50ms..200ms';
	writeFileSync(
		world.file,
		`pipelines: { p: { ${delays}, stages: [ ${stage('1')} ] }, q: { ${delays}, stages: [ ${stage('2')}, ${stage('3')} ] } }`,
	);
	const one = up(world);
	await until('all to run', () => allUp(world));
	const limit = (most: number) =>
		execFileSync('prlimit', ['--pid', String(one.pid), `--nofile=${most}:1024`]);
	limit(openIn(one.pid).size + 6);
	for (const target of ['p', 'q/s2']) assert.is((await command(world, 'restart', target)).status, 0);
	const reason = /^too many open files; raise the limit/;
	const wait = async () => (await stages(world)).filter(({ last }) => reason.test(last)).length === 2;
	await until('both to wait', wait);
	limit(1024);
	await until('all to run again', () => allUp(world));
	assert.ok((await stages(world)).every(({ fallback, pid }) => !fallback && isAlive(pid)));
	assert.is((await stopped(one)).status, 0);
});

test.run();
