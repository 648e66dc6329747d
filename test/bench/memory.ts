// bench/memory: private memory of each idle stage, as the supervisor starts it, beside cat
// usage:  node --import tsx test/bench/memory.ts

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleOf, cleanEnv, ROOT } from '../program.ts';

const SETTLE_MS = 2500;

const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-bench-'));
const log = join(folder, 'log');
writeFileSync(log, '#!ts 1\n#!ts 5000\n');

// Arguments with which a stage starts and waits.
const ARGS: Record<string, string[]> = {
	'append-log': [log],
	'bpftrace-tail': [log],
	every: ['1s'],
	replay: [log],
};

const startIdle = (name: string): ChildProcess =>
	name === 'cat'
		? spawn('cat', { stdio: ['pipe', 'ignore', 'inherit'] })
		: spawn(process.execPath, ['--max-semi-space-size=1', bundleOf(name), ...(ARGS[name] ?? [])], {
				stdio: ['pipe', 'ignore', 'inherit'],
				env: cleanEnv(),
			});

/** Kilobytes that this process alone uses, from the kernel's own sums. */
const privateKb = (pid: number): number =>
	[...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce(
		(sum, [, kb]) => sum + Number(kb),
		0,
	);

const names = readdirSync(join(ROOT, 'filters')).filter((file) => file.endsWith('.ts'));
const running = ['cat', ...names.map((file) => basename(file, '.ts'))].map((name) => ({
	name,
	child: startIdle(name),
}));
try {
	await sleep(SETTLE_MS);
	for (const { name, child } of running) {
		const mb = privateKb(child.pid!) / 1024;
		console.log(`${name.padEnd(18)} ${mb.toFixed(1).padStart(6)} MB private`);
	}
} finally {
	for (const { child } of running) {
		const gone = once(child, 'exit');
		child.kill('SIGKILL');
		await gone;
	}
	rmSync(folder, { recursive: true });
}
