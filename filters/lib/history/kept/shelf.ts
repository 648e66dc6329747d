// shelf: which series there are, and how much memory they may take
// At the cap the finest rings go first, of what nobody looks at; then nothing new is taken up. What is kept stays right.

import type { Measure, Sample } from '../../record.ts';
import { keyOfName, Metric, type MetricName, nameOf } from './metric.ts';
import { Series } from './series.ts';
import type { Level } from './steps.ts';

export type ShelfOptions = { levels: Level[]; maxSeries: number; maxBytes: number };

export type Shelf = {
	get: (key: string) => Series | undefined;
	metricOf: (one: Series) => Metric;
	find: (name: MetricName) => Metric | undefined;
	metrics: () => Iterable<Metric>;
	all: () => Iterable<Series>;
	/** A place for a series that has none; undefined when there is no room. */
	admit: (key: string, record: Measure | Sample, now: number) => Series | undefined;
	remove: (one: Series) => void;
	/** Do what changes a series, and note what it takes after that. */
	change: (one: Series, work: () => void) => void;
	/** Whether a series that is there may grow, which it does to twice its size at most. */
	hasRoom: (one: Series) => boolean;
	/** Make room where there is little; the answer is how many finest rings went. */
	settle: (now: number) => number;
	size: () => number;
	bytes: () => number;
	/** How many series have no finest ring. */
	lean: () => number;
};

// New series stop here, so that those that are there can grow.
const FULL = 0.9;
// How far down the finest rings go when they do, so that they do not go one by one.
const RELIEVED = 0.8;
// Who asked so long ago does not look any more.
const LOOKS_MS = 60_000;

export const createShelf = ({ levels, maxSeries, maxBytes }: ShelfOptions): Shelf => {
	const series = new Map<string, Series>();
	const metrics = new Map<string, Metric>();
	const homes = new Map<Series, Metric>();
	/** Those that have their finest ring, those first that have had it longest. */
	const rich = new Set<Series>();
	let bytes = 0;
	let isTight = false;
	/** Until then there is no sense in looking for what could go. */
	let looksAgainAt = Number.NEGATIVE_INFINITY;

	const metricFor = (name: MetricName): Metric => {
		const key = keyOfName(name);
		const known = metrics.get(key);
		if (known) return known;
		const metric = new Metric(name);
		metrics.set(key, metric);
		bytes += metric.bytes();
		return metric;
	};
	const change = (one: Series, work: () => void) => {
		const metric = homes.get(one)!;
		const before = one.bytes + metric.bytes();
		work();
		bytes += one.bytes + metric.bytes() - before;
	};
	const shed = (one: Series): number => {
		const freed = one.shed();
		bytes -= freed;
		rich.delete(one);
		return freed > 0 ? 1 : 0;
	};
	/** Make room for `more` bytes. */
	const settle = (now: number, more = 0): number => {
		if (bytes + more <= FULL * maxBytes) {
			if (bytes < RELIEVED * maxBytes * RELIEVED) isTight = false;
			return 0;
		}
		isTight = true;
		if (now < looksAgainAt) return 0;
		let gone = 0;
		for (const one of rich) {
			if (bytes <= RELIEVED * maxBytes) break;
			if (now - one.askedAt > LOOKS_MS) gone += shed(one);
		}
		if (gone === 0) looksAgainAt = now + LOOKS_MS / 10;
		return gone;
	};
	const remove = (one: Series) => {
		const metric = homes.get(one)!;
		series.delete(one.key);
		homes.delete(one);
		rich.delete(one);
		metric.leave(one);
		bytes -= one.bytes;
		if (metric.series.size > 0) return;
		metrics.delete(keyOfName(metric.name));
		bytes -= metric.bytes();
	};
	const admit = (key: string, record: Measure | Sample, now: number): Series | undefined => {
		if (series.size >= maxSeries) return undefined;
		// As much as the others take; one that is made only to be refused would cost more than all else.
		const expected = series.size > 0 ? bytes / series.size : 0;
		settle(now, expected);
		if (bytes + expected > FULL * maxBytes) return undefined;
		const one = new Series(key, record, levels, isTight);
		if (bytes + one.bytes > FULL * maxBytes) return undefined;
		const metric = metricFor(nameOf(record));
		series.set(key, one);
		homes.set(one, metric);
		if (one.rings[0]) rich.add(one);
		metric.join(one);
		bytes += one.bytes;
		return one;
	};
	return {
		get: (key) => series.get(key),
		metricOf: (one) => homes.get(one)!,
		find: (name) => metrics.get(keyOfName(name)),
		metrics: () => metrics.values(),
		all: () => series.values(),
		admit,
		remove,
		change,
		hasRoom: (one) => bytes + one.bytes <= maxBytes,
		settle,
		size: () => series.size,
		bytes: () => bytes,
		lean: () => series.size - rich.size,
	};
};
