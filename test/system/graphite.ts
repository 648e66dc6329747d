// The main job, for real: bpftrace, the supervisor with etc/cpu-lat.yaml, carbon, and an outage of two minutes.
// What whisper holds afterwards is compared with the log, read here by other code than ours.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printsOf } from '../data/prints.ts';
import { until } from '../harness/supervised.ts';
import { bpftraceLacks, commandsLack, testWith } from '../parts.ts';
import { outcome, ROOT, run, start } from '../program.ts';
import { carbonCache } from '../servers/carbon-cache.ts';

const STEP = 2;
const OUTAGE_MS = Number(process.env.OUTAGE_SECONDS ?? 120) * 1000;
const LOWER_BOUNDS = [0, ...Array.from({ length: 21 }, (_, power) => 2 ** power)];

const test = suite('graphite');

/** Status, as an operator asks for it. */
const settled = async (file: string, args: string[], env: Record<string, string>): Promise<boolean> =>
	(await run('bpfpipe', ['status', file, ...args], '', env)).status === 0;

testWith(
	test,
	commandsLack('carbon-cache', 'whisper-fetch'),
	'every bucket, every step, through an outage',
	async () => {
		const real = bpftraceLacks() === '';
		const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-graphite-'));
		const carbon = await carbonCache();
		const env = { STATE_DIRECTORY: dir, RUNTIME_DIRECTORY: dir, LOGS_DIRECTORY: dir };
		const file = join(ROOT, 'etc', 'cpu-lat.yaml');
		const args = [
			'--set',
			`graphite.uri=${carbon.text}`,
			'--set',
			`interval=${STEP}s`,
			'--set',
			`page.listen=${join(dir, 'page')}`,
		];
		const child = start('bpfpipe', ['up', file, ...args], env);
		const result = outcome(child);
		try {
			for (let tries = 0; !(await settled(file, args, env)); tries++) {
				assert.ok(tries < 100, 'the pipelines do not come up');
				await sleep(100);
			}
			await sleep(8000);
			await carbon.kill();
			await sleep(OUTAGE_MS);
			await carbon.start();
			// The next attempt may be 30 s away; then what waited is sent, and some steps come as usual.
			const back = Math.floor(Date.now() / 1000);
			const host = `${real ? '' : 'synthetic.'}${hostname().replaceAll('.', '_')}`;
			const isBack = () => carbon.read(`${host}.cpu-lat.16`, back, back + 60).length > 0;
			await until('points to come again', isBack, 60_000);
			await sleep(10_000);
			child.kill('SIGTERM');
			const { status, stderr } = await result;
			assert.is(status, 0, stderr);

			const prints = printsOf(readFileSync(join(dir, 'cpu-lat.log'), 'utf8'));
			const first = Math.ceil(prints[0]!.ts / STEP) * STEP;
			const last = Math.floor(prints.at(-1)!.ts / STEP) * STEP - STEP;
			const steps = Array.from({ length: (last - first) / STEP + 1 }, (_, i) => first + i * STEP);
			assert.ok(steps.length > (OUTAGE_MS / 1000 + 10) / STEP, `${steps.length} steps`);
			const asOf = (at: number) => prints.findLast(({ ts }) => ts <= at)!;
			let points = 0;
			for (const lower of LOWER_BOUNDS) {
				const expected = steps.map((at) => [at, asOf(at).counts.get(lower) ?? 0]);
				const actual = carbon.read(`${host}.cpu-lat.${lower}`, first, last);
				assert.equal(actual, expected, `bucket ${lower}`);
				points += actual.length;
			}
			const samples = [...prints.at(-1)!.counts.values()].reduce((sum, count) => sum + count, 0);
			assert.ok(samples > 0);
			console.log(
				`${real ? 'bpftrace' : 'a recording'}: ${prints.length} prints, ${samples} samples, ${steps.length} steps of ` +
					`${STEP} s, ${points} points in ${LOWER_BOUNDS.length} whisper files, none missing, none different`,
			);
		} finally {
			child.kill('SIGKILL');
			await result;
			await carbon.end();
			rmSync(dir, { recursive: true });
		}
	},
);

test.run();
