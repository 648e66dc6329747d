// stages: one child process: started on given descriptors, ended by its group, its stderr relayed

import { constants } from 'node:os';
import { execa, type Options } from 'execa';
import { EXIT, verdict } from '../filters/lib/failure.ts';
import { wholeLines } from '../filters/lib/lines.ts';
import type { Level, Log } from '../filters/lib/log.ts';
import { confined, type Limits, limitsEnv, refusal } from './confine.ts';
import { checkDescriptors } from './descriptors.ts';
import { type Program, programFor } from './programs.ts';
import { endStrays, MARK, nextMark } from './strays.ts';

/**
 * How a process ended: its exit code, 128 + n for signal n as shells count, and that signal's name;
 * `why` says what kept one that never was from being started.
 */
export type Ending = { code: number; signal?: string; why?: string };

export type Process = {
	pid: number;
	/** Whether it is one of our own programs, which know HUP and USR1. */
	ours: boolean;
	ended: Promise<Ending>;
	/** It has said that it is ready, where that was asked of it. */
	ready?: Promise<void>;
	/** A signal for the process and all that it started. */
	kill: (signal: NodeJS.Signals) => void;
};

export type Descriptors = {
	stdin: number | 'ignore';
	stdout: number | 'inherit';
	lifeline: number;
	/** Whether it gets a descriptor to say on that it is ready. */
	announces?: boolean;
};

// What a stage may see of our environment; everything else stays here. NODE_EXTRA_CA_CERTS alone would
// cost each start of Node 20 forty milliseconds.
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TERM', 'COLUMNS', 'CREDENTIALS_DIRECTORY'];

// One arena that gives back what is free: a stage that has run for an hour takes 2 MiB less, and is no slower.
const MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' };

const environment = (extra: Record<string, string>): Record<string, string> => {
	const passed = PASSED_ON.flatMap((name) =>
		process.env[name] === undefined ? [] : [[name, process.env[name]!]],
	);
	return { ...Object.fromEntries(passed), BPFPIPE_LIFELINE: '3', BPFPIPE_LOG_PRIORITY: '1', ...extra };
};

// A stage may say this much in a second; what is beyond is counted and said so.
const LINES_A_SECOND = 100;
const LONGEST_LINE = 4096;
const LEVEL: Record<string, Level> = { '3': 'error', '4': 'warn', '6': 'info', '7': 'debug' };

const newlines = (bytes: Buffer): number => {
	let count = 0;
	for (const byte of bytes) if (byte === 10) count += 1;
	return count;
};

/** A stage's stderr, line by line, into our log: `pipeline/stage: message`. */
const relay = (stderr: NodeJS.ReadableStream, name: string, log: Log): void => {
	let second = 0;
	let said = 0;
	let held = 0;
	const tick = () => {
		const now = Math.floor(performance.now() / 1000);
		if (now === second) return;
		if (held > 0) log.warn(`${name}: ${held} lines more than ${LINES_A_SECOND} a second were left out`);
		[second, said, held] = [now, 0, 0];
	};
	const say = (line: string) => {
		if (line === '') return;
		if (++said > LINES_A_SECOND) {
			held += 1;
			return;
		}
		const [, priority, message] = /^(?:<([0-7])>)?(.*)$/s.exec(line)!;
		log[LEVEL[priority ?? '6'] ?? 'info'](`${name}: ${message}`);
	};
	const lines = wholeLines(
		{
			lines: (bytes) => {
				for (const line of bytes.toString().trimEnd().split('\n')) say(line);
			},
			tooLong: (length) => say(`(a line of ${length} bytes)`),
		},
		LONGEST_LINE,
	);
	stderr.on('data', (chunk: Buffer) => {
		tick();
		const end = chunk.lastIndexOf(10) + 1;
		if (said <= LINES_A_SECOND || end === 0) return lines.take(chunk);
		// In a flood lines are only counted: what reads them must not be what they drown.
		lines.last();
		held += newlines(chunk.subarray(0, end));
		lines.take(chunk.subarray(end));
	});
	stderr.on('end', () => {
		say(lines.last().toString());
		second = -1;
		tick();
	});
};

/** A process that never was: it ends at once, and says why. */
export const unstarted = (code: number, why: string): Process => ({
	pid: 0,
	ours: true,
	ended: Promise.resolve({ code, why }),
	kill: () => {},
});

/**
 * Start `command` within `limits`. The descriptors stay the caller's to close.
 * When there is no such program the process ends at once with 69, where the limits are not ours to set with 77.
 */
export const startProcess = (
	command: string[],
	name: string,
	descriptors: Descriptors,
	env: Record<string, string>,
	log: Log,
	limits: Limits = {},
): Process => {
	const program = programFor(command);
	if (!program) {
		const why = `there is no program "${command[0]}", neither ours nor on the PATH`;
		return unstarted(EXIT.unavailable, why);
	}
	const refused = refusal(limits);
	if (refused) return unstarted(refused.code, refused.message);
	try {
		checkDescriptors();
		const within = confined(program, limits);
		return spawn(within, name, descriptors, { ...limitsEnv(limits), ...env }, log, limits.cwd);
	} catch (error) {
		const { code, message } = verdict(error);
		return unstarted(code, message);
	}
};

// What the system has too little of at the moment; that is no lack of the program.
const SCARCE = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'];

const codeFor = (errno: string | undefined): number => {
	if (SCARCE.includes(errno ?? '')) return EXIT.again;
	return errno === 'EACCES' ? EXIT.denied : EXIT.unavailable;
};

/** Resolves with the first newline; never, when the other end is closed without one (s6's notification-fd). */
const firstLine = (stream: NodeJS.ReadableStream): Promise<void> =>
	new Promise((resolve) => {
		stream.on('error', () => {});
		stream.on('data', (chunk: Buffer) => {
			if (chunk.includes(10)) resolve();
		});
	});

const spawn = (
	{ file, args, ours }: Program,
	name: string,
	{ stdin, stdout, lifeline, announces }: Descriptors,
	env: Record<string, string>,
	log: Log,
	cwd?: string,
): Process => {
	const mark = nextMark();
	const child = execa(file, args, {
		...(cwd === undefined ? {} : { cwd }),
		// execa takes any descriptor; its types know only those that a terminal has.
		stdio: [stdin, stdout, 'pipe', lifeline, ...(announces ? ['pipe'] : [])] as Options['stdio'] & object,
		env: environment({
			...(ours ? MALLOC : {}),
			...(announces ? { BPFPIPE_READY: '4' } : {}),
			...env,
			[MARK]: mark,
		}),
		extendEnv: false,
		detached: true,
		cleanup: false,
		buffer: false,
		reject: false,
	});
	relay(child.stderr!, name, log);
	const kill = (signal: NodeJS.Signals) => {
		try {
			if (child.pid) process.kill(-child.pid, signal);
		} catch {
			// The group is gone already, which is what was wanted.
		}
	};
	const endRest = async () => {
		kill('SIGKILL');
		// Our own programs start nothing.
		const strays = ours ? 0 : await endStrays(mark);
		if (strays > 0) log.warn(`${name}: ended ${strays} of its processes that had left its group`);
	};
	// Its exit, not the end of its stderr: what it left running may hold that open for ever.
	const exited = new Promise<Ending>((resolve) => {
		child.once('exit', async (code, signal) => {
			await endRest();
			resolve(signal ? { code: 128 + constants.signals[signal]!, signal } : { code: code! });
		});
	});
	const failed = child.then(
		({ code }): Ending => ({ code: codeFor(code), why: `${file} cannot be started (${code})` }),
	);
	const ready = announces ? firstLine(child.stdio[4] as NodeJS.ReadableStream) : undefined;
	return {
		pid: child.pid ?? 0,
		ours,
		ended: child.pid ? exited : failed,
		...(ready ? { ready } : {}),
		kill,
	};
};

const KILL_AFTER_TERM_MS = 1000;

/** TERM, then KILL when that is not heeded within `grace` milliseconds; resolves when the process is gone. */
export const ended = async (process: Process, grace: number): Promise<void> => {
	process.kill('SIGTERM');
	const timer = setTimeout(() => process.kill('SIGKILL'), grace);
	await process.ended;
	clearTimeout(timer);
};

/** The process drains to the end of its input; TERM and KILL only when that takes longer than `grace`. */
export const drained = async (process: Process, grace: number): Promise<void> => {
	const term = setTimeout(() => process.kill('SIGTERM'), grace);
	const kill = setTimeout(() => process.kill('SIGKILL'), grace + KILL_AFTER_TERM_MS);
	await process.ended;
	clearTimeout(term);
	clearTimeout(kill);
};
