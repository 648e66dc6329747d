import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commandsLack, testWith } from '../parts.ts';
import { outcome, ROOT, start } from '../program.ts';

const SHIPPED = readFileSync(join(ROOT, 'etc', 'logrotate.d', 'bpfpipe'), 'utf8');
const lack = commandsLack('logrotate', 'pkill');
const noFallback = existsSync('/run/systemd/system')
	? 'systemd is running, so the way without it is not taken'
	: '';

/** The shipped file for logs below `folder`, where logrotate accepts it, and a run of logrotate on it. */
const installed = (folder: string) => {
	const conf = join(folder, 'conf');
	mkdirSync(join(folder, 'log', 'bpfpipe'), { recursive: true, mode: 0o755 });
	writeFileSync(conf, SHIPPED.replaceAll('/var/log/', `${folder}/log/`), { mode: 0o600 });
	return (...args: string[]) =>
		spawnSync('/usr/sbin/logrotate', ['-s', join(folder, 'state'), ...args, conf], { encoding: 'utf8' });
};

const test = suite('etc/logrotate.d/bpfpipe');

testWith(test, lack, 'logrotate understands every line of it', () => {
	const folder = mkdtempSync(join(tmpdir(), 'logrotate-'));
	const { status, stderr } = installed(folder)('-d');
	rmSync(folder, { recursive: true });
	assert.is(status, 0);
	assert.not.match(stderr, /error|ignor|unknown/i);
	assert.match(stderr, /after 1 days \(7 rotations\)/);
});

testWith(test, lack, 'its postrotate script is one that sh takes', () => {
	const script = /postrotate\n([\s\S]*)\tendscript/.exec(SHIPPED)![1]!;
	const { status, stderr } = spawnSync('sh', ['-n', '-c', script], { encoding: 'utf8' });
	assert.equal([status, stderr], [0, '']);
});

testWith(
	test,
	lack || noFallback,
	'without systemd its HUP reaches append-log, and a second run compresses the first',
	async () => {
		const folder = mkdtempSync(join(tmpdir(), 'logrotate-'));
		const logrotate = installed(folder);
		const log = join(folder, 'log', 'bpfpipe', 'a.log');
		const writer = start('append-log', [log, '--sync', '1s']);
		const done = outcome(writer);
		for (const [line, files] of [
			['a', 0],
			['b', 1],
			['c', 2],
		] as const) {
			writer.stdin!.write(`#!ts 1763712000\n${line}\n`);
			while (!existsSync(log) || !readFileSync(log, 'utf8').endsWith(`${line}\n`)) await sleep(10);
			if (files < 2) assert.is(logrotate('-f').status, 0);
		}
		writer.stdin!.end();
		assert.equal(await done, { status: 0, signal: null, stdout: '', stderr: '' });
		assert.is(readFileSync(log, 'utf8'), '#!ts 1763712000\nc\n');
		assert.is(readFileSync(`${log}.1`, 'utf8'), '#!ts 1763712000\nb\n');
		assert.ok(existsSync(`${log}.2.gz`));
		rmSync(folder, { recursive: true });
	},
);

test.run();
