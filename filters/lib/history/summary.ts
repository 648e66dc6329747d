// summary: the list of metrics: of each who is in it, how fast it counts, and what a thumbnail shows

import { add } from '../exact.ts';
import type { Exact } from '../record.ts';
import type { MetricSummary, Row } from './answers.ts';
import { levelColumns } from './columns.ts';
import { type Metric, RECENT_COLUMNS, RECENT_STEP } from './kept/metric.ts';
import { orderOf } from './kept/rows.ts';
import type { Level } from './kept/steps.ts';
import { p99Of } from './query.ts';

const MINUTE_MS = 60_000;
const MOST_NAMES = 200;
/** How many of its intervals a metric may be silent; where none is known, how long. */
const SILENT = 3;
const SILENT_MS = 60_000;
// A print may take so long from the source to here.
const LATE_MS = 2000;

const firstOf = (names: Iterable<string>): string[] => [...names].sort().slice(0, MOST_NAMES);

type Slots = { first: number; last: number };

/** The slots of the last minute, or of all that is recent where prints are further apart. */
const lastMinute = ({ newest, recent }: Metric, interval: number): Slots => {
	const length = interval > MINUTE_MS / 2 ? RECENT_COLUMNS * RECENT_STEP : MINUTE_MS;
	return { first: Math.floor((newest - length) / RECENT_STEP) + 1, last: recent.newest };
};

/** What was counted in these slots, by the numbers of the rows. */
const countedIn = ({ recent, rows }: Metric, { first, last }: Slots): Exact[] => {
	const total: Exact[] = new Array(Math.max(1, rows.all.length)).fill(0);
	for (let slot = Math.max(0, first); slot <= last; slot++) {
		if (!recent.has(slot)) continue;
		for (let row = 0; row < total.length; row++) total[row] = add(total[row]!, recent.at(slot, row));
	}
	return total;
};

const sumOf = (counts: Exact[]): number => counts.reduce<number>((sum, count) => sum + Number(count), 0);

/** The row of the 99th percentile, and how many were counted a second. */
const pace = (metric: Metric, interval: number): { rate?: number; p99?: Row } => {
	const slots = lastMinute(metric, interval);
	const counts = countedIn(metric, slots);
	const since = Math.max(metric.first, slots.first * RECENT_STEP);
	const seconds = (metric.newest - since) / 1000;
	const rate = seconds > 0 ? { rate: sumOf(counts) / seconds } : {};
	if (metric.name.type !== 'histogram') return rate;
	const numbers = counts.flatMap((count, number) => (count === 0 ? [] : [number]));
	const { rows, placeOf } = orderOf(metric.rows.all, numbers);
	const total: Exact[] = new Array(rows.length).fill(0);
	for (const number of numbers) {
		const place = placeOf.get(number)!;
		total[place] = add(total[place]!, counts[number]!);
	}
	const row = p99Of(total);
	return { ...rate, ...(row !== undefined && { p99: rows[row]! }) };
};

const heldBy = (metric: Metric): Exact => {
	let sum: Exact = 0;
	for (const { newest, level } of metric.series) {
		if (newest.type === 'histogram') continue;
		const isLevel = newest.type === 'sum' && newest.temporality === 'delta';
		sum = add(sum, isLevel ? level : newest.value);
	}
	return sum;
};

const thumbnail = (metric: Metric, levels: Level[]): (number | null)[] => {
	const end = Math.floor(metric.newest / RECENT_STEP) + 1;
	const first = end - RECENT_COLUMNS;
	if (metric.name.type === 'gauge') {
		const level = levels.findLastIndex(({ step }) => RECENT_STEP % step === 0);
		const span = { level, from: first * RECENT_STEP, step: RECENT_STEP, count: RECENT_COLUMNS };
		return levelColumns(metric.series, span).map((column) => (column ? Number(column[1]) : null));
	}
	const { recent } = metric;
	return Array.from({ length: RECENT_COLUMNS }, (_, at) => {
		const slot = first + at;
		if (recent.lookedAt(slot) === undefined) return null;
		return sumOf(countedIn(metric, { first: slot, last: slot }));
	});
};

export const summaryOf = (metric: Metric, levels: Level[], now: number): MetricSummary => {
	const interval = metric.interval();
	const silentMs = interval > 0 ? SILENT * interval + LATE_MS : SILENT_MS;
	const isGauge = metric.name.type === 'gauge';
	return {
		...metric.name,
		series: metric.series.size,
		hosts: firstOf(metric.hosts.keys()),
		attributes: [...metric.attributes].map(([name, values]) => ({
			name,
			values: values.size,
			first: firstOf(values.keys()),
		})),
		...(interval > 0 && { interval: Math.round(interval) }),
		newest: metric.newest,
		isStale: now - metric.arrivedAt > silentMs,
		synthetic: metric.synthetic === 0 ? 'none' : metric.synthetic === metric.series.size ? 'all' : 'some',
		...(isGauge ? { value: heldBy(metric) } : pace(metric, interval)),
		recent: thumbnail(metric, levels),
	};
};
