// bench/start-up: from spawn to exit, each bundled stage on empty input between two pipes, beside bare node
// usage:  node --import tsx test/bench/start-up.ts [ROUNDS]
//
// Two bare ones: `empty` runs an empty file, `copy` is the least that a filter can be, stdin piped to stdout.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { bundleOf, cleanEnv, ROOT } from '../program.ts';

const ROUNDS = Number(process.argv[2] ?? 21);

const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-bench-'));
const empty = join(folder, 'empty.cjs');
const log = join(folder, 'log');
const copy = join(folder, 'copy.cjs');
writeFileSync(empty, '');
writeFileSync(copy, 'process.stdin.pipe(process.stdout);');
writeFileSync(log, '#!ts 1\n');

// Arguments with which a stage starts, finds nothing to do, and ends.
const ARGS: Record<string, string[]> = {
	'append-log': [log],
	'bpftrace-tail': ['--once', log],
	every: ['1s'],
	replay: ['--speed', '0', log],
};

const milliseconds = (file: string, args: string[]): Promise<number> =>
	new Promise((resolve, reject) => {
		const from = performance.now();
		const child = spawn(process.execPath, [file, ...args], {
			stdio: ['pipe', 'pipe', 'ignore'],
			env: cleanEnv(),
		});
		child.stdin.end();
		child.stdout.resume();
		child.on('error', reject);
		child.on('exit', (code) => {
			if (code === 0) resolve(performance.now() - from);
			else reject(new Error(`${file}: exit code ${code}`));
		});
	});
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const stages = readdirSync(join(ROOT, 'filters'))
	.filter((file) => file.endsWith('.ts'))
	.map((file) => basename(file, '.ts'));
const bare = new Map([
	['node, empty', empty],
	['node, copy', copy],
]);
const times = new Map([...bare.keys(), ...stages].map((name): [string, number[]] => [name, []]));
try {
	for (let round = 0; round < ROUNDS; round++) {
		for (const [name, list] of times) {
			list.push(await milliseconds(bare.get(name) ?? bundleOf(name), ARGS[name] ?? []));
		}
	}
	const [least, reading] = [...bare.keys()].map((name) => median(times.get(name)!)) as [number, number];
	for (const [name, list] of times) {
		const time = median(list);
		const ratios = `${(time / least).toFixed(2)} x empty, ${(time / reading).toFixed(2)} x copy`;
		console.log(`${name.padEnd(18)} ${time.toFixed(1).padStart(6)} ms  ${ratios}`);
	}
} finally {
	rmSync(folder, { recursive: true });
}
