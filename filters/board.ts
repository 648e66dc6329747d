#!/usr/bin/env node
// board - records as text for people: a histogram is a block of bars, anything else a line
//
// usage:  parse-histogram ... | every 1s | board [--width 78]
// stdin:  records        stdout: text
//
//   {"type":"histogram","ts":1795258703000,"host":"web1","metric":"cpu-lat","unit":"us","attributes":{},
//    "temporality":"cumulative","buckets":[[2,4,4],[4,8,3]]}
// becomes
//   2026-11-21 10:58:23Z web1 cpu-lat (us), 7 samples, cumulative
//               [2, 4)             4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
//               [4, 8)             3 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@           |
//
//   --width N        columns in all, 50 or more (default: the terminal's, else 78)
//
// Leading and trailing empty buckets are not drawn. Sample data has SAMPLE DATA in its first line. Records of types that
// board does not know are left out (counter left_out), and so are control lines.

import { totalOf } from './lib/histogram/total.ts';
import { whole } from './lib/options.ts';
import type { Bucket, Common, Exact, Gauge, Histogram, Notice, Sum } from './lib/record.ts';
import { toBigInt } from './lib/record.ts';
import { stage } from './lib/stage.ts';

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

stage(import.meta, { options: { width: { type: 'string' } } }, ({ options, count }) => {
	const width =
		options.width === undefined ? (process.stdout.columns ?? 78) : whole(options.width, '--width', 50, 1000);
	return {
		histogram: (record, emit) => {
			for (const line of bars(record, Math.max(50, width))) emit(line);
		},
		sum: (record, emit) => emit(valueLine(record)),
		gauge: (record, emit) => emit(valueLine(record)),
		sample: (record, emit) => emit(valueLine({ ...record, type: 'gauge' })),
		notice: (record, emit) => emit(noticeLine(record)),
		record: () => count('left_out'),
		control: () => {},
	};
});
