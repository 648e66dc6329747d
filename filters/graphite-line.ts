#!/usr/bin/env node
// graphite-line - histograms, sums and gauges as lines for Graphite: PATH VALUE EPOCH
//
// usage:  graphite-line [-m NAME] [--prefix NODES] [--values cumulative|delta|rate] [--percentiles 50,95,99] [--tags]
//                       [--host-dots underscore|escape|keep] [--escape percent|underscore] [--notices]
//                       [--from-zero] [--stale 1h] < records | graphite-send
// stdin:  records        stdout: one line for each bucket, sum or gauge
//
//   {"type":"histogram","ts":1763712000000,"host":"web1.lan","metric":"cpu-lat","unit":"us","attributes":{"comm":"nginx: worker"},"temporality":"cumulative","buckets":[[0,1,5],[1,2,7],[4,8,1]]}
// becomes
//   web1_lan.cpu-lat.nginx%3A%20worker.0 5 1763712000
//   web1_lan.cpu-lat.nginx%3A%20worker.1 7 1763712000
//   web1_lan.cpu-lat.nginx%3A%20worker.4 1 1763712000
//
// The path is PREFIX.HOST.METRIC.ATTRIBUTE-VALUES.LOWER: the values in the record's order, and the lower bound of the
// bucket (neg_8 for -8, lt_0 for the bucket below 0, all without bounds). Sums and gauges end at the values. Records of
// a replay or a generator go to PREFIX.synthetic.HOST... . EPOCH is the record's time in whole seconds, rounded down.
//   -m NAME             renames every metric        --tags   PREFIX.HOST.METRIC.LOWER;comm=nginx (Graphite 1.1)
//   --host-dots         what a dot in a host becomes: _ (the default), %2E with escape, or with keep another node
//   --escape            bytes other than letters, digits, _ and - become %XX, so two names never meet; or each a _
//   --values            what the record holds, unless given; delta: the increment since the record before, as to-delta
//                       has it (--from-zero, --stale and barriers as there); rate: that increment per second
//   --percentiles       adds ...METRIC.p99, interpolated within its bucket; nothing for an interval without counts
//   --notices           adds PREFIX.HOST.METRIC.notice.KIND COUNT EPOCH; without it, notices are logged
//
// Names over 240 bytes and paths over 2000 are cut and end in a hash (counter "cut"). Samples, sketches and unknown
// records are counted and left out, and so is a value that --values cannot be made of. #!ts lines end here, #!pos
// lines pass on.

import { createEncoder } from './lib/graphite/encoding.ts';
import { ESCAPES, HOST_DOTS } from './lib/graphite/path.ts';
import { percentList } from './lib/histogram/percentile.ts';
import { duration, oneOf } from './lib/options.ts';
import type { Gauge, Histogram, Notice, Sum } from './lib/record.ts';
import { createDelta, isCounter } from './lib/series/delta.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	metric: { type: 'string', short: 'm' },
	prefix: { type: 'string' },
	values: { type: 'string' },
	percentiles: { type: 'string' },
	tags: { type: 'boolean', default: false },
	'host-dots': { type: 'string', default: 'underscore' },
	escape: { type: 'string', default: 'percent' },
	notices: { type: 'boolean', default: false },
	'from-zero': { type: 'boolean', default: false },
	stale: { type: 'string', default: '1h' },
} as const;

stage(import.meta, { options: OPTIONS }, ({ options, emit, count, bad, log }) => {
	const values =
		options.values && oneOf(options.values, '--values', ['cumulative', 'delta', 'rate'] as const);
	const encoder = createEncoder({
		metric: options.metric,
		prefix: options.prefix,
		escape: oneOf(options.escape, '--escape', ESCAPES),
		hostDots: oneOf(options['host-dots'], '--host-dots', HOST_DOTS),
		tags: options.tags,
		percentiles: options.percentiles ? percentList(options.percentiles, '--percentiles') : [],
		rate: values === 'rate',
		onCut: () => count('cut'),
	});
	const delta = createDelta({
		fromZero: options['from-zero'],
		staleMs: duration(options.stale, '--stale'),
		onCount: (what) => count(what),
	});
	const pass = (line: string | undefined) => {
		if (line !== undefined) emit(line);
	};
	let renamed: string | undefined;
	const print = (record: Histogram | Sum | Gauge) => {
		renamed ??= record.metric;
		if (options.metric && renamed !== record.metric) {
			const both = `${renamed} and ${record.metric}`;
			log.warn(`-m gives ${both} one name, so they overwrite each other`, {}, 'renamed');
		}
		const lines = encoder.measure(record);
		if (!lines) return bad(`${record.metric}: no rate without a "start" before "ts"`);
		for (const line of lines) emit(line);
	};
	const notice = (record: Notice) => {
		const { kind, metric, detail } = record;
		count(`notice_${kind}`);
		if (options.notices) emit(encoder.notice(record));
		else log.warn([metric, kind, detail].filter(Boolean).join(': '), {}, `notice ${kind}`);
	};
	const take = (record: Histogram | Sum) => {
		if (values === 'cumulative' && record.temporality === 'delta') {
			return bad(`${record.metric}: increments cannot be made cumulative`);
		}
		if (values === undefined || values === 'cumulative' || !isCounter(record)) return print(record);
		const results = delta.take(record);
		pass(delta.release());
		for (const result of results) result.type === 'notice' ? notice(result) : print(result);
	};
	return {
		histogram: take,
		sum: take,
		gauge: print,
		notice,
		record: ({ type }) => {
			count('left_out');
			log.warn(`records of type "${type}" have no form in Graphite; left out`, {}, `left out ${type}`);
		},
		control: (control, line) => {
			if (control.kind === 'pos') return pass(delta.barrier(line));
			if (control.kind === 'ts') delta.time(control.ms);
			pass(delta.release());
			if (control.kind === 'other') emit(line);
		},
	};
});
