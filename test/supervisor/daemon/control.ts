// What an operator asks of a running supervisor: start, stop, restart, reload, logs and status, over its socket.

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRing } from '../../../supervisor/daemon/ring.ts';
import { difference } from '../../../supervisor/plan/difference.ts';
import {
	account,
	command,
	flowing,
	isAlive,
	leaveWorld,
	makeWorld,
	NOTHING_LOST,
	stagesOf,
	statusOf,
	until,
	up,
	type World,
	writePlan,
} from '../../harness/supervised.ts';
import { outcome, start } from '../../program.ts';

const test = suite<World>('control');
test.before.each((world) => {
	Object.assign(world, makeWorld());
});
test.after.each(leaveWorld);

const ENDLESS = 100_000_000;
const stopped = async ({ child, result }: ReturnType<typeof up>) => {
	child.kill('SIGTERM');
	return result;
};
/** Nothing missing, twice or torn up to the last line that arrived. */
const nothingLost = ({ out }: World) => {
	const text = readFileSync(out, 'utf8');
	const count = text.match(/^n /gm)!.length;
	assert.equal(account(text, count), NOTHING_LOST);
	return count;
};

test('a stage stopped in the middle: neighbours stay, data waits, and nothing is lost when it is started', async (world) => {
	writePlan(world, ENDLESS, 2000);
	const one = up(world);
	await flowing(world);
	const before = await stagesOf(world);
	const { status, stdout } = await command(world, 'stop', 'p/middle');
	assert.is(status, 0);
	assert.match(stdout, /^p\s+middle\s+STOPPED/m);
	assert.not(isAlive(before[1]!.pid));
	await sleep(300);
	const size = statSync(world.out).size;
	await sleep(300);
	assert.is(statSync(world.out).size, size, 'nothing arrives while the middle is stopped');
	assert.is((await command(world, 'status')).status, 69, 'a stopped stage is not well');
	assert.is((await command(world, 'start', 'p/middle')).status, 0);
	const after = await stagesOf(world);
	assert.equal([after[0]!.pid, after[2]!.pid], [before[0]!.pid, before[2]!.pid]);
	await until('the flow to go on', () => statSync(world.out).size > size);
	assert.is((await stopped(one)).status, 0);
	assert.ok(nothingLost(world) > 1000);
});

test('two restarts at once follow each other, and leave one process a stage', async (world) => {
	writePlan(world, ENDLESS, 2000);
	const one = up(world);
	await flowing(world);
	const before = await stagesOf(world);
	const results = await Promise.all([
		command(world, 'restart', 'p/middle'),
		command(world, 'restart', 'p/middle'),
		command(world, 'restart', 'p/keep'),
	]);
	assert.equal(
		results.map(({ status }) => status),
		[0, 0, 0],
	);
	const after = await stagesOf(world);
	assert.is(after[0]!.pid, before[0]!.pid);
	assert.not(before.some(({ pid }, index) => index > 0 && isAlive(pid)));
	assert.ok(after.every(({ pid }) => isAlive(pid)));
	assert.is((await stopped(one)).status, 0);
	nothingLost(world);
});

test('a pipeline restarts in turn, is stopped in order, and is started again; the supervisor stays', async (world) => {
	writePlan(world, ENDLESS, 2000);
	const one = up(world);
	await flowing(world);
	const before = await stagesOf(world);
	assert.is((await command(world, 'restart', 'p')).status, 0);
	const after = await stagesOf(world);
	assert.ok(after.every(({ pid }, index) => pid !== before[index]!.pid && isAlive(pid)));
	assert.is((await command(world, 'stop')).status, 0);
	assert.is((await statusOf(world))!.pipelines[0]!.state, 'STOPPED');
	assert.not(after.some(({ pid }) => isAlive(pid)));
	assert.is((await command(world, 'start', 'p/middle')).status, 69, 'one stage of a stopped pipeline');
	assert.is((await command(world, 'start')).status, 0);
	assert.ok((await stagesOf(world)).every(({ pid }) => isAlive(pid)));
	assert.is((await stopped(one)).status, 0);
	assert.equal(account(readFileSync(world.out, 'utf8'), 1).torn, 0);
});

test('stop, start and restart all at once end as the last one says', async (world) => {
	writePlan(world, ENDLESS, 2000);
	const one = up(world);
	await flowing(world);
	await Promise.all(['restart', 'stop', 'start', 'restart', 'stop'].map((verb) => command(world, verb, 'p')));
	await command(world, 'start');
	const stages = await stagesOf(world);
	assert.ok(
		stages.every(({ state, pid }) => state === 'RUNNING' && isAlive(pid)),
		JSON.stringify(stages),
	);
	assert.is((await stopped(one)).status, 0);
});

test('what does not exist is said with what does, and nothing happens', async (world) => {
	writePlan(world, ENDLESS, 1000);
	const one = up(world);
	await flowing(world);
	const { status, stderr } = await command(world, 'stop', 'p', 'p/midle');
	assert.is(status, 64);
	assert.match(stderr, /"p\/midle" does not run here; there are p\/numbers, p\/middle, p\/keep/);
	assert.ok((await stagesOf(world)).every(({ state }) => state === 'RUNNING'));
	await stopped(one);
});

test('reload replaces what changed, starts what is new, stops what is gone, and leaves the rest alone', async (world) => {
	const pipeline = (name: string, seconds: number) => `  ${name}: { stages: [ "sleep ${seconds}", cat ] }\n`;
	const write = (...lines: string[]) => writeFileSync(world.file, `pipelines:\n${lines.join('')}`);
	write(pipeline('same', 1001), pipeline('other', 1002), pipeline('old', 1003));
	const one = up(world);
	await until('all to run', async () => {
		const all = await stagesOf(world);
		return all.length === 6 && all.every(({ state }) => state === 'RUNNING');
	});
	const pids = async () =>
		new Map(
			(await statusOf(world))!.pipelines.map(({ name, stages }) => [name, stages.map(({ pid }) => pid)]),
		);
	const before = await pids();

	write(pipeline('same', 1001), '  other: { stages: [] }\n');
	const bad = await command(world, 'reload');
	assert.is(bad.status, 78);
	assert.match(bad.stderr, /plan\.yaml:3:\d+: .*at least one stage/);
	assert.equal(await pids(), before, 'an invalid file changes nothing');

	write(pipeline('same', 1001), '  other: { stages: [ every 15x, cat ] }\n');
	const option = await command(world, 'reload');
	assert.is(option.status, 78);
	assert.match(option.stderr, /plan\.yaml:3:\d+: every: STEP: "15x" is not a duration/);
	assert.equal(await pids(), before, 'nor does one with a wrong option');

	write(pipeline('fresh', 1004), pipeline('same', 1001), pipeline('other', 1005));
	const { status, stdout } = await command(world, 'reload');
	assert.is(status, 0);
	assert.is(stdout, 'added fresh; removed old; changed other; untouched same\n');
	const after = await pids();
	assert.equal([...after.keys()], ['fresh', 'same', 'other']);
	assert.equal(after.get('same'), before.get('same'));
	assert.not(before.get('old')!.some(isAlive) || before.get('other')!.some(isAlive));
	assert.ok([...after.values()].flat().every(isAlive));
	await stopped(one);
});

const SLOW = (word: string) => `pipelines:
  p: { restart: always, stages: [ "sh -c 'while :; do echo ${word}; sleep 0.1; done'", "sh -c 'cat > /dev/null; sleep 1; : ${word}'" ] }
`;
const parentOf = (pid: string): string | undefined =>
	/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];

/** The shells that have this word in their line; what one has just forked has it too, until it is another program. */
const shellsWith = (word: string): string[] => {
	const found = readdirSync('/proc').flatMap((pid) => {
		try {
			const line = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, 'latin1') : '';
			return line.includes('sh\0-c\0') && line.includes(word) ? [{ pid, parent: parentOf(pid) }] : [];
		} catch {
			return [];
		}
	});
	return found.filter((one) => !found.some(({ pid }) => pid === one.parent)).map(({ pid }) => pid);
};

for (const act of ['start', 'restart'] as const) {
	test(`${act} while a reload lets the old pipeline drain: at the end there is the new one, once`, async (world) => {
		const [old, fresh] = [`old-${act}-${process.pid}`, `new-${act}-${process.pid}`];
		writeFileSync(world.file, SLOW(old));
		const one = up(world);
		await until('both stages', () => shellsWith(old).length === 2);
		writeFileSync(world.file, SLOW(fresh));
		const reloaded = command(world, 'reload');
		await sleep(400);
		const asked = await command(world, act, 'p');
		assert.is(asked.status, 0, asked.stderr);
		assert.is((await reloaded).stdout, 'changed p\n');
		assert.equal([shellsWith(old).length, shellsWith(fresh).length], [0, 2]);
		assert.is((await stopped(one)).status, 0);
		assert.is(shellsWith(fresh).length, 0);
	});
}

test('TERM while a reload lets the old pipeline drain: nothing new is started, and nothing is left', async (world) => {
	const [old, fresh] = [`old-${process.pid}`, `new-${process.pid}`];
	writeFileSync(world.file, SLOW(old));
	const one = up(world);
	await until('both stages', () => shellsWith(old).length === 2);
	writeFileSync(world.file, SLOW(fresh));
	const reloaded = command(world, 'reload');
	await sleep(400);
	const { status, stderr } = await stopped(one);
	assert.is(status, 0);
	assert.not.match(stderr, new RegExp(fresh));
	assert.is((await reloaded).status, 69);
	assert.equal([shellsWith(old).length, shellsWith(fresh).length], [0, 0]);
});

test('difference compares plans to the last value', () => {
	const plan = (name: string, word: string) => ({ name, stages: [{ command: ['x', word] }] }) as never;
	assert.equal(
		difference(
			[plan('a', '1'), plan('b', '1'), plan('c', '1')],
			[plan('b', '1'), plan('c', '2'), plan('d', '1')],
		),
		{
			added: ['d'],
			removed: ['a'],
			changed: ['c'],
			same: ['b'],
		},
	);
});

test('logs shows what stages said, -f goes on, and a ring keeps its bounds', async (world) => {
	const chatty = `sh -c 'n=0; while :; do echo "word $n" >&2; n=$((n+1)); sleep 0.05; done'`;
	writeFileSync(
		world.file,
		`pipelines: { p: { stages: [ ${JSON.stringify(chatty)} ] }, q: { stages: [ "sleep 100" ] } }`,
	);
	const one = up(world);
	await until('something said', async () => (await command(world, 'logs', 'p/sh')).stdout !== '');
	const { stdout } = await command(world, 'logs', 'p');
	assert.match(stdout, /^\d{4}-\d\d-\d\dT[\d:.]+Z p\/sh: word 0$/m);
	assert.is((await command(world, 'logs', 'q')).stdout, '');
	const follower = start('bpfpipe', ['logs', '-f', world.file], world.env);
	world.started.add(follower);
	const followed = outcome(follower);
	await sleep(800);
	follower.kill('SIGTERM');
	const lines = (await followed).stdout.split('\n').filter((line) => /word \d+$/.test(line));
	const numbers = lines.map((line) => Number(line.split(' ').at(-1)));
	assert.ok(numbers.length > 10);
	assert.equal(
		numbers,
		numbers.map((_, index) => index),
		'none left out between the past and the present',
	);
	await stopped(one);

	const ring = createRing();
	for (let i = 0; i < 10_000; i++)
		ring.add({ ts: i, stage: 's', level: 'info', message: `${i} ${'x'.repeat(i % 300)}` });
	assert.ok(ring.lines().length <= 500);
	assert.ok(ring.lines().reduce((sum, { message }) => sum + message.length, 0) <= 64 * 1024);
	assert.is(ring.lines().at(-1)!.ts, 9999);
});

test('status --watch draws again each second, and ends on Ctrl-C', async (world) => {
	writePlan(world, ENDLESS, 1000);
	const one = up(world);
	await flowing(world);
	const watcher = start('bpfpipe', ['status', '--watch', world.file], world.env);
	world.started.add(watcher);
	const watched = outcome(watcher);
	await sleep(2500);
	watcher.kill('SIGINT');
	const { status, stdout } = await watched;
	assert.is(status, 0);
	assert.ok(stdout.match(/^PIPELINE/gm)!.length >= 2);
	await stopped(one);
});

test('--fail-fast ends everything with the code of the first stage that fails', async (world) => {
	writePlan(world, ENDLESS, 1000, `sh -c 'sleep 0.3; exit 42'`);
	const { status, stderr } = await up(world, ['--fail-fast']).result;
	assert.is(status, 42);
	assert.match(stderr, /p\/middle: exit code 42; not started again/);
});

test("the socket is its owner's alone, and a request is one short line of JSON", async (world) => {
	writePlan(world, ENDLESS, 1000);
	const one = up(world);
	await flowing(world);
	const path = join(world.dir, 'plan.sock');
	assert.is(statSync(path).mode & 0o777, 0o600);
	const say = (text: string) =>
		new Promise<string>((resolve) => {
			const socket = createConnection(path);
			let answer = '';
			socket.on('data', (chunk) => {
				answer += chunk;
			});
			socket.on('error', () => {});
			socket.on('close', () => resolve(answer));
			socket.write(text);
		});
	assert.match(await say('nonsense\n'), /^\{"error":"a request is one line of JSON"/);
	assert.match(await say('{"command":"dance"}\n'), /unknown command/);
	assert.match(await say('{"command":"stop","targets":[7]}\n'), /a request is/);
	assert.is(await say('x'.repeat(100_000)), '');
	assert.match(await say('{"command":"status"}\n'), /"pipelines"/);
	await stopped(one);
});

test.run();
