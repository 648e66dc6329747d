// At-least-once: whatever is KILLed, whenever, every line of the log arrives, and first occurrences keep their order.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	account,
	command,
	fixture,
	inOrder,
	isAlive,
	leaveWorld,
	makeWorld,
	pidOf,
	stagesOf,
	until,
	up,
	type World,
} from '../../harness/supervised.ts';

const test = suite<World>('at-least-once');
test.before.each((world) => {
	Object.assign(world, makeWorld());
});
test.after.each(leaveWorld);

const logOf = ({ dir }: World) => join(dir, 'in.log');
const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

const writePlan = (world: World) =>
	writeFileSync(
		world.file,
		`pipelines:
  p:
    delivery: at-least-once
    restart: always
    restart_delay: 20ms..100ms
    stages:
      - bpftrace-tail --from-start ${logOf(world)}
      - ${fixture('pass')}
      - append-log ${world.out}
`,
	);

/** Append numbered lines as a running source would, a time line before each burst, until told to stop. */
const feed = (world: World, perTick = 20) => {
	let next = 0;
	writeFileSync(logOf(world), '');
	const timer = setInterval(() => {
		const lines = Array.from({ length: perTick }, () => `n ${String(next++).padStart(10, '0')}\n`);
		appendFileSync(logOf(world), `#!ts ${1_763_712_000 + next / 1000}\n${lines.join('')}`);
	}, 5);
	return () => {
		clearInterval(timer);
		return next;
	};
};

const allArrived = (world: World, count: number) =>
	until('every line to arrive', () => account(read(world.out), count).missing === 0, 20_000);

test('any stage KILLed at random moments: nothing is missing', async (world) => {
	writePlan(world);
	const stop = feed(world);
	const one = up(world);
	await until('the first lines', () => read(world.out) !== '');
	for (let kills = 0; kills < 12; ) {
		await sleep(50 + Math.random() * 250);
		const alive = (await stagesOf(world)).filter(({ pid }) => pid > 0);
		const victim = alive[Math.floor(Math.random() * alive.length)];
		if (!victim) continue;
		try {
			process.kill(victim.pid, 'SIGKILL');
			kills += 1;
		} catch {
			// It went with the restart that the kill before had caused.
		}
	}
	const count = stop();
	await allArrived(world, count);
	one.child.kill('SIGTERM');
	assert.is((await one.result).status, 0);
	const text = read(world.out);
	assert.is(account(text, count).missing, 0);
	assert.ok(inOrder(text), 'first occurrences keep their order');
});

test('the supervisor KILLed at random moments: a new one goes on from the ack', async (world) => {
	writePlan(world);
	const stop = feed(world);
	let one = up(world);
	for (let kills = 0; kills < 4; kills++) {
		const before = read(world.out).length;
		await until('more lines', () => read(world.out).length > before);
		await sleep(Math.random() * 400);
		const pids = (await stagesOf(world)).map(({ pid }) => pid).filter((pid) => pid > 0);
		one.child.kill('SIGKILL');
		await one.result;
		await until('every stage to end', () => !pids.some(isAlive), 1000);
		one = up(world);
	}
	const count = stop();
	await allArrived(world, count);
	one.child.kill('SIGTERM');
	await one.result;
	const text = read(world.out);
	assert.is(account(text, count).missing, 0);
	assert.ok(inOrder(text), 'first occurrences keep their order');
	assert.match(read(join(world.dir, 'plan.p.ack')), /^\{"name":"in\.log"/);
});

test('a stopped stage of such a pipeline begins again at the ack when it is started', async (world) => {
	writePlan(world);
	const stop = feed(world);
	const one = up(world);
	await until('the first lines', () => read(world.out) !== '');
	const before = await stagesOf(world);
	assert.is((await command(world, 'stop', 'p/node')).status, 0);
	await sleep(300);
	const during = await stagesOf(world);
	assert.equal([during[0]!.pid, during[1]!.pid, during[2]!.pid], [before[0]!.pid, 0, before[2]!.pid]);
	assert.is((await command(world, 'start', 'p/node')).status, 0);
	const count = stop();
	await allArrived(world, count);
	one.child.kill('SIGTERM');
	await one.result;
	assert.ok(inOrder(read(world.out)));
});

test('no grandchild of a foreign stage outlives a KILLed supervisor, nor its stage', async (world) => {
	const forks = `sh -c 'sleep 987654 & echo $! >&2; cat'`;
	writeFileSync(
		world.file,
		`pipelines: { p: { restart_delay: 20ms..20ms, stages: [ "sleep 1000", ${JSON.stringify(forks)} ] } }`,
	);
	const one = up(world);
	let said = '';
	one.child.stderr!.on('data', (chunk) => {
		said += chunk;
	});
	const grandchildren = () => [...said.matchAll(/p\/sh: (\d+)$/gm)].map(([, pid]) => Number(pid));
	await until('the grandchild', () => grandchildren().length === 1);
	const shell = await pidOf(world, 'sh');
	process.kill(shell, 'SIGKILL');
	await until('the next one', () => grandchildren().length === 2);
	const [first, second] = grandchildren() as [number, number];
	assert.not(isAlive(first), 'it ends with its stage');
	assert.ok(isAlive(second));
	const pids = (await stagesOf(world)).map(({ pid }) => pid);
	one.child.kill('SIGKILL');
	await one.result;
	await until('all to end', () => ![...pids, second].some(isAlive), 1000);
});

test('a daemon that left its stage’s group ends with the stage, and with a KILLed supervisor', async (world) => {
	const daemon = `sh -c 'setsid sh -c "echo $$ >&2; while :; do sleep 0.1; done" & sleep 1000'`;
	writeFileSync(
		world.file,
		`pipelines: { p: { restart: always, restart_delay: 20ms..20ms, stages: [ ${JSON.stringify(daemon.replaceAll('$$', '\\$\\$'))} ] } }`,
	);
	const one = up(world);
	let said = '';
	one.child.stderr!.on('data', (chunk) => {
		said += chunk;
	});
	const daemons = () => [...said.matchAll(/p\/sh: (\d+)$/gm)].map(([, pid]) => Number(pid));
	await until('the daemon', () => daemons().length === 1);
	process.kill(await pidOf(world, 'sh'), 'SIGKILL');
	await until('the next one', () => daemons().length === 2);
	const [first, second] = daemons() as [number, number];
	assert.not(isAlive(first), 'it ends with its stage');
	assert.match(said, /p\/sh: ended \d+ of its processes that had left its group/);
	assert.is((await command(world, 'stop')).status, 0);
	assert.not(isAlive(second), 'stop leaves none');
	await command(world, 'start');
	await until('the last one', () => daemons().length === 3);
	one.child.kill('SIGKILL');
	await one.result;
	await until('it to end', () => !isAlive(daemons()[2]!), 3000);
});

test.run();
