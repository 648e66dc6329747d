// The stage with a tracer of the test's own in bpftrace's place: what it is given, what comes of it, and how it ends.

import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outcome, run, start } from '../program.ts';

const NAME = 'bpftrace-run';
const folder = mkdtempSync(join(tmpdir(), 'bpftrace-run-'));
const test = suite(NAME);
test.after(() => rmSync(folder, { recursive: true, force: true }));

const SCRIPT = join(folder, 'script.bt');
writeFileSync(
	SCRIPT,
	`// lost without it: half of it
uprobe:libc:no_such_function
{
	@a = 1;
}

uprobe:libc:malloc
{
	@b = count();
}
`,
);

let tracers = 0;
/** A tracer that lists malloc as the only function there is, and otherwise does `body`, with its script in $script. */
const tracer = (body: string): string => {
	const path = join(folder, `tracer-${tracers++}`);
	const list = `echo "uprobe:$(echo "$2" | cut -d'"' -f2):malloc"`;
	writeFileSync(
		path,
		`#!/bin/bash\nif [ "$1" = -l ]; then ${list}; exit; fi\nscript=$(cat)\nshift\n${body}\n`,
	);
	chmodSync(path, 0o755);
	return path;
};
const WAITS = 'trap "echo last; exit 0" INT; while :; do sleep 0.05; done';

let targets = 0;
const sleeper = async () => {
	const name = `bpfpipe-traced-${process.pid}-${targets++}`;
	const file = join(folder, name);
	copyFileSync('/usr/bin/sleep', file);
	const begin = () => spawn(file, ['60'], { stdio: 'ignore' });
	const child = begin();
	await sleep(50);
	return { name, child, begin };
};
const until = async (isSo: () => boolean) => {
	for (const deadline = performance.now() + 10_000; !isSo(); await sleep(20))
		if (performance.now() > deadline) throw new Error(`not so within 10 s: ${isSo}`);
};
const noticesIn = (text: string) =>
	text
		.split('\n')
		.filter((line) => line.startsWith('{"type":"notice"'))
		.map((line) => JSON.parse(line));

test('which process is said once; no such process is 69, and two are too many', async () => {
	for (const args of [[SCRIPT], ['--program', 'a', '--pid', '1', SCRIPT], ['--pid', 'x', SCRIPT]]) {
		const { status } = await run(NAME, args);
		assert.is(status, 64, args.join(' '));
	}
	const none = await run(NAME, ['--program', 'no-such-program', SCRIPT]);
	assert.is(none.status, 69);
	assert.match(none.stderr, /^bpftrace-run: no process runs no-such-program; start it, or say --pid N\n$/);
	const { name, child, begin } = await sleeper();
	const other = begin();
	await sleep(50);
	const two = await run(NAME, ['--program', name, SCRIPT]);
	assert.is(two.status, 78);
	assert.match(
		two.stderr,
		new RegExp(`2 processes run ${name} \\((${child.pid}, ${other.pid}|${other.pid}, ${child.pid})\\)`),
	);
	child.kill();
	other.kill();
});

test('the tracer gets the script with the files of the process, the number of the process, and the arguments', async () => {
	const { name, child } = await sleeper();
	const path = tracer(`echo "parameters $*"; echo "$script"; ${WAITS}`);
	const running = start(NAME, ['--program', name, '--bpftrace', path, SCRIPT, '5', 'x y']);
	const done = outcome(running);
	let text = '';
	running.stdout!.on('data', (piece) => {
		text += piece;
	});
	await until(() => text.includes('@b'));
	running.kill('SIGTERM');
	const { status, stdout, stderr } = await done;
	child.kill();
	assert.is(status, 0);
	assert.match(stdout, `parameters ${child.pid} 5 x y\n`);
	assert.match(
		stdout,
		new RegExp(`uprobe:"/proc/${child.pid}/root/.*/libc.so.6":malloc\n{\n\t@b = count\\(\\);\n}`),
	);
	assert.not.match(stdout, 'no_such_function\n');
	// What it prints when it is asked to end is not lost.
	assert.ok(stdout.endsWith('\nlast\n'));
	const lost = 'lost: half of it (no uprobe:libc:no_such_function)';
	assert.equal(
		noticesIn(stdout).map(({ kind, detail, metric }) => [kind, detail, metric]),
		[['missing_probe', lost, basename(SCRIPT, '.bt')]],
	);
	assert.match(stderr, `warning: ${name}: ${lost}`);
});

test('--check says what there is: 69 when something is left out', async () => {
	const { name, child } = await sleeper();
	const path = tracer('exit 9');
	const some = await run(NAME, ['--check', '--program', name, '--bpftrace', path, SCRIPT]);
	assert.is(some.status, 69);
	assert.is(
		some.stdout,
		`1 probes on ${name} (process ${child.pid})\nlost: half of it (no uprobe:libc:no_such_function)\n`,
	);
	const whole = join(folder, 'whole.bt');
	writeFileSync(whole, readFileSync(SCRIPT, 'utf8').replace('no_such_function', 'mal*'));
	const all = await run(NAME, ['--check', '--program', name, '--bpftrace', path, whole]);
	assert.equal([all.status, all.stdout], [0, `2 probes on ${name} (process ${child.pid})\n`]);
	const none = join(folder, 'none.bt');
	writeFileSync(none, 'uprobe:libc:nothing\n{\n}\n');
	const refused = await run(NAME, ['--check', '--program', name, '--bpftrace', path, none]);
	assert.is(refused.status, 69);
	assert.match(refused.stderr, /has none of its functions/);
	child.kill();
});

test('a process that ends and is started again: its last figures, then a notice of the gap, then the new ones', async () => {
	const { name, child, begin } = await sleeper();
	const path = tracer(`echo "Attaching 2 probes..."; sleep 0.3; echo "of $1"; ${WAITS}`);
	const running = start(NAME, ['--program', name, '--bpftrace', path, SCRIPT]);
	const done = outcome(running);
	let text = '';
	running.stdout!.on('data', (piece) => {
		text += piece;
	});
	await until(() => text.includes(`of ${child.pid}\n`));
	child.kill('SIGKILL');
	await until(() => text.includes('last\n'));
	await sleep(300);
	const next = begin();
	await until(() => text.includes(`of ${next.pid}\n`));
	running.kill('SIGTERM');
	const { status, stdout } = await done;
	next.kill();
	assert.is(status, 0);
	const plain = stdout.split('\n').filter((line) => !/^#!ts|^Attaching|missing_probe/.test(line));
	assert.equal(
		plain.map((line) => (line.startsWith('{') ? JSON.parse(line).kind : line)),
		[`of ${child.pid}`, 'last', 'gap', `of ${next.pid}`, 'last', ''],
	);
	const gap = noticesIn(stdout).find(({ kind }) => kind === 'gap');
	const [, seconds] = /not measured for at most ([\d.]+) s$/.exec(gap.detail)!;
	assert.ok(Number(seconds) >= 0.3 && Number(seconds) < 10);
});

for (const [body, status, why] of [
	[
		'echo "ERROR: bpftrace currently only supports running as the root user." >&2; exit 1',
		77,
		/not permitted; start this as root/,
	],
	['echo "ERROR: no BTF" >&2; exit 3', 69, /bpftrace ended with exit code 3: ERROR: no BTF/],
	['kill -9 $$', 69, /bpftrace ended with SIGKILL/],
] as const)
	test(`a tracer that fails is told, with ${status}: ${body}`, async () => {
		const { name, child } = await sleeper();
		const result = await run(NAME, ['--program', name, '--bpftrace', tracer(body), SCRIPT]);
		child.kill();
		assert.is(result.status, status);
		assert.match(result.stderr, why);
	});

test('no tracer at all', async () => {
	const { name, child } = await sleeper();
	const result = await run(NAME, ['--program', name, '--bpftrace', '/no/bpftrace', SCRIPT]);
	child.kill();
	assert.is(result.status, 69);
	assert.match(result.stderr, /\/no\/bpftrace: not found; apt-get install bpftrace/);
});

test('a line that the tracer leaves unfinished is ended, so that a notice is a line of its own', async () => {
	const { name, child } = await sleeper();
	const path = tracer('printf "whole\\ntorn"; sleep 0.2; exit 0');
	const result = await run(NAME, ['--program', name, '--bpftrace', path, SCRIPT]);
	child.kill();
	assert.ok(result.stdout.endsWith('whole\ntorn\n'));
	assert.is(result.status, 69);
});

test('a reader that is slow slows the tracer, and gets all', async () => {
	const { name, child } = await sleeper();
	const path = tracer(`seq 200000; ${WAITS}`);
	const running = start(NAME, ['--program', name, '--bpftrace', path, SCRIPT]);
	running.stdout!.pause();
	await sleep(1000);
	const pieces: Buffer[] = [];
	let size = 0;
	running.stdout!.on('data', (piece: Buffer) => {
		pieces.push(piece);
		size += piece.length;
	});
	running.stdout!.resume();
	await until(() => size > 1_288_000);
	running.kill('SIGTERM');
	await new Promise((resolve) => running.once('close', resolve));
	child.kill();
	const lines = Buffer.concat(pieces)
		.toString()
		.split('\n')
		.filter((line) => /^\d+$/.test(line));
	assert.equal([lines.length, lines.at(-1)], [200_000, '200000']);
});

test.run();
