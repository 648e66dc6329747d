// bench/run: every measurement, one after the other; nothing else should run on the machine
// usage:  npm run bench [-- [--smoke] PART-OF-A-NAME ...]

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from '../../build.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const LIMIT_MS = 30 * 60_000;
const given = process.argv.slice(2);
const smoke = given.includes('--smoke');
const wanted = given.filter((word) => word !== '--smoke');

await buildAll();
console.log(`${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}`);
const files = readdirSync(HERE)
	.filter((file) => file.endsWith('.ts') && file !== 'run.ts')
	.filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
if (files.length === 0) throw new Error(`no measurement is called ${wanted.join(' or ')}`);
for (const file of files) {
	const name = file.replace(/\.ts$/, '');
	console.log(`\n== ${name}${smoke ? ', smoke: its figures mean nothing' : ''}`);
	const { status, signal } = spawnSync(process.execPath, ['--import', 'tsx', join(HERE, file)], {
		stdio: 'inherit',
		timeout: LIMIT_MS,
		killSignal: 'SIGKILL',
		env: { ...process.env, BPFPIPE_BUILT: '1', BENCH_SMOKE: smoke ? '1' : '' },
	});
	if (status === 0) continue;
	console.log(`bench/${name} failed: ${signal ?? `exit code ${status}`}`);
	process.exitCode = 1;
}
