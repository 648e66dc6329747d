// The real logrotate against append-log and bpftrace-tail: every line is counted, on both sides
// Numbered lines at 25,000 a second and more, 20 rotations a case, with and without the reader being killed.

import { type ChildProcess, spawn } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeAck } from '../../filters/lib/disk/ack.ts';
import { commandsLack, testWith } from '../parts.ts';
import { start } from '../program.ts';

const ROTATIONS = 20;
const BETWEEN_MS = 300;
const TICK_MS = 20;
const LINES_A_TICK = 700;
const LOGROTATE = '/usr/sbin/logrotate';
const LINE = /^line (\d{9}) a latency of some microseconds$/;

type Folder = { path: string; log: string; conf: string; ack: string; remove: () => void };

const folder = (directives: (path: string) => string): Folder => {
	const path = mkdtempSync(join(tmpdir(), 'rotation-'));
	mkdirSync(join(path, 'log'), { mode: 0o755 });
	const [log, conf, ack] = [join(path, 'log', 'cpu-lat.log'), join(path, 'conf'), join(path, 'ack')];
	writeFileSync(conf, `${log} {\n\trotate 100\n\tmissingok\n${directives(path)}\n}\n`, { mode: 0o600 });
	return { path, log, conf, ack, remove: () => rmSync(path, { recursive: true }) };
};

const ended = (child: ChildProcess): Promise<number | null> =>
	new Promise((resolve) => child.once('close', (status) => resolve(status)));

const logrotate = async ({ path, conf }: Folder): Promise<void> => {
	const child = spawn(LOGROTATE, ['-s', join(path, 'state'), '-f', conf], {
		stdio: ['ignore', 'inherit', 'inherit'],
	});
	assert.is(await ended(child), 0, 'logrotate failed');
};

/** Numbered lines into a program's stdin, with a `#!ts` line before each batch, until stopped. */
const generate = (into: ChildProcess) => {
	let next = 0;
	const from = performance.now();
	const timer = setInterval(() => {
		const due = Math.min(10, Math.floor((performance.now() - from) / TICK_MS) - next / LINES_A_TICK);
		for (let batch = 0; batch < due; batch++) {
			let text = `#!ts ${(Date.now() / 1000).toFixed(3)}\n`;
			for (let n = 0; n < LINES_A_TICK; n++) {
				text += `line ${String(next++).padStart(9, '0')} a latency of some microseconds\n`;
			}
			into.stdin!.write(text);
		}
	}, TICK_MS);
	return () => {
		clearInterval(timer);
		into.stdin!.end();
		return { lines: next, rate: next / ((performance.now() - from) / 1000) };
	};
};

/** bpftrace-tail, restarted as often as a test likes, and a sink that acknowledges each barrier it sees. */
const tail = ({ log, ack }: Folder, acked: boolean) => {
	const printed: string[] = [];
	let stderr = '';
	let heardAt = performance.now();
	let child: ChildProcess;
	const begin = () => {
		let held = '';
		child = start('bpftrace-tail', [log, '--from-start', ...(acked ? ['--ack', ack] : [])]);
		child.stdout!.on('data', (chunk: Buffer) => {
			heardAt = performance.now();
			const lines = (held + chunk.toString()).split('\n');
			held = lines.pop()!;
			for (const line of lines) {
				if (line.startsWith('#!pos ')) writeAck(ack, JSON.parse(line.slice(6)));
				else if (!line.startsWith('#!')) printed.push(line);
			}
		});
		child.stderr!.on('data', (chunk: Buffer) => {
			stderr += chunk;
		});
	};
	begin();
	return {
		printed,
		stderr: () => stderr,
		kill: async () => {
			const gone = ended(child);
			child.kill('SIGKILL');
			await gone;
			begin();
		},
		/** Wait until nothing has come for `ms`, then stop. */
		settle: async (ms: number) => {
			while (performance.now() - heardAt < ms) await sleep(50);
			const gone = ended(child);
			child.kill('SIGTERM');
			return gone;
		},
	};
};

const numbersIn = (lines: string[]): number[] => lines.map((line) => Number(LINE.exec(line)?.[1] ?? -1));

/** What of 0..lines-1 is missing, came twice, or is a line that was never written. */
const judge = (lines: string[], count: number) => {
	const times = new Uint8Array(count);
	const notices = lines.filter((line) => line.startsWith('{"type":"notice"'));
	let torn = 0;
	for (const number of numbersIn(lines)) {
		if (number < 0) torn += 1;
		else times[number] = Math.min(255, times[number]! + 1);
	}
	return {
		missing: times.filter((n) => n === 0).length,
		duplicate: times.filter((n) => n > 1).length,
		torn: torn - notices.length,
		notices: notices.length,
	};
};

/** Gaps between neighbouring printed lines that no notice stands in. */
const unreportedGaps = (printed: string[]): string[] => {
	const gaps: string[] = [];
	let last = -1;
	let noticed = false;
	for (const line of printed) {
		const number = Number(LINE.exec(line)?.[1] ?? -1);
		noticed ||= line.startsWith('{"type":"notice"');
		if (number < 0) continue;
		if (number > last + 1 && !noticed) gaps.push(`${last + 1}..${number - 1}`);
		[last, noticed] = [number, false];
	}
	return gaps;
};

/** The lines in all files, oldest first. A copy may be made in the midst of a line, a rename may not. */
const sumOfFiles = ({ log, path }: Folder, whole: boolean): string[] => {
	const number = (file: string) => Number(/\.log\.(\d+)$/.exec(file)?.[1] ?? 0);
	const files = readdirSync(join(path, 'log')).sort((a, b) => number(b) - number(a));
	assert.is(files.length, ROTATIONS + 1, `files beside ${log}`);
	const texts = files.map((file) => readFileSync(join(path, 'log', file), 'utf8'));
	for (const text of texts)
		if (whole && text !== '') assert.is(text.at(-1), '\n', 'a file ends in the midst of a line');
	return texts.flatMap((text) => text.split('\n').slice(0, -1)).filter((line) => !line.startsWith('#!'));
};

const say = (what: string, facts: object) => console.log(`  ${what}: ${JSON.stringify(facts)}`);

const rotations = async (place: Folder, reader: ReturnType<typeof tail>, killed: boolean): Promise<void> => {
	await sleep(500);
	for (let n = 0; n < ROTATIONS; n++) {
		const rotated = logrotate(place);
		if (killed) await sleep(Math.random() * 20).then(reader.kill);
		await rotated;
		await sleep(BETWEEN_MS);
	}
};

const REOPEN = (path: string) => `\tpostrotate\n\t\tkill -HUP $(cat ${path}/pid)\n\tendscript`;

/** append-log under a rotation that ends with a HUP, and what was printed of it; the reader killed at each, or not. */
const reopened = async (mode: string, killed: boolean) => {
	const place = folder((path) => `\t${mode}\n${REOPEN(path)}`);
	const writer = start('append-log', [place.log]);
	writeFileSync(join(place.path, 'pid'), `${writer.pid}`);
	const written = ended(writer);
	const stop = generate(writer);
	while (!existsSync(place.log)) await sleep(5);
	const reader = tail(place, killed);
	await rotations(place, reader, killed);
	const { lines, rate } = stop();
	assert.is(await written, 0);
	assert.is(await reader.settle(2500), 0);
	const printed = judge(reader.printed, lines);
	say(mode.replaceAll('\n\t', ', '), { killed, lines, rate: Math.round(rate), printed });
	assert.ok(rate > 25_000, `only ${rate} lines a second`);
	return { place, reader, lines, printed };
};

const NONE = { missing: 0, duplicate: 0, torn: 0, notices: 0 };

const create = async (killed: boolean) => {
	const { place, reader, lines, printed } = await reopened('create 0640', killed);
	assert.equal(judge(sumOfFiles(place, true), lines), NONE);
	assert.equal({ ...printed, duplicate: killed ? 0 : printed.duplicate }, NONE);
	assert.is(reader.stderr(), '');
	place.remove();
};

/**
 * What comes after the copy is in no file: only who has the renamed one open reads it. And nobody can tell that a copy
 * was not made by copytruncate. So where a reader comes late, there is a notice.
 */
const renameCopy = async (killed: boolean) => {
	const { place, reader, printed } = await reopened('create 0640\n\trenamecopy', killed);
	assert.equal(unreportedGaps(reader.printed), [], reader.stderr());
	const { duplicate, torn } = printed;
	assert.equal([killed ? 0 : duplicate, torn], [0, 0]);
	place.remove();
};

const oldFolder = async () => {
	const { place, printed } = await reopened('create 0640\n\tolddir old\n\tcreateolddir 755 root root', true);
	assert.equal({ ...printed, duplicate: 0 }, NONE);
	place.remove();
};

const copyTruncate = async (killed: boolean) => {
	const place = folder(() => '\tcopytruncate');
	const writer = spawn('sh', ['-c', `exec cat >> ${place.log}`], { stdio: ['pipe', 'ignore', 'inherit'] });
	const written = ended(writer);
	const stop = generate(writer);
	while (!existsSync(place.log)) await sleep(5);
	const reader = tail(place, killed);
	await rotations(place, reader, killed);
	const { lines, rate } = stop();
	await written;
	assert.is(await reader.settle(2500), 0);
	const printed = judge(reader.printed, lines);
	const gaps = unreportedGaps(reader.printed);
	const seen = new Set(reader.printed);
	const inFiles = sumOfFiles(place, false).filter((line) => LINE.test(line));
	const unread = inFiles.filter((line) => !seen.has(line)).length;
	const files = judge(inFiles, lines);
	say('copytruncate', {
		killed,
		lines,
		rate: Math.round(rate),
		files,
		printed,
		unread,
		unreported: gaps.length,
	});
	assert.ok(rate > 25_000, `only ${rate} lines a second`);
	assert.equal(gaps, [], reader.stderr());
	assert.is(unread, 0, 'lines that are in the files were not printed');
	if (!killed) assert.is(printed.duplicate, 0);
	assert.ok(printed.notices >= ROTATIONS, `${printed.notices} notices`);
	assert.is(numbersIn(reader.printed).at(-1), lines - 1);
	place.remove();
};

const test = suite('rotation by the real logrotate');
const lack = commandsLack('logrotate');

testWith(
	test,
	lack,
	'create and HUP: no line missing, twice or torn, in the files and in what is printed',
	() => create(false),
);
testWith(test, lack, 'create and HUP, the reader killed at each rotation: no line missing', () =>
	create(true),
);
testWith(test, lack, 'renamecopy and HUP: no line twice or torn, every gap has a notice in it', () =>
	renameCopy(false),
);
testWith(
	test,
	lack,
	'renamecopy and HUP, the reader killed at each rotation: every gap has a notice in it',
	() => renameCopy(true),
);
testWith(test, lack, 'olddir, the reader killed at each rotation: no line missing', () => oldFolder());
testWith(test, lack, 'copytruncate: every gap has a notice in it', () => copyTruncate(false));
testWith(test, lack, 'copytruncate, the reader killed at each rotation: every gap has a notice in it', () =>
	copyTruncate(true),
);

test.run();
