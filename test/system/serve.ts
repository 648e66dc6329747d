// A real Prometheus scrapes serve while records come, and is asked back; promtool reads what it was given.

import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bucket } from '../../filters/lib/record.ts';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../data/measures.ts';
import { parseExposition } from '../harness/exposition-parser.ts';
import { commandsLack, testWith } from '../parts.ts';
import { outcome, start } from '../program.ts';
import { endAnyway } from '../servers/carbon.ts';
import { freePort } from '../servers/ports.ts';
import { startPrometheus } from '../servers/prometheus.ts';

const test = suite('serve: a real Prometheus');
test.after(endAnyway);
const LACK = commandsLack('prometheus', 'promtool');

const SCRAPE_MS = 250;
const PRINTS = 20;
const START = Math.floor(Date.now() / 1000) * 1000 - 1000 * PRINTS;

/** The values that were counted so far: two hosts, whose latencies are known one by one. */
const valuesUntil = (print: number, host: string): number[] =>
	Array.from({ length: 50 * (print + 1) }, (_, at) => ((at * 7919) % (host === 'a' ? 300 : 3000)) + 1);
const bucketsOf = (values: number[]): Bucket[] =>
	Array.from({ length: 13 }, (_, at): Bucket => {
		const [lower, upper] = [at === 0 ? 0 : 2 ** (at - 1), 2 ** at];
		return [lower, upper, values.filter((value) => value >= lower && value < upper).length];
	});

testWith(
	test,
	LACK,
	'every value of the last print is there, and percentiles lie in the bucket of the exact one',
	async () => {
		const address = `127.0.0.1:${await freePort()}`;
		const child = start('serve', ['--listen', address]);
		const done = outcome(child);
		process.once('exit', () => child.kill('SIGKILL'));
		child.stdout!.resume();
		while (!(await fetch(`http://${address}/health`).catch(() => undefined))) await sleep(20);
		const prometheus = await startPrometheus(address, SCRAPE_MS);
		for (let print = 0; print < PRINTS; print++) {
			const ts = START + 1000 * print;
			const records = [
				...['a', 'b'].map((host) => histogramOf(bucketsOf(valuesUntil(print, host)), { ts, host })),
				sumOf(7 * print, { ts }),
				gaugeOf(print + 0.5, { ts }),
				noticeOf('lost_events', { ts, metric: 'lat', count: 2 }),
			];
			child.stdin!.write(records.map((one) => `${JSON.stringify(one)}\n`).join(''));
			await sleep(100);
		}
		const text = await (
			await fetch(`http://${address}/metrics`, { headers: { Accept: 'text/plain' } })
		).text();
		const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
		// Ours keep the unit of the values, which promtool would rather have in seconds.
		assert.equal(
			stderr.split('\n').filter((line) => line && !/use base unit "seconds"/.test(line)),
			[],
		);
		assert.ok(status === 0 || status === 3);
		assert.ok(parseExposition(text).size > 10);
		// The first scrape comes some seconds after the start.
		const isUp = async () => (await prometheus.target())?.health === 'up';
		for (const deadline = performance.now() + 20_000; !(await isUp()); await sleep(100))
			assert.ok(performance.now() < deadline, 'it never scraped');
		await sleep(4 * SCRAPE_MS);
		assert.is((await prometheus.target()).lastError, '');
		const one = async (query: string) => Number((await prometheus.query(query))[0]?.value[1]);
		assert.is(await one('sum(calls_total)'), 7 * (PRINTS - 1));
		assert.is(await one('load'), PRINTS - 0.5);
		assert.is(await one('sum(bpfpipe_notices_total{kind="lost_events"})'), 2 * PRINTS);
		assert.is(await one('bpfpipe_serve_series'), 4);
		for (const host of ['a', 'b']) {
			const values = valuesUntil(PRINTS - 1, host).sort((a, b) => a - b);
			assert.is(await one(`lat_microseconds_bucket{host="${host}",le="+Inf"}`), values.length);
			for (const [lower, upper, count] of bucketsOf(values)) {
				const below =
					lower === 0
						? 0
						: await one(`lat_microseconds_bucket{host="${host}",le=~"${Number(lower) - 1}(.0)?"}`);
				const upTo = await one(`lat_microseconds_bucket{host="${host}",le=~"${Number(upper) - 1}(.0)?"}`);
				assert.is(upTo - below, count, `${host} [${lower}, ${upper})`);
			}
			for (const quantile of [0.5, 0.9, 0.99]) {
				const exact = values[Math.ceil(quantile * values.length) - 1]!;
				const found = await one(`histogram_quantile(${quantile}, lat_microseconds_bucket{host="${host}"})`);
				const lower = 2 ** Math.floor(Math.log2(exact));
				assert.ok(found >= lower - 1 && found <= 2 * lower - 1, `${quantile}: ${found}, exactly ${exact}`);
			}
		}
		await prometheus.end();
		child.kill('SIGTERM');
		assert.is((await done).status, 0);
	},
);

test.run();
