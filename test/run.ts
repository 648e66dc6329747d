// test/run: every test file in a process of its own, a few at once, and one closing count
// usage:  npm test [-- PART-OF-A-PATH ...]

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from '../build.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '..');
// Many of the tests wait for a server or a clock, so more run than there are processors.
const AT_ONCE = availableParallelism() + 1;
const LIMIT_MS = 600_000;
const NOT_TESTS =
	/^(?:run|program|parts|starts|soak|mutants)\.ts$|^(?:fixtures|harness|servers|data|golden|bench)\//;

// These take longest, so they start first: what is short fills up the end.
const LONG = ['system/', 'web/', 'contract.ts'];
const rank = (file: string): number => LONG.findIndex((part) => file.startsWith(part)) >>> 0;

const testFiles = (wanted: string[]): string[] =>
	(readdirSync(HERE, { recursive: true }) as string[])
		.filter((file) => file.endsWith('.ts') && !NOT_TESTS.test(file))
		.filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
		.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));

type Tally = { passed: number; failed: number; skipped: number };

const tally = (text: string, code: number | null): Tally => {
	const sum = (label: string) =>
		[...text.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].reduce(
			(all, [, n]) => all + Number(n),
			0,
		);
	const [total, passed, skipped] = [sum('Total'), sum('Passed'), sum('Skipped')];
	// A file that dies, or that forgot .run(), has failed even where it counted nothing.
	const failed = Math.max(total - passed, code === 0 && total + skipped > 0 ? 0 : 1);
	return { passed, failed, skipped };
};

const runFile = (file: string): Promise<Tally> =>
	new Promise((resolve) => {
		const from = performance.now();
		const child = spawn(process.execPath, ['--import', 'tsx', join(HERE, file)], {
			cwd: ROOT,
			stdio: ['ignore', 'pipe', 'pipe'],
			env: { ...process.env, BPFPIPE_BUILT: '1', FORCE_COLOR: '0', NO_COLOR: '1' },
		});
		const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
		let text = '';
		const gather = (chunk: Buffer) => {
			text += chunk;
		};
		child.stdout.on('data', gather);
		child.stderr.on('data', gather);
		child.on('close', (code) => {
			clearTimeout(timer);
			const result = tally(text, code);
			const seconds = ((performance.now() - from) / 1000).toFixed(1);
			const name = relative(ROOT, join(HERE, file));
			console.log(`${result.failed ? 'FAILED' : 'ok'} ${name}: ${result.passed} passed, ${seconds} s`);
			for (const line of text.match(/^skipped: .*$/gm) ?? []) console.log(`  ${line}`);
			if (result.failed) console.log(code === null ? `${text}\nended by ${child.signalCode}` : text);
			resolve(result);
		});
	});

await buildAll();
const waiting = testFiles(process.argv.slice(2));
const totals: Tally = { passed: 0, failed: 0, skipped: 0 };
const lane = async () => {
	for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
		const result = await runFile(file);
		for (const key of Object.keys(totals) as (keyof Tally)[]) totals[key] += result[key];
	}
};
await Promise.all(Array.from({ length: AT_ONCE }, lane));
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
