import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeAck } from '../../filters/lib/disk/ack.ts';
import { logPaths } from '../../filters/records-tail.ts';
import { outcome, run, start } from '../program.ts';

const pure = suite('records-tail: options');

pure('each log once, by its path', () => {
	assert.equal(logPaths(['a', '/x/b']), [resolve('a'), '/x/b']);
	assert.throws(() => logPaths(['/x/a', '/x/../x/a']), /\/x\/a is given twice/);
});

pure.run();

const test = suite('records-tail');

const gauge = (metric: string, ts: number) => `{"type":"gauge","ts":${ts},"metric":"${metric}"}\n`;
const many = (metric: string, count: number, first: number, step: number) =>
	Array.from({ length: count }, (_, at) => gauge(metric, first + at * step)).join('');
const recordsIn = (text: string) => text.split('\n').filter((line) => line.startsWith('{'));
const timesIn = (text: string): number[] => recordsIn(text).map((line) => JSON.parse(line).ts);

const inFolder = async (body: (a: string, b: string, folder: string) => Promise<void>) => {
	const folder = mkdtempSync(join(tmpdir(), 'records-tail-'));
	try {
		await body(join(folder, 'a.ndjson'), join(folder, 'b.ndjson'), folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
};

/** A started records-tail and what it has printed so far. */
const begin = (...args: string[]) => {
	const child = start('records-tail', args);
	const done = outcome(child);
	let out = '';
	child.stdout!.on('data', (chunk) => {
		out += chunk;
	});
	const until = async (wanted: string) => {
		const deadline = performance.now() + 8000;
		while (!out.includes(wanted) && performance.now() < deadline) await sleep(5);
		assert.ok(out.includes(wanted), `no ${wanted} in ${out}`);
	};
	const stop = () => {
		child.kill('SIGTERM');
		return done;
	};
	return { until, stop };
};

test('the past of all logs by time, over many pieces of each, and nothing twice', () =>
	inFolder(async (a, b) => {
		writeFileSync(a, many('a', 20_000, 1000, 2));
		writeFileSync(`${b}.1`, many('b', 5000, 1001, 2));
		writeFileSync(b, many('b', 5000, 11_001, 6));
		const { status, stdout, stderr } = await run('records-tail', ['--once', '--from-start', a, b]);
		assert.equal([status, stderr], [0, '']);
		const times = timesIn(stdout);
		assert.is(times.length, 25_000, 'what was rotated before is read only with --since or an ack');
		assert.equal(
			times,
			[...times].sort((x, y) => x - y),
		);
	}));

test('--since reaches into rotated files of each log', () =>
	inFolder(async (a, b) => {
		const now = Date.now();
		writeFileSync(`${a}.1`, many('a', 10, now - 100_000, 10_000));
		writeFileSync(a, gauge('a', now - 500));
		writeFileSync(b, many('b', 3, now - 90_000, 40_000));
		const { stdout } = await run('records-tail', ['--once', '--since', '45s', a, b]);
		assert.equal(
			timesIn(stdout).map((ts) => ts - now),
			[-40_000, -30_000, -20_000, -10_000, -10_000, -500],
		);
	}));

test('new lines come as they are written, through a rotation, and from a log that was not there', () =>
	inFolder(async (a, b) => {
		writeFileSync(a, gauge('a', 1));
		const it = begin(a, b);
		await sleep(300);
		appendFileSync(a, gauge('a', 2));
		await it.until(gauge('a', 2));
		writeFileSync(b, gauge('b', 1));
		await it.until(gauge('b', 1));
		renameSync(a, `${a}.1`);
		appendFileSync(`${a}.1`, gauge('a', 3));
		writeFileSync(a, gauge('a', 4));
		await it.until(gauge('a', 4));
		const { status, stdout, stderr } = await it.stop();
		assert.is(stderr.match(/does not exist yet/g)?.length, 1);
		assert.equal(
			[status, recordsIn(stdout)],
			[0, [gauge('a', 2), gauge('b', 1), gauge('a', 3), gauge('a', 4)].map((line) => line.trimEnd())],
		);
	}));

test('control lines of whoever wrote a log are left out; its odd lines are passed on', () =>
	inFolder(async (a, b, folder) => {
		writeFileSync(a, `#!ts 5\n${gauge('a', 1)}#!pos {"x":1}\nodd\n#!end\n`);
		writeFileSync(b, gauge('b', 2));
		for (const args of [[], ['--ack', join(folder, 'ack')]]) {
			const { stdout } = await run('records-tail', ['--once', ...args, a, b]);
			const lines = stdout.split('\n').filter((line) => line !== '' && !/^#!pos \{"logs"|^#!end/.test(line));
			assert.equal(lines, [gauge('a', 1).trimEnd(), 'odd', gauge('b', 2).trimEnd()]);
		}
	}));

test('at least once: from every barrier on, the rest of all logs', () =>
	inFolder(async (a, b, folder) => {
		const ack = join(folder, 'ack');
		writeFileSync(a, many('a', 40_000, 1000, 2));
		writeFileSync(b, many('b', 30_000, 1001, 3));
		const args = ['--once', '--ack', ack, a, b];
		const whole = await run('records-tail', args);
		assert.ok(whole.stdout.endsWith('#!end\n'));
		const all = new Set(recordsIn(whole.stdout));
		assert.is(all.size, 70_000);
		const barriers = [...whole.stdout.matchAll(/^#!pos (.*)$/gm)];
		assert.ok(barriers.length >= 4, `${barriers.length} barriers`);
		for (const { 1: position, index } of barriers) {
			writeAck(ack, JSON.parse(position!));
			const rest = await run('records-tail', args);
			const both = new Set([...recordsIn(whole.stdout.slice(0, index)), ...recordsIn(rest.stdout)]);
			assert.is(both.size, all.size, position);
		}
	}));

test('a log that is new to an ack begins as the options say; one that is gone keeps its place', () =>
	inFolder(async (a, b, folder) => {
		const ack = join(folder, 'ack');
		writeFileSync(a, gauge('a', 1));
		writeFileSync(b, gauge('b', 1));
		const ackLast = (stdout: string) =>
			writeAck(ack, JSON.parse([...stdout.matchAll(/^#!pos (.*)$/gm)].at(-1)![1]!));
		ackLast((await run('records-tail', ['--once', '--ack', ack, a])).stdout);
		const both = await run('records-tail', ['--once', '--ack', ack, a, b]);
		assert.equal(recordsIn(both.stdout), [gauge('b', 1).trimEnd()]);
		ackLast(both.stdout);
		appendFileSync(a, gauge('a', 2));
		appendFileSync(b, gauge('b', 2));
		ackLast((await run('records-tail', ['--once', '--ack', ack, b])).stdout);
		const again = await run('records-tail', ['--once', '--ack', ack, a, b]);
		assert.equal(recordsIn(again.stdout), [gauge('a', 2).trimEnd()]);
	}));

test('no barrier is printed before every log has a place in it', () =>
	inFolder(async (a, b, folder) => {
		writeFileSync(a, gauge('a', 1));
		const it = begin('--optional', '--ack', join(folder, 'ack'), a, b);
		await it.until('#!pos ');
		const { stdout, stderr } = await it.stop();
		// The log that may never be there has its place, and nobody is told of it.
		assert.is(stderr, '');
		for (const [, position] of stdout.matchAll(/^#!pos (.*)$/gm))
			assert.equal(Object.keys(JSON.parse(position!).logs).sort(), [a, b]);
	}));

test('wrong use, and the ack of another source', () =>
	inFolder(async (a, _b, folder) => {
		const ack = join(folder, 'ack');
		writeAck(ack, { name: 'a.ndjson' });
		for (const [args, status, problem] of [
			[[], 64, /FILE|argument/],
			[[a, a], 64, /is given twice/],
			[['--since', '1h', '--from-start', a], 64, /exclude each other/],
			[['--once', a], 69, /a\.ndjson/],
			[['--ack', ack, a], 78, /holds no positions of several logs/],
		] as const) {
			const result = await run('records-tail', [...args]);
			assert.equal([result.status, result.stdout], [status, ''], args.join(' '));
			assert.match(result.stderr, problem);
		}
	}));

test.run();
