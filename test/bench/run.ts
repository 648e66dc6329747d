// bench/run: every measurement, one after the other; nothing else should run on the machine
// usage:  npm run bench [-- PART-OF-A-NAME ...]

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from '../../build.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const NOT_MEASUREMENTS = new Set(['run.ts', 'input.ts']);
const wanted = process.argv.slice(2);

await buildAll();
console.log(`${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}`);
const files = readdirSync(HERE)
	.filter((file) => file.endsWith('.ts') && !NOT_MEASUREMENTS.has(file))
	.filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
for (const file of files) {
	console.log(`\n== ${file.replace(/\.ts$/, '')}`);
	const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(HERE, file)], {
		stdio: 'inherit',
		env: { ...process.env, BPFPIPE_BUILT: '1' },
	});
	if (status !== 0) process.exitCode = 1;
}
