// process: one child process: started on given descriptors, ended by its group, its stderr relayed

import { constants } from 'node:os';
import { execa, type Options } from 'execa';
import { EXIT, verdict } from '../../filters/lib/failure.ts';
import type { Log } from '../../filters/lib/log.ts';
import { confined, limitsEnv, refusal } from '../machine/limits.ts';
import { type Program, programFor } from '../machine/programs.ts';
import type { Limits } from '../plan/plan.ts';
import { checkDescriptors } from './descriptors.ts';
import { relay } from './relay.ts';
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

/** What a stage finds in its environment. */
export const environment = (extra: Record<string, string>): Record<string, string> => {
	const passed = PASSED_ON.flatMap((name) =>
		process.env[name] === undefined ? [] : [[name, process.env[name]!]],
	);
	return { ...Object.fromEntries(passed), BPFPIPE_LIFELINE: '3', BPFPIPE_LOG_PRIORITY: '1', ...extra };
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
	relay(child.stderr!, name.split('/').at(-1)!, log);
	// While its strays are looked for its number may already be another's.
	let isGone = false;
	const kill = (signal: NodeJS.Signals) => {
		try {
			if (child.pid && !isGone) process.kill(-child.pid, signal);
		} catch {
			// The group is gone already, which is what was wanted.
		}
	};
	const endRest = async () => {
		kill('SIGKILL');
		isGone = true;
		// Our own programs start nothing.
		const strays = ours ? 0 : await endStrays(mark, child.pid!);
		if (strays > 0) log.warn(`ended ${strays} of its processes that had left its group`);
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
