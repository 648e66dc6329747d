#!/usr/bin/env node
// top-keys - the N heaviest series of each metric, and all others as one: top-keys 20
//
// usage:  top-keys N [--linger 1s] < records > records
// stdin:  records        stdout: records, with increments in place of what was cumulative, and notices
//
//   {"type":"sum","ts":15000,"host":"web1","metric":"calls","unit":"1","attributes":{"comm":"a"},"temporality":"delta","monotonic":true,"value":1}
//   {"type":"sum","ts":15000,"host":"web1","metric":"calls","unit":"1","attributes":{"comm":"b"},"temporality":"delta","monotonic":true,"value":7}
//   {"type":"sum","ts":15000,"host":"web1","metric":"calls","unit":"1","attributes":{"comm":"c"},"temporality":"delta","monotonic":true,"value":2}
// becomes, with `top-keys 1`,
//   {"type":"notice","ts":15000,"host":"web1","metric":"calls","kind":"folded","count":2,"detail":"2 of 3 series (sum, 1) are in \"other\", with 3 of 10"}
//   {"type":"sum","ts":15000,"host":"web1","metric":"calls","unit":"1","attributes":{"comm":"b"},"temporality":"delta","monotonic":true,"value":7}
//   {"type":"sum","ts":15000,"host":"web1","metric":"calls","unit":"1","attributes":{"comm":"other"},"temporality":"delta","monotonic":true,"value":3}
//
//   --linger 1s   silence after which a print is taken to be whole; what comes of it later is ranked by itself
//
// A group is what has host, metric, unit and type in common, at one `ts`. The total of a histogram's counts, or the value,
// is what a series weighs; of equals the first by name passes. A series that is called "other" goes into the fold.
// Buckets whose bounds cross are merged in it (notice "layout"). Increments of one series at one time are added up.
// Cumulative histograms and sums become increments as in to-delta, whose notices and baseline they have; for its options
// put it before this. A sum that may fall stays what it is. Gauges do not add up: those beyond the N highest are left
// out, and the notice names the first 20 of them. `every` goes before this: behind it, it would repeat such a sum or a
// gauge that is not among the N any more. Samples, notices and unknown types pass at once.
// With over 100000 series at one time the light ones are folded early; nothing is lost by it. The baselines of cumulative
// series are kept for an hour, however many they are.
//
// A print is written at a record or a #!ts of another time, after --linger, and at the end of input, unless barriers were
// seen: the next run reads it again. A barrier (#!pos) within a print goes no further; others go on as in to-delta.

import { createSilence } from './lib/flow/silence.ts';
import { positiveDuration, whole } from './lib/options.ts';
import { END_LINE, type KnownRecord, type Measure } from './lib/record.ts';
import { createTop } from './lib/series/top.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = { linger: { type: 'string', default: '1s' } } as const;
// As to-delta has it.
const STALE_MS = 3_600_000;

stage(
	import.meta,
	{ options: OPTIONS, args: [1, 1] },
	({ args, options, count, emit, isReadAgain, log, output }) => {
		const lingerMs = positiveDuration(options.linger, '--linger');

		const print = (out: KnownRecord | string) => {
			if (typeof out !== 'string' && out.type === 'notice') count(out.kind, Number(out.count));
			emit(out);
		};
		const top = createTop({
			most: whole(args[0]!, 'N', 1),
			staleMs: STALE_MS,
			onCount: (what, key) => {
				count(what);
				log.debug(`${what}: ${key}`, {}, what);
			},
			emit: print,
		});
		const heard = createSilence({
			isBlocked: output.blocked,
			isHeld: top.isOpen,
			leastMs: lingerMs,
			onQuiet: top.close,
		});
		const take = (record: Measure) => {
			top.take(record);
			heard();
		};
		return {
			histogram: take,
			sum: take,
			gauge: take,
			control: (control, line) => {
				if (line === END_LINE) top.close();
				if (control.kind === 'ts') top.time(control.ms, line);
				else if (control.kind === 'pos') top.barrier(line);
				else top.control(line);
				heard();
			},
			end: () => {
				if (!isReadAgain()) top.close();
				else if (top.isOpen()) log.info('the last print is not written; it is read again by the next run');
			},
		};
	},
);
