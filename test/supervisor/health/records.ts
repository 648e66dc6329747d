// The supervisor's own records: they are records, any stage reads them, and their log is bounded.

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../../../filters/lib/log.ts';
import { faultIn, parseRecord } from '../../../filters/lib/record.ts';
import { appendRotating, keepRecords } from '../../../supervisor/health/records.ts';
import { leaveWorld, makeWorld, until, up, type World } from '../../harness/supervised.ts';
import { run } from '../../program.ts';

const test = suite<World>('records');
test.before.each((world) => {
	Object.assign(world, makeWorld());
});
test.after.each(leaveWorld);

const writePlan = ({ file, dir, out }: World) => {
	const log = join(dir, 'in.log');
	writeFileSync(log, `#!ts 1763712000\nold\n#!ts 1763712001\nnew\n`);
	writeFileSync(
		file,
		`pipelines: { p: { delivery: at-least-once, stages: [ bpftrace-tail --from-start ${log}, append-log ${out} ] } }`,
	);
};

test('they hold what they promise, and every and graphite-line read them', async (world) => {
	writePlan(world);
	const one = up(world);
	const path = join(world.dir, 'plan.self.ndjson');
	await until('records', () => existsSync(path));
	one.child.kill('SIGTERM');
	await one.result;
	const text = readFileSync(path, 'utf8');
	const records = text
		.trimEnd()
		.split('\n')
		.map((line) => parseRecord(line)!);
	assert.equal(records.map(faultIn).filter(Boolean), []);
	const value = (metric: string, stage?: string) =>
		records.find((one) => one.metric === metric && (one.attributes as Record<string, string>).stage === stage)
			?.value as number;
	assert.is(value('bpfpipe_restarts', 'append-log'), 0);
	assert.is(value('bpfpipe_up', 'append-log'), 1);
	assert.is(value('bpfpipe_state', 'append-log'), 2);
	assert.ok(value('bpfpipe_read_bytes', 'append-log') > 0);
	assert.ok(value('bpfpipe_written_bytes', 'append-log') > 0);
	assert.ok(value('bpfpipe_memory', 'bpftrace-tail') > 1e6);
	assert.ok(value('bpfpipe_ack_age') >= 0);
	assert.is(value('bpfpipe_ack_lag'), 0);

	const grid = await run('every', ['15s', '--event-time'], text);
	assert.is(grid.status, 0, grid.stderr);
	const { status, stdout, stderr } = await run('graphite-line', [], grid.stdout);
	assert.is(status, 0, stderr);
	assert.match(stdout, /bpfpipe_up\S* 1 \d{10}$/m);
	assert.match(stdout, /append-log/);
});

test('--no-self-metrics leaves them out', async (world) => {
	writePlan(world);
	const one = up(world, ['--no-self-metrics']);
	await until('the line', () => existsSync(world.out));
	await new Promise((resolve) => setTimeout(resolve, 1200));
	one.child.kill('SIGTERM');
	await one.result;
	assert.not(existsSync(join(world.dir, 'plan.self.ndjson')));
});

test('they are written again and again, also after a time in which they could not be', async ({ dir }) => {
	const folder = join(dir, 'later');
	const path = join(folder, 'x.ndjson');
	const said: string[] = [];
	const write = (line: string) => said.push(line);
	const log = createLog({ name: 'x', level: 'warn', format: 'text', priorities: false, write });
	const stage = { name: 's', state: 'RUNNING', restarts: 0, for: 5 };
	const plan = { name: 'p', delivery: 'best-effort', stages: [] };
	const pipelines = [{ report: () => ({ plan, stages: [stage] }) }];
	const stop = keepRecords(path, () => pipelines as never, log, { first: 1, every: 10 });
	await until('a complaint', () => said.length > 0);
	mkdirSync(folder);
	const times = () => new Set(readFileSync(path, 'utf8').match(/"ts":\d+/g));
	await until('three times', () => existsSync(path) && times().size >= 3);
	stop();
	const { size } = statSync(path);
	await new Promise((resolve) => setTimeout(resolve, 60));
	assert.is(statSync(path).size, size, 'the end of it');
	assert.is(said.length, 1, 'one line for all that is alike');
	assert.match(said[0]!, /x\.ndjson: cannot be written \(ENOENT\)/);
});

test('their log is rotated before it grows too large, and two old ones stay', ({ dir }) => {
	const path = join(dir, 'x.ndjson');
	for (let i = 0; i < 50; i++) appendRotating(path, `${String(i).padStart(99)}\n`, 1000);
	assert.equal(
		[path, `${path}.1`, `${path}.2`].map((file) => statSync(file).size),
		[1000, 1000, 1000],
	);
	assert.not(existsSync(`${path}.3`));
	assert.match(readFileSync(path, 'utf8'), / 49\n$/);
});

test.run();
