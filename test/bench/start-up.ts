// bench/start-up: from spawn to exit, each bundled stage on empty input between two pipes, beside bare node
// usage:  node --import tsx test/bench/start-up.ts [ROUNDS]
//
// Two bare ones: `empty` runs an empty file, `copy` is the least that a filter can be, stdin piped to stdout.
// A stage that serves until it is ended is measured up to where it says that it is ready.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { bundleOf, cleanEnv } from '../program.ts';
import { startsIn } from '../starts.ts';
import { sizes } from './parts/sizes.ts';

const [ROUNDS] = sizes([21, 1]) as [number];

const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-bench-'));

/** What is started, and whether it ends by itself. */
type Program = { file: string; args: string[]; ends: boolean };

const bare = (name: string, text: string): Program => {
	const file = join(folder, `${name}.cjs`);
	writeFileSync(file, text);
	return { file, args: [], ends: true };
};

/** Milliseconds until a program has ended with 0, or is ready. Rejects, with its name, when it ends otherwise. */
const milliseconds = (name: string, { file, args, ends }: Program): Promise<number> =>
	new Promise((resolve, reject) => {
		const from = performance.now();
		const child = spawn(process.execPath, [file, ...args], {
			stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
			env: cleanEnv(ends ? {} : { BPFPIPE_READY: '3' }),
		});
		let ready: number | undefined;
		child.stdin!.on('error', () => {});
		child.stdin!.end();
		child.stdout!.resume();
		(child.stdio[3] as Readable).once('data', () => {
			ready = performance.now() - from;
			child.kill('SIGTERM');
		});
		child.on('error', reject);
		child.on('exit', (code, signal) => {
			const time = ends ? performance.now() - from : ready;
			if (code === 0 && time !== undefined) resolve(time);
			else reject(new Error(`${name} ${args.join(' ')}: ended too early, ${signal ?? `exit code ${code}`}`));
		});
	});
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

try {
	const programs = new Map<string, Program>([
		['node, empty', bare('empty', '')],
		['node, copy', bare('copy', 'process.stdin.pipe(process.stdout);')],
	]);
	for (const [name, { idle, empty }] of Object.entries(await startsIn(folder))) {
		const ends = Array.isArray(empty);
		const args = ends ? empty : idle;
		if (Array.isArray(args)) programs.set(name, { file: bundleOf(name), args, ends });
	}
	const times = new Map([...programs.keys()].map((name): [string, number[]] => [name, []]));
	for (let round = 0; round < ROUNDS; round++) {
		for (const [name, program] of programs) times.get(name)!.push(await milliseconds(name, program));
	}
	const [least, reading] = [...times.values()].map(median) as [number, number];
	for (const [name, list] of times) {
		const time = median(list);
		const ratios = `${(time / least).toFixed(2)} x empty, ${(time / reading).toFixed(2)} x copy`;
		const what = programs.get(name)!.ends ? '' : ', until it is ready';
		console.log(`${name.padEnd(18)} ${time.toFixed(1).padStart(6)} ms  ${ratios}${what}`);
	}
} finally {
	rmSync(folder, { recursive: true });
}
