// The Hollow pipeline, for real: the supervisor with etc/cpu-lat.yaml, stages killed on the way, and then every version
// that was published compared with the log, read here by other code than ours.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Histogram } from '../../filters/lib/record.ts';
import type { Status } from '../../supervisor/health/status.ts';
import { printsOf } from '../data/prints.ts';
import { until } from '../harness/supervised.ts';
import { bpftraceLacks } from '../parts.ts';
import { outcome, ROOT, run, start } from '../program.ts';

const test = suite('hollow pipeline');
const STEP = 1;
const ROUND_MS = 4000;

const published = async (folder: string): Promise<string[]> => {
	const { status, stdout } = await run('hollow-history', ['--json', folder]);
	return status === 0
		? stdout
				.trim()
				.split('\n')
				.filter(Boolean)
				.map((line) => JSON.parse(line).version)
		: [];
};

test('every version is what the log says, though stages were killed on the way', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-hollow-'));
	const env = { STATE_DIRECTORY: dir, RUNTIME_DIRECTORY: dir, LOGS_DIRECTORY: dir };
	const file = join(ROOT, 'etc', 'cpu-lat.yaml');
	const folder = join(dir, 'blobs');
	const args = [
		'--set',
		`hollow.folder=${folder}`,
		'--set',
		`interval=${STEP}s`,
		'--set',
		'hollow.keep=0',
		'--set',
		`page.listen=${join(dir, 'page')}`,
	];
	const child = start('bpfpipe', ['up', file, ...args], env);
	const result = outcome(child);
	const kill = async (name: string) => {
		const { stdout } = await run('bpfpipe', ['status', '--json', file], '', env);
		const stages = (JSON.parse(stdout) as Status).pipelines.find((one) => one.name === 'hollow')!.stages;
		const { pid } = stages.find((stage) => stage.name === name)!;
		if (pid > 0) process.kill(pid, 'SIGKILL');
	};
	try {
		await until('a version', async () => (await published(folder)).length > 1, 30_000);
		for (const name of ['hollow-publish', 'to-hollow', 'every', 'hollow-publish']) {
			await sleep(ROUND_MS);
			await kill(name);
		}
		const before = (await published(folder)).length;
		await until('more of them', async () => (await published(folder)).length > before + 2, 30_000);
		child.kill('SIGTERM');
		const { status, stderr } = await result;
		assert.is(status, 0, stderr);

		const prints = printsOf(readFileSync(join(dir, 'cpu-lat.log'), 'utf8'));
		const versions = await published(folder);
		const steps = new Set<number>();
		for (const version of versions) {
			const { stdout } = await run('hollow-cat', ['--at', version, folder]);
			const records = stdout
				.trimEnd()
				.split('\n')
				.map((line) => JSON.parse(line) as Histogram);
			assert.is(records.length, 1, stdout);
			const [{ ts, host, metric, synthetic, buckets }] = records as [Histogram];
			assert.equal(
				[host, metric, synthetic],
				[hostname(), 'cpu-lat', bpftraceLacks() === '' ? undefined : true],
			);
			const print = prints.findLast((one) => one.ts * 1000 <= ts)!;
			const counts = [...print.counts].filter(([, count]) => count > 0);
			assert.equal(
				buckets.map(([lower, , count]) => [lower, count]),
				counts,
				version,
			);
			assert.not.ok(steps.has(ts), `${ts} was published twice`);
			steps.add(ts);
		}
		const [first, last] = [Math.min(...steps), Math.max(...steps)];
		assert.is((last - first) / (STEP * 1000) + 1, steps.size, 'no step is missing');
		console.log(`${prints.length} prints, ${versions.length} versions, none missing, none different`);
	} finally {
		child.kill('SIGKILL');
		await result;
		rmSync(dir, { recursive: true });
	}
});

test.run();
