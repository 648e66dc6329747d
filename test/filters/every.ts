import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { goldenSuite, outcome, run, start } from '../program.ts';
import { endAnyway, until } from '../servers/carbon.ts';

goldenSuite('every');

const gauge = (ts: number, value: number) =>
	`${JSON.stringify({ type: 'gauge', ts, host: 'h', metric: 'm', unit: '1', attributes: {}, value })}\n`;
const records = (text: string) =>
	text
		.split('\n')
		.filter(Boolean)
		.map((line) => JSON.parse(line));

const test = suite('every: the program');
test.after(endAnyway);

test('an idle input: steps close by the clock, each once', async () => {
	const child = start('every', ['1s', '--grace', '300ms']);
	let text = '';
	child.stdout!.on('data', (chunk) => {
		text += chunk;
	});
	const from = Date.now();
	child.stdin!.write(gauge(from, 7));
	await until(() => records(text).length >= 3, 8000);
	child.stdin!.end();
	await once(child, 'close');
	const times = records(text).map(({ ts }) => ts);
	const first = Math.ceil(from / 1000) * 1000;
	assert.equal(
		times,
		times.map((_, at) => first + at * 1000),
	);
	assert.ok(records(text).every(({ value }) => value === 7));
});

test('a backlog is not idleness: its steps close by its own time', async () => {
	const from = Date.now() - 100_000;
	const lines = Array.from({ length: 90 }, (_, at) => gauge(from + at * 1000, at));
	const child = start('every', ['1s', '--grace', '1s']);
	const done = outcome(child);
	for (const line of lines) {
		child.stdin!.write(line);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	child.stdin!.end();
	const { stdout, stderr, status } = await done;
	assert.is(status, 0);
	assert.is(stderr, '');
	assert.equal(
		records(stdout).map(({ value }) => value),
		lines.map((_, at) => at),
	);
});

test('a reader downstream that stands still is not idleness either', async () => {
	const from = Date.now() - 1_000_000;
	const attributes = { padding: 'x'.repeat(2000) };
	const lines = Array.from(
		{ length: 400 },
		(_, at) => `${JSON.stringify({ ...JSON.parse(gauge(from + at * 1000, at)), attributes })}\n`,
	);
	const child = start('every', ['1s', '--grace', '300ms']);
	child.stdin!.write(lines.join(''));
	// Nobody listens on stdout yet: the pipe fills up and the stage has to wait in the middle of its input.
	await new Promise((resolve) => setTimeout(resolve, 1500));
	const done = outcome(child);
	child.stdin!.end();
	const { stdout, stderr, status } = await done;
	assert.is(status, 0);
	assert.is(stderr, '');
	assert.equal(
		records(stdout).map(({ value }) => value),
		lines.map((_, at) => at),
	);
});

test('with --event-time no clock closes a step', async () => {
	const child = start('every', ['1s', '--grace', '100ms', '--event-time']);
	const done = outcome(child);
	child.stdin!.write(gauge(Date.now() - 60_000, 1));
	await new Promise((resolve) => setTimeout(resolve, 900));
	child.stdin!.end();
	assert.is(records((await done).stdout).length, 1);
});

test('a record from the future is taken as of now, with a notice', async () => {
	const before = Date.now();
	const { stdout, status } = await run('every', ['1s'], gauge(before + 10 ** 9, 1));
	assert.is(status, 0);
	const [notice, record] = records(stdout);
	assert.is(notice.kind, 'early');
	assert.ok(record.ts >= before && record.ts <= Date.now() + 1000);
});

test('TERM writes the open step, unless barriers were seen', async () => {
	for (const [barrier, want] of [
		['', 1],
		['#!pos {"at":1}\n', 0],
	] as const) {
		const child = start('every', ['1h']);
		const done = outcome(child);
		child.stdin!.write(`#!other\n${barrier}${gauge(Date.now(), 1)}`);
		await once(child.stdout!, 'data');
		await new Promise((resolve) => setTimeout(resolve, 50));
		child.kill('SIGTERM');
		const { status, stdout } = await done;
		assert.is(status, 0);
		assert.is(stdout.split('\n').filter((line) => line.startsWith('{')).length, want);
	}
});

test('usage', async () => {
	for (const args of [[], ['0s'], ['15s', '--zero-buckets', '3..9'], ['15s', 'more']]) {
		const { status, stdout, stderr } = await run('every', args);
		assert.is(status, 64);
		assert.is(stdout, '');
		assert.match(stderr, /^every: /);
	}
});

test.run();
