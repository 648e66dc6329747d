// items: the lines of the list: of each metric, or of each value of an attribute, how fast and how slow

import { coveredIn, levelsOf, PERCENTS, ratesOf } from '../chart/chart.ts';
import { addUp, percentileInterval } from '../chart/counts.ts';
import { shownName } from '../chart/name.ts';
import type { ColumnsAnswer, Group, MetricName, MetricSummary, Row, Synthetic } from '../history/answers.ts';
import type { History } from '../history/history.ts';
import type { Exact } from '../record.ts';
import type { State } from './state.ts';

export type Item = {
	key: string;
	name: MetricName;
	/** The attribute, or host, and its value, where the metric is divided. */
	part?: { by: string; value: string };
	series: number;
	synthetic: Synthetic;
	isStale: boolean;
	/** Events, or increase, a second over the last minute. */
	rate?: number;
	/** The buckets in which the 50th, 90th and 99th percentile of the last minute lie. */
	percentiles: (Row | undefined)[];
	/** The newest value of a gauge. */
	value?: Exact;
	/** Rates, or values, of the last five minutes. */
	recent: (number | null)[];
};

const RECENT_MS = 300_000;
/** Wide enough for a print each 15 s. */
export const RECENT_COLUMNS = 20;
const MINUTE_MS = 60_000;
const MOST_GROUPS = 500;

/** What tells an item from all others, on the screen too. */
export const itemTitle = ({ name, part }: Pick<Item, 'name' | 'part'>): string =>
	`${shownName(name.metric)}${part ? ` ${shownName(part.by)}=${shownName(part.value)}` : ''}`;

const keyOf = (name: MetricName, part: Item['part']): string =>
	JSON.stringify([name.metric, name.unit, name.type, part?.by ?? null, part?.value ?? null]);

const itemOf = (
	summary: MetricSummary,
	answer: ColumnsAnswer,
	group: Group,
	by: string | undefined,
): Item => {
	const { metric, unit, type } = summary;
	const { rows, step } = answer;
	const { columns } = group;
	const part = by === undefined ? undefined : { by, value: group.name ?? '' };
	const last = columns.slice(-Math.max(1, Math.ceil(MINUTE_MS / step)));
	const counts = type === 'histogram' ? addUp(last, rows.length) : undefined;
	const seconds = coveredIn(last, step) / 1000;
	const levels = counts ? undefined : levelsOf(columns.filter((column) => column?.length === 4));
	const isLevel = levels !== undefined;
	const rates = ratesOf({ type, columns, step });
	const total = counts
		? Number(counts.total)
		: last.reduce((sum, column) => sum + Number(column?.[1] ?? 0), 0);
	return {
		key: keyOf({ metric, unit, type }, part),
		name: { metric, unit, type },
		...(part && { part }),
		series: group.series,
		synthetic: group.synthetic,
		isStale: summary.isStale,
		...(!isLevel && seconds > 0 && { rate: total / seconds }),
		percentiles: counts ? PERCENTS.map((percent) => percentileInterval(counts, rows, percent)) : [],
		...(isLevel && { value: levels.last }),
		recent: isLevel ? columns.map((column) => (column ? Number(column[1]) : null)) : rates,
	};
};

/** The names that metrics can be divided by. */
export const namesIn = (metrics: MetricSummary[]): string[] => {
	const names = new Set(metrics.flatMap(({ attributes }) => attributes.map(({ name }) => name)));
	const hasHosts = metrics.some(({ hosts }) => hosts.length > 1);
	return [...[...names].sort(), ...(hasHosts ? ['host'] : [])];
};

const slowness = ({ percentiles, value }: Item): number => {
	const p99 = percentiles.at(-1);
	return p99 ? Number(p99[1] ?? Number.POSITIVE_INFINITY) : Number(value ?? -1);
};
const ORDERS: Record<State['sort'], (a: Item, b: Item) => number> = {
	busiest: (a, b) => (b.rate ?? -1) - (a.rate ?? -1),
	slowest: (a, b) => slowness(b) - slowness(a) || 0,
	name: () => 0,
};

/** All items that the state asks for, in its order. */
export const itemsOf = (history: History, metrics: MetricSummary[], newest: number, state: State): Item[] => {
	const { by, filter, sort } = state;
	const wanted = filter.toLowerCase();
	const items = metrics.flatMap((summary) => {
		const isDivided =
			by !== undefined && (by === 'host' || summary.attributes.some(({ name }) => name === by));
		const { metric, unit, type } = summary;
		const answer = history.columns({
			...{ metric, unit, type, attributes: {}, limit: MOST_GROUPS },
			...{ from: newest - RECENT_MS, to: newest, columns: RECENT_COLUMNS },
			...(isDivided && { by }),
		});
		return answer.groups.map((group) => itemOf(summary, answer, group, isDivided ? by : undefined));
	});
	const titles = new Map(items.map((item) => [item, itemTitle(item)]));
	const byTitle = (a: Item, b: Item) => (titles.get(a)! < titles.get(b)! ? -1 : 1);
	return items
		.filter((item) => titles.get(item)!.toLowerCase().includes(wanted))
		.sort((a, b) => ORDERS[sort](a, b) || byTitle(a, b));
};
