#!/usr/bin/env node
// hollow-push - publish cycles with the three calls of the REST interface, and in a local folder too
//
// usage:  hollow-push -p URL [-d NAME] [--token-file FILE] [--timeout 10s] [--retry-max 30s] [--queue 100] [--drain 30s]
//                     [--spool DIR] [--ack FILE] [--local DIR [--keep 100]] [-i 60s] [-v] < cycles
//         hollow-push --local DIR < cycles
// stdin:  cycles, as to-hollow prints them        stdout: nothing
//
//   {"type":"hollow_metric",...} {"type":"hollow_state",...} {"type":"hollow_cycle","version":"20251121000000000",...}
// makes POST URL/api/datasets/ebpf_metrics/versions, POST .../20251121000000000/data, PUT .../20251121000000000/status.
//
//   -p, --producer-url URL   http or https, with or without /api at its end; NODE_EXTRA_CA_CERTS=FILE in the environment
//                            adds an issuer to trust
//   -d, --dataset-name NAME  push into this data set, whatever the cycles name
//   --token-file FILE        a bearer token, read again when the file changes; or HOLLOW_TOKEN in the environment
//   -t, --auth-token TOKEN   the same, for everybody on this machine to see in the list of processes
//   --timeout D              how long a call may make no progress
//   -i, --collection-interval D   at most one cycle in D, by their versions, and the last; others are left out (superseded)
//   -v, --verbose            a line for each published cycle
//   --ack FILE    (or BPFPIPE_ACK) the log is the queue: while the server is away nothing is read. A barrier (#!pos) goes
//                 into FILE when all before it is published; the next run reads again what came after it
//   --spool DIR   what waits lies in DIR and outlives this program; a barrier is confirmed as soon as it lies there
//   --local DIR   each cycle becomes blobs in DIR at once (see hollow-publish), whether or not there is a server
//
// A call without an answer, or with one that may pass (408, 429, 5xx, a refused token), is made again after 0.2 s, doubling
// to --retry-max. For any other 4xx the cycle is given up (counter "refused"); one that the server has passed is "old".
// Without --ack up to --queue cycles wait, then the oldest are dropped (counter "dropped"). At the end what waits is sent for
// up to --drain, at TERM for 5 s. What is left then, and in no spool or log, is lost: the exit is 69, or 77 where the server
// wants another token. (`--check` is the former spelling of hollow-check.)

import { ackFileOf, writeAck } from './lib/disk/ack.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { keepOf } from './lib/hollow/folder/retention.ts';
import { DATASET_NAME_RULE, isDatasetName } from './lib/hollow/metrics/cycle.ts';
import { createIntake } from './lib/hollow/metrics/intake.ts';
import { openLocalFolder } from './lib/hollow/publish/local-folder.ts';
import { CONNECTION, connect } from './lib/hollow/rest/push/connection.ts';
import { openSink } from './lib/hollow/rest/push/sink.ts';
import { printStatus } from './lib/hollow/rest/push/status.ts';
import { duration, positiveDuration, whole } from './lib/options.ts';
import type { Context } from './lib/program.ts';
import { source } from './lib/source.ts';
import { type Handlers, stage } from './lib/stage.ts';

const OPTIONS = {
	...CONNECTION,
	'dataset-name': { type: 'string', short: 'd' },
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

/** The way to the server. */
const sinkFor = (context: Push, ack: string, url: string) => {
	const { options, log } = context;
	const isAhead = ack === '' || options.spool !== undefined || options.local !== undefined;
	const most = whole(options.queue, '--queue', 1);
	return openSink({
		...context,
		...connect(options, url, '10s', log),
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
	const local =
		folder === undefined ? undefined : await openLocalFolder({ folder, keep, isBeside, log, count });
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
// The former spelling of hollow-check.
if (process.argv.includes('--check')) source(import.meta, USAGE, printStatus);
else stage(import.meta, USAGE, push);
