#!/usr/bin/env node
// prometheus-text - records as the text that Prometheus scrapes, a whole exposition after each print
//
// usage:  prometheus-text [--output FILE | --last] [--openmetrics] [--timestamps] [--prefix NAME] [--base-units]
//                         [--estimate-sum] [--stale 5m] [--max-series 10000] [--linger 1s] [--ack FILE] < records
// stdin:  records        stdout: Prometheus expositions, of which the last is the state
//
//   {"type":"histogram","ts":1763712000000,"host":"web1","metric":"cpu-lat","unit":"us","attributes":{},"temporality":"cumulative","buckets":[[0,1,5],[2,4,9],[4,null,1]]}
// becomes, below HELP, TYPE and UNIT, cpu_lat_microseconds_
//   bucket{host="web1",le="0"} 5
//   bucket{host="web1",le="1"} 5
//   bucket{host="web1",le="3"} 14
//   bucket{host="web1",le="+Inf"} 15
//   count{host="web1"} 15
//
//   --output FILE   replaced whole by each exposition, for node_exporter's textfile collector: a name that ends in .prom.
//                   Then barriers go to --ack FILE (or BPFPIPE_ACK), and stdout stays empty.
//   --last          one exposition at the end, as for: | promtool check metrics
//   --timestamps    times behind values; textfile refuses them, and with them Prometheus shows what is gone for 5 minutes
//   --base-units    us, ms and ns as seconds, KiB as bytes, % as ratio, exactly: cpu_lat_seconds_bucket{le="0.000003"}
//   --estimate-sum  a gauge NAME_estimated_sum_UNIT beside each histogram; there is no _sum, since nobody knows it
//   --stale, --max-series    a series without a record for so long ends; how many there may be (a histogram is one)
//
// An exposition follows each time that records have: put every 15s in front where sources print at times of their own.
// le is inclusive. All digits of a number are written, though Prometheus reads floats. Increments are added up, and a counter goes on where its source began again. Of two names that come to one,
// the second is left out. That, notices and all else left out: bpfpipe_notices_total{kind,metric,host}. #!ts lines end
// here, a #!pos line waits until the rest of the input gives the same state. filters/lib/prometheus/README.md has more.

import { ackFileOf, writeAck } from './lib/disk/ack.ts';
import { replaceFile } from './lib/disk/replace.ts';
import { replaceTarget } from './lib/disk/target.ts';
import { createSilence } from './lib/flow/silence.ts';
import { duration, positiveDuration, whole } from './lib/options.ts';
import { createExposition } from './lib/prometheus/exposition.ts';
import { END_LINE, type Measure, parseControl } from './lib/record.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	output: { type: 'string' },
	last: { type: 'boolean', default: false },
	openmetrics: { type: 'boolean', default: false },
	timestamps: { type: 'boolean', default: false },
	prefix: { type: 'string', default: '' },
	'base-units': { type: 'boolean', default: false },
	'estimate-sum': { type: 'boolean', default: false },
	stale: { type: 'string', default: '5m' },
	'max-series': { type: 'string', default: '10000' },
	linger: { type: 'string', default: '1s' },
	ack: { type: 'string' },
} as const;

const LAST_DATE = 8.64e15;
const dateText = (ms: number): string => (ms <= LAST_DATE ? new Date(ms).toISOString() : `${ms} ms`);

stage(import.meta, { options: OPTIONS }, ({ options, emit, count, bad, isReadAgain, log, output, fail }) => {
	const lingerMs = positiveDuration(options.linger, '--linger');
	const target = options.output === undefined ? undefined : replaceTarget(options.output, '--output');
	const ack = target === undefined ? undefined : ackFileOf(options.ack);
	const style = {
		format: options.openmetrics ? 'openMetrics' : 'text',
		timestamps: options.timestamps,
	} as const;
	const state = createExposition({
		prefix: options.prefix,
		staleMs: duration(options.stale, '--stale'),
		maxSeries: whole(options['max-series'], '--max-series', 1),
		estimates: options['estimate-sum'],
		isBase: options['base-units'],
		onNotice: ({ kind, metric, detail }) => {
			count(kind);
			log.warn(`${metric}: ${detail}`, {}, kind);
		},
	});
	/** The time of the open print: that of something taken which no exposition has yet. */
	let open: number | undefined;

	const pass = (barrier: string | undefined) => {
		if (barrier === undefined) return;
		if (target === undefined) return emit(barrier);
		const control = parseControl(barrier);
		if (ack !== undefined && control.kind === 'pos') writeAck(ack, control.position);
	};
	const write = () => {
		open = undefined;
		count('expositions');
		const text = state.render(style);
		if (target !== undefined) return replaceFile(target, text);
		// OpenMetrics has no comments, but an end.
		const head = options.openmetrics ? '' : `# exposition of ${dateText(state.now())}\n`;
		output.text(head + text);
	};
	/** The stream's time is `ms`: the print before it is whole. */
	const turn = (ms: number) => {
		const isOther = open !== undefined && open !== ms;
		if (isOther && !options.last) write();
		if (state.time(ms)) {
			if (options.last) open ??= ms;
			else write();
		}
		if (open === undefined) pass(state.release());
	};
	const take = (record: Measure) => {
		turn(record.ts);
		const fault = state.take(record);
		if (fault !== '') return bad(fault);
		open = record.ts;
		heard();
	};
	const heard = createSilence({
		isBlocked: () => output.blocked(),
		isHeld: () => open !== undefined && !options.last,
		leastMs: lingerMs,
		onQuiet: () => {
			try {
				if (open !== undefined) write();
			} catch (error) {
				fail(error);
			}
		},
	});
	return {
		histogram: take,
		sum: take,
		gauge: take,
		notice: (record) => {
			turn(record.ts);
			count('notices');
			state.notice(record);
			open = record.ts;
			heard();
		},
		record: ({ type }) => {
			count('left_out');
			log.warn(`records of type "${type}" have no form in Prometheus; left out`, {}, `left out ${type}`);
		},
		control: (control, line) => {
			heard();
			if (control.kind === 'ts') return turn(control.ms);
			if (control.kind === 'pos') return pass(state.barrier(line, open !== undefined));
			// What is held is due before it.
			if (line === END_LINE && open !== undefined) write();
			if (target === undefined) emit(line);
		},
		end: () => {
			if (open === undefined) return;
			if (!isReadAgain()) write();
			else log.info('the last print is not written; it is read again by the next run');
		},
	};
});
