// bench/memory: private memory of each idle stage, as the supervisor starts it, beside cat
// usage:  node --import tsx test/bench/memory.ts

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleOf, cleanEnv } from '../program.ts';
import { startsIn } from '../starts.ts';

const SETTLE_MS = 2500;

const startIdle = (name: string, command: string, args: string[]): ChildProcess => {
	const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'], env: cleanEnv() });
	child.on('error', (error) => console.log(`${name}: ${error.message}`));
	return child;
};
const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
	pid === undefined || exitCode !== null || signalCode !== null;

/** Kilobytes that this process alone uses, from the kernel's own sums. */
const privateKb = (pid: number): number =>
	[...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce(
		(sum, [, kb]) => sum + Number(kb),
		0,
	);

const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-bench-'));
const running = new Map([['cat', startIdle('cat', 'cat', [])]]);
try {
	for (const [name, { idle }] of Object.entries(await startsIn(folder))) {
		if (!Array.isArray(idle)) continue;
		const args = ['--max-semi-space-size=1', bundleOf(name), ...idle];
		running.set(name, startIdle(name, process.execPath, args));
	}
	await sleep(SETTLE_MS);
	for (const [name, child] of running) {
		if (hasEnded(child)) throw new Error(`${name} ended instead of waiting, exit code ${child.exitCode}`);
		const mb = privateKb(child.pid!) / 1024;
		console.log(`${name.padEnd(18)} ${mb.toFixed(1).padStart(6)} MB private`);
	}
} finally {
	for (const child of running.values()) {
		if (hasEnded(child)) continue;
		const gone = once(child, 'exit');
		child.kill('SIGKILL');
		await gone;
	}
	rmSync(folder, { recursive: true });
}
