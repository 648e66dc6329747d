#!/usr/bin/env node
// hollow-publish - cycles into a folder of Netflix Hollow blobs, announced when they are whole and checked
//
// usage:  hollow-publish DIR [-i 60s] [--keep 100] [-r 10s] [--ack FILE] [--new-chain]
//                        [--s3-uri s3://BUCKET/PREFIX [--s3-endpoint URL] [--s3-credentials FILE]] < cycles
// stdin:  cycles, as to-hollow writes them        stdout: nothing
//
//   {"type":"hollow_metric",...} {"type":"hollow_state",...} {"type":"hollow_cycle","version":"20251121000000000",...}
// becomes, in DIR: snapshot-20251121000000000, header-..., delta-FROM-TO and reversedelta-TO-FROM from the version before,
// and announced.version, in which Hollow's consumers (HollowFilesystemAnnouncementWatcher) see that there is a new one.
//
//   -i, --collection-interval 60s   publish the newest cycle at most this often; those between are superseded (counted)
//   --keep 100    versions that stay, 0 = all: a consumer that is behind by fewer can follow by deltas
//   -r, --retry-interval 10s        until the next attempt when the folder cannot be written (disk full)
//   --ack FILE    (or BPFPIPE_ACK) a barrier (#!pos) goes there once what was before it is published or superseded
//   --new-chain   where the announced state is broken, or of another schema, begin a new chain instead of stopping:
//                 a snapshot without a delta, which consumers load whole
//   --s3-uri s3://BUCKET/PREFIX     every version also into an object store, in the layout of Netflix's
//                 hollow-reference-implementation. While the store is away versions wait in DIR, whatever --keep says; at
//                 the end up to 5 s are spent on that. Nothing is ever removed from the store
//   --s3-endpoint https://HOST      a store that is not Amazon's; the region is AWS_REGION, or us-east-1
//   --s3-credentials FILE           [default] (or AWS_PROFILE) of a file as the AWS tools have it; else the variables
//                 AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
//
// DIR is made if only its last part is missing. It holds one data set (a cycle of another one, or with other numbers: 78)
// and has one writer (a second ends with 75). A cycle that is not newer than the announced version is skipped (counted:
// old), one that changes nothing is not published, one of more than a day ahead of this machine's clock is bad. TERM and
// the end of input publish what waits for its interval. When DIR cannot be written then, the exit is 69; with --ack it is
// 0, because the next run reads the same again.

import { ackFileOf, writeAck } from './lib/disk/ack.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { keepOf } from './lib/hollow/folder/retention.ts';
import { createIntake } from './lib/hollow/metrics/intake.ts';
import { createPacer } from './lib/hollow/publish/pacer.ts';
import { openPublisher } from './lib/hollow/publish/publisher.ts';
import { createMirror } from './lib/hollow/store/mirror.ts';
import { duration, positiveDuration } from './lib/options.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	'collection-interval': { type: 'string', short: 'i', default: '0' },
	'retry-interval': { type: 'string', short: 'r', default: '10s' },
	keep: { type: 'string', default: '100' },
	ack: { type: 'string' },
	'new-chain': { type: 'boolean', default: false },
	's3-uri': { type: 'string' },
	's3-endpoint': { type: 'string' },
	's3-credentials': { type: 'string' },
} as const;

/** How long the end may take because of the store. */
const STORE_MS = 5000;

/** The object store that is wanted; its client is loaded only then. */
const storeOf = async (uri: string | undefined, endpoint: string | undefined, file: string | undefined) =>
	uri === undefined
		? undefined
		: (await import('./lib/hollow/store/store.ts')).storeFor({ uri, endpoint, file, env: process.env });

stage(import.meta, { options: OPTIONS, args: [1, 1] }, async ({ options, args, log, count, bad, fail }) => {
	const intervalMs = duration(options['collection-interval'], '--collection-interval');
	const retryMs = positiveDuration(options['retry-interval'], '--retry-interval');
	const keep = keepOf(options.keep, '--keep');
	const ack = ackFileOf(options.ack) ?? '';
	const folder = args[0]!;
	const store = await storeOf(options['s3-uri'], options['s3-endpoint'], options['s3-credentials']);
	const mirror = store && createMirror({ folder, store, log, onFailure: fail });
	const newChain = options['new-chain'];
	const publisher = await openPublisher({ folder, keep, log, newChain, needed: mirror?.needed });
	mirror?.kick();
	const pacer = createPacer({
		publisher,
		intervalMs,
		retryMs,
		log,
		count,
		bad,
		onPublished: () => mirror?.kick(),
		onSettled: (position) => writeAck(ack, position),
		onFailure: fail,
	});
	const intake = createIntake({
		everyMs: 0,
		bad,
		count,
		log,
		take: pacer.offer,
		barrier: (position) => {
			if (ack) pacer.barrier(position);
		},
	});
	return {
		record: intake.record,
		control: intake.control,
		end: async (how) => {
			await intake.end(how);
			try {
				await pacer.finish();
			} catch (error) {
				if (!ack || !(error instanceof Failure) || error.code !== EXIT.unavailable) throw error;
				log.error(`${error.message}; the next run reads it again`);
			}
			await mirror?.finish(STORE_MS);
			await publisher.close();
		},
	};
});
