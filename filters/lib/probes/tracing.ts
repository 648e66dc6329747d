// tracing: one run of bpftrace, from the probes it is given until it has printed its last figures

import { type ChildProcess, spawn } from 'node:child_process';
import { EXIT, Failure } from '../failure.ts';
import { notFound, refusal } from './offer.ts';

export type Tracing = {
	/** What it prints, whole lines at a time; false when the reader has no room, and `resume` is to be called. */
	lines: (bytes: Buffer) => boolean;
	/** A line of its stderr. */
	said: (line: string) => void;
};

export type Run = {
	/** Resumes reading after `lines` was false. */
	resume: () => void;
	/** INT: it prints what its maps hold and ends. */
	stop: () => void;
	/** When all has been printed. @throws Failure(69, 77) when it ended by itself. */
	ended: Promise<void>;
};

// It takes its probes off one by one: half a second for fifty, more where the kernel waits for each.
const GRACE_MS = 15_000;
const NEWLINE = 10;
// Since Linux 5.11 this limit does not count for BPF.
const NOISE = /couldn't set RLIMIT_MEMLOCK/;

const failureOf = (code: number | null, signal: string | null, last: string): Failure =>
	refusal(last) ??
	new Failure(
		EXIT.unavailable,
		`bpftrace ended with ${signal ?? `exit code ${code}`}${last ? `: ${last}` : ''}`,
	);

const linesOf = (child: ChildProcess, { lines }: Tracing): (() => void) => {
	const out = child.stdout!;
	let rest: Buffer = Buffer.alloc(0);
	out.on('data', (chunk: Buffer) => {
		const all = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
		const end = all.lastIndexOf(NEWLINE) + 1;
		rest = all.subarray(end);
		if (end > 0 && !lines(all.subarray(0, end))) out.pause();
	});
	// What is cut short gets an end, so that what follows is a line of its own.
	return () => {
		if (rest.length > 0) lines(Buffer.concat([rest, Buffer.from('\n')]));
	};
};

/** A script, its positional parameters, and the program `tracer` that runs it with some variables more. */
export type Job = {
	tracer: string;
	script: string;
	parameters: string[];
	environment: Record<string, string>;
};

/** Run a script. */
export const trace = ({ tracer, script, parameters, environment }: Job, tracing: Tracing): Run => {
	const env = { ...environment, ...process.env };
	const child = spawn(tracer, ['-', ...parameters], { stdio: ['pipe', 'pipe', 'pipe'], env });
	let isStopped = false;
	let last = '';
	let timer: NodeJS.Timeout | undefined;
	// It may end before it has read all.
	child.stdin!.on('error', () => {});
	child.stdin!.end(script);
	const finish = linesOf(child, tracing);
	let said = '';
	child.stderr!.setEncoding('utf8').on('data', (text: string) => {
		const found = `${said}${text}`.split('\n');
		said = found.pop()!.slice(0, 64 * 1024);
		for (const line of found.filter((one) => one.trim() !== '' && !NOISE.test(one))) {
			if (line.includes('ERROR')) last = line;
			tracing.said(line);
		}
	});
	const ended = new Promise<void>((resolve, reject) => {
		child.on('error', (error: NodeJS.ErrnoException) => {
			reject(error.code === 'ENOENT' ? notFound(tracer) : error);
		});
		child.on('close', (code, signal) => {
			clearTimeout(timer);
			finish();
			if (isStopped) resolve();
			else reject(failureOf(code, signal, last));
		});
	});
	return {
		resume: () => child.stdout!.resume(),
		stop: () => {
			if (isStopped) return;
			isStopped = true;
			child.kill('SIGINT');
			timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
		},
		ended,
	};
};
