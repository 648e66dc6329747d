#!/usr/bin/env node
// every - each series once per aligned step, with nothing missing: every 15s
//
// usage:  every STEP [--grace 2s] [--stale 5m] [--zero-buckets 0..1048576] [--event-time] < records > records
// stdin:  records        stdout: records whose time is the end of a step, and all that is no series, at once
//
//   {"type":"sum","ts":15400,"host":"web1","metric":"calls","unit":"1","attributes":{},"temporality":"delta","monotonic":true,"value":2}
//   {"type":"sum","ts":21000,"host":"web1","metric":"calls","unit":"1","attributes":{},"temporality":"delta","monotonic":true,"value":3}
// becomes, with `every 15s`,
//   {"type":"sum","ts":30000,"host":"web1","metric":"calls","unit":"1","attributes":{},"temporality":"delta","monotonic":true,"value":5,"start":15000}
//
// Steps are aligned to the epoch; step S takes what has its own time in (S - STEP, S]. A cumulative series or a gauge
// gives its last value as of S and repeats it; a delta gives the sum of its increments, or zeros. A bucket once seen in
// a series stays, as 0 where it must.
//   --grace          a step closes when the time of the stream (records and #!ts) passes its end, or when the clock is so
//                    long past it and nothing came in meanwhile; it must be longer than the way from the source to here
//   --event-time     no clock: only the time of the stream closes steps
//   --stale          a series without a record for so long (and in the step) ends with a notice "stale"
//   --zero-buckets   powers of two that every histogram has from its first step on
//
// A record that comes for a written step counts in the open one (notice "late"); a cumulative one or a gauge, if it is
// newer than what was taken, has its step written again. One that is ahead of the clock is taken as of now ("early").
// Where the clock is set back, steps go on in the new time ("clock"). Increments whose bounds cross are merged for that
// step ("layout"). A barrier (#!pos) goes on when everything before it is written and a restart there gives whole steps
// again. At the end of input the open step is written, unless barriers were seen: the next run reads it again.

import { createSilence } from './lib/flow/silence.ts';
import { log2Range } from './lib/histogram/log2.ts';
import { positiveDuration } from './lib/options.ts';
import { END_LINE, type Gauge, type Histogram, type KnownRecord, type Sum } from './lib/record.ts';
import { createDeferral } from './lib/series/deferral.ts';
import { createSetBack } from './lib/series/set-back.ts';
import { createSteps } from './lib/series/steps.ts';
import { type Emit, stage } from './lib/stage.ts';

const OPTIONS = {
	grace: { type: 'string', default: '2s' },
	stale: { type: 'string', default: '5m' },
	'zero-buckets': { type: 'string' },
	'event-time': { type: 'boolean', default: false },
} as const;

stage(import.meta, { options: OPTIONS, args: [1, 1] }, (context) => {
	const { args, options, count, emit, log, output, fail } = context;
	const stepMs = positiveDuration(args[0]!, 'STEP');
	const graceMs = positiveDuration(options.grace, '--grace');
	const zeroBuckets = options['zero-buckets'] ? log2Range(options['zero-buckets'], '--zero-buckets') : [];
	const steps = createSteps({ stepMs, staleMs: positiveDuration(options.stale, '--stale'), zeroBuckets });
	const isLive = !options['event-time'];

	const print = (lines: (KnownRecord | string)[]) => {
		for (const line of lines) {
			if (typeof line !== 'string' && line.type === 'notice') count(line.kind, Number(line.count));
			emit(line);
		}
	};
	const advance = async (ms: number): Promise<void> => {
		for (const lines of steps.advance(ms)) {
			print(lines);
			await output.room();
		}
	};
	const whenDue = (ms: number, act: () => void): void | Promise<void> =>
		steps.isDue(ms) ? advance(ms).then(act) : act();

	const isSetBack = createSetBack({ stepMs, graceMs, ...(isLive && { clock: Date.now }) });
	/** The time to believe: not the future, when there is a clock to tell. */
	const believed = (ms: number): number => {
		const now = Date.now();
		return isLive && ms > now + stepMs + graceMs ? now : ms;
	};
	const take = (record: Histogram | Sum | Gauge, _emit: Emit) => {
		heard();
		const ts = believed(record.ts);
		const end = steps.end();
		if (end !== undefined && isSetBack(ts, end)) {
			log.warn(
				`the clock was set back by about ${Math.round((end - ts) / 1000)} s; going on in the new time`,
			);
			print(steps.setBack(ts, record.host));
		}
		return whenDue(ts, () => quick.learn(record, steps.take(record, ts, ts !== record.ts)));
	};
	const quick = createDeferral(steps, (ts) => {
		const end = steps.end();
		const isInStep = end !== undefined && ts > end - stepMs && ts <= end;
		return isInStep && believed(ts) === ts && !isSetBack(ts, end);
	});

	let isBusy = false;
	const whenQuiet = () => {
		isBusy = true;
		const done = () => {
			isBusy = false;
		};
		advance(Date.now() - graceMs).then(done, fail);
	};
	const isBlocked = () => isBusy || output.blocked();
	const heard = isLive ? createSilence({ isBlocked, leastMs: graceMs, onQuiet: whenQuiet }) : () => {};
	return {
		quick: (bytes, from, to) => {
			if (!quick.take(bytes, from, to)) return false;
			heard();
		},
		histogram: take,
		sum: take,
		gauge: take,
		control: (control, line) => {
			heard();
			if (control.kind === 'ts') return whenDue(believed(control.ms), () => emit(line));
			if (line === END_LINE && steps.hasBarriers()) print(steps.flush());
			const passed = control.kind === 'pos' ? steps.barrier(line) : line;
			if (passed !== undefined) emit(passed);
		},
		end: () => {
			if (!steps.hasBarriers()) print(steps.flush());
			else if (steps.isOpen()) log.info('the open step is not written; it is read again by the next run');
		},
	};
});
