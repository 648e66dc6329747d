// The spine, seen from outside: what every stage promises, on a stage that does next to nothing.
// `board` and `replay` are real programs; pass and drop-empty are fixtures, bundled here as stages are.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundle } from '../../../build.ts';
import { makePipes } from '../../../supervisor/process/pipes.ts';
import { bundleOf, cleanEnv, outcome, type Result, ROOT } from '../../program.ts';

const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-stage-'));
for (const name of ['pass', 'drop-empty', 'slow', 'throws', 'reads-nothing']) {
	await bundle(join(ROOT, 'test', 'fixtures', `${name}.ts`), dir);
}
const start = (name: string, args: string[] = [], env: Record<string, string> = {}): ChildProcess =>
	spawn(process.execPath, [join(dir, `${name}.cjs`), ...args], { env: cleanEnv(env) });
const run = (name: string, args: string[], input: string | Buffer, env = {}): Promise<Result> => {
	const child = start(name, args, env);
	child.stdin!.on('error', () => {});
	child.stdin!.end(input);
	return outcome(child);
};

const test = suite('stage');
test.after(() => rmSync(dir, { recursive: true }));

const EMPTY =
	'{"type":"histogram","ts":1,"host":"h","metric":"m","unit":"us","attributes":{},"temporality":"delta","buckets":[]}';
const FULL = EMPTY.replace('[]}', '[[0,1,5]]}');

test('handled types are handled, all else passes untouched and in order', async () => {
	const others = [
		'#!ts 12',
		'{"type":"later","x":  1.0}',
		'#!pos {"a":1}',
		'#!other',
		'{"x":1,"type":"later"}',
	];
	const { status, stdout, stderr } = await run('drop-empty', [], `${others.join('\n')}\n${EMPTY}\n${FULL}\n`);
	assert.is(stdout, `${others.join('\n')}\n${FULL}\n`);
	assert.equal([status, stderr], [0, '']);
});

test('a broken record is skipped, counted and reported once with its line', async () => {
	const { status, stdout, stderr } = await run(
		'drop-empty',
		[],
		`${FULL}\n{"type":"histogram"\nx\ny\n${FULL}\n`,
	);
	assert.is(stdout, `${FULL}\n${FULL}\n`);
	assert.is(status, 0);
	assert.match(stderr, /^drop-empty: warning: <stdin>:2: not a record: .*; skipped\n/);
	assert.match(stderr, /<stdin>:4: not a record: "y"; skipped \(and 2 more like it\)\n$/);
});

test('a stage, and a source, say on the given descriptor that they are ready, and go on', async () => {
	writeFileSync(join(dir, 'session'), '#!ts 1\n#!ts 5000\n');
	for (const [program, args] of [
		[join(dir, 'pass.cjs'), []],
		[bundleOf('replay'), [join(dir, 'session')]],
	] as const) {
		const child = spawn(process.execPath, [program, ...args], {
			env: cleanEnv({ BPFPIPE_READY: '3' }),
			stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
		});
		let said = '';
		const ready = child.stdio[3] as Readable;
		ready.on('data', (chunk) => {
			said += chunk;
		});
		await Promise.race([once(ready, 'end'), sleep(10_000)]);
		assert.equal([said, ready.readableEnded, child.exitCode], ['\n', true, null], program);
		child.kill('SIGKILL');
		await once(child, 'exit');
	}
});

test('--strict stops at the first broken record with 65, after what came before it', async () => {
	const { status, stdout, stderr } = await run('drop-empty', ['--strict'], `${FULL}\nx\n${FULL}\n`);
	assert.is(stdout, `${FULL}\n`);
	assert.equal([status, stderr], [65, 'drop-empty: <stdin>:2: not a record: "x"\n']);
});

test('what a program does not understand is at no line when it reads none', async () => {
	const { status, stderr } = await run('reads-nothing', [], '');
	assert.equal([status, stderr], [0, 'reads-nothing: warning: a metric without a name; skipped\n']);
	const strict = await run('reads-nothing', ['--strict'], '');
	assert.equal([strict.status, strict.stderr], [65, 'reads-nothing: a metric without a name\n']);
});

test('a stdout that takes no more is named: by its path where it is a file', async () => {
	const file = join(dir, 'out');
	for (const [limit, target, what] of [
		['unlimited', '/dev/full', '<stdout>: no space left on the device'],
		['8', file, `${file}: the file would be larger than it may be`],
	] as const) {
		const command = `ulimit -f ${limit}; exec "$0" "$1" > ${target}`;
		const child = spawn('bash', ['-c', command, process.execPath, join(dir, 'pass.cjs')], {
			env: cleanEnv(),
		});
		const done = outcome(child);
		child.stdin!.on('error', () => {});
		child.stdin!.end('a line of text\n'.repeat(10_000));
		const { status, stderr } = await done;
		assert.is(status, 69);
		assert.is(stderr.split('\n')[0], `pass: ${what}`);
	}
});

test('a last line without a newline counts', async () => {
	const { stdout } = await run('pass', [], 'a\nb');
	assert.is(stdout, 'a\nb\n');
});

test('lines are put together from bytes, whatever the pieces', async () => {
	const child = start('pass');
	const done = outcome(child);
	for (const byte of Buffer.from('zwölf\n€\n')) {
		child.stdin!.write(Buffer.from([byte]));
		await sleep(2);
	}
	child.stdin!.end();
	assert.is((await done).stdout, 'zwölf\n€\n');
});

test('a line over 1 MiB is skipped, counted and reported', async () => {
	const long = 'x'.repeat(1024 * 1024 + 1);
	const { status, stdout, stderr } = await run('pass', [], `a\n${long}\nb\n`);
	assert.is(stdout, 'a\nb\n');
	assert.equal(
		[status, stderr],
		[0, 'pass: warning: a line of 1048578 bytes is longer than 1048576; skipped\n'],
	);
});

test('a hole of NULs, however long, is stepped over and said; what is behind it is whole', async () => {
	const holes = Buffer.concat([
		Buffer.alloc(3_000_000),
		Buffer.from('a\n'),
		Buffer.alloc(100),
		Buffer.from('b\0c\n'),
	]);
	const { status, stdout, stderr } = await run('pass', [], holes);
	assert.is(stdout, 'a\nb\0c\n');
	assert.is(status, 0);
	const said = (length: number) => `pass: warning: a hole of ${length} NUL bytes is stepped over`;
	assert.is(stderr, `${said(3_000_000)}\n${said(100)} (and 1 more like it)\n`);
});

test('a quiet stream is not held back', async () => {
	const child = start('pass');
	const done = outcome(child);
	child.stdin!.write('a\n');
	await new Promise((resolve) => child.stdout!.once('data', resolve));
	child.stdin!.end();
	assert.is((await done).stdout, 'a\n');
});

test('a reader that goes away ends the stage with 0, quietly', async () => {
	const child = start('pass');
	child.stdin!.on('error', () => {});
	child.stdout!.once('data', () => child.stdout!.destroy());
	const feed = setInterval(() => child.stdin!.write('x\n'.repeat(1000)), 1);
	const { status, stderr } = await outcome(child).finally(() => clearInterval(feed));
	assert.equal([status, stderr], [0, '']);
});

test('a slow reader stops the stage, it does not fill its memory', async () => {
	const child = start('pass');
	child.stdin!.on('error', () => {});
	let written = 0;
	const piece = Buffer.from('0123456789abcde\n'.repeat(4096));
	// Nobody reads stdout: the writes stop being taken once pipes and buffers are full.
	while (written < 64 && child.stdin!.write(piece)) written += 1;
	await sleep(500);
	const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]);
	assert.ok(rss < 120_000, `${rss} kB`);
	child.kill('SIGKILL');
	await outcome(child);
});

test('a bug is 70 with a stack, after what was emitted before it', async () => {
	const { status, stdout, stderr } = await run('throws', [], 'a\nbug\nb\n');
	assert.is(stdout, 'a\n');
	assert.is(status, 70);
	assert.match(stderr, /^throws: this is a bug in bpfpipe, please report it\nError: as told\n {4}at /);
});

test('a system error is one line, without a stack', async () => {
	const { status, stderr } = await run('throws', [], 'missing\n');
	assert.equal([status, stderr], [69, 'throws: /nowhere/x: no such file or directory\n']);
});

test('unknown options and arguments are 64 and one line', async () => {
	const option = await run('pass', ['--nope'], '');
	assert.equal([option.status, option.stderr], [64, "pass: Unknown option '--nope'; see --help\n"]);
	const argument = await run('pass', ['x'], '');
	assert.equal([argument.status, argument.stderr], [64, 'pass: unexpected argument "x"; see --help\n']);
	const level = await run('pass', ['--log-level', 'loud'], '');
	assert.equal([level.status, level.stdout], [64, '']);
	assert.match(level.stderr, /--log-level: "loud" is not one of error, warn, info, debug/);
});

test('--help is the header, --version the version', async () => {
	const help = await run('pass', ['--help'], '');
	assert.match(help.stdout, /^pass - print every line as it came\n\nusage: {2}pass < lines > lines\n/);
	assert.match(help.stdout, /78 bad configuration\n$/);
	assert.equal([help.status, help.stderr], [0, '']);
	assert.match((await run('pass', ['--version'], '')).stdout, /^pass \(bpfpipe\) \d+\.\d+\.\d+\n$/);
});

test('USR1 prints the counters, HUP harms nothing, INT is ignored when input comes down a pipe', async () => {
	const child = start('pass');
	const done = outcome(child);
	child.stdin!.write('a\nb\n');
	await new Promise((resolve) => child.stdout!.once('data', resolve));
	for (const signal of ['SIGUSR1', 'SIGHUP', 'SIGINT'] as const) {
		child.kill(signal);
		await sleep(100);
	}
	child.stdin!.end('c\n');
	const { status, stdout, stderr } = await done;
	assert.equal([status, stdout, stderr], [0, 'a\nb\nc\n', 'pass: in 2, out 2\n']);
});

test('the counters say how much was not understood, told or not', async () => {
	const child = start('drop-empty', [], { BPFPIPE_LOG_LEVEL: 'info' });
	const done = outcome(child);
	child.stdin!.write(`x\n${FULL}\ny\n`);
	await new Promise((resolve) => child.stdout!.once('data', resolve));
	await sleep(50);
	child.kill('SIGUSR1');
	await sleep(100);
	child.stdin!.end();
	assert.match((await done).stderr, /^drop-empty: .*\bbad 2\b/m);
});

test('JSON log and levels from the environment', async () => {
	const { stderr } = await run('drop-empty', [], 'x\n', { BPFPIPE_LOG_FORMAT: 'json' });
	const { level, stage } = JSON.parse(stderr);
	assert.equal([level, stage], ['warn', 'drop-empty']);
	assert.is((await run('drop-empty', [], 'x\n', { BPFPIPE_LOG_LEVEL: 'error' })).stderr, '');
});

/** A stage between two held pipes, as under the supervisor, and numbered lines through it. */
const held = (name: string) => {
	const [input, output] = makePipes(2);
	const spawnOne = (resumed: boolean) => {
		const [stdin, stdout] = [input!.readEnd(), output!.writeEnd()];
		const env = cleanEnv(resumed ? { BPFPIPE_RESUMED: '1' } : {});
		const child = spawn(process.execPath, [join(dir, `${name}.cjs`)], {
			stdio: [stdin, stdout, 'inherit'],
			env,
		});
		closeSync(stdin);
		closeSync(stdout);
		return child;
	};
	return { input: input!, output: output!, spawnOne };
};
const exited = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));

test('TERM hands over: 100 restarts under load, nothing missing, twice or torn', async () => {
	const count = 4_000_000;
	const { input, output, spawnOne } = held('pass');
	const file = join(dir, 'handed-over');
	const sink = openSync(file, 'w');
	const from = input.writeEnd();
	const to = output.readEnd();
	const generator = spawn('seq', ['-f', 'n %09.0f', '0', String(count - 1)], {
		stdio: ['ignore', from, 'inherit'],
	});
	const reader = spawn('cat', { stdio: [to, sink, 'inherit'] });
	for (const fd of [from, to, sink]) closeSync(fd);
	const generated = exited(generator);
	let child = spawnOne(false);
	for (let i = 0; i < 100; i++) {
		await sleep(35);
		const gone = exited(child);
		child.kill('SIGTERM');
		await gone;
		child = spawnOne(true);
	}
	await generated;
	input.closeWrite();
	await exited(child);
	output.closeWrite();
	await exited(reader);
	output.close();
	input.close();
	const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
	const wrong = lines.findIndex((line, index) => line !== `n ${String(index).padStart(9, '0')}`);
	assert.is(wrong, -1, `line ${wrong}: ${lines[wrong]}`);
	assert.is(lines.length, count);
});

test('after a restart the rest of a torn line is counted torn, not bad', async () => {
	const { stdout, stderr } = await run('drop-empty', ['--strict'], `"buckets":[]}\n${FULL}\n`, {
		BPFPIPE_RESUMED: '1',
	});
	assert.is(stdout, `\n${FULL}\n`);
	assert.is(stderr, '');
});

test('the end of the lifeline ends the stage', async () => {
	const child = spawn(process.execPath, [join(dir, 'pass.cjs')], {
		stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
		env: cleanEnv({ BPFPIPE_LIFELINE: '3' }),
	});
	const gone = exited(child);
	await sleep(200);
	assert.is(child.exitCode, null);
	child.stdio[3]!.destroy();
	assert.is(await gone, 0);
});

test('a file as input, and no input at all', async () => {
	const file = join(dir, 'input');
	writeFileSync(file, 'a\nb\n');
	const stdin = openSync(file, 'r');
	const child = spawn(process.execPath, [join(dir, 'pass.cjs')], {
		stdio: [stdin, 'pipe', 'pipe'],
		env: cleanEnv(),
	});
	closeSync(stdin);
	assert.is((await outcome(child)).stdout, 'a\nb\n');
	const none = spawn(process.execPath, [join(dir, 'pass.cjs')], {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: cleanEnv(),
	});
	assert.equal(await outcome(none), { status: 0, signal: null, stdout: '', stderr: '' });
});

test('a handler that takes its time is waited for, and keeps the order', async () => {
	const { stdout, status } = await run('slow', [], Array.from({ length: 50 }, (_, i) => `${i}\n`).join(''));
	assert.is(stdout, Array.from({ length: 50 }, (_, i) => `${i}\n`).join(''));
	assert.is(status, 0);
});

test('while nobody reads what it prints, it takes no more in', async () => {
	for (const name of ['pass', 'drop-empty']) {
		const child = start(name);
		child.stdin!.on('error', () => {});
		const piece = Buffer.from(`{"type":"later","x":"${'x'.repeat(1000)}"}\n`.repeat(100));
		let written = 0;
		// The pipes and what a stage gathers hold a few MB between them; until it stands still for a second.
		for (let quiet = 0; quiet < 10 && written < 100e6; ) {
			const hasRoom = child.stdin!.writableLength === 0;
			if (hasRoom) {
				child.stdin!.write(piece);
				written += piece.length;
			} else await sleep(100);
			quiet = hasRoom ? 0 : quiet + 1;
		}
		child.kill('SIGKILL');
		assert.ok(written < 20e6, `${name} took ${written} bytes`);
	}
});

test.run();
