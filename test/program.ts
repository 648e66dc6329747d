// test/program: run a stage as its user would, and compare what it printed with golden files
// Bundles are what is tested: built once by the runner, or here when a test file is run by hand.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildAll } from '../build.ts';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GOLDEN = join(ROOT, 'test', 'golden');

if (process.env.BPFPIPE_BUILT !== '1') await buildAll();

/** The path of a built program: `dist/NAME.cjs`. */
export const bundleOf = (name: string): string => join(ROOT, 'dist', `${name}.cjs`);

/** A clean environment, so that what the machine sets does not change a test. */
export const cleanEnv = (extra: Record<string, string> = {}): Record<string, string> => ({
	PATH: process.env.PATH ?? '',
	HOME: process.env.HOME ?? tmpdir(),
	LC_ALL: 'C.UTF-8',
	...extra,
});

export type Result = { status: number | null; signal: string | null; stdout: string; stderr: string };

/** Start a built program with pipes on its three ends; the caller ends it. */
export const start = (name: string, args: string[] = [], env: Record<string, string> = {}): ChildProcess =>
	spawn(process.execPath, [bundleOf(name), ...args], { stdio: 'pipe', env: cleanEnv(env), cwd: tmpdir() });

/** Everything a started program prints until it exits. */
export const outcome = (child: ChildProcess): Promise<Result> =>
	new Promise((resolve, reject) => {
		const stdout: Buffer[] = [];
		const stderr: Buffer[] = [];
		child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
		child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
		child.on('error', reject);
		child.on('close', (status, signal) => {
			const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString();
			resolve({ status, signal, stdout: text(stdout), stderr: text(stderr) });
		});
	});

/** Run a built program on `input` to its end. `input` may be several pieces, written one by one. */
export const run = async (
	name: string,
	args: string[] = [],
	input: string | Buffer | (string | Buffer)[] = '',
	env: Record<string, string> = {},
): Promise<Result> => {
	const child = start(name, args, env);
	child.stdin!.on('error', () => {});
	const done = outcome(child);
	for (const piece of Array.isArray(input) ? input : [input]) {
		child.stdin!.write(piece);
		// A turn for each, or the pipe would hold them all as one.
		if (Array.isArray(input)) await new Promise((resolve) => setImmediate(resolve));
	}
	child.stdin!.end();
	return done;
};

/** What a case in test/golden/NAME/ is made of; `args` is one argument a line, `${root}` the root of all this. */
export type Case = { name: string; args: string[]; input: Buffer };

/** The cases in test/golden/NAME/: CASE.in, with CASE.args where the program needs options. */
export const cases = (name: string): Case[] => {
	const folder = join(GOLDEN, name);
	const files = readdirSync(folder).filter((file) => file.endsWith('.in'));
	return files.sort().map((file) => {
		const base = file.slice(0, -'.in'.length);
		const args = join(folder, `${base}.args`);
		return {
			name: base,
			args: existsSync(args)
				? readFileSync(args, 'utf8').replaceAll('${root}/', ROOT).split('\n').filter(Boolean)
				: [],
			input: readFileSync(join(folder, file)),
		};
	});
};

/** Compare with test/golden/NAME/FILE; BLESS=1 writes it instead. A missing file means empty. */
export const matches = (name: string, file: string, actual: string): void => {
	const path = join(GOLDEN, name, file);
	if (process.env.BLESS === '1') {
		if (actual !== '' || existsSync(path)) writeFileSync(path, actual);
		return;
	}
	assert.fixture(actual, existsSync(path) ? readFileSync(path, 'utf8') : '', file);
};

// Within the first line, within a line later on, and often enough to meet every kind of line.
const ODD_PLACES = [1, 3, 7, 50, 333];
const THEN_EVERY = 997;

/** The input in pieces that end where no line does. */
export const oddPieces = (input: Buffer): Buffer[] => {
	const ends = [...ODD_PLACES];
	for (let at = ODD_PLACES.at(-1)! + THEN_EVERY; at < input.length; at += THEN_EVERY) ends.push(at);
	return [...ends, input.length].map((end, at, all) => input.subarray(at === 0 ? 0 : all[at - 1], end));
};

/**
 * A suite that runs the program on every golden case, whole and in odd pieces: CASE.out, CASE.err and CASE.code (absent: 0)
 * must match.
 */
export const goldenSuite = (name: string): void => {
	const test = suite(`${name}: golden`);
	for (const { name: base, args, input } of cases(name)) {
		test(base, async () => {
			const whole = await run(name, args, input);
			assert.equal(await run(name, args, oddPieces(input)), whole, 'odd pieces give something else');
			const { status, stdout, stderr } = whole;
			matches(name, `${base}.out`, stdout);
			matches(name, `${base}.err`, stderr);
			matches(name, `${base}.code`, status === 0 ? '' : `${status}\n`);
		});
	}
	test.run();
};
