// duties: what every stage owes to those around it, each as a check of one program from outside
// A check throws, in words, what the program did instead. filters/README.md has the duties of whoever holds records.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { LONGEST_LINE } from '../../filters/lib/lines.ts';
import { headerOf } from '../../filters/lib/program.ts';
import { SESSIONS, type Session } from '../data/session.ts';
import { cleanEnv, outcome, type Result } from '../program.ts';
import type { Place, Start } from '../starts.ts';

/** A program under test: its bundle, its manual, and how it starts. */
export type Subject = { name: string; bundle: string; manual: string; start: Start };

/** A duty: what the program has to do, for which programs, and the check. */
export type Duty = {
	name: string;
	isFor: (subject: Subject) => boolean;
	check: (subject: Subject) => Promise<void>;
};

const PATIENCE_MS = 10_000;

/** The subject whose source is `source` and whose bundle is `bundle`. */
export const subjectOf = (name: string, source: string, bundle: string, start: Start): Subject => ({
	name,
	bundle,
	manual: headerOf(readFileSync(source, 'utf8')),
	start,
});

const stdinOf = ({ manual }: Subject): string =>
	/^stdin: {2}(.*?)(?: {2,}stdout:|$)/m.exec(manual)?.[1] ?? '';
const stdoutOf = ({ manual }: Subject): string => /^(?:stdin:.* {2,})?stdout: (.*)$/m.exec(manual)?.[1] ?? '';
const reads = (subject: Subject): boolean => stdinOf(subject) !== 'not read';
const isSink = (subject: Subject): boolean => reads(subject) && stdoutOf(subject).startsWith('nothing');
const printsRecords = (subject: Subject): boolean =>
	reads(subject) && stdoutOf(subject).startsWith('records');
/** For people: what it prints is the end of the line, so barriers end there too. */
const printsText = (subject: Subject): boolean => stdoutOf(subject).startsWith('text');
const readsRecords = (subject: Subject): boolean => stdinOf(subject).startsWith('records');

/** The session for what the subject reads. */
const sessionFor = (subject: Subject): Session => {
	const kind = Object.keys(SESSIONS).find((one) => stdinOf(subject).startsWith(one));
	if (kind === undefined)
		throw new Error(
			`"stdin:  ${stdinOf(subject)}" is none of ${Object.keys(SESSIONS).join(', ')}: see test/data/session.ts`,
		);
	return SESSIONS[kind]!;
};

const hasForeign = (one: Subject) => reads(one) && sessionFor(one).foreign.length > 0;
const hasBroken = (one: Subject) => reads(one) && sessionFor(one).broken.length > 0;

const textOf = (lines: string[]): string => lines.map((line) => `${line}\n`).join('');
const isControl = (line: string): boolean => line.startsWith('#!');
const isBarrier = (line: string): boolean => line.startsWith('#!pos ');
const linesIn = (text: string): string[] => text.split('\n').slice(0, -1);
const dataIn = (lines: string[]): string[] => lines.filter((line) => !isControl(line));

/** The lines of `wanted` that are not in `found`, however often. */
const missing = (wanted: string[], found: string[]): string[] => {
	const has = new Set(found);
	return wanted.filter((line) => !has.has(line));
};

/** A program while it runs; what it prints is kept. */
type Running = {
	child: ChildProcess;
	ends: Promise<Result>;
	stdout: () => string;
	stderr: () => string;
	isReady: () => boolean;
	isOver: () => boolean;
};

const launch = ({ bundle }: Subject, args: string[], env: Record<string, string> = {}): Running => {
	const child = spawn(process.execPath, [bundle, ...args], {
		stdio: ['pipe', 'pipe', 'pipe', 'ignore', 'pipe'],
		env: cleanEnv({ BPFPIPE_READY: '4', ...env }),
		cwd: tmpdir(),
	});
	const text = { stdout: '', stderr: '', ready: '' };
	const keep = (stream: unknown, name: keyof typeof text) =>
		(stream as Readable).on('data', (chunk: Buffer) => {
			text[name] += chunk;
		});
	keep(child.stdout, 'stdout');
	keep(child.stderr, 'stderr');
	keep(child.stdio[4], 'ready');
	child.stdin!.on('error', () => {});
	return {
		child,
		ends: outcome(child),
		stdout: () => text.stdout,
		stderr: () => text.stderr,
		isReady: () => text.ready === '\n',
		isOver: () => child.exitCode !== null || child.signalCode !== null,
	};
};

const until = async (what: string, holds: () => boolean): Promise<void> => {
	for (const deadline = performance.now() + PATIENCE_MS; !holds(); await sleep(5))
		if (performance.now() > deadline) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
};

/** How it ended, and never later than patience lasts. */
const ended = async ({ child, ends }: Running, why: string): Promise<Result> => {
	const late = Symbol('late');
	const result = await Promise.race([ends, sleep(PATIENCE_MS, late, { ref: false })]);
	if (typeof result !== 'symbol') return result;
	child.kill('SIGKILL');
	throw new Error(`${why}: it did not end within ${PATIENCE_MS / 1000} s`);
};

/** Started with these arguments and no input, it ends. */
const once = (subject: Subject, args: string[]): Promise<Result> => {
	const running = launch(subject, args);
	running.child.stdin!.end();
	return ended(running, args.join(' '));
};

/** A folder for one check. */
const inFolder = async <Answer>(work: (folder: string) => Promise<Answer>): Promise<Answer> => {
	const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-duty-'));
	try {
		return await work(folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
};

/** The program with everything around it that it needs: a sink has its place, other programs have their stdout. */
type Setting = {
	/** Start it; every start of one setting delivers to the same place. */
	begin: (env?: Record<string, string>, more?: string[]) => Running;
	/** Run it on `pieces` to the end of its input. */
	run: (pieces: string | string[], more?: string[]) => Promise<Result>;
	/** What its last start printed, or what all starts delivered. */
	output: () => Promise<string[]>;
};

const inSetting = <Answer>(subject: Subject, work: (setting: Setting, folder: string) => Promise<Answer>) =>
	inFolder(async (folder) => {
		const { start } = subject;
		const target = join(folder, 'place');
		mkdirSync(target);
		if (isSink(subject) && !start.place) throw new Error('a sink needs a place in test/starts.ts');
		const place: Place | undefined = isSink(subject) ? await start.place!(target) : undefined;
		const args = place?.args ?? [start.empty, start.idle].find((one) => Array.isArray(one)) ?? [];
		let last: Running | undefined;
		const begin: Setting['begin'] = (env = {}, more = []) => {
			last = launch(subject, [...args, ...more], env);
			return last;
		};
		const run: Setting['run'] = async (pieces, more = []) => {
			const running = begin({}, more);
			for (const piece of typeof pieces === 'string' ? [pieces] : pieces) {
				running.child.stdin!.write(piece);
				if (typeof pieces !== 'string') await new Promise((resolve) => setImmediate(resolve));
			}
			running.child.stdin!.end();
			return ended(running, 'at the end of its input');
		};
		const output = async () => (place ? await place.arrived() : linesIn(last?.stdout() ?? ''));
		try {
			return await work({ begin, run, output }, folder);
		} finally {
			last?.child.kill('SIGKILL');
			await place?.close();
		}
	});

/** The data that a run on these lines gives, control lines left out. */
const dataOf = (subject: Subject, lines: string[]): Promise<string[]> =>
	inSetting(subject, async ({ run, output }) => {
		const { status, stderr } = await run(textOf(lines));
		assert.is(status, 0, `it ended with ${status}: ${stderr}`);
		return dataIn(await output());
	});

/** Wait until it has opened all that it needs; before, a signal does what it does to any process. */
const ready = (running: Running): Promise<void> =>
	until('a newline on the descriptor that BPFPIPE_READY names', () => running.isReady() || running.isOver());

/** Wait until it has taken in so many lines, as its counters say. */
const hasTaken = async (running: Running, lines: number): Promise<void> => {
	await ready(running);
	const taken = () => Number([...running.stderr().matchAll(/: in (\d+)/g)].at(-1)?.[1] ?? 0);
	for (
		const deadline = performance.now() + PATIENCE_MS;
		taken() < lines && !running.isOver();
		await sleep(20)
	) {
		if (performance.now() > deadline)
			throw new Error(`USR1: its counters do not come to "in ${lines}": ${running.stderr().slice(-200)}`);
		running.child.kill('SIGUSR1');
	}
};

/** With the program idle and ready; it is killed after that. */
const whileIdle = async (subject: Subject, work: (running: Running) => Promise<void>): Promise<void> => {
	const { idle } = subject.start;
	if (!Array.isArray(idle)) throw new Error(`it ${idle}, so nothing can be done while it is idle`);
	const running = launch(subject, idle);
	try {
		await ready(running);
		await work(running);
	} finally {
		running.child.kill('SIGKILL');
		await running.ends;
	}
};

const always = () => true;
/** Whether there is a time in which it can be told anything. */
const waits = ({ start }: Subject): boolean => Array.isArray(start.idle);

const help = async (subject: Subject) => {
	const { status, stdout, stderr } = await once(subject, ['--help']);
	assert.is(status, 0, `--help ended with ${status}`);
	assert.is(stderr, '', '--help wrote to stderr');
	assert.ok(stdout.startsWith(subject.manual), '--help does not begin with the header');
	assert.match(
		subject.manual,
		new RegExp(`^${subject.name} - .*\\n\\n?(?:.*\\n)*?usage: {2}`),
		'no name and usage',
	);
	assert.ok(stdinOf(subject) !== '', 'the header does not say what stdin is');
};

const unknownOption = async (subject: Subject) => {
	const { status, stdout, stderr } = await once(subject, ['--no-such-option']);
	assert.is(status, 64, `an unknown option ended it with ${status}`);
	assert.is(stdout, '', 'it printed something');
	assert.match(
		stderr,
		/^[a-z-]+: .*--no-such-option.*--help\n$/,
		'not one line that names the option and --help',
	);
};

const closedReader = (subject: Subject) =>
	inSetting(subject, async ({ begin }) => {
		const running = begin();
		running.child.stdout!.destroy();
		if (reads(subject)) running.child.stdin!.write(textOf(sessionFor(subject).lines));
		running.child.stdin!.end();
		const { status, stderr } = await ended(running, 'after its reader had gone');
		assert.is(status, 0, `it ended with ${status} when its reader had gone: ${stderr}`);
		assert.not.match(stderr, /EPIPE|error|Error/, `it complains of its reader: ${stderr}`);
	});

const term = (subject: Subject) =>
	whileIdle(subject, async (running) => {
		running.child.kill('SIGTERM');
		const { status, stderr } = await ended(running, 'TERM');
		assert.is(status, 0, `TERM ended it with ${status}: ${stderr}`);
	});

const survives = (signal: NodeJS.Signals) => (subject: Subject) =>
	whileIdle(subject, async ({ child, stderr, isOver }) => {
		child.kill(signal);
		const reports = () => stderr().match(/: (?:in|out) \d|nothing yet/g)?.length ?? 0;
		// Three, one after the other: the first may be told before the signal is heard.
		for (let asked = 0; asked < 3; asked++) {
			await sleep(20);
			child.kill('SIGUSR1');
			await until(`counters on stderr after ${signal}`, () => reports() > asked || isOver());
		}
		assert.not(isOver(), `${signal} ended it`);
	});

const flushesAtTerm = async (subject: Subject) => {
	const lines = sessionFor(subject).lines.filter((line) => !isBarrier(line) && line !== '#!end');
	const wanted = await dataOf(subject, lines);
	await inSetting(subject, async ({ begin, output }) => {
		const running = begin();
		running.child.stdin!.write(textOf(lines));
		await hasTaken(running, lines.length);
		running.child.kill('SIGTERM');
		const { status } = await ended(running, 'TERM');
		assert.is(status, 0, `TERM ended it with ${status}`);
		assert.equal(missing(wanted, dataIn(await output())), [], 'TERM lost what it had taken in');
	});
};

const foreignTypes = (subject: Subject) =>
	inSetting(subject, async ({ run, output }) => {
		const { lines, foreign } = sessionFor(subject);
		// One behind each line of data, so that some come while others are held.
		const spread = lines.flatMap((line, at) =>
			isControl(line) ? [line] : [line, foreign[at % foreign.length]!],
		);
		const { status, stderr } = await run(textOf(spread));
		assert.is(status, 0, `it ended with ${status}: ${stderr}`);
		const isForeign = (line: string) => foreign.includes(line);
		const found = await output();
		assert.equal(
			found.filter(isForeign),
			spread.filter(isForeign),
			'they are not what they were, or not in their order',
		);
		for (const barrier of found.filter(isBarrier)) {
			const before = (all: string[]) => all.slice(0, all.indexOf(barrier)).filter(isForeign).length;
			assert.ok(before(found) >= before(spread), `${barrier} overtook some of them`);
		}
	});

const foreignCounted = async (subject: Subject) => {
	const { foreign } = sessionFor(subject);
	await inSetting(subject, async ({ begin, output }) => {
		const running = begin();
		running.child.stdin!.write(textOf(foreign));
		await hasTaken(running, foreign.length);
		running.child.stdin!.end();
		const { stderr } = await ended(running, 'end of input');
		const found = await output();
		const isPrinted = foreign.every((line) => found.some((one) => one.includes(JSON.parse(line).type)));
		assert.ok(
			isPrinted || / in \d+, (?!out)\w+ \d| in \d+, out \d+, \w+ \d/.test(stderr),
			`left out without a counter: ${stderr}`,
		);
	});
};

/** Which series a record is of, and of what kind. */
const seriesOf = (line: string): string => {
	const { type, host, metric, attributes } = JSON.parse(line);
	return JSON.stringify([type, host, metric, attributes]);
};

const foreignKeys = async (subject: Subject) => {
	const lines = sessionFor(subject).lines;
	const KEY = '"zebra":{"deep":[1,{"x":null}]}';
	const more = lines.map((line) => (line.startsWith('{') ? `${line.slice(0, -1)},${KEY}}` : line));
	const without = await dataOf(subject, lines);
	const found = await dataOf(subject, more);
	assert.is(found.length, without.length, 'other records come out when there is an unknown key');
	// A record that is made of several, and a notice, are of no series that came in.
	const known = new Set(dataIn(lines).map(seriesOf));
	const lost = found.find((line) => known.has(seriesOf(line)) && !line.includes(KEY));
	assert.is(lost, undefined, `a record lost it: ${lost}`);
	assert.ok(
		found.some((line) => line.includes(KEY)),
		'every record lost it',
	);
};

const brokenLines = async (subject: Subject) => {
	const { lines, broken } = sessionFor(subject);
	const wanted = await dataOf(subject, lines);
	const spoilt = lines.flatMap((line, at) =>
		line.startsWith('#!ts') ? [line] : [line, ...broken.slice(at % broken.length, (at % broken.length) + 1)],
	);
	await inSetting(subject, async ({ run, output }) => {
		const { status, stderr } = await run(textOf(spoilt));
		assert.is(status, 0, `broken input ended it with ${status}: ${stderr}`);
		const found = await output();
		assert.equal(
			dataIn(found).filter((line) => !broken.includes(line)),
			wanted,
			'broken lines changed what came of the others',
		);
		if (broken.every((line) => found.includes(line))) return;
		assert.match(
			stderr,
			/<stdin>:\d+: .*skipped/,
			'a broken line was left out and not reported with its place',
		);
	});
	for (const line of broken)
		await inSetting(subject, async ({ run, output }) => {
			const { status } = await run(textOf([line]), ['--strict']);
			if (!(await output()).includes(line))
				assert.is(status, 65, `--strict ended with ${status} for ${line}`);
		});
};

const longestLine = async (subject: Subject) => {
	const { lines } = sessionFor(subject);
	const wanted = await dataOf(subject, lines);
	const [first, ...rest] = lines;
	const longer = `{"type":"zebra","n":"${'x'.repeat(LONGEST_LINE)}"}`;
	await inSetting(subject, async ({ run, output }) => {
		const { status, stderr } = await run(textOf([first!, longer, ...rest]));
		assert.is(status, 0, `a line of more than 1 MiB ended it with ${status}: ${stderr}`);
		assert.match(stderr, /longer than 1048576/, 'a line of more than 1 MiB is not reported');
		assert.equal(dataIn(await output()), wanted, 'a line of more than 1 MiB changed what came of the others');
	});
	if (!printsRecords(subject)) return;
	const longest = `{"type":"zebra","n":"${'x'.repeat(LONGEST_LINE - 24)}"}`;
	assert.is(longest.length + 1, LONGEST_LINE);
	assert.ok((await dataOf(subject, [longest])).includes(longest), 'a line of just 1 MiB did not pass');
};

const tornInput = async (subject: Subject) => {
	const { lines } = sessionFor(subject);
	const text = Buffer.from(textOf(lines));
	const wanted = await dataOf(subject, lines);
	for (const length of [1, 7]) {
		const pieces: Buffer[] = [];
		for (let at = 0; at < text.length; at += length) pieces.push(text.subarray(at, at + length));
		await inSetting(subject, async ({ run, output }) => {
			await run(pieces as unknown as string[]);
			assert.equal(dataIn(await output()), wanted, `pieces of ${length} bytes changed what came out`);
		});
	}
	await inSetting(subject, async ({ run, output }) => {
		await run(text.subarray(0, -1).toString());
		assert.equal(dataIn(await output()), wanted, 'a last line without its newline changed what came out');
	});
};

/** A sink up to the acknowledgement of `barrier`, killed then, and started again on the rest: all that was delivered. */
const deliveredAround = (subject: Subject, lines: string[], barrier: string) =>
	inSetting(subject, async ({ begin, run, output }, folder) => {
		const ack = join(folder, 'ack');
		const at = lines.indexOf(barrier) + 1;
		const running = begin({ BPFPIPE_ACK: ack });
		running.child.stdin!.write(textOf(lines.slice(0, at)));
		const position = barrier.slice('#!pos '.length);
		const isThere = () => existsSync(ack) && readFileSync(ack, 'utf8').trim() === position;
		await until(`${position} in the ack file`, () => isThere() || running.isOver());
		running.child.kill('SIGKILL');
		await running.ends;
		await run(textOf(lines.slice(at)));
		return dataIn(await output());
	});

/** A transform's output before each barrier that it passed on. */
const printedBefore = (subject: Subject, lines: string[]) =>
	inSetting(subject, async ({ run, output }) => {
		await run(textOf(lines));
		const found = await output();
		return new Map(found.filter(isBarrier).map((one) => [one, dataIn(found.slice(0, found.indexOf(one)))]));
	});

const barriersHold = async (subject: Subject) => {
	const { lines } = sessionFor(subject);
	const wanted = await dataOf(subject, lines);
	const less = (barrier: string) => `up to ${barrier}, and on the rest, there is less than in one run`;
	if (isSink(subject)) {
		for (const barrier of lines.filter(isBarrier))
			assert.equal(missing(wanted, await deliveredAround(subject, lines, barrier)), [], less(barrier));
		return;
	}
	const before = await printedBefore(subject, lines);
	assert.ok(before.size > 0, 'no barrier ever comes through');
	for (const [barrier, printed] of before) {
		assert.ok(lines.includes(barrier), `${barrier} was never read`);
		const after = await dataOf(subject, lines.slice(lines.indexOf(barrier) + 1));
		assert.equal(missing(wanted, [...printed, ...after]), [], less(barrier));
	}
};

/** How an input is cut short, in words: TERM, or the end of a source that was stopped, which prints no `#!end`. */
const CUTS: Record<string, (running: Running) => void> = {
	TERM: ({ child }) => void child.kill('SIGTERM'),
	'the end of a source that was stopped': ({ child }) => void child.stdin!.end(),
};

const openWhenCut = async (subject: Subject) => {
	const { lines } = sessionFor(subject);
	const wanted = await dataOf(subject, lines);
	const firstBarrier = lines.findIndex(isBarrier);
	for (const [what, end] of Object.entries(CUTS))
		for (let cut = firstBarrier + 3; cut < lines.length; cut += 5)
			await inSetting(subject, async ({ begin, output }) => {
				const running = begin();
				running.child.stdin!.write(textOf(lines.slice(0, cut)));
				await hasTaken(running, cut);
				end(running);
				await ended(running, what);
				const early = missing(dataIn(await output()), wanted).filter((line) => !line.includes('"notice"'));
				assert.equal(early, [], `${what} after ${cut} lines wrote what is not whole yet`);
			});
};

const timeOfHeld = async (subject: Subject) => {
	const { lines } = sessionFor(subject);
	const wanted = await dataOf(subject, lines);
	const found = await dataOf(
		subject,
		lines.filter((line) => !line.startsWith('#!ts ')),
	);
	assert.equal(found, wanted, 'what a record becomes depends on a time line that is not its own');
};

/** All duties, each by a short name; the last four are those of whoever holds records. */
export const DUTIES = {
	help: { name: '--help prints the header, which says what stdin is', isFor: always, check: help },
	unknownOption: { name: 'an unknown option is 64 and one line', isFor: always, check: unknownOption },
	closedReader: {
		name: 'a reader that goes away ends it with 0, quietly',
		isFor: ({ start }) => Array.isArray(start.empty),
		check: closedReader,
	},
	term: { name: 'TERM ends it with 0', isFor: waits, check: term },
	hup: { name: 'HUP is survived', isFor: waits, check: survives('SIGHUP') },
	counters: { name: 'USR1 prints counters', isFor: waits, check: survives('SIGUSR1') },
	interrupt: { name: 'INT is left to the source of the pipe', isFor: reads, check: survives('SIGINT') },
	flush: { name: 'TERM loses nothing that was taken in', isFor: reads, check: flushesAtTerm },
	order: {
		name: 'unknown types pass untouched, in order, and no barrier overtakes them',
		isFor: printsRecords,
		check: foreignTypes,
	},
	counted: { name: 'unknown types that do not pass are counted', isFor: hasForeign, check: foreignCounted },
	keys: {
		name: 'unknown keys stay in records',
		isFor: (one) => printsRecords(one) && readsRecords(one),
		check: foreignKeys,
	},
	broken: {
		name: 'broken lines are reported with their place, and change nothing else',
		isFor: hasBroken,
		check: brokenLines,
	},
	longest: {
		name: 'a line over 1 MiB is reported, and changes nothing else',
		isFor: reads,
		check: longestLine,
	},
	torn: { name: 'pieces of any size are the same input', isFor: reads, check: tornInput },
	barriers: {
		name: 'what came before a barrier leaves before it',
		isFor: (one) => reads(one) && !printsText(one),
		check: barriersHold,
	},
	windows: {
		name: 'an input cut short writes nothing that is not whole, once barriers were seen',
		isFor: reads,
		check: openWhenCut,
	},
	times: {
		name: '#!ts moves the time of what follows, not of what is held',
		isFor: readsRecords,
		check: timeOfHeld,
	},
} satisfies Record<string, Duty>;
