// query: which series, which steps of time and which ring answer a question

import { compare } from '../exact.ts';
import type { Exact } from '../record.ts';
import type { ColumnsAnswer, Group, MetricName, Row, Synthetic } from './answers.ts';
import { type Counts, countsOf, levelColumns, type Places, type Span, totalsOf } from './columns.ts';
import type { Metric } from './kept/metric.ts';
import { type Order, orderOf } from './kept/rows.ts';
import type { Series } from './kept/series.ts';
import { type Level, stepFor } from './kept/steps.ts';

/** What is asked: times in ms; `by` is the name of an attribute, or `host`. */
export type ColumnsQuery = MetricName & {
	from: number;
	to: number;
	/** How many columns there is room for, or exactly which step. */
	columns: number;
	step?: number;
	host?: string;
	attributes: Record<string, string>;
	by?: string;
	limit: number;
};

/** Prints may be a little further apart than their step, and still one in each. */
const NEARLY = 0.9;
export const MOST_COLUMNS = 4000;

const isAsked = (one: Series, { host, attributes }: ColumnsQuery): boolean =>
	(host === undefined || one.host === host) &&
	Object.entries(attributes).every(([name, value]) => (one.attributes[name] ?? '') === value);

const syntheticOf = (series: Iterable<Series>): Synthetic => {
	let [count, marked] = [0, 0];
	for (const { isSynthetic } of series) {
		count += 1;
		marked += isSynthetic ? 1 : 0;
	}
	if (marked === 0) return 'none';
	return marked === count ? 'all' : 'some';
};

/** The row below whose upper edge 99 of 100 lie. */
export const p99Of = (total: Exact[]): number | undefined => {
	const sum = total.reduce<number>((all, count) => all + Number(count), 0);
	if (!(sum > 0)) return undefined;
	let below = 0;
	const row = total.findIndex((count) => {
		below += Number(count);
		return Number(count) > 0 && below >= 0.99 * sum;
	});
	return row < 0 ? total.findLastIndex((count) => Number(count) > 0) : row;
};

type Part = { name: string | undefined; series: Series[]; weight: Exact[]; total: Exact[] };

const partsOf = (series: Series[], by: string | undefined): Map<string | undefined, Series[]> => {
	const parts = new Map<string | undefined, Series[]>();
	if (by === undefined) return parts.set(undefined, series);
	for (const one of series) {
		const name = by === 'host' ? one.host : (one.attributes[by] ?? '');
		const known = parts.get(name);
		if (known) known.push(one);
		else parts.set(name, [one]);
	}
	return parts;
};

/** The heaviest first; those that weigh the same by name. */
const byWeight = (a: Part, b: Part): number => {
	for (let at = 0; at < a.weight.length; at++) {
		const order = compare(b.weight[at]!, a.weight[at]!);
		if (order !== 0) return order;
	}
	return (a.name ?? '') < (b.name ?? '') ? -1 : 1;
};

/** What is there: the times of the oldest and the newest record, and whether some have no finest ring. */
type Extent = { first: number; newest: number; isLean: boolean };

/** Which ring and step answer. */
const spanFor = (query: ColumnsQuery, levels: Level[], interval: number, extent: Extent): Span => {
	const { to } = query;
	const oldest = (level: number) => extent.newest - (levels[level]!.length - 1) * levels[level]!.step;
	/** Whether a level has all from a time on. */
	const reaches = (level: number, from: number) => Math.max(from, extent.first) >= oldest(level);
	const last = levels.length - 1;
	const usable = levels.findIndex(
		(_, at) => !(extent.isLean && at < last && at === 0) && reaches(at, query.from),
	);
	const finest = usable < 0 ? last : usable;
	const base = levels[finest]!.step;
	const from = Math.max(query.from, oldest(last), 0);
	const least = NEARLY * interval;
	const asked = query.step ?? 0;
	const isFit = asked > 0 && asked % base === 0 && asked >= least;
	const wanted = asked > 0 ? asked : (to - from) / query.columns;
	const step = isFit ? asked : stepFor(Math.max(wanted, least, (to - from) / MOST_COLUMNS), base);
	const level = levels.findLastIndex((one, at) => at >= finest && step % one.step === 0);
	const begin = Math.floor(from / step) * step;
	// A column of which a part is gone would show too little.
	const first = reaches(level, begin) ? begin : begin + step;
	const count = Math.min(MOST_COLUMNS, Math.max(0, Math.ceil((to - first) / step)));
	return { level, from: first, step, count };
};

const remarksOf = ({ isOverlapping, merged }: Order, isLean: boolean): string[] => [
	...(isOverlapping
		? ['these series have buckets with bounds that cross; each layout has its own rows, which overlap']
		: []),
	...(merged > 0
		? [`bounds of these series cross; ${merged} buckets are added to others that hold them`]
		: []),
	...(isLean ? ['the cap on memory is reached; the finest steps of some of these series are gone'] : []),
];

/** All that `query` asks of its metric; `undefined` series and no groups when there is no such metric. */
export const columnsOf = (
	metric: Metric | undefined,
	query: ColumnsQuery,
	{ levels, first, newest, now }: { levels: Level[]; first: number; newest: number; now: number },
): Omit<ColumnsAnswer, 'epoch' | 'now' | 'newest'> => {
	const series = metric ? [...metric.series].filter((one) => isAsked(one, query)) : [];
	for (const one of series) one.askedAt = now;
	const interval = metric ? metric.interval(series) : 0;
	const isLean = series.some(({ rings }) => rings[0] === undefined);
	const span = spanFor(query, levels, interval, { first, newest, isLean });
	const isHistogram = query.type === 'histogram';
	const order = orderOf(metric?.rows.all ?? [], isHistogram ? series.flatMap(({ numbers }) => numbers) : []);
	const places: Places = isHistogram
		? { placeOf: order.placeOf, rows: order.rows.length }
		: { placeOf: new Map([[0, 0]]), rows: 1 };
	const weightOf = (part: Series[]): { weight: Exact[]; total: Exact[] } => {
		if (query.type === 'gauge') {
			const values = levelColumns(part, span).flatMap((column) => (column ? [column[3]!] : []));
			return { weight: [values.reduce((a, b) => (compare(a, b) > 0 ? a : b), 0)], total: [] };
		}
		const total = totalsOf(part, span, places);
		return { weight: isHistogram ? [p99Of(total) ?? -1, sumOf(total)] : total, total };
	};
	const parts = [...partsOf(series, query.by)].map(
		([name, own]): Part => ({
			name,
			series: own,
			...(query.by === undefined ? { weight: [], total: [] } : weightOf(own)),
		}),
	);
	parts.sort(byWeight);
	const countsIn = (part: Series[]): Counts =>
		query.type === 'gauge'
			? { columns: levelColumns(part, span), total: [] }
			: countsOf(part, span, places, isHistogram);
	const groupOf = ({ name, series: own }: Part): Group => ({
		...(name !== undefined && { name }),
		series: own.length,
		synthetic: syntheticOf(own),
		...countsIn(own),
	});
	return {
		metric: query.metric,
		unit: query.unit,
		type: query.type,
		from: span.from,
		step: span.step,
		...(interval > 0 && { interval: Math.round(interval) }),
		rows: order.rows satisfies Row[],
		isOverlapping: order.isOverlapping,
		remarks: remarksOf(order, isLean),
		groups: parts.slice(0, query.limit).map(groupOf),
		more: Math.max(0, parts.length - query.limit),
	};
};

const sumOf = (total: Exact[]): number => total.reduce<number>((all, count) => all + Number(count), 0);
