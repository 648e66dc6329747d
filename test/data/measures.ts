// measures: records for tests, each with what a test says and the usual for the rest

import type { Bucket, Exact, Gauge, Histogram, Notice, Sum } from '../../filters/lib/record.ts';

const COMMON = { ts: 1763712000000, host: 'web1', unit: '1', attributes: {} };

export const histogramOf = (buckets: Bucket[], more: Partial<Histogram> = {}): Histogram => ({
	type: 'histogram',
	...COMMON,
	metric: 'lat',
	unit: 'us',
	temporality: 'cumulative',
	buckets,
	...more,
});
export const sumOf = (value: Exact, more: Partial<Sum> = {}): Sum => ({
	type: 'sum',
	...COMMON,
	metric: 'calls',
	temporality: 'cumulative',
	monotonic: true,
	value,
	...more,
});
export const gaugeOf = (value: Exact, more: Partial<Gauge> = {}): Gauge => ({
	type: 'gauge',
	...COMMON,
	metric: 'load',
	value,
	...more,
});
export const noticeOf = (kind: string, more: Partial<Notice> = {}): Notice => ({
	type: 'notice',
	ts: COMMON.ts,
	host: COMMON.host,
	kind,
	...more,
});
