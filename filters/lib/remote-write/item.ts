// item: what one record becomes: a sample of each of its series at its time

import { add } from '../exact.ts';
import { type Edge, isSameLayout } from '../histogram/edges.ts';
import type { Native } from '../prometheus/native.ts';
import { scaledEdges, scaledNative, scaledNumber } from '../prometheus/scale.ts';
import type { Series } from '../prometheus/series.ts';
import type { Spelling } from '../prometheus/style.ts';
import type { Bucket, Exact } from '../record.ts';
import { createTarget, type Remote, type Target } from './target.ts';

/** A value of a series, or its end: the marker that makes it stale at once. */
export type Sample = { remote: Remote; value: number | 'stale' };
/** A native histogram of a series, or its end. */
export type NativeSample = {
	remote: Remote;
	value: { native: Native; buckets: readonly Bucket[] } | 'stale';
};

/** All of one time; `start` is when it began to count, if that is known. Milliseconds since the epoch. */
export type Item = {
	ts: number;
	start: number | undefined;
	samples: Sample[];
	natives: NativeSample[];
	weight: number;
};

/** Which form histograms have. */
export type HistogramForm = 'classic' | 'native' | 'both';

/** What makes the items of one series; the series' state is read as it is then. */
export type Maker = {
	make: (ts: number, start: number | undefined) => Item;
	/** The end of every series that it has made samples of. */
	end: (ts: number) => Item;
};

const weighed = (target: Target, item: Omit<Item, 'weight'>): Item => ({
	...item,
	weight: (item.samples.length + 2 * item.natives.length) * target.weight,
});

/** The series of the rows at one bucket, as `Edge` has their bounds. */
type Place = { below: Remote | undefined; at: Remote | undefined };

const placesOf = (target: Target, edges: readonly Edge[]): Place[] => {
	const place = (digits: string | undefined) =>
		digits === undefined ? undefined : target.row(Number(digits));
	return edges.map(({ below, at }) => ({ below: place(below), at: place(at) }));
};

const rowsOf = (target: Target, places: readonly Place[], buckets: readonly Bucket[]): Sample[] => {
	const samples: Sample[] = [];
	let total: Exact = 0;
	const put = (remote: Remote | undefined) => {
		if (!remote) return;
		// Bounds beyond 2^53 that come to one float are one series, and of that the row holds all of them.
		if (samples.at(-1)?.remote === remote) samples.pop();
		samples.push({ remote, value: Number(total) });
	};
	for (const [at, { below, at: end }] of places.entries()) {
		put(below);
		total = add(total, buckets[at]![2]);
		put(end);
	}
	put(target.row(Number.POSITIVE_INFINITY));
	samples.push({ remote: target.count(), value: Number(total) });
	return samples;
};

export const createMaker = (
	{ family, list, scale, state }: Series,
	form: HistogramForm,
	spelling: Spelling = 'underscores',
): Maker => {
	const target = createTarget(family, list, spelling);
	let layout: readonly Bucket[] | undefined;
	let places: Place[] = [];
	let native: Native | undefined;
	let hadNative = false;

	const arrange = (buckets: Bucket[]) => {
		if (layout && isSameLayout(layout as Bucket[], buckets)) return;
		layout = buckets;
		places = placesOf(target, scaledEdges(buckets, scale));
		native = scaledNative(buckets, scale);
		family.isClassic ||= native === undefined;
	};
	const histogram = (ts: number, start: number | undefined): Item => {
		const { buckets } = state;
		arrange(buckets);
		const isNative = form !== 'classic' && !family.isClassic;
		const natives: NativeSample[] = [];
		if (isNative) natives.push({ remote: target.plain(), value: { native: native!, buckets } });
		else if (hadNative) natives.push({ remote: target.plain(), value: 'stale' });
		hadNative = isNative;
		const samples = isNative && form === 'native' ? [] : rowsOf(target, places, buckets);
		return weighed(target, { ts, start, samples, natives });
	};
	const value = (ts: number, start: number | undefined): Item =>
		weighed(target, {
			ts,
			start,
			samples: [{ remote: target.plain(), value: scaledNumber(state.value, scale) }],
			natives: [],
		});
	return {
		make: family.kind === 'histogram' ? histogram : value,
		end: (ts) => {
			const natives = hadNative ? [target.plain()] : [];
			const samples = target.all().filter((remote) => !natives.includes(remote));
			return weighed(target, {
				ts,
				start: undefined,
				samples: samples.map((remote) => ({ remote, value: 'stale' })),
				natives: natives.map((remote) => ({ remote, value: 'stale' })),
			});
		},
	};
};

/** How many samples there are in all of them. */
export const samplesIn = (items: readonly Item[]): number =>
	items.reduce((sum, { samples, natives }) => sum + samples.length + natives.length, 0);
