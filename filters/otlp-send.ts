#!/usr/bin/env node
// otlp-send - records to an OpenTelemetry collector, or whoever else takes OTLP over HTTP
//
// usage:  otlp-send URL [--encoding protobuf|json] [--histograms explicit|exponential|auto] [--compression gzip|none]
//                   [--resource KEY=VALUE]... [--ack FILE] [--token-file FILE | --user-file FILE] [--ca-file FILE]
//                   [--cert-file FILE --key-file FILE] [--header 'NAME: VALUE']... [--timeout 30s] [--retry-max 30s] [--batch 1000] [--linger 1s]
//                   [--queue 100000] [--drain 30s] < records
// stdin:  records        stdout: nothing
//
//   {"type":"histogram","ts":1763712000000,"host":"web1","metric":"cpu-lat","unit":"us","attributes":{"comm":"nginx"},"temporality":"cumulative","buckets":[[0,1,5],[2,4,9]]}
// is a histogram of the resource host.name=web1 with explicit bounds 0, 1, 3, which are inclusive there. No sum is known, so
// none is sent. URL without a path means URL/v1/metrics. Temporality and times are those of the records.
//
//   --histograms    exponential: as such where all buckets grow by one power of two, else explicit (counter "explicit"); auto
//                   does not count these. There [2,4) is (2,4]: what lies on a power of two is one bucket higher
//   --resource      of every resource; unless given, service.name is bpfpipe, and service.instance.id the host, as host.name is
//   --ack FILE      (or BPFPIPE_ACK) an outage loses nothing: while the server is away nothing is read, so the log is the
//                   queue. A barrier (#!pos) goes into FILE once the server has taken everything before it
//   --queue         without --ack: so many points wait while the server is away, then the oldest are dropped ("dropped")
//   --batch, --linger   so many points in a body, or what has come in so long
//   --user-file     NAME:PASSWORD; read again when it changes, as are a token and a certificate
//   --ca-file, --cert-file   an issuer to trust; what to show to a server that asks who calls; as PEM
//   --drain         how long the end may take; at TERM 5 s at the most. What is left without --ack makes the exit 69
//
// Connections that fail, 429, 502, 503 and 504 are tried again after 0.2 s, doubling to --retry-max, or after Retry-After.
// What the server refuses is lost, counted (refused) and said. synthetic is an attribute, a notice one more of bpfpipe.notices.

import { oneOf, pairs } from './lib/options.ts';
import {
	type HistogramForm,
	noticePoint,
	type Point,
	pointOf,
	type Refusal,
	weightOf,
} from './lib/otlp/point.ts';
import { otlpProtocol } from './lib/otlp/protocol.ts';
import { ENDPOINT, openEndpoint } from './lib/post/endpoint.ts';
import { createOutbox } from './lib/post/outbox.ts';
import { version } from './lib/program.ts';
import type { Measure } from './lib/record.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	...ENDPOINT,
	encoding: { type: 'string', default: 'protobuf' },
	histograms: { type: 'string', default: 'explicit' },
	compression: { type: 'string', default: 'gzip' },
	resource: { type: 'string', multiple: true },
} as const;

const BATCH = 1000;

stage(import.meta, { options: OPTIONS, args: [1, 1] }, (context) => {
	const { args, options, log, count, bad } = context;
	const form = oneOf(options.histograms, '--histograms', ['explicit', 'exponential', 'auto'] as const);
	const resource = pairs(options.resource ?? [], '--resource');
	const protocol = otlpProtocol(
		oneOf(options.encoding, '--encoding', ['protobuf', 'json'] as const),
		oneOf(options.compression, '--compression', ['gzip', 'none'] as const),
		{
			attributes: [...new Map([['service.name', 'bpfpipe'], ...resource])],
			scope: { name: 'bpfpipe', version },
		},
	);
	const endpoint = openEndpoint(options, { address: args[0]!, batch: BATCH, log });
	if (endpoint.url.pathname === '/') endpoint.url.pathname = '/v1/metrics';
	const outbox = createOutbox<Point>({
		...context,
		...endpoint,
		protocol,
		items: 'points',
		what: 'points',
		sizeOf: (points) => points.length,
		weigh: weightOf,
	});
	const send = (point: Point | Refusal) => {
		if ('counter' in point) {
			if (point.counter === 'bad') return bad(point.why);
			count(point.counter);
			return log.warn(`${point.why}; left out`, {}, point.counter);
		}
		outbox.push(point);
		return outbox.room();
	};
	const take = (record: Measure) => {
		const point = pointOf(record, form satisfies HistogramForm);
		if (form === 'exponential' && 'data' in point && point.data.kind === 'explicit') count('explicit');
		return send(point);
	};
	return {
		histogram: take,
		sum: take,
		gauge: take,
		notice: (notice) => send(noticePoint(notice)),
		record: ({ type }) => {
			count('left_out');
			log.warn(`records of type "${type}" have no form in OTLP; left out`, {}, `left out ${type}`);
		},
		control: (control) => {
			if (control.kind === 'pos' && endpoint.ack) outbox.barrier(control.position);
		},
		end: outbox.finish,
	};
});
