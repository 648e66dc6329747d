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
// The first print of a metric is a baseline and prints nothing (--from-zero: it counted from zero). A series that
// appears in a later print began at zero, so all of its first value is the increment. `start` is the time of the
// record before, so a print that was missed makes one increment that covers the longer time. Every bucket ever
// seen in a series is printed, with 0 where nothing was counted. Whole numbers of any size stay exact.
// A reset is a total or a bucket that fell, or bounds that cross the known ones: all of the new value is then the
// increment, and a notice of kind "reset" goes before it. A record older than the last of its series is not applied:
// notice "late"; where all that comes is late by over a minute, the clock was set back: notice "clock", and the new time
// is gone on in, baselines as they are. The same record twice counts once (counter "duplicate"). A replayed (synthetic) record never
// continues a real series. A series not seen for --stale (stream time; longer than the time between two prints) is
// forgotten (counter "forgotten"); should it come back, it counts as new. A source that was restarted and has counted
// beyond its old values by the next print cannot be told from one that went on. Gauges, samples, deltas and sums that
// may fall pass untouched.
//
// Barriers (#!pos): after a restart the first print is a baseline again. So a barrier goes on only when every series
// known here has a record from after it, and that burst is complete; one inside a burst, or that waits at the end
// of input, is not passed on. What lies behind it is then read again, and gives the same increments.

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
