// bench/supervised: what it costs to be run by the supervisor, beside a shell pipe and beside runit's runsv
// usage:  node --import tsx test/bench/supervised.ts [MEGABYTES] [ROUNDS]

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	chmodSync,
	closeSync,
	constants,
	mkdirSync,
	openSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundle } from '../../build.ts';
import { ask } from '../../supervisor/daemon/control.ts';
import type { Status } from '../../supervisor/health/status.ts';
import { childrenOf, leaveWorld, makeWorld, until, up, type World } from '../harness/supervised.ts';
import { hasCommand } from '../parts.ts';
import { cleanEnv, ROOT } from '../program.ts';
import { sizes } from './parts/sizes.ts';

const [MEGABYTES, ROUNDS] = sizes([200, 5], [5, 1]) as [number, number];
const DELAY = 'restart_delay: 20ms..20ms';

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const spread = (values: number[]) => {
	const sorted = values.sort((a, b) => a - b);
	return `${median(sorted).toFixed(1)} ms (${sorted[0]!.toFixed(1)} to ${sorted.at(-1)!.toFixed(1)})`;
};
const world: World = makeWorld();
const path = (name: string) => join(world.dir, name);
// As the supervisor starts programs of ours.
const built = (name: string) => `${process.execPath} --max-semi-space-size=1 ${path(`${name}.cjs`)}`;
const writePlan = (more: string, ...stages: string[]) =>
	writeFileSync(world.file, `pipelines: { p: { ${more} stages: ${JSON.stringify(stages)} } }\n`);
const stages = () =>
	ask(path('plan.sock'), { command: 'status' }).then(
		(answer) => (answer as Status).pipelines[0]!.stages,
		() => [],
	);
const end = async ({ child, result }: ReturnType<typeof up>) => {
	child.kill('SIGTERM');
	return result;
};

const underShell = async (file: string): Promise<number> => {
	const command = `cat ${file} | ${built('pass')} | ${built('pass')} | cat > /dev/null`;
	const from = performance.now();
	await once(spawn('sh', ['-c', command], { env: cleanEnv(), stdio: 'inherit' }), 'exit');
	return performance.now() - from;
};
const supervised = async (file: string): Promise<number> => {
	writePlan('', `cat ${file}`, built('pass'), built('pass'), `sh -c 'exec cat > /dev/null'`);
	const from = performance.now();
	await up(world, [], 600_000).result;
	return performance.now() - from;
};
const throughput = async () => {
	const line = `${'a line of the usual length, more or less'.repeat(2)}\n`;
	writeFileSync(path('big'), line.repeat(Math.ceil((MEGABYTES * 1e6) / line.length)));
	const ways = [underShell, supervised];
	const times = ways.map(() => ({ big: [] as number[], nothing: [] as number[] }));
	for (let round = 0; round < ROUNDS; round++) {
		for (const [index, way] of ways.entries()) {
			times[index]!.nothing.push(await way('/dev/null'));
			times[index]!.big.push(await way(path('big')));
		}
	}
	const [shell, ours] = times.map(({ big, nothing }) => ({ all: median(big), start: median(nothing) }));
	const speed = ({ all, start }: { all: number; start: number }) => (MEGABYTES * 1000) / (all - start);
	console.log(
		`${MEGABYTES} MB through four stages: shell ${speed(shell!).toFixed(0)} MB/s, supervised ${speed(ours!).toFixed(0)} MB/s, ` +
			`ratio ${(speed(ours!) / speed(shell!)).toFixed(3)}; with start and end ${(shell!.all / ours!.all).toFixed(3)} ` +
			`(${shell!.start.toFixed(0)} and ${ours!.start.toFixed(0)} ms)`,
	);
};

/** Milliseconds from a KILL to the first line in the successor. */
const gapOf = async (pid: number): Promise<number> => {
	rmSync(path('born'), { force: true });
	const killed = process.hrtime.bigint();
	process.kill(pid, 'SIGKILL');
	await until('the successor', () => statSync(path('born'), { throwIfNoEntry: false }));
	return Number(BigInt(readFileSync(path('born'), 'utf8')) - killed) / 1e6;
};
const gaps = async () => {
	writePlan(
		`${DELAY},`,
		`${built('numbers')} --count 100000000 --rate 1000`,
		`${built('born')} ${path('born')}`,
		'cat',
	);
	const one = up(world, [], 600_000);
	let said = '';
	one.child.stderr!.on('data', (chunk) => {
		said += chunk;
	});
	const found: number[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		await until('a line', () => statSync(path('born'), { throwIfNoEntry: false }));
		await sleep(100);
		const gap = await gapOf((await stages())[1]!.pid);
		await sleep(50);
		const delays = [...said.matchAll(/starting again in (\d+) ms/g)];
		found.push(gap - Number(delays.at(-1)![1]));
	}
	await end(one);
	console.log(`death to first line of the next, without the delay of the policy: ${spread(found)}`);
};
const runsvGaps = async () => {
	if (!hasCommand('runsv')) return console.log('runsv: not installed');
	const service = path('service');
	mkdirSync(service);
	execFileSync('mkfifo', [path('fifo')]);
	const fifo = openSync(path('fifo'), constants.O_RDWR);
	writeFileSync(
		join(service, 'run'),
		`#!/bin/sh\nexec ${built('born')} ${path('born')} < ${path('fifo')} > /dev/null\n`,
	);
	chmodSync(join(service, 'run'), 0o755);
	const feeder = setInterval(() => writeSync(fifo, 'a line\n'), 5);
	const runsv: ChildProcess = spawn('runsv', [service], { stdio: 'ignore', env: cleanEnv() });
	const found: number[] = [];
	rmSync(path('born'), { force: true });
	for (let round = 0; round < ROUNDS; round++) {
		await until('a line', () => statSync(path('born'), { throwIfNoEntry: false }));
		// It starts a program again at once only when that has lived for a second.
		await sleep(1200);
		found.push(await gapOf(Number(readFileSync(join(service, 'supervise', 'pid'), 'utf8'))));
	}
	clearInterval(feeder);
	runsv.kill('SIGTERM');
	await once(runsv, 'exit');
	closeSync(fifo);
	console.log(`the same under runsv: ${spread(found)}`);
};

const firstRecord = async () => {
	writePlan(
		'',
		`${built('numbers')} --count 100000000 --rate 1000`,
		built('pass'),
		built('pass'),
		`${built('keep')} ${world.out}`,
	);
	const found: number[] = [];
	for (let round = 0; round < ROUNDS * 2; round++) {
		rmSync(world.out, { force: true });
		const from = performance.now();
		const one = up(world);
		while (!statSync(world.out, { throwIfNoEntry: false })?.size) await sleep(1);
		found.push(performance.now() - from);
		await end(one);
	}
	console.log(`from "up" to the first record at the end of four stages: ${spread(found)}`);
};

/** Kilobytes that this process alone uses. */
const privateKb = (pid: number): number =>
	[...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce(
		(sum, [, kb]) => sum + Number(kb),
		0,
	);
// What the units in systemd/ set.
const UNIT_ENV = { MALLOC_TRIM_THRESHOLD_: '131072' };

const memory = async (how: string, env: Record<string, string>) => {
	writeFileSync(path('log'), '#!ts 1\n#!ts 5000\n');
	writePlan(
		'',
		`bpftrace-tail ${path('log')}`,
		'parse-histogram --metric m --unit us',
		'every 15s',
		'graphite-line',
	);
	const one = up({ ...world, env: { ...world.env, ...env } });
	await sleep(4000);
	const pids = childrenOf(one.pid).map(([pid]) => pid);
	const own = privateKb(one.pid) / 1024;
	const rest = pids.map(privateKb).reduce((sum, kb) => sum + kb, 0) / 1024;
	await end(one);
	console.log(
		`private memory, idle, ${how}: supervisor ${own.toFixed(1)} MB, four stages and the guard ${rest.toFixed(1)} MB, together ${(own + rest).toFixed(1)} MB`,
	);
};

try {
	for (const name of ['pass', 'numbers', 'keep', 'born'])
		await bundle(join(ROOT, 'test', 'fixtures', `${name}.ts`), world.dir);
	await throughput();
	await gaps();
	await runsvGaps();
	await firstRecord();
	await memory('by hand', {});
	await memory('as the units start it', UNIT_ENV);
} finally {
	await leaveWorld(world);
}
