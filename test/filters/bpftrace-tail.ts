import { spawn, spawnSync } from 'node:child_process';
import {
	appendFileSync,
	chmodSync,
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	renameSync,
	rmSync,
	symlinkSync,
	truncateSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { logPath, refuseMoved } from '../../filters/bpftrace-tail.ts';
import { writeAck } from '../../filters/lib/disk/ack.ts';
import { runAsNobody } from '../harness/as-nobody.ts';
import { bundleOf, cleanEnv, outcome, run, start } from '../program.ts';

const inFolder = async (body: (log: string, folder: string) => Promise<void>) => {
	const folder = mkdtempSync(join(tmpdir(), 'bpftrace-tail-'));
	chmodSync(folder, 0o755);
	try {
		await body(join(folder, 'a.log'), folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
};

/** A started bpftrace-tail with what it has printed so far. */
const begin = (...args: string[]) => {
	const child = start('bpftrace-tail', args);
	const done = outcome(child);
	const so = { out: '', err: '' };
	child.stdout!.on('data', (chunk) => {
		so.out += chunk;
	});
	child.stderr!.on('data', (chunk) => {
		so.err += chunk;
	});
	const until = async (wanted: string, where: 'out' | 'err' = 'out', ms = 8000) => {
		const deadline = performance.now() + ms;
		while (!so[where].includes(wanted) && performance.now() < deadline) await sleep(5);
		assert.ok(so[where].includes(wanted), `no ${JSON.stringify(wanted)} in ${JSON.stringify(so)}`);
	};
	const stop = () => {
		child.kill('SIGTERM');
		return done;
	};
	return { until, stop, so };
};

/** A tail of a log that exists, once it has got as far as printing what is in it. */
const following = async (log: string, content: string, ...args: string[]) => {
	writeFileSync(log, content);
	const it = begin(log, '--from-start', ...args);
	await it.until(content);
	return it;
};

const notices = (text: string) =>
	text
		.split('\n')
		.filter((line) => line.startsWith('{"type":"notice"'))
		.map((line) => JSON.parse(line));

const pure = suite('bpftrace-tail: options');

pure('the log is the argument, the option, or the default', () => {
	assert.is(logPath(undefined, undefined), '/var/log/cpu-lat.log');
	assert.is(logPath('/x/a', undefined), '/x/a');
	assert.is(logPath(undefined, '/x/b'), '/x/b');
	assert.throws(() => logPath('a', 'b'), /given twice/);
});

pure('what graphite-client took is refused with what to write now', () => {
	refuseMoved({});
	for (const [options, program] of [
		[{ metric: 'cpu-lat' }, 'parse-histogram'],
		[{ uri: 'localhost' }, 'graphite-send'],
	] as const) {
		assert.throws(
			() => refuseMoved(options),
			new RegExp(`option of ${program}; write: bpftrace-tail .*MIGRATING.md`),
		);
	}
});

pure.run();

const since = suite('bpftrace-tail: --since');

const SECOND = 1000;
/** A log with a print every ten minutes of the last two hours, in three files; the times of the prints, in seconds. */
const twoHours = (log: string): number[] => {
	const now = Math.floor(Date.now() / SECOND);
	const times = Array.from({ length: 12 }, (_, at) => now - 115 * 60 + at * 600);
	const text = (some: number[]) => some.map((time) => `#!ts ${time}\n@us: ${time}\n`).join('');
	writeFileSync(`${log}.2`, text(times.slice(0, 4)));
	writeFileSync(`${log}.1`, text(times.slice(4, 8)));
	writeFileSync(log, text(times.slice(8)));
	return times;
};
const timesIn = (text: string) => [...text.matchAll(/^#!ts (\d+)$/gm)].map(([, time]) => Number(time));

since('begins in a rotated file and goes on through all that come after it, then follows', () =>
	inFolder(async (log) => {
		const times = twoHours(log);
		const { stdout, status } = await run('bpftrace-tail', ['--once', '--since', '1h', log]);
		assert.equal([timesIn(stdout), status], [times.slice(6), 0]);
		const it = begin('--since', '1h', log);
		await it.until(`@us: ${times[11]}\n`);
		appendFileSync(log, '#!ts 9999999999\nlater\n');
		await it.until('later\n');
		assert.equal(timesIn((await it.stop()).stdout), [...times.slice(6), 9_999_999_999]);
	}),
);

since('goes no further back than --since-bytes, and says so in the data', () =>
	inFolder(async (log) => {
		const times = twoHours(log);
		const { stdout, stderr } = await run('bpftrace-tail', [
			'--once',
			'--since',
			'1h',
			'--since-bytes',
			'80',
			log,
		]);
		assert.equal(timesIn(stdout), times.slice(10));
		assert.equal(
			notices(stdout).map(({ kind }) => kind),
			['short_history'],
		);
		assert.match(stderr, /more than 80 bytes are as young as asked for/);
	}),
);

since('an acknowledged position goes before it; without one a barrier stands first', () =>
	inFolder(async (log, folder) => {
		const times = twoHours(log);
		const ack = join(folder, 'ack');
		const first = await run('bpftrace-tail', ['--once', '--since', '1h', '--ack', ack, log]);
		const barriers = [...first.stdout.matchAll(/^#!pos (.*)$/gm)].map(([, position]) => position!);
		assert.ok(first.stdout.startsWith('#!pos '));
		writeAck(ack, JSON.parse(barriers.at(-1)!));
		appendFileSync(log, '#!ts 9999999999\nlater\n');
		const second = await run('bpftrace-tail', ['--once', '--since', '1h', '--ack', ack, log]);
		assert.equal(timesIn(second.stdout).at(-1), 9_999_999_999);
		assert.not.match(second.stdout, new RegExp(`@us: ${times[6]}`));
		writeAck(ack, JSON.parse(barriers[0]!));
		const again = await run('bpftrace-tail', ['--once', '--since', '1h', '--ack', ack, log]);
		assert.equal(timesIn(again.stdout), [...times.slice(6), 9_999_999_999]);
	}),
);

since(
	'a log without times begins at its end, one without young ones too, one that is not there at its start',
	() =>
		inFolder(async (log) => {
			writeFileSync(log, 'a\n');
			const raw = await run('bpftrace-tail', ['--once', '--since', '1h', log]);
			assert.equal(raw, {
				status: 0,
				signal: null,
				stdout: '',
				stderr: `bpftrace-tail: warning: ${log} says no times; beginning at its end\n`,
			});
			writeFileSync(log, '#!ts 1\na\n');
			const old = await run('bpftrace-tail', ['--once', '--since', '1h', log]);
			assert.equal([old.status, old.stdout, old.stderr], [0, '', '']);
			unlinkSync(log);
			const it = begin('--since', '1h', log);
			await it.until('waiting for it', 'err');
			writeFileSync(log, '#!ts 1\nfirst\n');
			await it.until('#!ts 1\nfirst\n');
			await it.stop();
		}),
);

since('wrong use', async () => {
	for (const [args, problem] of [
		[['--since', '1h', '--from-start'], /--since and --from-start exclude each other/],
		[['--since', 'yesterday'], /--since: "yesterday" is not a duration/],
		[['--since', '0'], /--since: "0" is not a duration above zero/],
		[['--since', '1h', '--since-bytes', 'x'], /--since-bytes: "x" is not a size/],
	] as const) {
		const { status, stdout, stderr } = await run('bpftrace-tail', [...args, '/nonexistent']);
		assert.equal([status, stdout], [64, '']);
		assert.match(stderr, problem);
	}
});

since.run();

const once = suite('bpftrace-tail: --once');

const hostile: [title: string, content: string | Buffer, stdout: string, stderr: string][] = [
	['an empty log', '', '', ''],
	['a log of newlines', '\n\n\n', '\n\n\n', ''],
	['lines as they are', '#!ts 1\n@us:\r\n[0] 1\n\n', '#!ts 1\n@us:\r\n[0] 1\n\n', ''],
	['a few NUL bytes', 'a\0b\n\0\n', 'a\0b\n\0\n', ''],
	[
		'a hole longer than the longest line',
		`${'\0'.repeat(3 * 1024 * 1024)}#!ts 1\na\n`,
		'#!ts 1\na\n',
		'LOG: a hole of 3145728 NUL bytes is stepped over\n',
	],
	['no final newline', 'a\nb', 'a\nb\n', 'LOG ends in half a line; printed with a newline\n'],
	[
		'a line of 2 MiB',
		`a\n${'x'.repeat(2 * 1024 * 1024)}\nb\n`,
		'a\nb\n',
		'LOG: a line of 2097153 bytes is longer than 1048576; skipped\n',
	],
];

for (const [title, content, stdout, stderr] of hostile) {
	once(title, () =>
		inFolder(async (log) => {
			writeFileSync(log, content);
			const result = await run('bpftrace-tail', ['--once', log]);
			const warning = stderr === '' ? '' : `bpftrace-tail: warning: ${stderr.replaceAll('LOG', log)}`;
			assert.equal(result, { status: 0, signal: null, stdout, stderr: warning });
		}),
	);
}

once('bytes that are not UTF-8 are printed as they are, barriers between them', () =>
	inFolder(async (log, folder) => {
		const content = Buffer.from('#!ts 1\n@[caf\xe9]: 1\n@[caf\xe8]: 2\n#!ts 2\n\xff\xfe\n', 'latin1');
		writeFileSync(log, content);
		for (const args of [[], ['--ack', join(folder, 'ack')]]) {
			const child = start('bpftrace-tail', ['--once', log, ...args]);
			const pieces: Buffer[] = [];
			child.stdout!.on('data', (chunk: Buffer) => pieces.push(chunk));
			const { status, stderr } = await outcome(child);
			const printed = Buffer.concat(pieces).toString('latin1');
			assert.is(printed.replace(/^#!(pos|end).*\n/gm, ''), content.toString('latin1'));
			assert.equal([status, stderr], [0, '']);
		}
	}),
);

once('a hole in the midst of a log is a notice: what stood there is lost', () =>
	inFolder(async (log) => {
		writeFileSync(log, `a\n${'\0'.repeat(100)}\nb\n`);
		const { stdout, stderr } = await run('bpftrace-tail', ['--once', log]);
		assert.match(stdout, /^a\n\{"type":"notice".*\}\n\nb\n$/);
		const [{ kind, detail }] = notices(stdout);
		assert.is(kind, 'lost_window');
		assert.is(detail, `${log}, byte 2: a hole of 100 NUL bytes is stepped over; what was there is lost`);
		assert.is(stderr, `bpftrace-tail: warning: ${detail}\n`);
	}),
);

once('a large log comes whole', () =>
	inFolder(async (log) => {
		const content = Array.from({ length: 200_000 }, (_, n) => `line ${n}\n`).join('');
		writeFileSync(log, content);
		const { status, stdout, stderr } = await run('bpftrace-tail', ['--once', '-f', log]);
		assert.is(status, 0);
		assert.ok(stdout === content);
		assert.is(stderr, '');
	}),
);

once('no log is 69, a folder is 69, one that may not be read 77, a wrong call 64', () =>
	inFolder(async (log, folder) => {
		const missing = await run('bpftrace-tail', ['--once', log]);
		assert.equal(
			[missing.status, missing.stderr],
			[69, `bpftrace-tail: ${log}: no such file or directory\n`],
		);
		const directory = await run('bpftrace-tail', [folder]);
		assert.equal(
			[directory.status, directory.stderr],
			[69, `bpftrace-tail: ${folder}: is not a regular file\n`],
		);
		writeFileSync(log, 'a\n', { mode: 0o600 });
		const denied = await runAsNobody('bpftrace-tail', [log]);
		assert.equal([denied.status, denied.stderr], [77, `bpftrace-tail: ${log}: permission denied\n`]);
		for (const args of [['a', 'b'], ['a', '-f', 'b'], ['--none']]) {
			const { status, stdout, stderr } = await run('bpftrace-tail', args);
			assert.is(status, 64, args.join(' '));
			assert.is(stdout, '');
			assert.match(stderr, /^bpftrace-tail: .*\n$/);
		}
	}),
);

once('an ack file of something else is 78', () =>
	inFolder(async (log, folder) => {
		writeFileSync(log, 'a\n');
		const ack = join(folder, 'ack');
		for (const text of ['nonsense', '{"topic":"t"}']) {
			writeFileSync(ack, text);
			const { status, stderr } = await run('bpftrace-tail', [log, '--ack', ack]);
			assert.is(status, 78);
			assert.match(stderr, /remove it to start afresh/);
		}
	}),
);

once.run();

const test = suite('bpftrace-tail: following');

test('starts at the end, at the start of a line that is not whole yet, and never prints half of it', () =>
	inFolder(async (log) => {
		writeFileSync(log, 'old\nhal');
		const it = begin(log, '--log-level', 'debug');
		await sleep(300);
		appendFileSync(log, 'f');
		await sleep(100);
		assert.is(it.so.out, '');
		appendFileSync(log, '\nnew\n');
		await it.until('new\n');
		assert.equal(await it.stop(), { status: 0, signal: null, stdout: 'half\nnew\n', stderr: '' });
	}));

test('a line is there within a fraction of the second between two looks', () =>
	inFolder(async (log) => {
		const it = await following(log, 'a\n');
		await sleep(300);
		const from = performance.now();
		appendFileSync(log, 'b\n');
		await it.until('b\n');
		const ms = performance.now() - from;
		await it.stop();
		assert.ok(ms < 300, `${ms} ms`);
	}));

test('a log, and a folder, that do not exist yet are waited for', () =>
	inFolder(async (_log, folder) => {
		const log = join(folder, 'later', 'a.log');
		const it = begin(log);
		await it.until('does not exist yet', 'err');
		mkdirSync(join(folder, 'later'));
		await sleep(1100);
		writeFileSync(log, 'a\n');
		await it.until('a\n');
		const { status, stdout, stderr } = await it.stop();
		assert.equal([status, stdout], [0, 'a\n']);
		assert.is(stderr, `bpftrace-tail: ${log} does not exist yet; waiting for it\n`);
	}));

test('rename: what the writer still adds to the old file comes before the new one', () =>
	inFolder(async (log) => {
		const it = await following(log, 'a\n');
		renameSync(log, `${log}.1`);
		writeFileSync(log, '');
		await sleep(200);
		appendFileSync(log, 'c\n');
		await sleep(300);
		appendFileSync(`${log}.1`, 'b\nhal');
		await it.until('c\n');
		const { status, stdout, stderr } = await it.stop();
		assert.equal([status, stdout], [0, 'a\nb\nhal\nc\n']);
		assert.is(stderr, `bpftrace-tail: warning: ${log} ends in half a line; printed with a newline\n`);
	}));

test('copytruncate: the copy is read to its end, and a notice stands where lines may be missing', () =>
	inFolder(async (log) => {
		const it = await following(log, 'a\n');
		appendFileSync(log, 'b\n');
		copyFileSync(log, `${log}.1`);
		truncateSync(log);
		appendFileSync(log, 'c\n');
		await it.until('c\n');
		const { status, stdout, stderr } = await it.stop();
		assert.is(status, 0);
		assert.match(stdout, /^a\nb\n\{"type":"notice",.*\}\nc\n$/);
		const [notice] = notices(stdout);
		assert.is(notice.kind, 'lost_window');
		assert.is(
			notice.detail,
			`${log} was copied to a.log.1 and truncated; what was written between the two cannot be known`,
		);
		assert.ok(Math.abs(notice.ts - Date.now()) < 20_000);
		// When it has read everything before the truncation there is nothing to go on with in the copy.
		assert.match(
			stderr,
			/^(?:.*was truncated; going on in its copy .*a\.log\.1\n)?bpftrace-tail: warning: .*was copied to a\.log\.1/,
		);
	}));

test('a truncation without a copy is a notice of its own kind, and the log goes on from its start', () =>
	inFolder(async (log) => {
		const it = await following(log, 'first\n');
		truncateSync(log);
		appendFileSync(log, 'a longer line than before\n');
		await it.until('than before\n');
		const { status, stdout } = await it.stop();
		assert.is(status, 0);
		assert.equal(
			notices(stdout).map(({ kind, detail }) => [kind, detail]),
			[['truncated', 'a.log was truncated; what was written after byte 6 and before that is lost']],
		);
	}));

test('a removed log, a replaced folder and a link to another target are followed', () =>
	inFolder(async (_log, folder) => {
		const [logs, log, link] = [join(folder, 'logs'), join(folder, 'logs', 'a.log'), join(folder, 'link.log')];
		mkdirSync(logs);
		symlinkSync(log, link);
		const it = await following(log, 'a\n');
		const linked = begin(link, '--from-start');
		await linked.until('a\n');
		rmSync(log);
		writeFileSync(log, 'b\n');
		await it.until('b\n');
		await linked.until('b\n');
		renameSync(logs, `${logs}.old`);
		mkdirSync(logs);
		writeFileSync(log, 'c\n');
		await it.until('c\n');
		writeFileSync(join(folder, 'other.log'), 'd\n');
		unlinkSync(link);
		symlinkSync(join(folder, 'other.log'), link);
		await linked.until('d\n');
		assert.equal(await it.stop(), { status: 0, signal: null, stdout: 'a\nb\nc\n', stderr: '' });
		assert.match((await linked.stop()).stdout, /^a\nb\n(c\n)?d\n$/);
	}));

// A user namespace of its own has a limit of its own; nothing of the machine is changed.
const WITHOUT_WATCHES = 'echo 0 > /proc/sys/user/max_inotify_watches && exec "$0" "$@"';
const noNamespace = spawnSync('unshare', ['-Ur', 'sh', '-c', WITHOUT_WATCHES, 'true']).status !== 0;
if (noNamespace) console.log('skipped: a kernel without watches left: no user namespaces here');

(noNamespace ? test.skip : test)('without a watch left it says so and looks once a second', () =>
	inFolder(async (log) => {
		writeFileSync(log, '');
		const args = ['-Ur', 'sh', '-c', WITHOUT_WATCHES, process.execPath, bundleOf('bpftrace-tail'), log];
		const child = spawn('unshare', args, { env: cleanEnv() });
		const done = outcome(child);
		await sleep(700);
		appendFileSync(log, 'a\n');
		await sleep(1500);
		child.kill('SIGTERM');
		const limit = 'all of fs.inotify.max_user_watches are in use';
		const stderr = `bpftrace-tail: warning: cannot watch ${log}: ${limit}; looking once a second\n`;
		assert.equal(await done, { status: 0, signal: null, stdout: 'a\n', stderr });
	}),
);

test.run();

const ack = suite('bpftrace-tail: --ack');

const POS = /^#!pos (.*)$/gm;
const positions = (text: string) => [...text.matchAll(POS)].map(([, json]) => JSON.parse(json!));

ack('barriers stand before time lines and at a quiet end, and a restart goes on there with its time', () =>
	inFolder(async (log, folder) => {
		const file = join(folder, 'ack');
		writeFileSync(log, 'a\n#!ts 1763712000\nb\n\n');
		const it = begin(log, '--from-start', '--ack', file);
		await it.until('"offset":21');
		const { stdout, stderr } = await it.stop();
		assert.is(stderr, '');
		assert.equal(
			positions(stdout).map(({ offset, time }) => [offset, time]),
			[
				[0, undefined],
				[2, undefined],
				[21, '#!ts 1763712000'],
			],
		);
		assert.is(stdout.replace(/^#!pos.*/gm, '#!pos'), '#!pos\na\n#!pos\n#!ts 1763712000\nb\n\n#!pos\n');
		writeAck(file, positions(stdout)[2]);
		appendFileSync(log, 'c\n#!ts 1763712001\nd\n');
		const { stdout: more } = await run('bpftrace-tail', [log, '--once'], '', { BPFPIPE_ACK: file });
		assert.is(
			more.replace(/^#!pos.*/gm, '#!pos'),
			'#!ts 1763712000\nc\n#!pos\n#!ts 1763712001\nd\n#!pos\n#!end\n',
		);
	}),
);

/** The position at the end of what `log` holds now, in an ack file. */
const acknowledged = async (log: string, file: string) => {
	const { stdout } = await run('bpftrace-tail', [log, '--once', '--ack', file]);
	writeAck(file, positions(stdout).at(-1));
};

ack('with nothing acknowledged yet it starts at the end, and says so to the sink at once', () =>
	inFolder(async (log, folder) => {
		writeFileSync(log, 'a\nb\n');
		const it = begin(log, '--ack', join(folder, 'ack'));
		await it.until('"offset":4');
		const { stdout } = await it.stop();
		assert.is(stdout.replace(/^#!pos.*/gm, '#!pos'), '#!pos\n');
	}),
);

ack('rotated files are gone through in order after a restart', () =>
	inFolder(async (log, folder) => {
		const file = join(folder, 'ack');
		writeFileSync(log, 'a\n');
		await acknowledged(log, file);
		appendFileSync(log, 'b\n');
		renameSync(log, `${log}.3`);
		for (const [name, text] of [
			['.2', 'c\n'],
			['.1', 'd\n'],
			['', 'e\n'],
		])
			writeFileSync(`${log}${name}`, text!);
		const result = await run('bpftrace-tail', [log, '--once', '--ack', file]);
		assert.is(result.status, 0);
		assert.is(result.stdout.replace(/^#!pos.*\n/gm, ''), 'b\nc\nd\ne\n#!end\n');
		assert.is(result.stderr, '');
	}),
);

ack('a compressed file in the row, and an acknowledged file that is gone, are notices', () =>
	inFolder(async (log, folder) => {
		const file = join(folder, 'ack');
		writeFileSync(log, 'a\n');
		await acknowledged(log, file);
		renameSync(log, `${log}-20260101`);
		writeFileSync(`${log}-20260102.gz`, 'packed');
		writeFileSync(log, 'c\n');
		const passed = await run('bpftrace-tail', [log, '--once', '--ack', file]);
		assert.equal(
			notices(passed.stdout).map(({ kind, detail }) => `${kind}: ${detail}`),
			[`unreadable: ${log}-20260102.gz is compressed; its lines are skipped (6 bytes as it is)`],
		);
		assert.match(passed.stdout, /\nc\n/);
		rmSync(`${log}-20260101`);
		rmSync(`${log}-20260102.gz`);
		const gone = await run('bpftrace-tail', [log, '--once', '--ack', file]);
		assert.equal(
			notices(gone.stdout).map(({ kind, detail }) => `${kind}: ${detail}`),
			['lost_window: the file that was a.log is gone; what it held after byte 2 is lost'],
		);
		assert.match(gone.stdout, /\nc\n/);
		assert.match(gone.stderr, /^bpftrace-tail: warning: the file that was a\.log is gone/);
	}),
);

ack('a file in the place of the acknowledged one, with its inode, is not taken for it', () =>
	inFolder(async (log, folder) => {
		const file = join(folder, 'ack');
		writeFileSync(log, 'a\n');
		await acknowledged(log, file);
		writeFileSync(log, 'other content\n');
		const { stdout } = await run('bpftrace-tail', [log, '--once', '--ack', file]);
		assert.is(notices(stdout)[0].kind, 'truncated');
		assert.match(stdout, /\nother content\n/);
	}),
);

ack.run();
