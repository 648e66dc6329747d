// chart: descriptions of charts, by a seed: two modes, an outage, an hour without data, and now and then one slow event

import type { Chart } from '../../filters/lib/chart/chart.ts';
import type { CountColumn, Row } from '../../filters/lib/history/answers.ts';
import type { Exact } from '../../filters/lib/record.ts';

/** Numbers from 0 to 1, the same for the same seed. */
export const seeded = (seed: number): (() => number) => {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
};

/** The buckets of powers of two from `[0, 1)` on. */
export const log2Rows = (count: number): Row[] =>
	Array.from({ length: count }, (_, row) => (row === 0 ? [0, 1] : [2 ** (row - 1), 2 ** row]));

/** Counts of one step, of about `events` events round two modes; `isOutage` moves them up. */
export const twoModes = (random: () => number, events: number, isOutage: boolean, rows: number): number[] =>
	Array.from({ length: rows }, (_, row) => {
		const near = (mode: number, width: number) => Math.exp(-((row - mode) ** 2) / (2 * width ** 2));
		const shape = near(5, 1.1) + near(10, 0.9) * 0.25 + (isOutage ? near(16, 1.2) * 0.4 : 0);
		const count = Math.round(events * shape * (0.9 + random() * 0.2) * 0.3);
		return row > 12 && row < rows - 1 && random() < 0.01 ? count + 1 : count;
	});

const trimmed = (counts: Exact[], cover: number): CountColumn => {
	const first = counts.findIndex((count) => count !== 0);
	if (first < 0) return [cover, 0];
	return [cover, first, ...counts.slice(first, counts.findLastIndex((count) => count !== 0) + 1)];
};

/** A histogram over `columns` steps of 5 s, with a gap and an outage. */
export const histogramChart = (columns = 360, more: Partial<Chart> = {}): Chart => {
	const random = seeded(7);
	return {
		type: 'histogram',
		metric: 'cpu-lat',
		unit: 'us',
		scope: '',
		series: 60,
		from: 1_763_712_000_000,
		step: 5000,
		rows: log2Rows(21),
		columns: Array.from({ length: columns }, (_, at) => {
			if (at >= columns * 0.8 && at < columns * 0.82) return null;
			const load = 2000 + 1500 * Math.sin((at / columns) * 6);
			return trimmed(twoModes(random, load, at > columns * 0.5 && at < columns * 0.58, 21), 1);
		}),
		synthetic: 'none',
		isOverlapping: false,
		notices: [],
		...more,
	};
};
