// counts: what iomonitor has counted on one host since one start, out of the newest record of every series

import { sum } from '../histogram/layout.ts';
import type { Bucket, Histogram, Measure, Sum } from '../record.ts';
import { toBigInt } from '../record.ts';
import { counterKey } from '../series/delta.ts';

/** Counters that the figures are made of; what has another name is none of ours. */
const SUMS = new Set([
	'fadvise_calls',
	'cache_lookups',
	'cache_fills',
	'cache_evictions',
	'lru_scanned',
	'lru_reclaimed',
	'lru_shrinks',
	'direct_reclaims',
	'direct_reclaim_processes',
	'kswapd_wakeups',
]);
/** Latencies of calls that somebody waited for. */
const READS = new Set(['read_latency', 'pread_latency']);

/** A record of iomonitor that counts upwards. */
export type Counted = Sum | Histogram;

/** Whether a record is one of those that iomonitor's figures are made of. */
export const isCounted = (record: Measure): record is Counted => {
	if (record.type === 'gauge' || record.temporality !== 'cumulative') return false;
	return record.type === 'sum' ? record.monotonic && SUMS.has(record.metric) : READS.has(record.metric);
};

/** All of a sum over its series that have these attributes; undefined while no series of that name has come. */
export type TotalOf = (metric: string, where?: Record<string, string>) => bigint | undefined;

export type Counts = {
	/** Take a record of the time that is open. */
	take: (record: Counted) => void;
	total: TotalOf;
	/** Reads of every kind together. */
	reads: () => Bucket[];
};

/** A series that is not printed any more keeps what it counted: maps are never cleared. */
export const createCounts = (): Counts => {
	const sums = new Map<string, Map<string, Sum>>();
	const latencies = new Map<string, Histogram>();

	return {
		take: (record) => {
			if (record.type === 'histogram') latencies.set(counterKey(record), record);
			else {
				const series = sums.get(record.metric) ?? new Map<string, Sum>();
				sums.set(record.metric, series.set(counterKey(record), record));
			}
		},
		total: (metric, where = {}) => {
			const series = sums.get(metric);
			if (!series) return undefined;
			const wanted = Object.entries(where);
			let total = 0n;
			for (const { attributes, value } of series.values())
				if (wanted.every(([name, text]) => attributes[name] === text)) total += toBigInt(value);
			return total;
		},
		reads: () => [...latencies.values()].reduce<Bucket[]>((all, { buckets }) => sum(all, buckets), []),
	};
};
