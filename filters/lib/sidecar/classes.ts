// classes: what kind of work or trouble a window of I/O was, and the figures that say so
// Latency alone is trouble. The other figures only explain it, so that a busy cache that keeps nobody waiting is benign.

import { totalOf } from '../histogram/total.ts';
import type { Bucket } from '../record.ts';
import { readsOf, risen, type View, windowOf } from './view.ts';

export const CLASSES = [
	'benign-scan',
	'pressure-without-impact',
	'eviction-driven',
	'io-contention-or-cold-data',
	'os-memory-pressure',
] as const;
export type Class = (typeof CLASSES)[number];

/** From when on a figure is up. */
export type Thresholds = {
	/** 99 of 100 reads are faster, us; best a power of two, for then no bucket lies on both sides of it. */
	slow: number;
	/** A second: calls of fadvise(DONTNEED), pages that reads brought in, pages reclaimed. */
	dontneed: number;
	fills: number;
	reclaimed: number;
	/** Threads that had to reclaim by themselves, in the window. */
	direct: number;
	/** Fewer reads than this in a window say nothing of its latency. */
	reads: number;
};

/** What was looked at: a figure, its value, and from which value on it is up; of a bucket its bounds, [value, upper). */
export type Evidence = {
	figure: string;
	value: number;
	upper?: number | null;
	unit: string;
	threshold: number;
};

/** No class is none of the five: reads were fast, and nothing else was up. In words why it cannot be known. */
export type Verdict = { evidence: Evidence[]; class: Class | undefined } | { unknown: string };

/** The bucket in which the 99th of 100 lies. */
const p99Of = (reads: Bucket[]): Bucket | undefined => {
	const rank = 0.99 * Number(totalOf(reads));
	let below = 0;
	return reads.find((bucket) => {
		below += Number(bucket[2]);
		return Number(bucket[2]) > 0 && below >= rank;
	});
};

const classOf = (isUp: (figure: string) => boolean): Class | undefined => {
	const reclaims = isUp('direct_reclaims') || isUp('lru_reclaimed');
	if (!isUp('read_p99')) {
		if (reclaims) return 'pressure-without-impact';
		return isUp('fadvise_dontneed') || isUp('cache_fills') ? 'benign-scan' : undefined;
	}
	// Where both are up: memory that the system takes back is nobody's wish, fadvise is.
	if (reclaims) return 'os-memory-pressure';
	return isUp('fadvise_dontneed') ? 'eviction-driven' : 'io-contention-or-cold-data';
};

/** The class of a view's window. */
export const verdictOf = (view: View, limits: Thresholds): Verdict => {
	const reads = readsOf(view);
	if (!reads) return { unknown: 'no whole window has been seen' };
	const count = Number(totalOf(reads));
	if (count < limits.reads) return { unknown: `${count} reads in the window are fewer than ${limits.reads}` };
	const [lower, upper] = p99Of(reads)!.map((bound) => (bound === null ? null : Number(bound)));
	const seconds = windowOf(view) / 1000;
	const figures: [figure: string, total: string, unit: string, threshold: number][] = [
		['fadvise_dontneed', 'ebpf_fadvise_advice dontneed', 'calls/s', limits.dontneed],
		['cache_fills', 'ebpf_cache_misses', 'pages/s', limits.fills],
		['lru_reclaimed', 'ebpf_memory_lru_pages_reclaimed', 'pages/s', limits.reclaimed],
		['direct_reclaims', 'ebpf_memory_direct_reclaims', 'calls', limits.direct],
	];
	const evidence: Evidence[] = [
		{ figure: 'read_p99', value: lower ?? 0, upper: upper ?? null, unit: 'us', threshold: limits.slow },
	];
	for (const [figure, total, unit, threshold] of figures) {
		const count = risen(view, total);
		// What iomonitor has said nothing of has not happened, or cannot be seen: no evidence.
		if (count === undefined) continue;
		const value = unit.endsWith('/s') ? Number(count) / seconds : Number(count);
		evidence.push({ figure, value, unit, threshold });
	}
	const isUp = (name: string) =>
		evidence.some(({ figure, value, threshold }) => figure === name && value >= threshold);
	return { evidence, class: classOf(isUp) };
};
