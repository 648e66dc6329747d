import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commandsLack, testWith } from '../parts.ts';
import { outcome, run, start } from '../program.ts';
import { endAnyway, until } from '../servers/carbon.ts';
import { carbonCache } from '../servers/carbon-cache.ts';

const LACK = commandsLack('carbon-cache', 'whisper-fetch');
const folder = mkdtempSync(join(tmpdir(), 'graphite-send-'));
const test = suite('graphite-send into a real carbon');
test.after(() => {
	rmSync(folder, { recursive: true });
	endAnyway();
});

const now = () => Math.floor(Date.now() / 1000);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

testWith(test, LACK, 'text and pickle both arrive', async () => {
	const carbon = await carbonCache();
	const from = now() - 100;
	for (const protocol of ['text', 'pickle'] as const) {
		const input = range(0, 50).map((at) => `sent.${protocol} ${at}.5 ${from + at}\n`);
		const { status } = await run(
			'graphite-send',
			['--protocol', protocol, '--uri', carbon[protocol]],
			input.join(''),
		);
		assert.is(status, 0);
	}
	for (const protocol of ['text', 'pickle']) {
		const want = range(0, 50).map((at) => [from + at, at + 0.5]);
		await until(() => carbon.read(`sent.${protocol}`, from, from + 60).length === 50);
		assert.equal(carbon.read(`sent.${protocol}`, from, from + 60), want);
	}
	await carbon.end();
});

// The window is far shorter than the stream: what is older than it must be on carbon's disk at the kill.
testWith(test, LACK, 'carbon killed and started again in mid-stream: every point is there', async () => {
	const carbon = await carbonCache();
	const ack = join(folder, 'ack-killed');
	const child = start('graphite-send', ['--uri', carbon.text, '--ack', ack, '--window', '3s']);
	const done = outcome(child);
	const from = now() - 1500;
	const series = range(0, 5).map((at) => `killed.s${at}`);
	const ticks = 150;
	for (let tick = 0; tick < ticks; tick += 1) {
		if (tick === 70) await carbon.kill();
		if (tick === 100) await carbon.start();
		for (const at of range(tick * 4, tick * 4 + 4)) {
			child.stdin!.write(series.map((path) => `${path} ${at} ${from + at}\n`).join(''));
		}
		child.stdin!.write(`#!pos {"tick":${tick}}\n`);
		await pause(80);
	}
	assert.ok(existsSync(ack), 'nothing was confirmed before the end');
	child.stdin!.end();
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.match(stderr, /trying again/);
	assert.equal(JSON.parse(readFileSync(ack, 'utf8')), { tick: ticks - 1 });
	const want = range(0, ticks * 4).map((at) => [from + at, at]);
	for (const path of series) {
		await until(() => carbon.read(path, from, from + ticks * 4).length === want.length);
		assert.equal(carbon.read(path, from, from + ticks * 4), want);
	}
	await carbon.end();
});

testWith(test, LACK, 'more new series than carbon makes in a minute: none is lost', async () => {
	const carbon = await carbonCache({ MAX_CREATES_PER_MINUTE: 50 });
	const args = ['--uri', carbon.text, '--create-rate', '50/min', '--create-burst', '40', '--drain', '60s'];
	const from = now() - 100;
	const input = range(0, 3).flatMap((at) => range(0, 60).map((n) => `new.s${n} ${at} ${from + at}\n`));
	const { status } = await run('graphite-send', args, input.join(''));
	assert.is(status, 0);
	await until(() => carbon.files().length === 60);
	const complete = (n: number) => carbon.read(`new.s${n}`, from, from + 10).length === 3;
	await until(() => complete(59));
	assert.ok(range(0, 60).every(complete));
	await carbon.end();
});

testWith(test, LACK, 'hostile names stay below the folder of carbon, each in a file of its own', async () => {
	const carbon = await carbonCache();
	const names = [
		'../../../x',
		'/etc/x',
		'..',
		'.',
		'',
		'a b',
		'a\nb 1 1',
		'a/b',
		'a;b=c',
		'a*',
		'\0',
		'é',
		'x'.repeat(300),
	];
	const ts = (now() - 10) * 1000;
	const records = names.flatMap((name) =>
		[
			{ host: name, metric: 'm', attributes: {} },
			{ host: 'h', metric: name, attributes: {} },
			{ host: 'h', metric: 'm', attributes: { key: name } },
		].map((own) => `${JSON.stringify({ type: 'gauge', ts, unit: '1', value: 1, ...own })}\n`),
	);
	const encoded = await run('graphite-line', ['--host-dots', 'keep'], records.join(''));
	const paths = encoded.stdout.split('\n').filter(Boolean);
	assert.is(paths.length, records.length);
	const { status, stderr } = await run('graphite-send', ['--uri', carbon.text], encoded.stdout);
	assert.is(status, 0);
	assert.is(stderr, `graphite-send: connected to ${carbon.text}\n`);
	await until(() => carbon.files().length === new Set(paths).size);
	assert.equal(readdirSync(carbon.folder).sort(), ['conf', 'log', 'pid', 'whisper']);
	for (const file of carbon.files()) assert.match(file, /^[A-Za-z0-9_%/-]+\.wsp$/);
	for (const name of ['/tmp/x.wsp', '/etc/x.wsp', '/x.wsp']) assert.not.ok(existsSync(name));
	await carbon.end();
});

test.run();
