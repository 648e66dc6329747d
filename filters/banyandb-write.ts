#!/usr/bin/env node
// banyandb-write - records to Apache SkyWalking's BanyanDB, one point a series and time, over gRPC
//
// usage:  banyandb-write HOST:PORT|URL [--group bpfpipe] [--create [--shards 1] [--segment 1d] [--ttl 7d]] [--ack FILE]
//                 [--safety 10s] [--user-file FILE] [--ca-file FILE] [--cert-file FILE --key-file FILE] [--timeout 30s]
//                 [--retry-max 30s] [--batch 5000] [--linger 1s] [--queue 100000] [--drain 30s] < records
// stdin:  records        stdout: nothing
//
//   {"type":"sum","ts":1763712000000,"host":"web1","metric":"calls","unit":"1","attributes":{"comm":"nginx"},"temporality":"cumulative","monotonic":true,"value":42}
// is a point of measure "calls" with tags host, unit, type, temporality, monotonic, comm and series, and field value=42. A bucket
// [2,4) is a point with tags ge=2 and lt=4 (2 <= x < 4) and field count; all of them together are one more, with fields total and
// buckets. value is an int for a sum, a float for a gauge; what it cannot hold exactly is in value_int or value_float.
//
//   --create        make the group, measures and columns that are missing, also after the server has lost them; without it
//                   points that have no measure, or a value of the wrong type for it, are lost, counted and said
//   --ack FILE      (or BPFPIPE_ACK) an outage loses nothing: while the server is away nothing is read, so the log is the
//                   queue. A barrier (#!pos) goes into FILE once everything before it has been safe with the server
//   --safety        the server writes what it has answered up to 5 s later (its --measure-flush-timeout), so what was answered
//                   is safe after so long. Until then it is kept here, and sent again when the connection breaks; nothing doubles
//   --batch, --linger, --queue   so many points in a stream, or what came in so long; so many wait without --ack
//   --user-file     NAME:PASSWORD; read again when it changes, as is a certificate     --ca-file  an issuer to trust, as PEM
//   --drain         how long the end may take beside --safety; at TERM 5 s at the most. What is left without --ack: exit 69
//
// What fails is tried again after 0.2 s, doubling to --retry-max; so is what finds the disk full. Timestamps that the server
// refuses are counted (refused) and said.

import { createCourier } from './lib/banyandb/courier.ts';
import { ENDPOINT, interval, openEndpoint } from './lib/banyandb/endpoint.ts';
import { createOutbox } from './lib/banyandb/outbox.ts';
import { createPoints, type Point, type Refusal } from './lib/banyandb/point.ts';
import { createRegistry } from './lib/banyandb/registry.ts';
import { ackFileOf } from './lib/disk/ack.ts';
import { createPatience } from './lib/net/patience.ts';
import { duration, positiveDuration, whole } from './lib/options.ts';
import type { Measure } from './lib/record.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	...ENDPOINT,
	create: { type: 'boolean', default: false },
	shards: { type: 'string', default: '1' },
	segment: { type: 'string', default: '1d' },
	ttl: { type: 'string', default: '7d' },
	safety: { type: 'string', default: '10s' },
	'retry-max': { type: 'string', default: '30s' },
	batch: { type: 'string', default: '5000' },
	linger: { type: 'string', default: '1s' },
	queue: { type: 'string', default: '100000' },
	drain: { type: 'string', default: '30s' },
	ack: { type: 'string' },
} as const;

// Answers of a stream: a status and a name for each of its points.
const MOST_ANSWER = 64 * 1024 * 1024;

stage(import.meta, { options: OPTIONS, args: [1, 1] }, (context) => {
	const { args, options, log, count } = context;
	const keeping = {
		shards: whole(options.shards, '--shards', 1, 1000),
		segment: interval(options.segment, '--segment'),
		ttl: interval(options.ttl, '--ttl'),
	};
	const onLost = () => {
		registry.forget();
		outbox.resend();
	};
	const { client, url, group } = openEndpoint(options, { address: args[0]!, log, most: MOST_ANSWER, onLost });
	const patience = createPatience({
		...context,
		name: url.origin,
		retryMaxMs: positiveDuration(options['retry-max'], '--retry-max'),
	});
	const registry = createRegistry({
		...context,
		client,
		group,
		create: options.create ? keeping : undefined,
	});
	const courier = createCourier({
		...context,
		client,
		group,
		registry,
		patience,
		onGone: () => outbox.resend(),
	});
	const ack = ackFileOf(options.ack) ?? '';
	const outbox = createOutbox({
		...context,
		courier,
		patience,
		ack,
		batch: whole(options.batch, '--batch', 1),
		lingerMs: positiveDuration(options.linger, '--linger'),
		safetyMs: duration(options.safety, '--safety'),
		most: whole(options.queue, '--queue', 1),
		drainMs: duration(options.drain, '--drain'),
	});
	const points = createPoints({
		onRepeat: ({ metric }) => {
			count('repeated');
			log.warn(
				`${metric}: a second record of one series and time takes the place of the first`,
				{},
				'repeated',
			);
		},
	});
	const send = (made: Point[] | Refusal) => {
		if ('counter' in made) {
			count(made.counter);
			return log.warn(`${made.why}; left out`, {}, made.counter);
		}
		for (const point of made) outbox.push(point);
		return outbox.room();
	};
	const take = (record: Measure) => send(points.of(record));
	return {
		histogram: take,
		sum: take,
		gauge: take,
		notice: (notice) => send(points.ofNotice(notice)),
		record: ({ type }) => {
			count('left_out');
			log.warn(`records of type "${type}" have no form in BanyanDB; left out`, {}, `left out ${type}`);
		},
		control: (control) => {
			if (control.kind === 'pos' && ack !== '') outbox.barrier(control.position);
		},
		end: async (how) => {
			await outbox.finish(how);
			client.close();
		},
	};
});
