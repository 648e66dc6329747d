#!/usr/bin/env node
// to-hollow - records as cycles of a Netflix Hollow data set, one version for each time
//
// usage:  to-hollow [-d NAME] [--wide] [--source NAME] [--leave-out METRIC] [--output FILE] [--dry-run] < records
// stdin:  records        stdout: cycles for hollow-publish and hollow-push, or with --dry-run their payload
//
//   {"type":"histogram","ts":1763712000000,"host":"web1","metric":"cpu-lat","unit":"us","attributes":{"cpu":"0"},"temporality":"cumulative","buckets":[[0,1,5],[1,2,8],[2,4,0]]}
// becomes
//   {"type":"hollow_metric","source":"web1","name":"cpu-lat{cpu=\"0\"}","total":13,"unit":"us","buckets":[[0,1,5],[1,2,8]]}
//   {"type":"hollow_state","source":"web1","timestamp":"2025-11-21T08:00:00.000Z","aggregates":{"cpu-lat":13},"metrics":1}
//   {"type":"hollow_cycle","version":"20251121080000000","dataset":"ebpf_metrics","wide":false,"synthetic":false,"states":1}
//
//   -d, --dataset-name NAME   the data set (default ebpf_metrics)
//   --wide                    numbers are 64-bit Longs; without it they are 32-bit Integers, as the predecessor's
//   --source NAME             in place of every host
//   --leave-out METRIC        do without it, repeatable: such as fractions, which no data set of whole numbers holds
//   --linger 1s               silence after which a cycle is taken to be whole
//   --output FILE             the payload of the newest cycle, as ebpf_to_hollow.py had it; the file is replaced whole
//   --dry-run                 no cycles on stdout; without --output the payloads are printed, one a line
//
// A cycle is the whole data set at one `ts`. It ends at a record or a #!ts line of another time, at the end of input, and
// after --linger; if more of the same time comes later, the whole cycle is written again with the next version. The
// version is the time in UTC, so a log that is read again gives the same versions.
// A host is a state (synthetic/HOST for synthetic records), a series a metric, METRIC{KEY="VALUE",...}. The total of a
// histogram is the sum of its counts, of a sum and a gauge the value; `aggregates` adds up histograms and sums by metric.
// Increments of one time are added up; else the last record of a series counts. What the data set cannot hold is counted
// (bad, left_out), reported and left out with the aggregate of its metric: numbers that are not whole or do not fit, a series
// that differs from one of the same name, sketches and samples. So are notices (counter "notices").

import { replaceTarget } from './lib/disk/target.ts';
import { createMoments } from './lib/flow/moments.ts';
import { createSeriesIndex } from './lib/histogram/series-index.ts';
import { fits } from './lib/hollow/metrics/cycle.ts';
import { createCyclePrinter } from './lib/hollow/metrics/cycle-printer.ts';
import type { SeriesText } from './lib/hollow/metrics/cycle-state.ts';
import { createGrouping } from './lib/hollow/metrics/grouping.ts';
import { positiveDuration } from './lib/options.ts';
import type { Histogram, Measure } from './lib/record.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	'dataset-name': { type: 'string', short: 'd', default: 'ebpf_metrics' },
	wide: { type: 'boolean', default: false },
	source: { type: 'string' },
	'leave-out': { type: 'string', multiple: true, default: [] as string[] },
	linger: { type: 'string', default: '1s' },
	output: { type: 'string' },
	'dry-run': { type: 'boolean', default: false },
} as const;

stage(import.meta, { options: OPTIONS }, ({ options, emit, count, bad, isReadAgain, log, output, fail }) => {
	const lingerMs = positiveDuration(options.linger, '--linger');
	const target = options.output === undefined ? undefined : replaceTarget(options.output, '--output');
	const isDry = options['dry-run'];
	// A payload wants the buckets.
	const isPlain = !isDry && target === undefined;
	const print = createCyclePrinter({ output, isDry, target, count });
	const group = createGrouping({
		dataset: options['dataset-name'],
		wide: options.wide,
		source: options.source,
		fault: (what) => {
			count('left_out');
			bad(what);
		},
	});
	const moments = createMoments({
		isOther: group.isOther,
		isOpen: group.isOpen,
		write: async () => {
			const cycle = group.close();
			if (cycle) await print(cycle);
		},
		pass: (line) => {
			if (!isDry) emit(line);
		},
		lingerMs,
		isBlocked: output.blocked,
		fail,
	});
	const unwanted = new Set(options['leave-out']);
	const take = (record: Measure, text?: SeriesText) => {
		if (!unwanted.has(record.metric)) return moments.take(record.ts, () => group.take(record, text));
		count('left_out');
		return undefined;
	};
	const known = createSeriesIndex<Histogram>();
	/** A cumulative histogram whose numbers fit, which is nearly all that comes: its buckets stay text. */
	const quick = (bytes: Buffer, from: number, to: number) => {
		const record = isPlain ? known.find(bytes, from, to) : undefined;
		const { ts, total, most } = known.text;
		if (!record || !fits(total, options.wide) || !fits(most, options.wide)) return false;
		return take({ ...record, ts }, { total, counted: known.text.counted(bytes) });
	};

	return {
		quick,
		histogram: (record) => {
			known.learn(record, () => ({ ...record, buckets: [] }));
			return take(record);
		},
		sum: (record) => take(record),
		gauge: (record) => take(record),
		notice: () => count('notices'),
		record: ({ type }) => {
			count('left_out');
			log.warn(`records of type "${type}" have no form in the data set; left out`, {}, `left out ${type}`);
		},
		control: moments.control,
		end: () =>
			moments.end(isReadAgain, () =>
				log.info('the open cycle is not written; it is read again by the next run'),
			),
	};
});
