import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { goldenSuite, outcome, run, start } from '../program.ts';
import { endAnyway, fakeCarbon, until } from '../servers/carbon.ts';

goldenSuite('graphite-send');

const folder = mkdtempSync(join(tmpdir(), 'graphite-send-'));
let files = 0;
const freshFile = () => join(folder, `ack${files++}`);
const lines = (from: number, to: number, path = 'a.b') =>
	Array.from({ length: to - from }, (_, at) => `${path} ${from + at} ${1763712000 + from + at}`);
const text = (list: string[]) => list.map((line) => `${line}\n`).join('');
const unique = (list: string[]) => [...new Set(list)];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const test = suite('graphite-send: the program');
test.after(() => {
	rmSync(folder, { recursive: true });
	endAnyway();
});

test('every line arrives once and in order; an orderly close confirms the barrier', async () => {
	const carbon = await fakeCarbon();
	const ack = freshFile();
	const input = `${text(lines(0, 5000))}#!pos {"at":1}\n`;
	const { status, stdout, stderr } = await run('graphite-send', ['--uri', carbon.uri, '--ack', ack], input);
	assert.is(status, 0);
	assert.is(stdout, '');
	assert.is(stderr, `graphite-send: connected to ${carbon.uri}\n`);
	assert.equal(carbon.lines(), lines(0, 5000));
	assert.is(readFileSync(ack, 'utf8'), '{"at":1}\n');
	await carbon.die();
});

test('what carbon must not see is counted, reported and skipped', async () => {
	const carbon = await fakeCarbon();
	const bad =
		'a..b 1 1763712000\n../x 1 1763712000\na nan 1763712000\na 1 1763712000000\n\u00e9 1 1\n{"type":"x"}\n';
	const { status, stderr } = await run(
		'graphite-send',
		['--uri', carbon.uri],
		`${bad}\n#!ts 5\n#!other\ngood 1 1\n`,
	);
	assert.is(status, 0);
	assert.equal(carbon.lines(), ['good 1 1']);
	assert.match(stderr, /<stdin>:1: the path has an empty node: "a\.\.b 1 1763712000"; skipped/);
	assert.match(stderr, /and 5 more like it/);
	await carbon.die();
});

test('an outage loses nothing: what was sent lately goes again before what is newer', async () => {
	const carbon = await fakeCarbon();
	const ack = freshFile();
	const child = start('graphite-send', ['--uri', carbon.uri, '--ack', ack, '--window', '60s']);
	const done = outcome(child);
	child.stdin!.write(`${text(lines(0, 100))}#!pos {"at":100}\n`);
	await until(() => carbon.lines().length === 100);
	await carbon.die();
	child.stdin!.write(text(lines(100, 200)));
	await pause(300);
	await carbon.listen();
	await until(() => unique(carbon.lines()).length === 200);
	assert.not.ok(existsSync(ack));
	assert.equal(carbon.lines().slice(100), lines(0, 200));
	child.stdin!.end();
	assert.is((await done).status, 0);
	assert.is(readFileSync(ack, 'utf8'), '{"at":100}\n');
	await carbon.die();
});

test('a server that closes what is idle for less than the window: all is sent once, and confirmed', async () => {
	const carbon = await fakeCarbon('closes-idle');
	const ack = freshFile();
	const child = start('graphite-send', ['--uri', carbon.uri, '--ack', ack, '--window', '1500ms']);
	const done = outcome(child);
	const isThere = (n: number) => existsSync(ack) && readFileSync(ack, 'utf8') === `{"at":${n}}\n`;
	for (let n = 1; n <= 4; n++) {
		child.stdin!.write(`${text(lines((n - 1) * 100, n * 100))}#!pos {"at":${n}}\n`);
		await until(() => carbon.connections() > n);
	}
	await until(() => isThere(4));
	child.kill('SIGUSR1');
	child.stdin!.end();
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.equal(carbon.lines(), lines(0, 400));
	assert.match(stderr, /closed the connection; connecting again/);
	assert.not.match(stderr, /sent_again/);
	assert.not.match(stderr, /warning/);
	await carbon.die();
});

test('a server that closes in order and is not there afterwards has died: what it had is sent again', async () => {
	const carbon = await fakeCarbon();
	const ack = freshFile();
	const child = start('graphite-send', ['--uri', carbon.uri, '--ack', ack, '--window', '60s']);
	const done = outcome(child);
	child.stdin!.write(`${text(lines(0, 100))}#!pos {"at":100}\n`);
	await until(() => carbon.lines().length === 100);
	await carbon.vanish();
	await pause(300);
	await carbon.listen();
	await until(() => carbon.lines().length === 200);
	assert.equal(carbon.lines().slice(100), lines(0, 100));
	assert.not.ok(existsSync(ack));
	child.stdin!.end();
	assert.is((await done).status, 0);
	await carbon.die();
});

test('a server that acknowledges nothing for --stall is left for the next one', async () => {
	const [first, second] = [await fakeCarbon('never-reads'), await fakeCarbon()];
	const args = ['--uri', `${first.uri},${second.uri}`, '--stall', '1s', '--ack', freshFile()];
	const child = start('graphite-send', args);
	const done = outcome(child);
	child.stdin!.write(text(lines(0, 200_000)));
	await until(() => second.lines().length === 200_000, 20_000);
	assert.equal(second.lines(), lines(0, 200_000));
	child.stdin!.end();
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.match(stderr, /nothing was acknowledged for 1 s; trying again/);
	await first.die();
	await second.die();
});

test('a barrier is written when what came before it has stayed sent for the window', async () => {
	const carbon = await fakeCarbon();
	const ack = freshFile();
	const child = start('graphite-send', ['--uri', carbon.uri, '--ack', ack, '--window', '1s']);
	const done = outcome(child);
	child.stdin!.write(`${text(lines(0, 10))}#!pos {"at":10}\n`);
	await until(() => carbon.lines().length === 10);
	await pause(500);
	assert.not.ok(existsSync(ack));
	await until(() => existsSync(ack));
	assert.is(readFileSync(ack, 'utf8'), '{"at":10}\n');
	child.kill('SIGTERM');
	assert.is((await done).status, 0);
	await carbon.die();
});

test('a server that does not read: reading stops, nothing is confirmed, and all arrives in the end', async () => {
	const carbon = await fakeCarbon('never-reads');
	const ack = freshFile();
	const child = start('graphite-send', ['--uri', carbon.uri, '--ack', ack, '--window', '200ms']);
	const done = outcome(child);
	const long = 'x'.repeat(200);
	const all = lines(0, 100_000, `${long}.y`);
	child.stdin!.write('#!pos {"at":0}\n');
	for (let at = 0; at < all.length; at += 1000)
		child.stdin!.write(`${text(all.slice(at, at + 1000))}#!pos {"at":${at}}\n`);
	child.stdin!.end();
	await pause(1500);
	assert.ok(child.stdin!.writableLength > 1_000_000, 'reading did not stop');
	const acked = JSON.parse(readFileSync(ack, 'utf8')).at;
	carbon.become('reads');
	const { status } = await done;
	assert.is(status, 0);
	assert.equal(carbon.lines(), all);
	// What the dead end's kernel took was not enough for most of the barriers.
	assert.ok(acked < all.length / 2, `${acked} was confirmed`);
	assert.is(JSON.parse(readFileSync(ack, 'utf8')).at, 99_000);
	await carbon.die();
});

for (const behaviour of ['hangs-up', 'resets'] as const) {
	test(`a server that ${behaviour === 'resets' ? 'resets' : 'hangs up'} at once is not called in a tight loop`, async () => {
		const carbon = await fakeCarbon(behaviour);
		const child = start('graphite-send', ['--uri', carbon.uri]);
		const done = outcome(child);
		child.stdin!.write(text(lines(0, 10)));
		await pause(2500);
		const calls = carbon.connections();
		assert.ok(calls >= 3 && calls <= 7, `${calls} connections`);
		carbon.become('reads');
		child.stdin!.end();
		assert.is((await done).status, 0);
		assert.equal(carbon.lines(), lines(0, 10));
		await carbon.die();
	});
}

test('without --ack the queue is bounded and the oldest are dropped', async () => {
	const carbon = await fakeCarbon();
	await carbon.die();
	const child = start('graphite-send', ['--uri', carbon.uri, '--queue', '10']);
	const done = outcome(child);
	child.stdin!.write(text(lines(0, 25)));
	await pause(300);
	await carbon.listen();
	await until(() => carbon.lines().length >= 10);
	child.kill('SIGUSR1');
	await pause(100);
	child.stdin!.end();
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.equal(carbon.lines(), lines(15, 25));
	assert.match(stderr, /more than 10 points wait; the oldest are dropped/);
	assert.match(stderr, /dropped 15/);
	await carbon.die();
});

test('no server at the end: without --ack the loss is said, and the exit is 69', async () => {
	const carbon = await fakeCarbon();
	await carbon.die();
	const args = ['--uri', carbon.uri, '--drain', '300ms'];
	const { status, stderr } = await run('graphite-send', args, text(lines(0, 3)));
	assert.is(status, 69);
	assert.match(stderr, /connection refused; trying again/);
	assert.match(stderr, /3 points were not delivered, 0 more were not confirmed\n/);
});

test('a server lost just before the end: what was sent lately counts as not delivered', async () => {
	const carbon = await fakeCarbon();
	const child = start('graphite-send', ['--uri', carbon.uri, '--drain', '300ms']);
	const done = outcome(child);
	child.stdin!.write(text(lines(0, 3)));
	await until(() => carbon.lines().length === 3);
	await carbon.die();
	child.stdin!.end();
	const { status, stderr } = await done;
	assert.is(status, 69);
	assert.match(stderr, /3 points were not delivered/);
});

test('no server at the end: with --ack TERM ends at once, and the next run reads it again', async () => {
	const carbon = await fakeCarbon();
	await carbon.die();
	const ack = freshFile();
	for (const close of [false, true]) {
		const child = start('graphite-send', ['--uri', carbon.uri, '--ack', ack, '--drain', '60s']);
		const done = outcome(child);
		child.stdin!.write(`${text(lines(0, 5000))}#!pos {"at":1}\n`);
		if (close) child.stdin!.end();
		let said = '';
		child.stderr!.on('data', (chunk: Buffer) => {
			said += chunk;
		});
		await until(() => said.includes('connection refused'));
		await pause(100);
		const from = performance.now();
		child.kill('SIGTERM');
		const { status, stderr } = await done;
		assert.is(status, 0);
		assert.ok(performance.now() - from < 1000);
		assert.match(stderr, /5000 points are not confirmed; the next run reads them again/);
		assert.not.ok(existsSync(ack));
	}
});

test('the next server takes over, and the first gets its place back', async () => {
	const [first, second] = [await fakeCarbon(), await fakeCarbon()];
	await first.die();
	const args = ['--uri', `${first.uri},${second.uri}`, '--retry-max', '500ms', '--window', '100ms'];
	const child = start('graphite-send', args);
	const done = outcome(child);
	child.stdin!.write(text(lines(0, 5)));
	await until(() => second.lines().length === 5);
	await pause(700);
	await first.listen();
	let next = 5;
	await until(() => {
		child.stdin!.write(text(lines(next, ++next)));
		return first.lines().length > 5;
	});
	child.stdin!.end();
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.equal(unique([...second.lines(), ...first.lines()]), lines(0, next));
	assert.match(stderr, /is up again; going back to it/);
	await first.die();
	await second.die();
});

test('new series begin at their pace, in order, and are remembered beside the ack', async () => {
	const carbon = await fakeCarbon();
	const ack = freshFile();
	const args = [
		'--uri',
		carbon.uri,
		'--ack',
		ack,
		'--create-rate',
		'120/min',
		'--create-burst',
		'2',
		'--window',
		'100ms',
	];
	const input = ['a', 'b', 'c', 'd', 'a', 'd'].map((path, at) => `${path} ${at} 1\n`).join('');
	const first = await run('graphite-send', args, `${input}#!pos {"at":6}\n`);
	assert.is(first.status, 0);
	assert.equal(carbon.lines(), ['a 0 1', 'b 1 1', 'a 4 1', 'c 2 1', 'd 3 1', 'd 5 1']);
	assert.is(readFileSync(ack, 'utf8'), '{"at":6}\n');
	assert.equal(readFileSync(`${ack}.series`, 'utf8').split('\n').filter(Boolean).sort(), [
		'a',
		'b',
		'c',
		'd',
	]);
	const from = performance.now();
	await run('graphite-send', args, input);
	assert.ok(performance.now() - from < 900, 'known series were paced');
	await carbon.die();
});

test('killed at any time and started again from the ack, nothing is missing', async () => {
	const carbon = await fakeCarbon();
	const ack = freshFile();
	const all = lines(0, 3000);
	const args = ['--uri', carbon.uri, '--ack', ack, '--window', '100ms'];
	for (let runs = 0; runs < 4; runs += 1) {
		const from = existsSync(ack) ? JSON.parse(readFileSync(ack, 'utf8')).at : 0;
		const child = start('graphite-send', args);
		child.stdin!.on('error', () => {});
		const done = outcome(child);
		const last = runs === 3;
		for (let at = from; at < all.length; at += 50) {
			child.stdin!.write(`${text(all.slice(at, at + 50))}#!pos {"at":${Math.min(at + 50, all.length)}}\n`);
			if (!last) await pause(15);
			if (!last && at - from > 800) break;
		}
		if (last) child.stdin!.end();
		else child.kill('SIGKILL');
		await done;
	}
	assert.equal(JSON.parse(readFileSync(ack, 'utf8')), { at: 3000 });
	const got = new Set(carbon.lines());
	assert.equal(
		all.filter((line) => !got.has(line)),
		[],
	);
	await carbon.die();
});

test('usage', async () => {
	for (const args of [
		['--uri', 'a:b'],
		['--create-rate', '50/s'],
		['--queue', '0'],
		['--window', 'x'],
		['--retry-max', '0'],
	]) {
		const { status, stdout, stderr } = await run('graphite-send', args);
		assert.is(status, 64);
		assert.is(stdout, '');
		assert.match(stderr, /^graphite-send: --/);
	}
});

test.run();
