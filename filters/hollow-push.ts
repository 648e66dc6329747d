#!/usr/bin/env node
// hollow-push - publish cycles with the three calls of the REST interface, and in a local folder too
//
// usage:  hollow-push -p URL [-d NAME] [--token-file FILE] [--timeout 10s] [--retry-max 30s] [--queue 100] [--drain 30s]
//                     [--spool DIR] [--ack FILE] [--local DIR [--keep 100]] [-i 60s] [-v] < cycles
//         hollow-push --local DIR < cycles          hollow-push --check [-p URL] [--timeout 5s]
// stdin:  cycles, as to-hollow prints them        stdout: nothing; with --check what the server has
//
//   {"type":"hollow_metric",...} {"type":"hollow_state",...} {"type":"hollow_cycle","version":"20251121000000000",...}
// makes POST URL/api/datasets/ebpf_metrics/versions, POST .../20251121000000000/data, PUT .../20251121000000000/status.
//
//   -p, --producer-url URL   http or https, with or without /api at its end (default with --check http://localhost:7001);
//                            NODE_EXTRA_CA_CERTS=FILE in the environment adds an issuer to trust
//   -d, --dataset-name NAME  push into this data set, whatever the cycles name
//   --token-file FILE        a bearer token, read again when the file changes; or HOLLOW_TOKEN in the environment
//   -t, --auth-token TOKEN   the same, for everybody on this machine to see in the list of processes
//   --timeout D              how long a call may make no progress
//   -i, --collection-interval D   at most one cycle in D, by their versions, and the last; others are left out (superseded)
//   -v, --verbose            a line for each published cycle
//
// No answer, 408, 429 and 5xx: the call is made again after 0.2 s, doubling to --retry-max, or when Retry-After says.
// Then the version is looked up first and only what is missing is done, so each is published once. 401, 403, redirects
// (which are not followed) and 404 to the first call say that a token or the address is wrong: tried again every
// --retry-max. For any other 4xx the cycle is given up (counter "refused"), for a version that the server has passed "old".
//
// A cycle of more than a day ahead of this machine's clock is bad: no true one could follow it.
//
// --ack FILE (or BPFPIPE_ACK): while the server is away nothing is read; the log is the queue. A barrier (#!pos) goes into
// FILE when all before it is published. What is not at the end is read again by the next run, so the exit is 0.
// --spool DIR: what waits lies in DIR and outlives this program; a barrier is confirmed as soon as it does.
// Otherwise up to --queue cycles wait in memory, then the oldest are dropped (counter "dropped"). With --ack never:
// with a spool or --local, --queue cycles are read ahead. At the end, and for 5 s at TERM, what waits is sent; what is
// still left after --drain is lost and the exit 69, 77 where the server wants another token.
// What waits for more than a minute is logged once a minute with its age; USR1 shows it at any time.
//
// --local DIR: each cycle becomes blobs in DIR at once (see hollow-receive), whether or not there is a server.

import { ackFileOf, writeAck } from './lib/disk/ack.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { keepOf } from './lib/hollow/folder/retention.ts';
import { DATASET_NAME_RULE, isDatasetName } from './lib/hollow/metrics/cycle.ts';
import { createIntake } from './lib/hollow/metrics/intake.ts';
import { openLocal } from './lib/hollow/publish/local-folder.ts';
import { apiBase } from './lib/hollow/rest/names.ts';
import { createClient } from './lib/hollow/rest/push/client.ts';
import { openSink } from './lib/hollow/rest/push/sink.ts';
import { serverLines } from './lib/hollow/rest/push/status.ts';
import { bearerFor } from './lib/net/token.ts';
import { duration, positiveDuration, whole } from './lib/options.ts';
import type { Context } from './lib/program.ts';
import { source } from './lib/source.ts';
import { type Handlers, stage } from './lib/stage.ts';

const OPTIONS = {
	'producer-url': { type: 'string', short: 'p' },
	'dataset-name': { type: 'string', short: 'd' },
	'token-file': { type: 'string' },
	'auth-token': { type: 'string', short: 't' },
	timeout: { type: 'string' },
	'retry-max': { type: 'string', default: '30s' },
	queue: { type: 'string', default: '100' },
	drain: { type: 'string', default: '30s' },
	spool: { type: 'string' },
	ack: { type: 'string' },
	local: { type: 'string' },
	keep: { type: 'string', default: '100' },
	'collection-interval': { type: 'string', short: 'i' },
	verbose: { type: 'boolean', short: 'v' },
	check: { type: 'boolean' },
} as const;

type Push = Context<typeof OPTIONS>;

const DEFAULT_URL = 'http://localhost:7001';

const clientFor = ({ options, log }: Push, url: string, timeout: string) => {
	const base = apiBase(url, '--producer-url');
	const bearer = { file: options['token-file'], word: options['auth-token'], variable: 'HOLLOW_TOKEN' };
	const timeoutMs = positiveDuration(options.timeout ?? timeout, '--timeout');
	return { base, client: createClient(base, { token: bearerFor(bearer, base, log), timeoutMs }) };
};

/** The way to the server. */
const sinkFor = (context: Push, ack: string, url: string) => {
	const { options, log } = context;
	const isAhead = ack === '' || options.spool !== undefined || options.local !== undefined;
	const most = whole(options.queue, '--queue', 1);
	return openSink({
		...context,
		...clientFor(context, url, '10s'),
		retryMaxMs: positiveDuration(options['retry-max'], '--retry-max'),
		most: isAhead ? most : 1,
		spool: options.spool,
		ack,
		drainMs: duration(options.drain, '--drain'),
		say: options.verbose ? log.info : log.debug,
	});
};

const push = async (context: Push): Promise<Handlers> => {
	const { options, log, count } = context;
	const { 'producer-url': url, 'dataset-name': dataset, local: folder } = options;
	if (url === undefined && folder === undefined)
		throw new Failure(EXIT.usage, 'neither --producer-url nor --local is given; see --help');
	if (dataset !== undefined && !isDatasetName(dataset))
		throw new Failure(EXIT.usage, `--dataset-name: ${DATASET_NAME_RULE}, not ${dataset.length}`);
	const ack = ackFileOf(options.ack) ?? '';
	const sink = url === undefined ? undefined : sinkFor(context, ack, url);
	const keep = keepOf(options.keep, '--keep');
	const isBeside = sink !== undefined;
	const local = folder === undefined ? undefined : await openLocal({ folder, keep, isBeside, log, count });
	const intake = createIntake({
		...context,
		everyMs: duration(options['collection-interval'] ?? '0', '--collection-interval'),
		take: async (one) => {
			const cycle = dataset === undefined ? one : { ...one, dataset };
			await local?.publish(cycle);
			sink?.push(cycle);
			await sink?.room();
		},
		barrier: (position) => {
			if (sink) sink.barrier(position);
			else if (ack) writeAck(ack, position);
		},
	});
	return {
		record: intake.record,
		control: intake.control,
		end: async (how) => {
			await intake.end(how);
			await local?.close();
			await sink?.finish(how);
		},
	};
};

const USAGE = { options: OPTIONS };
if (process.argv.includes('--check'))
	source(import.meta, USAGE, async (context) => {
		const { client, base } = clientFor(context, context.options['producer-url'] ?? DEFAULT_URL, '5s');
		for (const line of await serverLines(client, base)) context.emit(line);
	});
else stage(import.meta, USAGE, push);
