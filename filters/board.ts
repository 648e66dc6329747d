#!/usr/bin/env node
// board - records for people: on a terminal a live view of all series, else blocks of text
//
// usage:  parse-histogram ... | board [--history 1h] [--light]        parse-histogram ... | board --plain [--width 78] > FILE
// stdin:  records        stdout: text, or a live view on a terminal
//
// On a terminal: a line for each metric, the busiest first, with its rate, the buckets in which its percentiles lie, and the
// last five minutes; below it, of the chosen one, a heat map over time with its histogram, or a line of values. `a` divides
// the metrics by an attribute or by host, `/` finds, `?` has all keys. What comes is kept for an hour at most, in 64 MB; when
// the input ends it stays on the screen until `q`. Sample data, silence and what was lost are told in the first and last line.
//
// Else, and with --plain, every record is text as it comes:
//   {"type":"histogram","ts":1795258703000,"host":"web1","metric":"cpu-lat","unit":"us","attributes":{},
//    "temporality":"cumulative","buckets":[[2,4,4],[4,8,3]]}
// becomes
//   2026-11-21 10:58:23Z web1 cpu-lat (us), 7 samples, cumulative
//               [2, 4)             4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
//               [4, 8)             3 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@           |
//
//   --light, NO_COLOR=1     colours for a light ground; none
//   --width N               columns of the text in all, 50 or more (default: 78)
//
// Leading and trailing empty buckets are not drawn. Sample data has SAMPLE DATA in its first line. Records of types that
// board does not know are left out (counter left_out), and so are control lines.

import type { WriteStream } from 'node:tty';
import { totalOf } from './lib/histogram/total.ts';
import { positiveDuration, whole } from './lib/options.ts';
import type { Bucket, Common, Exact, Gauge, Histogram, Notice, Sum } from './lib/record.ts';
import { toBigInt } from './lib/record.ts';
import { type Handlers, stage } from './lib/stage.ts';

const RANGE_WIDTH = 26;
const COUNT_WIDTH = 11;

const when = (ts: number): string => `${new Date(ts).toISOString().slice(0, 19).replace('T', ' ')}Z`;

const title = ({ ts, host, metric, unit, attributes, synthetic }: Common): string => {
	const names = Object.entries(attributes).map(([name, value]) => ` ${name}=${value}`);
	return `${synthetic ? 'SAMPLE DATA ' : ''}${when(ts)} ${host} ${metric}${names.join('')} (${unit})`;
};

const range = ([lower, upper]: Bucket): string => {
	if (lower === null) return `(..., ${upper ?? '...'})`;
	return upper === null ? `[${lower}, ...)` : `[${lower}, ${upper})`;
};

const isEmpty = ([, , count]: Bucket): boolean => toBigInt(count) === 0n;

/** The buckets between the first and the last that counted something. */
export const drawn = (buckets: Bucket[]): Bucket[] => {
	const first = buckets.findIndex((bucket) => !isEmpty(bucket));
	return first < 0 ? [] : buckets.slice(first, buckets.findLastIndex((bucket) => !isEmpty(bucket)) + 1);
};

/** A histogram as lines of text, `width` columns wide. */
export const bars = (record: Histogram, width: number): string[] => {
	const counts = record.buckets.map(([, , count]) => toBigInt(count));
	const most = counts.reduce((max, count) => (count > max ? count : max), 0n);
	const room = width - RANGE_WIDTH - COUNT_WIDTH - 4;
	const bar = (count: Exact) => '@'.repeat(most === 0n ? 0 : Number((toBigInt(count) * BigInt(room)) / most));
	const row = (bucket: Bucket) =>
		`${range(bucket).padStart(RANGE_WIDTH)} ${String(bucket[2]).padStart(COUNT_WIDTH)} |${bar(bucket[2]).padEnd(room)}|`;
	return [
		`${title(record)}, ${totalOf(record.buckets)} samples, ${record.temporality}`,
		...drawn(record.buckets).map(row),
		'',
	];
};

const valueLine = (record: Sum | Gauge): string => `${title(record)} ${record.value}`;

const noticeLine = ({ ts, metric = '', kind, count, detail = '' }: Notice): string =>
	`${when(ts)} notice ${kind}${count === undefined ? '' : ` ${count}`}: ${metric} ${detail}`.trimEnd();

const OPTIONS = {
	width: { type: 'string', default: '78' },
	plain: { type: 'boolean' },
	light: { type: 'boolean' },
	history: { type: 'string', default: '1h' },
} as const;

const MOST_SERIES = 10_000;
const MOST_BYTES = 64 * 1024 ** 2;

/** Every record as text, as it comes. */
const plain = (width: number, count: (what: string) => void): Handlers => ({
	histogram: (record, emit) => {
		for (const line of bars(record, width)) emit(line);
	},
	sum: (record, emit) => emit(valueLine(record)),
	gauge: (record, emit) => emit(valueLine(record)),
	sample: (record, emit) => emit(valueLine({ ...record, type: 'gauge' })),
	notice: (record, emit) => emit(noticeLine(record)),
	record: () => count('left_out'),
	control: () => {},
});

stage(import.meta, { options: OPTIONS }, async ({ options, count, bad, log, signal }) => {
	const width = whole(options.width, '--width', 50, 1000);
	const span = positiveDuration(options.history, '--history');
	if (options.plain || !process.stdout.isTTY) return plain(width, count);
	// Text needs none of these, and they take as long to load as all the rest.
	const createHistory = (await import('./lib/history/history.ts')).createHistory;
	const keeping = (await import('./lib/history/keeping.ts')).keeping;
	const createLive = (await import('./lib/terminal/live.ts')).createLive;
	const history = createHistory({ span, maxSeries: MOST_SERIES, maxBytes: MOST_BYTES, clock: Date.now });
	const live = createLive({
		history,
		terminal: process.stdout as WriteStream,
		theme: options.light ? 'light' : 'dark',
		log,
		onQuit: (isAll) => {
			if (isAll) process.kill(0, 'SIGINT');
			process.kill(process.pid, 'SIGTERM');
		},
	});
	return {
		...keeping(history, { bad, count }),
		end: async () => {
			live.over();
			if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
			live.close();
		},
	};
});
