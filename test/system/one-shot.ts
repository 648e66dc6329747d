// The one-shot use, as a cron job has it: a pipeline that reads a growing log to its end, run again and again
// by hand, with an ack file between the runs. What Graphite holds in the end is what one run over all would give.

import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundleOf, cleanEnv, outcome } from '../program.ts';
import { type Carbon, endAnyway, fakeCarbon } from '../servers/carbon.ts';

const test = suite('one-shot runs');
test.after(endAnyway);

const START_S = 1763712000;
const STEP_S = 15;

/** A print of a map whose counts only grow, every 4 s. */
const printAt = (n: number): string =>
	`#!ts ${START_S + 4 * n}\n@us:\n[1, 2)   ${n + 1} |@@|\n[2, 4)   ${3 * n + 2} |@@|\n\n`;
const prints = (from: number, to: number): string =>
	Array.from({ length: to - from }, (_, at) => printAt(from + at)).join('');

const shell = async (pipeline: string) =>
	outcome(spawn('bash', ['-o', 'pipefail', '-c', pipeline], { env: cleanEnv() }));

/** Read `log` to its end, and send what `middle` makes of it. */
const runOnce = async (log: string, ack: string, carbon: Carbon, middle: string[]) => {
	const stages = [
		`bpftrace-tail --once --ack ${ack} ${log}`,
		'parse-histogram --host h -m m',
		...middle,
		`every ${STEP_S}s`,
		'graphite-line',
		`graphite-send --ack ${ack} --uri ${carbon.uri}`,
	];
	const commands = stages.map((stage) => {
		const [name, ...args] = stage.split(' ');
		return [process.execPath, bundleOf(name!), ...args].join(' ');
	});
	const result = await shell(commands.join(' | '));
	assert.is(result.status, 0, result.stderr);
	return result.stderr;
};

/** What Graphite keeps of it: the last value of each path and time. */
const stored = (carbon: Carbon): Map<string, string> =>
	new Map(
		carbon.lines().map((line) => {
			const [path, value, time] = line.split(' ');
			return [`${path} ${Number(time) - START_S}`, value!];
		}),
	);

const compare = async (middle: string[]) => {
	const folder = mkdtempSync(join(tmpdir(), 'one-shot-'));
	const [log, ack] = [join(folder, 'log'), join(folder, 'ack')];
	const [often, once] = [await fakeCarbon(), await fakeCarbon()];
	const ends = [3, 4, 4, 9, 14];
	const acked: number[] = [];
	writeFileSync(log, '');
	let from = 0;
	for (const to of ends) {
		appendFileSync(log, prints(from, to));
		const stderr = await runOnce(log, ack, often, middle);
		assert.not.match(stderr, /not written|not confirmed/);
		acked.push(JSON.parse(readFileSync(ack, 'utf8')).offset);
		from = to;
	}
	await runOnce(log, join(folder, 'another-ack'), once, middle);
	rmSync(folder, { recursive: true });
	assert.equal(
		acked,
		[...acked].sort((a, b) => a - b),
	);
	return { often: stored(often), once: stored(once), acked };
};

test('cumulative values: the last step is sent, a later run overwrites it, and nothing is read twice', async () => {
	const { often, once, acked } = await compare([]);
	assert.equal([...often].sort(), [...once].sort());
	assert.is(often.get('h.m.1 60'), '14');
	assert.equal(
		acked,
		[3, 4, 4, 9, 14].map((n) => prints(0, n).length),
	);
});

test('increments: a later run sends the step whole, with those of the run before', async () => {
	const { often, once } = await compare(['to-delta']);
	assert.equal([...often].sort(), [...once].sort());
	const total = [...often].reduce(
		(all, [path, value]) => all + (path.startsWith('h.m.1 ') ? Number(value) : 0),
		0,
	);
	assert.is(total, 13);
});

test.run();
