#!/usr/bin/env node
// remote-write - records to Prometheus, or whoever else takes its remote write, for those who cannot be scraped
//
// usage:  remote-write URL [--protocol auto|1|2] [--histograms classic|native|both] [--prefix NAME] [--base-units]
//                      [--stale 5m] [--max-series 10000] [--ack FILE] [--state FILE] [--token-file FILE | --user-file FILE]
//                      [--ca-file FILE] [--cert-file FILE --key-file FILE] [--header 'NAME: VALUE']... [--timeout 30s]
//                      [--retry-max 30s] [--batch 2000] [--linger 1s] [--queue 100000] [--drain 30s] [--utf8-names] < records
// stdin:  records        stdout: nothing
//
//   {"type":"histogram","ts":1763712000000,"host":"web1","metric":"cpu-lat","unit":"us","attributes":{},"temporality":"cumulative","buckets":[[0,1,5],[2,4,9]]}
// becomes samples of that time, named as prometheus-text names them: cpu_lat_microseconds_bucket{host="web1",le="3.0"} 14
//
//   --protocol      auto is 2.0, and 1.0 once the server shows that it only has that      --utf8-names  cpu-lat_microseconds
//   --histograms    native where all buckets of a metric grow by one power of two; there [2,4) is (2,4], so what lies on a
//                   power of two is one bucket higher, and the sum, which nobody knows, is NaN. Not every server has them
//   --base-units    us, ms and ns as seconds, KiB as bytes, % as ratio, exactly; in seconds no bucket has a native form
//   --stale         a series without a record for so long has ended, and is marked so
//   --ack FILE      (or BPFPIPE_ACK) an outage loses nothing: while the server is away nothing is read, so the log is the
//                   queue. A barrier (#!pos) goes into FILE once the server has taken everything before it
//   --state FILE    increments are added up from what FILE says that was acknowledged (the ack file and .sums; else from 0)
//   --batch, --linger, --queue   so many in a body, or what came in so long; so many wait without --ack, then some are dropped
//   --user-file     NAME:PASSWORD; read again when it changes, as are a token and a certificate
//   --ca-file, --cert-file   an issuer to trust; what to show to a server that asks who calls; as PEM
//   --drain         how long the end may take; at TERM 5 s at the most. What is left without --ack makes the exit 69
//
// Connections that fail, 429 and 5xx are tried again after 0.2 s, doubling to --retry-max, or after Retry-After. What the
// server refuses is lost, counted (refused) and said: so is what it has already, when a log is read again. Notices, and all
// that is left out, are bpfpipe_notices_total{kind,metric,host}.

import { oneOf, positiveDuration, whole } from './lib/options.ts';
import { ENDPOINT, openEndpoint } from './lib/post/endpoint.ts';
import { createOutbox } from './lib/post/outbox.ts';
import type { Measure, Position } from './lib/record.ts';
import { createIntake } from './lib/remote-write/intake.ts';
import { type Item, samplesIn } from './lib/remote-write/item.ts';
import { remoteWriteProtocol } from './lib/remote-write/protocol.ts';
import { openSums } from './lib/remote-write/sums.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	...ENDPOINT,
	protocol: { type: 'string', default: 'auto' },
	histograms: { type: 'string', default: 'classic' },
	prefix: { type: 'string', default: '' },
	'utf8-names': { type: 'boolean', default: false },
	'base-units': { type: 'boolean', default: false },
	state: { type: 'string' },
	stale: { type: 'string', default: '5m' },
	'max-series': { type: 'string', default: '10000' },
} as const;

const BATCH = 2000;

stage(import.meta, { options: OPTIONS, args: [1, 1] }, (context) => {
	const { args, options, log, count, bad } = context;
	const endpoint = openEndpoint(options, { address: args[0]!, batch: BATCH, log });
	const outbox = createOutbox<Item>({
		...context,
		...endpoint,
		protocol: remoteWriteProtocol(oneOf(options.protocol, '--protocol', ['auto', '1', '2'] as const)),
		items: 'records',
		what: 'samples',
		onConfirm: (position) => sums.confirm(position, barriers.get(position) ?? []),
		sizeOf: samplesIn,
		weigh: ({ weight }) => weight,
	});
	const sums = openSums(options.state ?? (endpoint.ack && `${endpoint.ack}.sums`), endpoint.ack);
	/** What increments had been added up to at each barrier that waits. */
	const barriers = new WeakMap<Position, ReturnType<typeof intake.sums>>();
	const intake = createIntake({
		prefix: options.prefix,
		staleMs: positiveDuration(options.stale, '--stale'),
		maxSeries: whole(options['max-series'], '--max-series', 1),
		spelling: options['utf8-names'] ? 'utf8' : 'underscores',
		isBase: options['base-units'],
		form: oneOf(options.histograms, '--histograms', ['classic', 'native', 'both'] as const),
		restored: sums.restored,
		onItem: outbox.push,
		onNotice: ({ kind, metric, detail }) => {
			count(kind);
			log.warn(`${metric}: ${detail}`, {}, kind);
		},
	});
	const take = (record: Measure) => {
		const fault = intake.take(record);
		if (fault !== '') return bad(fault);
		return outbox.room();
	};
	return {
		histogram: take,
		sum: take,
		gauge: take,
		notice: (record) => {
			count('notices');
			intake.notice(record);
			return outbox.room();
		},
		record: ({ type }) => {
			count('left_out');
			log.warn(`records of type "${type}" have no form in Prometheus; left out`, {}, `left out ${type}`);
		},
		control: (control) => {
			if (control.kind === 'ts') intake.time(control.ms);
			if (control.kind !== 'pos' || !endpoint.ack) return;
			barriers.set(control.position, intake.sums());
			outbox.barrier(control.position);
		},
		end: outbox.finish,
	};
});
