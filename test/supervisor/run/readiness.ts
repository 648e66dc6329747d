// Readiness: a stage says that it is ready, those before it wait, and one that never says so has failed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	command,
	fixture,
	leaveWorld,
	makeWorld,
	openIn,
	pidOf,
	stagesOf,
	until,
	up,
	type World,
} from '../../harness/supervised.ts';

const test = suite<World>('readiness');
test.before.each((world) => {
	Object.assign(world, makeWorld());
});
test.after.each(leaveWorld);

const writePlan = ({ file }: World, more: string, stages: object[]): void =>
	writeFileSync(file, `pipelines: { p: { ${more} stages: ${JSON.stringify(stages)} } }\n`);
const source = (world: World) => ({
	name: 'source',
	run: `sh -c 'date +%s%N > ${join(world.dir, 'source')}; exec ${fixture('numbers')} --count 1000000 --rate 1000'`,
});
/** A sink that is ready when the file `go` is there. */
const sink = (world: World, ready: string) => ({
	name: 'sink',
	run: `sh -c 'while [ ! -e ${join(world.dir, 'go')} ]; do sleep 0.02; done; date +%s%N > ${join(world.dir, 'sink')}; echo >&4; exec cat > ${world.out}'`,
	ready,
});
const nanos = (world: World, name: string): bigint =>
	BigInt(readFileSync(join(world.dir, name), 'utf8').trim());
const stop = async ({ child, result }: ReturnType<typeof up>) => {
	child.kill('SIGTERM');
	return result;
};

for (const delivery of ['best-effort', 'at-least-once']) {
	test(`${delivery}: those before a stage start when it is ready, and status says what they wait for`, async (world) => {
		writePlan(world, `delivery: ${delivery},`, [source(world), { run: 'cat' }, sink(world, '30s')]);
		const one = up(world);
		await until('the sink to be there', async () => (await stagesOf(world)).at(-1)?.pid);
		const { stdout, status } = await command(world, 'status');
		assert.match(stdout, /p +source +STOPPED .*waits until sink is ready/);
		assert.match(stdout, /p +cat +STOPPED .*waits until sink is ready/);
		assert.match(stdout, /p +sink +STARTING/);
		assert.is.not(status, 0, 'not all is well yet');
		assert.is(existsSync(join(world.dir, 'source')), false);
		writeFileSync(join(world.dir, 'go'), '');
		await until('lines', () => existsSync(world.out) && readFileSync(world.out).length > 0);
		assert.ok(nanos(world, 'source') > nanos(world, 'sink'));
		assert.is((await command(world, 'status')).status, 0);
		const { status: code, stderr } = await stop(one);
		assert.is(code, 0, stderr);
	});
}

test('a stage that never says so is ended, is started again, and its neighbours keep waiting', async (world) => {
	writePlan(world, 'restart_delay: 10ms..20ms,', [
		source(world),
		{ name: 'mute', run: `sh -c 'echo begun >> ${world.out}; exec sleep 60'`, ready: '300ms' },
	]);
	const one = up(world);
	await until('a second attempt', () => existsSync(world.out) && readFileSync(world.out).length > 6);
	assert.is(existsSync(join(world.dir, 'source')), false);
	const { stderr } = await stop(one);
	assert.match(stderr, /p\/mute: not ready within 300 ms; starting again in \d+ ms/);
});

test('a fallback takes the place of what does not get ready, and counts as ready', async (world) => {
	writePlan(world, 'retry: 1h,', [
		source(world),
		{ name: 'mute', run: 'sleep 60', ready: '200ms', fallback: `sh -c 'cat > ${world.out}'` },
	]);
	const one = up(world);
	await until('lines', () => existsSync(world.out) && readFileSync(world.out).length > 0);
	const { stderr } = await stop(one);
	assert.match(stderr, /p\/mute: cannot be had \(not ready within 200 ms\); "sh" runs in its place/);
});

test('our own programs say it by themselves; one that restarts does not stop those before it', async (world) => {
	writePlan(world, 'restart_delay: 10ms..20ms,', [
		source(world),
		{ run: `append-log ${world.out}`, ready: '10s' },
	]);
	const one = up(world);
	await until('lines', () => existsSync(world.out) && readFileSync(world.out).length > 0);
	const [before, sourceBefore] = [await pidOf(world, 'append-log'), await pidOf(world, 'source')];
	process.kill(before, 'SIGKILL');
	await pidOf(world, 'append-log', before);
	assert.is(await pidOf(world, 'source'), sourceBefore);
	await until('all to be well', async () => (await command(world, 'status')).status === 0);
	const pipes = [...openIn(one.pid).values()].filter((what) => what.startsWith('socket:')).length;
	process.kill(await pidOf(world, 'append-log'), 'SIGKILL');
	await until('all to be well', async () => (await command(world, 'status')).status === 0);
	await until(
		'no descriptor to be left of the one before',
		() => [...openIn(one.pid).values()].filter((what) => what.startsWith('socket:')).length <= pipes,
	);
	assert.is((await stop(one)).status, 0);
});

test('an operator who stops the stage that is waited for, and starts it again, gets the others too', async (world) => {
	writePlan(world, '', [source(world), sink(world, '30s')]);
	const one = up(world);
	await until('the sink to be there', async () => (await stagesOf(world)).at(-1)?.pid);
	assert.is((await command(world, 'stop', 'p/sink')).status, 0);
	writeFileSync(join(world.dir, 'go'), '');
	assert.is((await stagesOf(world))[0]!.pid, 0);
	assert.is((await command(world, 'start', 'p/sink')).status, 0);
	await until('lines', () => existsSync(world.out) && readFileSync(world.out).length > 0);
	assert.is((await stop(one)).status, 0);
});

test.run();
