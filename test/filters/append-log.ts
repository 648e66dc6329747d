import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
	appendFileSync,
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxSize } from '../../filters/append-log.ts';
import { runAsNobody } from '../harness/as-nobody.ts';
import { isRoot, testWith } from '../parts.ts';
import { bundleOf, cleanEnv, outcome, run, start } from '../program.ts';

const STAMP = /^#!ts \d{10}(\.\d{3})?\n/;

const inFolder = async (body: (log: string, folder: string) => Promise<void>) => {
	const folder = mkdtempSync(join(tmpdir(), 'append-log-'));
	chmodSync(folder, 0o755);
	try {
		await body(join(folder, 'a.log'), folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
};

const text = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Wait until a file's text satisfies `wanted`, and give it. */
const textWhen = async (path: string, wanted: (text: string) => boolean, ms = 5000): Promise<string> => {
	const deadline = performance.now() + ms;
	while (!wanted(text(path)) && performance.now() < deadline) await sleep(10);
	assert.ok(wanted(text(path)), `${path} holds ${JSON.stringify(text(path).slice(0, 200))}`);
	return text(path);
};

/** A started append-log with its stderr so far. */
const begin = (...args: string[]) => {
	const child = start('append-log', args);
	const done = outcome(child);
	let stderr = '';
	child.stderr!.on('data', (chunk) => {
		stderr += chunk;
	});
	const say = (lines: string) => child.stdin!.write(lines);
	return { child, done, say, stderr: () => stderr };
};

const finish = async ({ child, done }: { child: ChildProcess; done: ReturnType<typeof outcome> }) => {
	child.stdin!.end();
	return done;
};

const pure = suite('append-log: options');

pure('sizes are read, too small ones refused', () => {
	assert.is(maxSize(undefined), 0);
	assert.is(maxSize('64K'), 65_536);
	assert.throws(() => maxSize('1K'), /--max-size: "1K" is less than 4096 bytes/);
	assert.throws(() => maxSize('big'), /is not a size/);
});

pure.run();

const test = suite('append-log: the program');

test('lines go to the file untouched after a time; stdout stays empty', () =>
	inFolder(async (log) => {
		const result = await run('append-log', [log], ['@us:\n[0]', '  3\n\n']);
		assert.equal(result, { status: 0, signal: null, stdout: '', stderr: '' });
		assert.match(text(log), STAMP);
		assert.is(text(log).replace(STAMP, ''), '@us:\n[0]  3\n\n');
		assert.is(statSync(log).mode & 0o777, 0o640);
	}));

test('bytes of any kind stay what they are, and an unfinished last line gets its newline', () =>
	inFolder(async (log) => {
		const bytes = Buffer.from([0, 10, 255, 254, 10, 10, 13, 10, 195, 10, 104]);
		const result = await run('append-log', [log], [Buffer.from('#!ts 1763712000\n'), bytes]);
		assert.equal(result, { status: 0, signal: null, stdout: '', stderr: '' });
		assert.equal(
			readFileSync(log),
			Buffer.concat([Buffer.from('#!ts 1763712000\n'), bytes, Buffer.from('\n')]),
		);
	}));

test('no input makes an empty file, a second run goes on behind the first', () =>
	inFolder(async (log) => {
		assert.is((await run('append-log', [log])).status, 0);
		assert.is(text(log), '');
		await run('append-log', [log], '#!ts 1763712000\na\n');
		await run('append-log', [log], '\n\n\n');
		assert.match(text(log), /^#!ts 1763712000\na\n#!ts [\d.]+\n\n\n\n$/);
	}));

test('a line over 1 MiB is skipped and said, the next one is kept', () =>
	inFolder(async (log) => {
		const { status, stderr } = await run('append-log', [log], `#!ts 1\n${'x'.repeat(2 * 1024 * 1024)}\nok\n`);
		assert.is(status, 0);
		assert.is(stderr, 'append-log: warning: a line of 2097153 bytes is longer than 1048576; skipped\n');
		assert.is(text(log), '#!ts 1\nok\n');
	}));

test('half a line that an earlier run left gets its newline', () =>
	inFolder(async (log) => {
		writeFileSync(log, 'a\nhal');
		const { status, stderr } = await run('append-log', [log], '#!ts 1763712000\nb\n');
		assert.is(status, 0);
		assert.is(stderr, `append-log: warning: ${log} ended in half a line; it has its newline now\n`);
		assert.is(text(log), 'a\nhal\n#!ts 1763712000\nb\n');
	}));

test('each burst has its time, and a source with its own keeps only that', () =>
	inFolder(async (log) => {
		const it = begin(log);
		it.say('a\n');
		await textWhen(log, (all) => all.endsWith('a\n'));
		await sleep(150);
		it.say('b\nc\n');
		await textWhen(log, (all) => all.endsWith('c\n'));
		await sleep(150);
		it.say('#!ts 1763712000\nd\n');
		await textWhen(log, (all) => all.endsWith('d\n'));
		await sleep(150);
		it.say('e\n');
		const { status, stderr } = await finish(it);
		assert.is(status, 0);
		assert.is(stderr, '');
		assert.match(text(log), /^#!ts [\d.]+\na\n#!ts [\d.]+\nb\nc\n#!ts 1763712000\nd\ne\n$/);
	}));

test('HUP: the renamed file is written to until then, the new one starts with the last time', () =>
	inFolder(async (log) => {
		const it = begin(log);
		it.say('#!ts 1763712000\na\n');
		await textWhen(log, (all) => all.endsWith('a\n'));
		renameSync(log, `${log}.1`);
		it.say('b\n');
		await textWhen(`${log}.1`, (all) => all.endsWith('b\n'));
		it.child.kill('SIGHUP');
		await textWhen(log, () => existsSync(log));
		it.say('c\n');
		await textWhen(log, (all) => all.endsWith('c\n'));
		renameSync(log, `${log}.0`);
		it.child.kill('SIGHUP');
		await textWhen(log, () => existsSync(log));
		it.say('#!ts 1763712009\nd\n');
		const { status, stderr } = await finish(it);
		assert.is(status, 0);
		assert.is(stderr, '');
		assert.is(text(`${log}.1`), '#!ts 1763712000\na\nb\n');
		assert.is(text(`${log}.0`), '#!ts 1763712000\nc\n');
		assert.is(text(log), '#!ts 1763712009\nd\n');
	}));

test('HUP without a rotation changes nothing', () =>
	inFolder(async (log) => {
		const it = begin(log);
		it.say('#!ts 1763712000\na\n');
		await textWhen(log, (all) => all.endsWith('a\n'));
		it.child.kill('SIGHUP');
		await sleep(50);
		it.say('b\n');
		assert.is((await finish(it)).status, 0);
		assert.is(text(log), '#!ts 1763712000\na\nb\n');
	}));

test('a removed file is made again within about two seconds', () =>
	inFolder(async (log) => {
		const it = begin(log);
		it.say('#!ts 1763712000\na\n');
		await textWhen(log, (all) => all.endsWith('a\n'));
		rmSync(log);
		await textWhen(log, () => existsSync(log));
		it.say('b\n');
		const { status, stderr } = await finish(it);
		assert.is(status, 0);
		assert.is(stderr, `append-log: warning: ${log} was removed; making it again\n`);
		assert.is(text(log), '#!ts 1763712000\nb\n');
	}));

test('a folder that is removed, and made again later, gets the log again, and that is said', () =>
	inFolder(async (_log, folder) => {
		const log = join(folder, 'logs', 'a.log');
		mkdirSync(join(folder, 'logs'));
		const it = begin(log);
		it.say('#!ts 1763712000\na\n');
		await textWhen(log, (all) => all.endsWith('a\n'));
		rmSync(join(folder, 'logs'), { recursive: true });
		await textWhen(log, () => it.stderr().includes('cannot open again'));
		mkdirSync(join(folder, 'logs'));
		await textWhen(log, () => existsSync(log));
		it.say('b\n');
		const { status, stderr } = await finish(it);
		assert.is(status, 0);
		const [removed, barred, ...more] = stderr.trimEnd().split('\n');
		assert.is(removed, `append-log: warning: ${log} was removed; making it again`);
		assert.is(
			barred,
			`append-log: warning: cannot open again: ${log}: no such file or directory; going on with the file that is open`,
		);
		assert.is(more.at(-1), `append-log: ${log} could be opened again; lines go on in it`);
		assert.is(text(log), '#!ts 1763712000\nb\n');
	}));

test('a truncated file is gone on with from its new end', () =>
	inFolder(async (log) => {
		const it = begin(log);
		it.say('#!ts 1763712000\na\n');
		await textWhen(log, (all) => all.endsWith('a\n'));
		truncateSync(log);
		it.say('b\n');
		assert.is((await finish(it)).status, 0);
		assert.is(text(log), 'b\n');
	}));

test('--max-size: rotates between lines, keeps as many as asked, loses none of them', () =>
	inFolder(async (log, folder) => {
		const lines = Array.from({ length: 2000 }, (_, n) => `line ${String(n).padStart(6, '0')}\n`);
		const result = await run(
			'append-log',
			[log, '--max-size', '4K', '--keep', '20'],
			`#!ts 1\n${lines.join('')}`,
		);
		assert.equal(result, { status: 0, signal: null, stdout: '', stderr: '' });
		const files = readdirSync(folder).sort(
			(a, b) => Number(b.split('.')[2] ?? 0) - Number(a.split('.')[2] ?? 0),
		);
		assert.is(files.length, 6);
		const texts = files.map((file) => text(join(folder, file)));
		for (const each of texts) {
			assert.ok(each.length <= 4096, `${each.length} bytes`);
			assert.ok(each.startsWith('#!ts 1\n'));
		}
		assert.is(texts.map((each) => each.replace('#!ts 1\n', '')).join(''), lines.join(''));
		await run('append-log', [log, '--max-size', '4K', '--keep', '2'], lines.join(''));
		assert.ok(text(`${log}.1`).endsWith('\n') && text(`${log}.2`).endsWith('\n'));
	}));

test('--max-size: the old files of a link lie where it leads, and the link stays', () =>
	inFolder(async (log, folder) => {
		const disk = join(folder, 'disk');
		mkdirSync(disk);
		symlinkSync(join('disk', 'b.log'), log);
		const lines = Array.from({ length: 2000 }, (_, n) => `line ${String(n).padStart(6, '0')}\n`);
		const input = `#!ts 1\n${lines.join('')}`;
		const result = await run('append-log', [log, '--max-size', '4K', '--keep', '20'], input);
		assert.equal(result, { status: 0, signal: null, stdout: '', stderr: '' });
		assert.equal(readdirSync(folder).sort(), ['a.log', 'disk']);
		assert.ok(lstatSync(log).isSymbolicLink());
		assert.equal(readdirSync(disk).sort(), ['b.log', ...[1, 2, 3, 4, 5].map((n) => `b.log.${n}`)]);
		const read = await run('bpftrace-tail', [log, '--once']);
		assert.is(read.stdout, text(log));
	}));

test('a file that may not grow any more is named in the message', () =>
	inFolder(async (log) => {
		const limited = ['-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath, bundleOf('append-log'), log];
		const child = spawn('bash', limited, { env: cleanEnv() });
		const done = outcome(child);
		child.stdin!.on('error', () => {});
		child.stdin!.end('a line of text\n'.repeat(10_000));
		const { status, stderr } = await done;
		assert.is(status, 69);
		assert.is(stderr, `append-log: ${log}: the file would be larger than it may be\n`);
	}));

test('--ack: barriers go into the ack file after what is before them, other lines into the log', () =>
	inFolder(async (log, folder) => {
		const ack = join(folder, 'ack');
		const input = [
			'#!ts 1\na\n#!pos {"offset":1}\nb #!pos \n#!pos nonsense\n',
			'#!pos {"offset":2}\n',
			'c\n',
		];
		const result = await run('append-log', [log], input, { BPFPIPE_ACK: ack });
		assert.equal(result, { status: 0, signal: null, stdout: '', stderr: '' });
		assert.is(text(log), '#!ts 1\na\nb #!pos \n#!pos nonsense\nc\n');
		assert.is(text(ack), '{"offset":2}\n');
		await run('append-log', [log, '--ack', ack], '#!pos {"offset":3}\n');
		assert.equal([text(log).endsWith('nonsense\nc\n'), text(ack)], [true, '{"offset":3}\n']);
		await run('append-log', [log], '#!ts 2\n#!pos {"offset":3}\n');
		assert.ok(text(log).endsWith('#!ts 2\n#!pos {"offset":3}\n'));
	}));

test('TERM: what has come is written, and the end is 0', () =>
	inFolder(async (log) => {
		const it = begin(log, '--sync', '50ms');
		it.say('#!ts 1763712000\na\n');
		await textWhen(log, (all) => all.endsWith('a\n'));
		it.child.kill('SIGTERM');
		assert.equal(await it.done, { status: 0, signal: null, stdout: '', stderr: '' });
	}));

test('a missing folder is 69 and says what to do, a wrong call 64', () =>
	inFolder(async (_log, folder) => {
		const path = join(folder, 'none', 'a.log');
		const missing = await run('append-log', [path]);
		assert.is(missing.status, 69);
		const wanted = `append-log: ${path}: the folder ${folder}/none is not there; mkdir -p ${folder}/none\n`;
		assert.is(missing.stderr, wanted);
		assert.is((await run('append-log', [folder])).status, 69);
		for (const args of [
			[],
			['a', 'b'],
			['a', '--keep', '0'],
			['a', '--max-size', '12'],
			['a', '--sync', '0'],
		]) {
			const { status, stdout, stderr } = await run('append-log', args);
			assert.is(status, 64, args.join(' '));
			assert.is(stdout, '');
			assert.match(stderr, /^append-log: .*\n$/);
		}
	}));

test('a folder that may not be written to is 77', () =>
	inFolder(async (_log, folder) => {
		mkdirSync(join(folder, 'closed'), { mode: 0o500 });
		const { status, stdout, stderr } = await runAsNobody('append-log', [join(folder, 'closed', 'a.log')]);
		assert.is(status, 77);
		assert.is(stdout, '');
		assert.is(stderr, `append-log: ${folder}/closed/a.log: permission denied\n`);
	}));

test('a full device: it waits, says so, and HUP to another file brings every line there', () =>
	inFolder(async (log) => {
		symlinkSync('/dev/full', log);
		const it = begin(log);
		it.say('#!ts 1763712000\na\n');
		while (it.stderr() === '') await sleep(10);
		it.say('b\n');
		rmSync(log);
		writeFileSync(log, '');
		it.child.kill('SIGHUP');
		await textWhen(log, (all) => all.endsWith('b\n'));
		const { status, stderr } = await finish(it);
		assert.is(status, 0);
		assert.match(
			stderr,
			/^append-log: warning: .*a\.log: no space left on the device; waiting with 18 bytes\n/,
		);
		assert.match(stderr, /there is space again after 0\.\d s; no line is lost\n$/);
		assert.is(text(log), '#!ts 1763712000\na\nb\n');
	}));

test('TERM on a full device ends with 75 and says what was not written', () =>
	inFolder(async (log) => {
		symlinkSync('/dev/full', log);
		const it = begin(log);
		it.say('#!ts 1763712000\na\n');
		while (it.stderr() === '') await sleep(10);
		it.child.kill('SIGTERM');
		const { status, stderr } = await it.done;
		assert.is(status, 75);
		assert.match(stderr, /no space left on the device; 18 bytes are not written\n/);
	}));

const lack = isRoot ? '' : 'mounting a small file system needs root';

testWith(test, lack, 'a full disk: no line is lost or torn when there is room again', () =>
	inFolder(async (_log, folder) => {
		const disk = join(folder, 'disk');
		mkdirSync(disk);
		assert.is(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status, 0);
		try {
			const [log, ballast] = [join(disk, 'a.log'), join(disk, 'ballast')];
			writeFileSync(ballast, Buffer.alloc(40 * 1024));
			const it = begin(log);
			const lines = Array.from({ length: 3000 }, (_, n) => `line ${n}\n`).join('');
			it.say(`#!ts 1\n${lines}`);
			while (it.stderr() === '') await sleep(10);
			const stuck = statSync(log).size;
			assert.ok(stuck < lines.length, `${stuck} bytes fitted`);
			await sleep(1200);
			rmSync(ballast);
			await textWhen(log, (all) => all.endsWith('line 2999\n'));
			const { status, stderr } = await finish(it);
			assert.is(status, 0);
			assert.match(stderr, /a\.log: no space left on the device; waiting with \d+ bytes\n/);
			assert.match(stderr, /there is space again after \d\.\d s; no line is lost\n/);
			assert.is(text(log), `#!ts 1\n${lines}`);
		} finally {
			spawnSync('umount', ['-l', disk]);
		}
	}),
);

testWith(test, lack, 'a full disk: removing the log itself makes room, and the begun line comes whole', () =>
	inFolder(async (_log, folder) => {
		const disk = join(folder, 'disk');
		mkdirSync(disk);
		assert.is(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status, 0);
		try {
			const log = join(disk, 'a.log');
			writeFileSync(log, '');
			appendFileSync(log, `${'x'.repeat(40_000)}\n`);
			const it = begin(log);
			const lines = Array.from({ length: 5000 }, (_, n) => `line ${n}\n`).join('');
			it.say(`#!ts 1\n${lines}`);
			while (it.stderr() === '') await sleep(10);
			const kept = text(log).split('\n').slice(1, -1);
			rmSync(log);
			await textWhen(log, (all) => all.endsWith('line 4999\n'), 8000);
			assert.is((await finish(it)).status, 0);
			const [time, ...rest] = text(log).split('\n').slice(0, -1);
			assert.is(time, '#!ts 1');
			assert.is([...kept.slice(1), ...rest].join('\n'), lines.trimEnd());
		} finally {
			spawnSync('umount', ['-l', disk]);
		}
	}),
);

test.run();
