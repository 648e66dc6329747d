// One supervisor a name and a pipeline, by locks of the kernel; and all parts of one file answer as one.

import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claimName } from '../../../supervisor/daemon/claims.ts';
import type { Status } from '../../../supervisor/health/status.ts';
import type { Places } from '../../../supervisor/machine/places.ts';
import type { PipelinePlan, Plan } from '../../../supervisor/plan/plan.ts';
import {
	command,
	isAlive,
	leaveWorld,
	makeWorld,
	stagesOf,
	statusOf,
	until,
	up,
	type World,
} from '../../harness/supervised.ts';
import { run } from '../../program.ts';

const test = suite<World>('claims');
test.before.each((world) => {
	Object.assign(world, makeWorld());
});
test.after.each(leaveWorld);

const TWO = 'pipelines: { one: { stages: [ sleep 1001 ] }, two: { stages: [ sleep 1002 ] } }\n';
const running = (world: World, stages: number) =>
	until(`${stages} stages to run`, async () => {
		const { stdout } = await command(world, 'status', '--json');
		const answers = stdout.split('\n').filter(Boolean);
		const all = answers.flatMap((line) => (JSON.parse(line) as Status).pipelines);
		return all.flatMap((one) => one.stages).filter(({ state }) => state === 'RUNNING').length === stages;
	});
const stopped = async ({ child, result }: ReturnType<typeof up>) => {
	child.kill('SIGTERM');
	return result;
};

test('of two that are started at the same instant exactly one stays, and is reached', async (world) => {
	writeFileSync(world.file, TWO);
	for (let round = 0; round < 10; round++) {
		const both = [up(world), up(world)];
		const first = await Promise.race(both.map(async (one) => ({ one, result: await one.result })));
		assert.is(first.result.status, 69);
		assert.match(
			first.result.stderr,
			/"plan": a supervisor with this name is running already \((process \d+|another)/,
		);
		const [stays] = both.filter((one) => one !== first.one);
		await running(world, 2);
		assert.is((await statusOf(world))!.pid, stays!.pid);
		assert.is((await stopped(stays!)).status, 0);
		assert.not(existsSync(join(world.dir, 'plan.sock')));
	}
});

test('pipelines are claimed all or none', (world) => {
	const places = { run: world.dir, state: world.dir, logs: world.dir } as Places;
	const planOf = (name: string) => ({ name, whole: 'plan' }) as Plan;
	const [one, two] = ['one', 'two'].map((name) => ({ name, delivery: 'best-effort' }) as PipelinePlan);
	const first = claimName(planOf('plan.one'), places);
	const second = claimName(planOf('plan.two'), places);
	first.add([two!]);
	assert.throws(() => second.add([one!, two!]), /pipeline "two" of "plan" is running already/);
	first.add([one!]);
	first.release();
	second.add([one!, two!]);
	second.release();
});

test('one that is stopped, and answers nobody, is still there', async (world) => {
	writeFileSync(world.file, TWO);
	const one = up(world);
	await running(world, 2);
	one.child.kill('SIGSTOP');
	const second = await up(world).result;
	assert.is(second.status, 69);
	const silent = await command(world, 'status');
	assert.is(silent.status, 69);
	assert.match(silent.stderr, /plan\.sock: no supervisor answers \(time-out\)/);
	one.child.kill('SIGCONT');
	assert.is((await command(world, 'status')).status, 0);
	assert.is((await stopped(one)).status, 0);
});

test('a pipeline runs once: a part beside the whole is refused, and the whole beside a part', async (world) => {
	writeFileSync(world.file, TWO);
	const whole = up(world);
	await running(world, 2);
	const part = await up(world, ['one']).result;
	assert.is(part.status, 69);
	assert.match(
		part.stderr,
		/the pipeline "one" of "plan" is running already \(process \d+ on .*stop that one first/,
	);
	await stopped(whole);
	const alone = up(world, ['two']);
	await running(world, 1);
	const half = await command(world, 'status');
	assert.is(half.status, 69);
	assert.match(half.stderr, /no supervisor that answers runs the pipeline "one"/);
	assert.is((await command(world, 'status', 'two')).status, 0);
	assert.is((await up(world).result).status, 69);
	assert.is((await up(world, ['one', 'two']).result).status, 69);
	const other = up(world, ['one']);
	await running(world, 2);
	assert.is((await stopped(other)).status, 0);
	assert.is((await stopped(alone)).status, 0);
});

test('parts of one file, each with a supervisor of its own, are asked as one', async (world) => {
	writeFileSync(world.file, TWO);
	const parts = [up(world, ['one']), up(world, ['two'])];
	await running(world, 2);
	const both = await command(world, 'status');
	assert.is(both.status, 0);
	assert.match(both.stdout, /^one +sleep +RUNNING.*\ntwo +sleep +RUNNING/m);
	assert.is(both.stdout.match(/^PIPELINE/gm)!.length, 1);
	assert.match(
		(await command(world, 'status', 'two')).stdout,
		/^PIPELINE.*\ntwo .*\n\nDELIVERY.*\ntwo .*well\n$/,
	);
	assert.is((await command(world, 'status', 'two')).status, 0);
	const wrong = await command(world, 'stop', 'one', 'two/slep');
	assert.is(wrong.status, 64);
	assert.match(wrong.stderr, /"two\/slep" does not run here; there are two\/sleep/);
	await running(world, 2);
	assert.match((await command(world, 'restart', 'two')).stdout, /^two +sleep +RUNNING/m);
	assert.is((await command(world, 'stop')).status, 0);
	const { stdout } = await command(world, 'status');
	assert.match(stdout, /^one +sleep +STOPPED.*\ntwo +sleep +STOPPED/m);
	parts[0]!.child.kill('SIGSTOP');
	const half = await command(world, 'status');
	parts[0]!.child.kill('SIGCONT');
	assert.is(half.status, 69, 'one of the two does not answer');
	assert.match(half.stdout, /^two/m);
	assert.match(half.stderr, /plan\.one\.sock: no supervisor answers \(time-out\)/);
	for (const part of parts) assert.is((await stopped(part)).status, 0);
});

test('another file of the same name: nothing of it is stopped, started or shown', async (world) => {
	writeFileSync(world.file, TWO);
	const one = up(world);
	await running(world, 2);
	const folder = join(world.dir, 'other');
	mkdirSync(folder);
	const other = join(folder, 'plan.yaml');
	writeFileSync(other, TWO);
	for (const verb of ['stop', 'start', 'restart', 'reload', 'status', 'logs']) {
		const { status, stdout, stderr } = await run('bpfpipe', [verb, other], '', world.env);
		assert.is(status, 69, verb);
		assert.is(stdout, '');
		assert.match(stderr, /"plan" runs from .*plan\.yaml, not from .*other\/plan\.yaml; give that file/);
	}
	assert.ok((await stagesOf(world)).every(({ pid }) => isAlive(pid)));
	const link = join(folder, 'link');
	symlinkSync(world.dir, link);
	const through = await run('bpfpipe', ['status', join(link, 'plan.yaml')], '', world.env);
	assert.is(through.status, 0, 'a link to the same file is the same file');
	await stopped(one);
});

test('a reload that would take what another supervisor runs is refused, and changes nothing', async (world) => {
	writeFileSync(world.file, TWO);
	const part = up(world, ['two']);
	const off = `settings: { on: "" }\n${TWO.replace('two: {', 'two: { when: { on: true },')}`;
	await running(world, 1);
	writeFileSync(world.file, off);
	const rest = up(world);
	await running(world, 2);
	writeFileSync(world.file, TWO);
	const { status, stderr } = await command(world, 'reload', 'one');
	assert.is(status, 69);
	assert.match(stderr, /the pipeline "two" of "plan" is running already/);
	await running(world, 2);
	await stopped(part);
	assert.is((await command(world, 'reload')).status, 0);
	await running(world, 2);
	await stopped(rest);
});

test('folders and names as long as they may be: reached all the same', async (world) => {
	const deep = join(world.dir, 'd'.repeat(100), 'e'.repeat(100));
	mkdirSync(deep, { recursive: true });
	const long = { ...world, env: { ...world.env, RUNTIME_DIRECTORY: deep } };
	const names = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
	const each = names.map((name) => `${name}: { stages: [ sleep 1001 ] }`);
	writeFileSync(world.file, `name: ${'n'.repeat(64)}\npipelines: { ${each.join(', ')} }\n`);
	const parts = [up(long, names.slice(0, 2)), up(long, names.slice(2))];
	await running(long, 3);
	assert.is((await command(long, 'status')).status, 0);
	assert.is((await command(long, 'stop', names[2]!)).status, 0);
	assert.is((await run('bpfpipe', ['list'], '', long.env)).stdout.split('\n').length, 4);
	for (const part of parts) assert.is((await stopped(part)).status, 0);
	assert.equal(
		readdirSync(deep).filter((entry) => entry.endsWith('.sock')),
		[],
	);
});

test('what a killed supervisor leaves behind is in nobody’s way', async (world) => {
	writeFileSync(world.file, TWO);
	const one = up(world);
	await running(world, 2);
	one.child.kill('SIGKILL');
	await one.result;
	assert.ok(existsSync(join(world.dir, 'plan.sock')));
	const { status, stderr } = await command(world, 'status');
	assert.is(status, 69);
	assert.match(stderr, /plan\.sock: no supervisor answers$/m);
	await sleep(100);
	const next = up(world);
	await running(world, 2);
	assert.is((await stopped(next)).status, 0);
});

test.run();
