// An ack belongs to a pipeline: it is found whatever else runs beside it, and by a pipeline with a new name.

import { appendFileSync, existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lockFile } from '../../../filters/lib/disk/lock.ts';
import { createLog } from '../../../filters/lib/log.ts';
import { adoptAck } from '../../../supervisor/daemon/adoption.ts';
import { ackFile, ackLock, identityOf } from '../../../supervisor/plan/ack.ts';
import type { PipelinePlan, Plan } from '../../../supervisor/plan/plan.ts';
import { command, leaveWorld, makeWorld, until, up, type World } from '../../harness/supervised.ts';

const test = suite<World>('adoption');
test.before.each((world) => {
	Object.assign(world, makeWorld());
});
test.after.each(leaveWorld);

const pipeline = (name: string, every = '15s'): PipelinePlan => ({
	name,
	delivery: 'at-least-once',
	restart: 'always',
	delays: [1, 2],
	retry: 1,
	stages: [
		['bpftrace-tail', '/var/log/x.log'],
		['every', every],
	].map((words) => ({ name: words[0]!, command: words, env: {}, grace: 1 })),
});
const planOf = (...names: string[]): Plan => ({
	file: '/f.yaml',
	name: 'f',
	whole: 'f',
	known: names,
	pipelines: [],
});

/** What adopting says, line by line. */
const adopt = ({ dir }: World, plan: Plan, one: PipelinePlan): string[] => {
	const said: string[] = [];
	const write = (line: string) => said.push(line.trimEnd());
	const log = createLog({ name: 'b', level: 'info', format: 'text', priorities: false, write });
	adoptAck(dir, plan, one, log.about(one.name));
	return said;
};
/** An ack of that many hours ago, and who it belonged to. */
const leave = ({ dir }: World, entry: string, hours: number, owner?: PipelinePlan, log = 'x.log') => {
	const path = join(dir, entry);
	writeFileSync(path, `{"name":"${log}","offset":${hours}}\n`);
	const at = Date.now() / 1000 - hours * 3600;
	utimesSync(path, at, at);
	if (owner) lockFile(ackLock(path), 0o600, identityOf(owner))!.release();
	return path;
};
const offsetIn = (path: string) => JSON.parse(readFileSync(path, 'utf8')).offset;

test('one that was named after what ran beside it is taken along, the youngest, once', (world) => {
	const own = ackFile(world.dir, 'f', 'graphite');
	leave(world, 'f.graphite.ack', 30);
	const old = leave(world, 'f.graphite.graphite.ack', 2);
	const older = leave(world, 'f.graphite+hollow.graphite.ack', 20);
	const foreign = ['f.hollow.graphite.ack', 'g.graphite.graphite.ack', 'f.graphite.hollow.ack'];
	for (const entry of foreign) leave(world, entry, 1);
	const said = adopt(world, planOf('graphite', 'hollow'), pipeline('graphite'));
	assert.equal(said, [`b: graphite: goes on at the position in ${old}, which is called ${own} from now on`]);
	assert.is(offsetIn(own), 2);
	assert.not(existsSync(old));
	assert.ok([older, ...foreign.map((entry) => join(world.dir, entry))].every((path) => existsSync(path)));
	assert.equal(adopt(world, planOf('graphite'), pipeline('graphite')), [], 'the older one is left alone');
	assert.is(offsetIn(own), 2);
});

test('a pipeline with a new name and the same commands goes on where it was', (world) => {
	leave(world, 'f.graphite.ack', 5, pipeline('graphite'));
	leave(world, 'f.older.ack', 9, pipeline('older'));
	leave(world, 'f.hollow.ack', 1, pipeline('hollow'));
	const own = ackFile(world.dir, 'f', 'carbon');
	const plan = planOf('carbon', 'hollow');
	assert.equal(adopt(world, plan, pipeline('carbon')), [
		`b: carbon: was "graphite", and goes on where that one had come to (${own})`,
	]);
	assert.is(offsetIn(own), 5);
	assert.ok(existsSync(join(world.dir, 'f.hollow.ack')), 'what the file still has is no orphan');
});

test('one with other commands begins afresh, and says what stays behind and how to take it along', (world) => {
	const left = leave(world, 'f.graphite.ack', 5, pipeline('graphite', '15s'));
	const own = ackFile(world.dir, 'f', 'carbon');
	const [said, ...more] = adopt(world, planOf('carbon'), pipeline('carbon', '10s'));
	assert.is(
		said,
		'b: warning: carbon: is new and begins afresh; what "graphite" has not delivered stays behind. ' +
			`To take it along, stop this pipeline, mv ${left} ${own}, and start it again`,
	);
	assert.equal(more, []);
	assert.not(existsSync(own));
});

test('a new pipeline on another log, or beside one that still runs, says and takes nothing', (world) => {
	leave(world, 'f.graphite.ack', 5, pipeline('graphite'), 'other.log');
	const running = leave(world, 'f.runs.ack', 1);
	const lock = lockFile(ackLock(running), 0o600, identityOf(pipeline('runs')))!;
	lockFile(ackLock(join(world.dir, 'f.graphite.ack')), 0o600, 'something else')!.release();
	assert.equal(adopt(world, planOf('carbon'), pipeline('carbon')), []);
	assert.ok(existsSync(running));
	lock.release();
	const bestEffort: PipelinePlan = { ...pipeline('carbon'), delivery: 'best-effort' };
	assert.equal(adopt(world, planOf('carbon'), bestEffort), []);
	assert.not(existsSync(ackFile(world.dir, 'f', 'carbon')));
});

const lines = (from: number, to: number) =>
	Array.from({ length: to - from }, (_, i) => `#!ts ${1_763_712_000 + from + i}\nn ${from + i}\n`).join('');

test('renamed in the file, or run beside another one, a pipeline delivers what waited', async (world) => {
	const log = join(world.dir, 'in.log');
	const write = (name: string, options = '') =>
		writeFileSync(
			world.file,
			`pipelines:
  ${name}: { delivery: at-least-once, restart: always, stages: [ bpftrace-tail ${options} ${log}, append-log ${world.out} ] }
  other: { stages: [ sleep 1001 ] }
`,
		);
	const arrived = () =>
		(existsSync(world.out) ? readFileSync(world.out, 'utf8') : '').match(/^n \d+$/gm) ?? [];
	const all = (count: number) => until(`${count} lines`, () => new Set(arrived()).size === count);
	const stopped = async ({ child, result }: ReturnType<typeof up>) => {
		child.kill('SIGTERM');
		return (await result).stderr;
	};
	write('first');
	writeFileSync(log, '');
	let one = up(world, ['first']);
	await until('the first position', () => existsSync(join(world.dir, 'plan.first.ack')));
	appendFileSync(log, lines(0, 10));
	await all(10);
	await stopped(one);
	appendFileSync(log, lines(10, 20));
	one = up(world, ['first', 'other']);
	await all(20);
	assert.is((await command(world, 'stop', 'first')).status, 0);
	appendFileSync(log, lines(20, 30));
	write('second');
	const reloaded = await command(world, 'reload', 'other');
	assert.is(reloaded.status, 64, 'the part that runs has no pipeline of that name any more');
	await stopped(one);
	one = up(world);
	await all(30);
	assert.is((await command(world, 'stop', 'second')).status, 0);
	appendFileSync(log, lines(30, 40));
	write('third');
	assert.is((await command(world, 'reload')).status, 0);
	await all(40);
	// What it is when it is renamed counts, not what it was when it was started.
	write('third', '--from-start');
	assert.is((await command(world, 'reload')).status, 0);
	assert.is((await command(world, 'stop', 'third')).status, 0);
	appendFileSync(log, lines(40, 50));
	write('fourth', '--from-start');
	assert.is((await command(world, 'reload')).status, 0);
	await all(50);
	assert.match(await stopped(one), /third: was "second", and goes on where that one had come to/);
	const acks = readdirSync(world.dir).filter((entry) => entry.endsWith('.ack'));
	assert.equal(acks, ['plan.fourth.ack']);
});

test.run();
