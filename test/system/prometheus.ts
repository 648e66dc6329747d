// A real Prometheus scrapes what prometheus-text keeps in its file, and is asked back for every value in it.

import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../data/measures.ts';
import { parseExposition } from '../harness/exposition-parser.ts';
import { commandsLack, testWith } from '../parts.ts';
import { outcome, start } from '../program.ts';
import { endAnyway } from '../servers/carbon.ts';
import { type Prometheus, startPrometheus } from '../servers/prometheus.ts';

const LACK = commandsLack('prometheus');
const SCRAPE_MS = 500;
const folder = mkdtempSync(join(tmpdir(), 'prometheus-text-'));
const test = suite('prometheus-text into a real Prometheus');
test.after(() => {
	rmSync(folder, { recursive: true });
	endAnyway();
});

const CONTENT_TYPE = {
	text: 'text/plain; version=0.0.4; charset=utf-8',
	openMetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Serves a file as it is at each request, as node_exporter would. */
const serve = async (path: string, contentType: string): Promise<{ server: Server; address: string }> => {
	const server = createServer((_request, response) => {
		response.setHeader('content-type', contentType);
		response.end(existsSync(path) ? readFileSync(path) : '');
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const TS = Math.floor(Date.now() / 1000) * 1000;
const recordsAt = (at: number): object[] => {
	const ts = TS + at * 1000;
	const hostile = {
		host: 'web1 "x"\\\n',
		attributes: { comm: 'nginx: "worker"\\\n', le: '5', 'a-b': 'é\u{1f600}' },
	};
	return [
		histogramOf(
			[
				[0, 1, 5 + at],
				[2, 4, 7 * at],
				[8, 16, at],
				[16, null, 1],
			],
			{ ts, start: TS },
		),
		histogramOf(
			[
				[null, 0, 3],
				[0, 1, at],
			],
			{ ts, ...hostile },
		),
		histogramOf([], { ts, host: 'empty' }),
		histogramOf([['9007199254740992', '18014398509481984', '4503599627370497']], { ts, host: 'large' }),
		sumOf(100 - at, { ts, start: TS }),
		sumOf(at + 1, { ts, metric: 'bytes', unit: 'By', temporality: 'delta' }),
		sumOf(-at, { ts, metric: 'open-files', monotonic: false }),
		gaugeOf(at + 0.1, { ts, ...hostile }),
		gaugeOf(1, { ts, metric: 'replayed', synthetic: true }),
		noticeOf('lost_events', { ts, metric: 'lat', count: 3 }),
	];
};

/** How a number reads to Prometheus, which has floats only. */
const asFloat = (text: string): number => Number(text);
const keyOf = (
	name: string,
	{ instance: _instance, job: _job, __name__: _name, ...labels }: Record<string, string>,
) => JSON.stringify([name, Object.entries(labels).sort()]);

/** Wait until Prometheus has what is in the file, and compare all of it. */
const compare = async (prometheus: Prometheus, text: string): Promise<number> => {
	const wanted = [...parseExposition(text).values()].flatMap(({ samples }) => samples);
	const expected = Object.fromEntries(
		wanted.map(({ name, labels, value }) => [keyOf(name, labels), asFloat(value)]),
	);
	let found: Record<string, number> = {};
	for (const deadline = performance.now() + 15_000; performance.now() < deadline; ) {
		const answers = await prometheus.query('{job="bpfpipe",__name__!~"up|scrape_.*"}');
		found = Object.fromEntries(
			answers.map(({ metric, value }) => [keyOf(metric.__name__!, metric), asFloat(value[1])]),
		);
		if (JSON.stringify(Object.entries(found).sort()) === JSON.stringify(Object.entries(expected).sort()))
			break;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	const { health, lastError } = await prometheus.target();
	assert.equal({ health, lastError }, { health: 'up', lastError: '' });
	assert.equal(found, expected);
	return wanted.length;
};

for (const format of ['text', 'openMetrics'] as const)
	testWith(test, LACK, `${format}: every value is there, after each of several prints`, async () => {
		const path = join(folder, `${format}.prom`);
		const { server, address } = await serve(path, CONTENT_TYPE[format]);
		const prometheus = await startPrometheus(address, SCRAPE_MS);
		const args = ['--output', path, '--estimate-sum', '--linger', '100ms'];
		const child = start('prometheus-text', format === 'text' ? args : [...args, '--openmetrics']);
		const done = outcome(child);
		for (const at of [0, 1, 2, 3]) {
			child.stdin!.write(
				recordsAt(at)
					.map((record) => `${JSON.stringify(record)}\n`)
					.join(''),
			);
			const isThere = () => existsSync(path) && readFileSync(path, 'utf8').includes(`replayed`);
			const atLeast = `open_files{host="web1"} ${at === 0 ? 0 : -at}\n`;
			while (!isThere() || !readFileSync(path, 'utf8').includes(atLeast))
				await new Promise((resolve) => setTimeout(resolve, 20));
			assert.ok((await compare(prometheus, readFileSync(path, 'utf8'))) > 20);
		}
		const [count] = await prometheus.query('sum(lat_microseconds_bucket{host="web1",le="+Inf"})');
		assert.is(count?.value[1], String(5 + 3 + 21 + 3 + 1));
		const [median] = await prometheus.query('histogram_quantile(0.5, lat_microseconds_bucket{host="web1"})');
		assert.ok(Number(median!.value[1]) > 1 && Number(median!.value[1]) <= 3, median!.value[1]);
		// `calls` fell by one in each print: a source that began again, and no fall to Prometheus.
		const [fallen] = await prometheus.query('resets(calls_total[1m])');
		assert.is(fallen?.value[1], '0');
		child.stdin!.end();
		assert.is((await done).status, 0);
		await prometheus.end();
		server.closeAllConnections();
		server.close();
	});

test.run();
