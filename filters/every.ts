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
// Steps are aligned to the epoch; step S takes what has its own time in (S - STEP, S]. Cumulative series and gauges
// give their last value as of S and repeat it; deltas give the sum of their increments, or zeros. A bucket once seen
// in a series stays, as 0 where it must; --zero-buckets has the powers of two there from the first step. A series
// without a record for --stale (and in the step) ends with a notice "stale", however large the gap in time.
//
// A step closes when the time of the stream (records and #!ts) passes its end; or, unless --event-time is given, when
// the clock is --grace past its end and nothing has come in, nor was our output blocked, for that long. So working
// off a backlog is never taken for silence. --grace must be longer than the way from the source to here.
// What comes for a step that is written already counts in the open one, with a notice "late"; a cumulative record or a
// gauge only if it is newer than what was taken, and the step that it belongs to is then written again. A record ahead of the clock by more than STEP + grace is taken as of now:
// notice "early". Where the clock is set back by more than three steps, the open step is written, a notice "clock" says
// it, and steps go on in the new time; with --event-time once three steps' worth of such records has come. Increments whose bounds cross are merged into buckets that hold both for that step: notice "layout".
//
// Barriers (#!pos) go on when everything before them is written, and only where a restart gives whole steps again.
// At the end of input or TERM the open step is written, unless barriers were seen: then it is read again. After the
// #!end of a finite input (bpftrace-tail --once) it is written all the same, and once more, whole, by a later run that
// finds more of it. Without barriers a restarted `every` prints that step once more, from what is left of it. In
// Graphite the last write wins.

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
	const onQuiet = (quietMs: number) => quietMs >= graceMs && whenQuiet();
	const heard = isLive ? createSilence({ isBlocked, onQuiet }) : () => {};
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
