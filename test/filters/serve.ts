import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ColumnsAnswer, MetricsAnswer } from '../../filters/lib/history/answers.ts';
import { outcome, start } from '../program.ts';
import { freePort } from '../servers/ports.ts';

const test = suite('serve: the program');
const folder = mkdtempSync(join(tmpdir(), 'serve-'));
const running = new Set<ChildProcess>();
test.after(() => {
	for (const child of running) child.kill('SIGKILL');
	rmSync(folder, { recursive: true });
});

const PATIENCE_MS = 10_000;
const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
	for (const deadline = performance.now() + PATIENCE_MS; !(await holds()); await sleep(10))
		if (performance.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
};

/** A serve that listens, and what it is asked. */
const begin = async (args: string[] = [], env: Record<string, string> = {}) => {
	const port = await freePort();
	const child = start('serve', ['--listen', `127.0.0.1:${port}`, ...args], env);
	running.add(child);
	const done = outcome(child).finally(() => running.delete(child));
	const url = `http://127.0.0.1:${port}`;
	let text = '';
	child.stdout!.on('data', (chunk: Buffer) => {
		text += chunk;
	});
	await until('it listens', () => text.includes('\n') || child.exitCode !== null);
	return {
		url,
		child,
		done,
		feed: (records: object[]) =>
			child.stdin!.write(records.map((one) => `${JSON.stringify(one)}\n`).join('')),
		get: (path: string, headers: Record<string, string> = {}) => fetch(`${url}${path}`, { headers }),
		json: async <T>(path: string): Promise<T> => (await fetch(`${url}${path}`)).json() as Promise<T>,
		end: async () => {
			child.kill('SIGTERM');
			return done;
		},
	};
};

const START = 1_763_712_000_000;
const histogram = (at: number, count: number, more: object = {}) => ({
	type: 'histogram',
	ts: START + 1000 * at,
	host: 'web1',
	metric: 'cpu-lat',
	unit: 'us',
	attributes: { comm: 'nginx' },
	temporality: 'cumulative',
	buckets: [
		[0, 1, count],
		[2, 4, 2 * count],
	],
	...more,
});

test('records become columns, of which the first of a counter gives none', async () => {
	const serve = await begin();
	serve.feed([0, 1, 2, 3].map((at) => histogram(at, 5 * at)));
	const query = `metric=cpu-lat&unit=us&type=histogram&from=${START}&to=${START + 4000}&columns=10`;
	await until('three columns', async () => {
		const { groups } = await serve.json<ColumnsAnswer>(`/api/v1/columns?${query}`);
		return groups[0]?.columns.filter(Boolean).length === 3;
	});
	const answer = await serve.json<ColumnsAnswer>(`/api/v1/columns?${query}`);
	assert.is(answer.step, 1000);
	assert.equal(answer.rows, [
		[0, 1],
		[2, 4],
	]);
	assert.equal(answer.groups[0]!.columns, [[1, 0, 5, 10], [1, 0, 5, 10], [1, 0, 5, 10], null]);
	const { metrics } = await serve.json<MetricsAnswer>('/api/v1/metrics');
	assert.equal(
		metrics.map(({ metric, series }) => [metric, series]),
		[['cpu-lat', 1]],
	);
	const { status, stdout, stderr } = await serve.end();
	assert.is(status, 0);
	assert.is(stdout, `${serve.url}/\n`);
	assert.is(stderr, '');
});

test.run();
