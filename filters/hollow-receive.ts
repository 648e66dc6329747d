#!/usr/bin/env node
// hollow-receive - a server for hollow-push: what is pushed to it becomes folders of Hollow blobs
//
// usage:  hollow-receive DIR [--listen 127.0.0.1:7001] [--token-file FILE] [--keep 100] [--max-body 256M] [--insecure]
// stdin:  not read        stdout: nothing; the data sets are folders in DIR
//
//   POST /api/datasets/ebpf_metrics/versions                          {"version":"20251121000000000","status":"ANNOUNCING"}
//   POST /api/datasets/ebpf_metrics/versions/20251121000000000/data   {"types":{...},"data":{"MetricsState":[...]}}
//   PUT  /api/datasets/ebpf_metrics/versions/20251121000000000/status {"status":"PUBLISHED"}
// leave DIR/ebpf_metrics with snapshot-20251121000000000, deltas and announced.version, which Java's consumers follow.
// When the PUT is answered, the version is checked, published and announced.
//
//   GET  /api/status      {"status":"ok"}, the only call that needs no token
//   GET  /api/datasets    [{"name":"ebpf_metrics","version":"20251121000000000"}]
//   GET  .../versions     what is published and what is begun      GET .../versions/VERSION    the same of one
//   GET  .../versions/VERSION/data    the payload again, read from the published blobs
//
// Versions are 17 digits and grow; the 13 digits of milliseconds since the epoch, as the predecessor sends them, become the
// 17 of the same instant. Whole numbers beyond 2^53 are exact, as numbers or as strings. Every call may be repeated. A
// version not above the announced one is refused (409), as is one of more than a day ahead of the clock (422).
//
//   --keep N        how many versions stay in each folder, 0 = all
//   --max-body SIZE larger bodies are refused (413); they are parsed in memory, at several times their size
//   --token-file    the token that every caller has to send (Authorization: Bearer); read again when the file changes
//   --insecure      listen to other machines without a token (78 without this)
//
// Bounds: 100 data sets; 16 versions begun in each, forgotten when nothing happens to them for 10 minutes; bodies that wait,
// together 4 times --max-body; 200 connections. TERM: running requests are finished for up to 10 s.

import { EXIT, Failure } from './lib/failure.ts';
import { keepOf } from './lib/hollow/folder/retention.ts';
import { createDatasets } from './lib/hollow/rest/receive/datasets.ts';
import { createReceiver } from './lib/hollow/rest/receive/receiver.ts';
import { createRoutes } from './lib/hollow/rest/receive/routes.ts';
import { listenForPushers } from './lib/hollow/rest/receive/server.ts';
import { isLocalOnly } from './lib/http/address.ts';
import { tokenIn } from './lib/net/token.ts';
import { byteSize, hostPort } from './lib/options.ts';
import { source } from './lib/source.ts';

const OPTIONS = {
	listen: { type: 'string', default: '127.0.0.1:7001' },
	'token-file': { type: 'string' },
	keep: { type: 'string', default: '100' },
	'max-body': { type: 'string', default: '256M' },
	insecure: { type: 'boolean' },
} as const;

const PORT = 7001;
const PATIENCE_MS = 600_000;
const FINISH_MS = 10_000;
const EXPIRE_EVERY_MS = 5000;
const MOST_BODY = 512 * 1024 ** 2 - 1024;

source(import.meta, { options: OPTIONS, args: [1, 1] }, async ({ options, args, log, count, signal }) => {
	const { host, port } = hostPort(options.listen, '--listen', PORT);
	const token = options['token-file'] === undefined ? undefined : tokenIn(options['token-file']);
	if (!token && !isLocalOnly(host) && !options.insecure)
		throw new Failure(
			EXIT.config,
			`--listen ${options.listen}: other machines could write; give --token-file, or --insecure`,
		);
	const maxBody = byteSize(options['max-body'], '--max-body');
	// A longer text than this cannot be one string in Node.
	if (maxBody > MOST_BODY) throw new Failure(EXIT.usage, '--max-body: at most 511M');
	const datasets = createDatasets({
		folder: args[0]!,
		keep: keepOf(options.keep, '--keep'),
		log,
		mostBegun: 16,
		mostBytes: 4 * maxBody,
		patienceMs: PATIENCE_MS,
		mostDatasets: 100,
	});
	const routes = createRoutes(createReceiver({ datasets, maxBody, log, count }));
	const listening = await listenForPushers({ host, port, token, routes, log, count });
	log.info(`listening on http://${host.includes(':') ? `[${host}]` : host}:${port}`);
	const timer = setInterval(datasets.expire, EXPIRE_EVERY_MS);
	if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
	clearInterval(timer);
	await listening.finish(FINISH_MS);
	await datasets.close();
});
