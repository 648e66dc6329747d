// test/starts: how each stage is started with nothing to do: idle until it is ended, and on empty input
// One table for whoever starts them all; test/rooms.ts sees to it that no stage is left out.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { contentsOf } from '../filters/lib/hollow/folder/contents.ts';
import { writtenObject } from './data/bpf-object.ts';
import { cycleAt, sumAt, textOf, version } from './data/published.ts';
import { bpfLacks } from './parts.ts';
import { run } from './program.ts';
import { fakeCarbon } from './servers/carbon.ts';
import { startFakeBanyandb } from './servers/fake-banyandb.ts';
import { freePort } from './servers/ports.ts';
import { startReceiver } from './servers/receiver.ts';
import { pointsIn, samplesIn, taker } from './servers/taker.ts';

/** Where a sink delivers to, for one test: its arguments, and what has arrived, a line each. */
export type Place = {
	args: string[];
	arrived: () => string[] | Promise<string[]>;
	close: () => Promise<void>;
};

/**
 * Arguments with which a stage waits, and those with which it ends by itself with 0 on empty input.
 * A sink, whose stdout is nothing, has a place as well.
 */
export type Start = {
	idle: string[] | 'ends by itself';
	empty: string[] | 'serves until it is ended';
	place?: (folder: string) => Promise<Place>;
};

const both = (...args: string[]): Start => ({ idle: args, empty: args });
const sink = (place: (folder: string) => Promise<Place>, ...args: string[]): Start => ({
	...both(...args),
	place,
});

const linesOf = (text: string): string[] => text.split('\n').filter(Boolean);
const nothing = async () => {};

/** Each version in a folder of blobs, with the checksum of what it holds. */
const versionsIn = (folder: string): string[] => {
	if (!existsSync(folder)) return [];
	const { snapshots, next } = contentsOf(folder);
	const versions = new Set([...snapshots, ...next.values()]);
	return [...versions].map((version) => `${version} ${sumAt(folder, version)}`);
};

const appended = async (folder: string): Promise<Place> => {
	const log = join(folder, 'appended');
	return {
		args: [log],
		arrived: () => (existsSync(log) ? linesOf(readFileSync(log, 'utf8')) : []),
		close: nothing,
	};
};
const graphite = async (): Promise<Place> => {
	const carbon = await fakeCarbon();
	return { args: ['--uri', carbon.uri, '--window', '50ms'], arrived: carbon.lines, close: carbon.die };
};
const published = async (folder: string): Promise<Place> => ({
	args: [folder],
	arrived: () => versionsIn(folder),
	close: nothing,
});
const pushed = async (folder: string): Promise<Place> => {
	const receiver = await startReceiver([folder]);
	return {
		args: ['-p', receiver.url],
		arrived: () => versionsIn(join(folder, 'ebpf_metrics')),
		close: async () => {
			await receiver.end();
		},
	};
};

const exported = async (): Promise<Place> => {
	const server = await taker();
	return {
		args: [server.url, '--encoding', 'json', '--linger', '50ms'],
		arrived: () => pointsIn(server.taken),
		close: server.close,
	};
};
const written = async (folder: string): Promise<Place> => {
	const server = await taker();
	const state = join(folder, 'sums');
	return {
		args: [server.url, '--protocol', '1', '--linger', '50ms', '--state', state],
		arrived: () => samplesIn(server.taken),
		close: server.close,
	};
};

const stored = async (): Promise<Place> => {
	const server = await startFakeBanyandb();
	return {
		args: [server.address, '--create', '--safety', '0s', '--linger', '50ms'],
		// A point that is sent again has another version.
		arrived: () => server.taken.map(({ version: _version, ...point }) => JSON.stringify(point)),
		close: server.close,
	};
};

/** Places of sinks that stand in no table: fixtures. */
export const PLACES: Record<string, Start['place']> = { 'acks-early': appended };

/** A server of the REST interface that has nothing; it keeps nobody alive. */
const quietServer = async (): Promise<string> => {
	const server = createServer((request, response) =>
		response.end(request.url?.endsWith('/status') ? '{"status":"ok"}' : '[]'),
	);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	server.unref();
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** Rules for `alert` that fire in the midst of a session, end, and count over a window. */
const RULES = `
groups:
  - name: session
    rules:
      - { alert: Loaded, expr: 'load > 1 < 4', for: 400ms }
      - { alert: Calls, expr: 'sum by (host) (increase(calls[1s])) > 15' }
      - { alert: Slow, expr: 'histogram_quantile(0.9, lat) > 4', annotations: { summary: '{{ $labels.comm }}: {{ $value }}' } }
`;

/** A Kea that has nothing; it keeps nobody alive. */
const quietKea = async (): Promise<string> => {
	const server = createServer((_request, response) => response.end('[{"result":0,"arguments":{}}]'));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	server.unref();
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A BanyanDB that has nothing; it keeps nobody alive. */
const quietBanyandb = async (): Promise<string> => {
	const server = createHttp2();
	server.on('stream', (stream) => {
		stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
		stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
		stream.end(Buffer.alloc(5));
	});
	server.on('session', (session) => session.unref());
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	server.unref();
	return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** The table; what the stages read and write lies in `folder`. Rejects when the files for it cannot be made. */
export const startsIn = async (folder: string): Promise<Record<string, Start>> => {
	const path = (name: string) => join(folder, name);
	const nobody = `127.0.0.1:${await freePort()}`;
	// A time line far ahead, so that a replay at the recording's own pace has something to wait for.
	writeFileSync(path('log'), '#!ts 1\n#!ts 5000\n');
	writeFileSync(path('script'), 'BEGIN\n{\n}\n');
	writeFileSync(path('tracer'), '#!/bin/sh\ncat >/dev/null\nexec sleep 1000\n', { mode: 0o755 });
	for (const name of ['published', 'received', 'data']) mkdirSync(path(name));
	const { status, stderr } = await run('hollow-publish', [path('data')], textOf(cycleAt(1)));
	if (status !== 0) throw new Error(`hollow-publish: ${stderr}`);
	writeFileSync(path('rules.yml'), RULES);
	return {
		alert: both(path('rules.yml'), '--event-time', '--interval', '400ms'),
		'append-log': sink(appended, path('appended')),
		'banyandb-read': { idle: 'ends by itself', empty: [await quietBanyandb()] },
		'banyandb-write': sink(stored, `http://${nobody}`),
		board: both(),
		'bpf-maps': {
			idle: bpfLacks() === '' ? [writtenObject(folder)] : 'ends by itself',
			empty: ['--check', writtenObject(folder)],
		},
		'bpftrace-run': {
			idle: ['--pid', String(process.pid), '--bpftrace', path('tracer'), path('script')],
			empty: ['--check', '--pid', String(process.pid), '--bpftrace', path('tracer'), path('script')],
		},
		'bpftrace-tail': { idle: [path('log')], empty: ['--once', path('log')] },
		every: both('1s'),
		'graphite-line': both(),
		'graphite-send': sink(graphite, '--uri', nobody),
		'hollow-cat': { idle: [path('data'), '--follow'], empty: [path('data')] },
		'hollow-check': { idle: 'ends by itself', empty: ['-p', await quietServer()] },
		'hollow-diff': { idle: 'ends by itself', empty: [path('data'), version(1)] },
		'hollow-history': { idle: 'ends by itself', empty: [path('data')] },
		'hollow-publish': sink(published, path('published')),
		'hollow-push': sink(pushed, '-p', `http://${nobody}`),
		'hollow-receive': {
			idle: [path('received'), '--listen', `127.0.0.1:${await freePort()}`],
			empty: 'serves until it is ended',
		},
		'kea-stats': {
			idle: ['--socket', path('kea4-socket')],
			empty: ['--once', '--url', await quietKea()],
		},
		'otlp-send': sink(exported, `http://${nobody}`),
		'parse-histogram': both(),
		plot: both('-o', path('pictures'), '--format', 'svg'),
		'prometheus-text': both(),
		'remote-write': sink(written, `http://${nobody}`),
		'records-tail': { idle: [path('log')], empty: ['--once', path('log')] },
		replay: { idle: [path('log')], empty: ['--speed', '0', path('log')] },
		'serve-grpc': both('--listen', `unix:${path('grpc.sock')}`),
		serve: {
			idle: ['--listen', path('serve.sock')],
			empty: ['--listen', path('serve.sock'), '--until-eof'],
		},
		classify: both(),
		'derive-io': both(),
		'to-delta': both(),
		'to-hollow': both(),
		'to-json': both(),
		'top-keys': both('1'),
	};
};
