import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../data/measures.ts';
import { decode, decoderLacks } from '../harness/decode.ts';
import { testWith } from '../parts.ts';
import { outcome, run, start } from '../program.ts';
import { until } from '../servers/carbon.ts';
import { freePort } from '../servers/ports.ts';
import { samplesIn, type Taker, taker } from '../servers/taker.ts';

const test = suite('remote-write');
const folder = mkdtempSync(join(tmpdir(), 'remote-write-'));
test.after(() => rmSync(folder, { recursive: true }));

const TS = 1763712000000;
const textOf = (...lines: (object | string)[]): string =>
	lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
const withServer = async (act: (server: Taker) => Promise<void>) => {
	const server = await taker();
	try {
		await act(server);
	} finally {
		await server.close();
	}
};
const WRITTEN = 'x-prometheus-remote-write-samples-written';

test('samples of a record, in 1.0', () =>
	withServer(async (server) => {
		const record = histogramOf(
			[
				[0, 1, 5],
				[2, 4, 9],
			],
			{ metric: 'cpu-lat' },
		);
		const { status, stdout, stderr } = await run(
			'remote-write',
			[`${server.url}/api/v1/write`, '--protocol', '1'],
			textOf(record),
		);
		assert.equal({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
		assert.equal(samplesIn(server.taken), [
			`${TS} __name__="cpu_lat_microseconds_bucket",host="web1",le="+Inf" 14`,
			`${TS} __name__="cpu_lat_microseconds_bucket",host="web1",le="0.0" 5`,
			`${TS} __name__="cpu_lat_microseconds_bucket",host="web1",le="1.0" 5`,
			`${TS} __name__="cpu_lat_microseconds_bucket",host="web1",le="3.0" 14`,
			`${TS} __name__="cpu_lat_microseconds_count",host="web1" 14`,
		]);
		const [{ path, headers }] = server.taken as [Taker['taken'][number]];
		assert.equal(
			[
				path,
				headers['content-type'],
				headers['content-encoding'],
				headers['x-prometheus-remote-write-version'],
			],
			['/api/v1/write', 'application/x-protobuf', 'snappy', '0.1.0'],
		);
	}));

testWith(test, decoderLacks(), '2.0, as long as the server says what it has written', () =>
	withServer(async (server) => {
		server.become(() => ({ status: 204, headers: { [WRITTEN]: '1' } }));
		const args = [server.url, '--batch', '1'];
		const { status, stderr } = await run('remote-write', args, textOf(sumOf(1), sumOf(2, { ts: TS + 1 })));
		assert.equal({ status, stderr }, { status: 0, stderr: '' });
		assert.is(server.taken.length, 2);
		for (const { headers, body } of server.taken) {
			assert.is(headers['content-type'], 'application/x-protobuf;proto=io.prometheus.write.v2.Request');
			assert.is(headers['x-prometheus-remote-write-version'], '2.0.0');
			assert.is(decode<{ timeseries: unknown[] }>('write2', body)[0]!.timeseries.length, 1);
		}
	}),
);

test('415, or an answer that says nothing: 1.0 from then on, and nothing is lost by it', () =>
	withServer(async (server) => {
		server.become(({ headers }) =>
			headers['x-prometheus-remote-write-version'] === '2.0.0' ? { status: 415 } : undefined,
		);
		const args = [server.url, '--batch', '1'];
		const { status, stderr } = await run('remote-write', args, textOf(sumOf(1), sumOf(2, { ts: TS + 1 })));
		assert.is(status, 0);
		assert.match(stderr, 'the server does not take remote write 2.0; going on with remote write 1.0');
		assert.is(server.seen.length, 3);
		assert.equal(
			samplesIn(server.taken).map((line) => line.split(' ').at(-1)),
			['1', '2'],
		);
	}));

test('some of a body refused: counted and said', () =>
	withServer(async (server) => {
		server.become(() => ({ status: 400, body: 'out of order', headers: { [WRITTEN]: '1' } }));
		const { status, stderr } = await run(
			'remote-write',
			[server.url],
			textOf(histogramOf([[0, 1, 5]]), sumOf(1)),
		);
		assert.is(status, 0);
		assert.match(stderr, '3 samples were refused and are lost: 400: out of order');
		assert.is(server.seen.length, 1);
	}));

test('one bad record of many is refused alone', () =>
	withServer(async (server) => {
		server.become((one) =>
			samplesIn([one]).some((line) => line.includes('bad')) ? { status: 400 } : undefined,
		);
		const records = Array.from({ length: 50 }, (_, at) =>
			gaugeOf(at, { host: at === 17 ? 'bad' : `h${at}` }),
		);
		const { status, stderr } = await run('remote-write', [server.url, '--protocol', '1'], textOf(...records));
		assert.is(status, 0);
		assert.match(stderr, '1 samples were refused and are lost: 400');
		assert.is(samplesIn(server.taken).length, 49);
	}));

test('what the server has already costs nothing that is new in the same body', () =>
	withServer(async (server) => {
		// As Prometheus below 3 does: a body with one sample out of order is refused whole.
		const isOld = (line: string) => Number(line.split(' ')[0]) < TS + 100;
		server.become((one) =>
			samplesIn([one]).some(isOld) ? { status: 400, body: 'out of order sample' } : undefined,
		);
		const records = Array.from({ length: 150 }, (_, at) => gaugeOf(at, { ts: TS + at }));
		const { status, stderr } = await run('remote-write', [server.url, '--protocol', '1'], textOf(...records));
		assert.is(status, 0);
		assert.match(stderr, '1 samples were refused and are lost: 400: out of order sample');
		assert.is(samplesIn(server.taken).length, 50);
	}));

test('counters: what is left out, late, or a notice', () =>
	withServer(async (server) => {
		const child = start('remote-write', [server.url, '--protocol', '1', '--max-series', '1']);
		const done = outcome(child);
		let stderr = '';
		child.stderr!.on('data', (chunk) => {
			stderr += chunk;
		});
		child.stdin!.write(
			textOf({ type: 'yak' }, gaugeOf(1), gaugeOf(2), gaugeOf(1, { host: 'b' }), noticeOf('odd'), sumOf(-1)),
		);
		await until(() => stderr.includes('below zero'));
		child.kill('SIGUSR1');
		await until(() => stderr.includes('in 6'));
		assert.match(stderr, /left_out 1, late 1, max_series 1, notices 1, bad 1/);
		child.stdin!.end();
		assert.is((await done).status, 0);
		assert.equal(samplesIn(server.taken).filter((line) => line.includes('notices')).length, 3);
	}));

test('increments go on where an earlier run was acknowledged, killed or not', () =>
	withServer(async (server) => {
		const ack = join(folder, 'ack');
		const args = [server.url, '--protocol', '1', '--ack', ack, '--linger', '10ms'];
		const at = (n: number) => textOf(`#!pos {"at":${n}}`, sumOf(1, { ts: TS + n, temporality: 'delta' }));
		const acked = () => (existsSync(ack) ? JSON.parse(readFileSync(ack, 'utf8')).at : -1);
		for (const [from, to] of [
			[0, 3],
			[3, 5],
			[5, 9],
		] as const) {
			const child = start('remote-write', args);
			const done = outcome(child);
			for (let n = from; n < to; n++) child.stdin!.write(at(n));
			child.stdin!.write(`#!pos {"at":${to}}\n`);
			await until(() => acked() === to);
			child.kill(to === 5 ? 'SIGTERM' : 'SIGKILL');
			await done;
		}
		const values = samplesIn(server.taken).map((line) => Number(line.split(' ').at(-1)));
		assert.equal(values, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
	}));

test('429 and 5xx are tried again, after Retry-After', () =>
	withServer(async (server) => {
		const statuses = [429, 500, 503];
		server.become((_one, before) => {
			const status = statuses[before];
			return status === undefined ? undefined : { status, headers: { 'retry-after': '0' } };
		});
		const { status, stderr } = await run('remote-write', [server.url, '--protocol', '1'], textOf(gaugeOf(1)));
		assert.is(status, 0);
		assert.match(stderr, /429; trying again[\s\S]*answers again/);
		assert.equal([server.seen.length, server.taken.length], [4, 1]);
	}));

test('without --ack what is not delivered is 69', async () => {
	const args = [`http://127.0.0.1:${await freePort()}`, '--drain', '50ms'];
	const { status, stderr } = await run('remote-write', args, textOf(gaugeOf(1)));
	assert.is(status, 69);
	assert.match(stderr, '1 records were not delivered');
});

test('usage', async () => {
	for (const args of [
		[],
		['x'],
		['http://x', '--protocol', '3'],
		['http://x', '--histograms', 'exponential'],
		['http://x', '--stale', 'x'],
		['http://x', '--stale', '0'],
		['http://x', '--max-series', '0'],
	]) {
		const { status, stdout, stderr } = await run('remote-write', args);
		assert.equal([status, stdout], [64, ''], args.join(' '));
		assert.match(stderr, /^remote-write: .*\n$/);
	}
});

test.run();
