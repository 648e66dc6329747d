#!/usr/bin/env node
// to-delta - what cumulative histograms and sums counted since the record before
//
// usage:  to-delta [--from-zero] [--stale 1h] < records > records
// stdin:  records        stdout: records; cumulative ones became `"temporality":"delta"`
//
//   {"type":"histogram","ts":15000,"host":"web1","metric":"lat","unit":"us","attributes":{},"temporality":"cumulative","buckets":[[0,1,5]]}
//   {"type":"histogram","ts":30000,"host":"web1","metric":"lat","unit":"us","attributes":{},"temporality":"cumulative","buckets":[[0,1,7],[1,2,1]]}
// becomes
//   {"type":"histogram","ts":30000,"host":"web1","metric":"lat","unit":"us","attributes":{},"temporality":"delta","buckets":[[0,1,2],[1,2,1]],"start":15000}
//
//   --from-zero   the first print of a metric counted from zero; without it, it is a baseline and prints nothing
//   --stale       a series that was not seen for so long (stream time) is forgotten, and counts as new if it comes back
//
// A series that appears in a later print began at zero, so all of its first value is the increment. `start` is the time
// of the record before, so a print that was missed makes one increment over the longer time. Every bucket once seen in
// a series is printed, with 0 where nothing was counted.
// A total or a bucket that fell, or bounds that cross the known ones, say that the source began again: a notice "reset"
// comes, and all of the new value is the increment. A restarted source that has counted beyond its old values by the
// next print looks like one that went on. A record older than the last of its series is not applied (notice "late");
// where everything is late by over a minute, the clock was set back (notice "clock"). Replayed records never continue a
// real series. Gauges, samples, deltas and sums that may fall pass untouched.
//
// A barrier (#!pos) goes on when every series has a record from after it, for the first print after a restart is a
// baseline again. The next run reads again what lies behind a barrier that was not passed on.

import { duration } from './lib/options.ts';
import type { Histogram, Sum } from './lib/record.ts';
import { createDelta, isCounter } from './lib/series/delta.ts';
import { type Emit, stage } from './lib/stage.ts';

const OPTIONS = {
	'from-zero': { type: 'boolean', default: false },
	stale: { type: 'string', default: '1h' },
} as const;

stage(import.meta, { options: OPTIONS }, ({ options, count, log, emit }) => {
	const delta = createDelta({
		fromZero: options['from-zero'],
		staleMs: duration(options.stale, '--stale'),
		onCount: (what, key) => {
			count(what);
			log.debug(`${what}: ${key}`, {}, what);
		},
	});
	const pass = (line: string | undefined) => {
		if (line !== undefined) emit(line);
	};
	const take = (record: Histogram | Sum, emit: Emit) => {
		if (!isCounter(record)) return emit(record);
		const results = delta.take(record);
		pass(delta.release());
		for (const result of results) {
			if (result.type === 'notice') count(result.kind);
			emit(result);
		}
	};
	return {
		histogram: take,
		sum: take,
		control: (control, line) => {
			if (control.kind === 'pos') return pass(delta.barrier(line));
			if (control.kind === 'ts') delta.time(control.ms);
			pass(delta.release());
			emit(line);
		},
	};
});
