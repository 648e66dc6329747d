// A recording played again: its own pace, the time of now, and a mark that cannot be lost.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { burstsOf, offsetsOf } from '../../filters/replay.ts';
import { outcome, ROOT, run, start } from '../program.ts';

const pure = suite('burstsOf');
pure('cuts at time lines and leaves out what stands before the first', () => {
	assert.equal(burstsOf('Attaching\n#!ts 1\n@a: 1\n\n#!ts 2.5 synthetic\n@a: 2\n'), [
		{ ms: 1000, text: '@a: 1\n\n' },
		{ ms: 2500, text: '@a: 2\n' },
	]);
	assert.equal(burstsOf('#!ts 3'), [{ ms: 3000, text: '' }]);
	assert.equal(burstsOf('no time at all\n'), []);
});

pure('a time line that is hard to see is one all the same: none may take the mark away', () => {
	const behind = ['\0\0#!ts 2', '\x1b[H\x1b[2J#!ts 2', '\x1bc#!ts 2.000', '#!ts 2\r'];
	const printed = [
		'{"type": "printf", "data": "#!ts 2\\n"}',
		'{"type":"printf","data":"#!ts 2"}'.replace('"}', '\\n"}'),
	];
	for (const line of [...behind, ...printed]) {
		assert.equal(
			burstsOf(`#!ts 1\na\n${line}\nb\n`),
			[
				{ ms: 1000, text: 'a\n' },
				{ ms: 2000, text: 'b\n' },
			],
			JSON.stringify(line),
		);
	}
});

pure('a time that a script printed among other things gets the mark too', () => {
	const [burst] = burstsOf(
		'#!ts 1\n{"type": "printf", "data": "a\\n#!ts 2.5\\n#!ts 3 synthetic\\n"}\n@[#!ts 4]: 1\n',
	);
	assert.is(
		burst?.text,
		'{"type": "printf", "data": "a\\n#!ts 2.5 synthetic\\n#!ts 3 synthetic\\n"}\n@[#!ts 4]: 1\n',
	);
});

pure('what says since when a print counts belongs to the time before it', () => {
	assert.equal(burstsOf('#!ts 5\n#!start 2.5\n@a: 1\n#!ts 6\n@a: 2\n#!start 3\n#!ts 7\n#!start x\n'), [
		{ ms: 5000, start: 2500, text: '@a: 1\n' },
		{ ms: 6000, text: '@a: 2\n#!start 3\n' },
		{ ms: 7000, text: '#!start x\n' },
	]);
});

pure('a malformed time line is text', () => {
	assert.equal(burstsOf('#!ts 1\n#!ts x\na\n'), [{ ms: 1000, text: '#!ts x\na\n' }]);
});

pure('each comes after the first by its time, and one whose clock was set back at once', () => {
	assert.equal(offsetsOf(burstsOf('#!ts 5\n#!ts 6.5\n#!ts 3\n#!ts 3.2\n')), [0, 1500, 1500, 1700]);
});

const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-replay-'));
const file = join(dir, 'session');
writeFileSync(file, '#!ts 1000\n@a: 1\n#!ts 1000.2\n@a: 2\n#!ts 1000.4\n@a: 3\n');

const program = suite('replay');
program.after(() => rmSync(dir, { recursive: true }));

program('what counts since a moment is moved by as much as its time', async () => {
	const counting = join(dir, 'counting');
	writeFileSync(counting, '#!ts 1000\n#!start 900.5\n@a: 1\n');
	const { stdout } = await run('replay', ['--speed', '0', counting]);
	const [, ts, start] = /^#!ts ([\d.]+) synthetic\n#!start ([\d.]+)\n@a: 1\n$/.exec(stdout) ?? [];
	assert.is(Math.round((Number(ts) - Number(start)) * 1000), 99_500);
	const as = await run('replay', ['--speed', '0', '--as-recorded', counting]);
	assert.is(as.stdout, '#!ts 1000 synthetic\n#!start 900.500\n@a: 1\n');
});

program('as recorded, every time line is marked', async () => {
	const { status, stdout, stderr } = await run('replay', [file, '--as-recorded', '--speed', '0']);
	assert.is(
		stdout,
		'#!ts 1000 synthetic\n@a: 1\n#!ts 1000.200 synthetic\n@a: 2\n#!ts 1000.400 synthetic\n@a: 3\n',
	);
	assert.equal([status, stderr], [0, '']);
});

program('bytes that are not UTF-8 are printed as they are', async () => {
	const path = join(dir, 'latin1');
	writeFileSync(path, Buffer.from('#!ts 1\n@[caf\xe9]: 1\n', 'latin1'));
	const child = start('replay', [path, '--as-recorded', '--speed', '0']);
	const pieces: Buffer[] = [];
	child.stdout!.on('data', (chunk: Buffer) => pieces.push(chunk));
	assert.is((await outcome(child)).status, 0);
	assert.is(Buffer.concat(pieces).toString('latin1'), '#!ts 1 synthetic\n@[caf\xe9]: 1\n');
});

program('at the time of now, at the recorded pace', async () => {
	const before = Date.now();
	const { stdout } = await run('replay', [file]);
	const times = [...stdout.matchAll(/^#!ts ([\d.]+) synthetic$/gm)].map(
		([, seconds]) => Number(seconds) * 1000,
	);
	assert.is(times.length, 3);
	assert.ok(times[0]! >= before && times[2]! <= Date.now());
	assert.ok(times[2]! - times[0]! >= 390, String(times));
});

program('--loop starts again, TERM ends it with 0', async () => {
	const child = start('replay', [file, '--loop', '--speed', '100']);
	let seen = '';
	child.stdout!.on('data', (chunk: Buffer) => {
		seen += chunk;
		if (seen.split('@a: 1').length > 3) child.kill('SIGTERM');
	});
	assert.is((await outcome(child)).status, 0);
});

program(
	'--by-clock: one that is started again goes on where the time of day says, in the same lap',
	async () => {
		const path = join(dir, 'clock');
		const lines = Array.from({ length: 10 }, (_, at) => `#!ts ${1000 + at / 10}\n#!start 999\n@a: ${at}\n`);
		writeFileSync(path, lines.join(''));
		// Of 0.9 s, and a second for the last: ten times as fast.
		const lap = 190;
		const play = async () => {
			const child = start('replay', ['--by-clock', '--speed', '10', path]);
			setTimeout(() => child.kill('SIGTERM'), 700);
			const { status, stdout } = await outcome(child);
			assert.is(status, 0);
			const found = stdout.matchAll(/^#!ts ([\d.]+) synthetic\n#!start [\d.]+\n@a: (\d+)$/gm);
			return [...found].map(([, seconds, at]) => ({
				ms: Math.round(Number(seconds) * 1000),
				at: Number(at),
			}));
		};
		const [first, second] = [await play(), await play()];
		for (const all of [first, second]) {
			assert.ok(all.length > 11, String(all.length));
			for (const { ms, at } of all) assert.is(ms % lap, at * 10);
		}
		assert.ok(second[0]!.ms > first.at(-1)!.ms);
		const still = await run('replay', ['--by-clock', '--speed', '0', path]);
		assert.equal([still.status, still.stderr], [64, 'replay: --by-clock: --speed 0 goes by no clock\n']);
	},
);

program(
	'--by-clock: what counts since a moment counts since the same one, however often it is started',
	async () => {
		const path = join(dir, 'counting-by-clock');
		// A lap of more than an hour, so that all of this is within one, but for one time in a thousand.
		writeFileSync(
			path,
			Array.from({ length: 40_000 }, (_, at) => `#!ts ${1000 + at / 10}\n#!start 900.5\n@a: 1\n`).join(''),
		);
		const play = async () => {
			const child = start('replay', ['--by-clock', path]);
			let seen = '';
			child.stdout!.on('data', (chunk: Buffer) => {
				seen += chunk;
				if (seen.split('@a: 1').length > 3) child.kill('SIGTERM');
			});
			await outcome(child);
			return [...new Set([...seen.matchAll(/^#!start ([\d.]+)$/gm)].map(([, since]) => since))];
		};
		const [first, second] = [await play(), await play()];
		assert.is(first.length, 1);
		assert.equal(second, first);
	},
);

program('the recording that comes with bpfpipe has a minute of it', async () => {
	const { stdout } = await run('replay', [join(ROOT, 'bpftrace', 'cpu-lat.session'), '--speed', '0']);
	assert.ok(stdout.split('#!ts ').length > 60);
	assert.not.match(stdout, /^#!ts (?!.* synthetic$)/m);
});

program('what cannot be played is said in one line', async () => {
	const none = await run('replay', [join(dir, 'none')]);
	assert.equal([none.status, none.stderr], [69, `replay: ${dir}/none: no such file or directory\n`]);
	writeFileSync(join(dir, 'empty'), 'no time\n');
	const empty = await run('replay', [join(dir, 'empty')]);
	assert.equal(
		[empty.status, empty.stderr],
		[78, `replay: ${dir}/empty: no "#!ts" line in it, so it has no pace\n`],
	);
	assert.is((await run('replay', [])).status, 64);
	const speed = await run('replay', [file, '--speed', 'x']);
	assert.equal([speed.status, speed.stderr], [64, 'replay: --speed: "x" is not a number, 0 or more\n']);
});

pure.run();
program.run();
