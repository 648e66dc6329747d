// chart: one metric over a range of time as one description, which the page, downloads, plots and the terminal draw
// It holds the exact counts; every picture, table and file of it is made of these alone.

import { add } from '../exact.ts';
import type { Column, GaugeColumn, MetricName, Row, SumColumn, Synthetic } from '../history/answers.ts';
import type { Exact, Notice } from '../record.ts';
import { colouredColumn, columnTotal } from './counts.ts';
import type { Theme } from './ramp.ts';

export type Chart = MetricName & {
	/** What of the metric: `comm=nginx, host=web1`, or '' for all of it. */
	scope: string;
	/** How many series are added up. */
	series: number;
	/** Column `i` is the time `[from + i * step, from + (i + 1) * step)`. */
	from: number;
	step: number;
	rows: Row[];
	columns: Column[];
	synthetic: Synthetic;
	/** Its rows overlap, so no percentile can be had of them. */
	isOverlapping: boolean;
	/** Of this range, in any order. */
	notices: Notice[];
};

/** How a chart is drawn. `offset` is minutes east of UTC: the zone of its clock. */
export type Look = {
	theme: Theme;
	offset: number;
	width: number;
	/** Colour by the part of each column instead of by the count. */
	isShare: boolean;
	/** Draw the percentiles' edges on the heat map too. */
	hasPercentiles: boolean;
};

/** The percentiles that are drawn and named. */
export const PERCENTS = [50, 90, 99];

/** Less of a column than this was looked at: it is hatched, for its height says little. */
const LEAST_COVER = 0.5;

/** Whether a column was skipped by one print that came a little late: the next one holds what both counted. */
const isSkipped = (columns: readonly Column[], at: number): boolean => {
	const isEmpty = (column: Column | undefined) => !column || column[0] === 0;
	return columns[at]?.[0] === 0 && !isEmpty(columns[at + 1]) && !isEmpty(columns[at - 1]);
};

/**
 * Columns of a histogram as they are coloured: by their rate where more than their own time was counted into them, and what
 * a late print counted in one column for two of them in both. Only for colours: the figures stay where they were counted.
 */
export const colouredColumns = (columns: readonly Column[]): Column[] =>
	columns.map((column, at) => colouredColumn(isSkipped(columns, at) ? columns[at + 1]! : column));

/**
 * Columns next to each other without data, or with too little of them, as `[first, behind the last]`. The newest with
 * data is still growing, so it is no gap. Columns that are counted in a later one as a whole (cover 0) are: nobody looked
 * then, even if nothing is lost.
 */
export const gapsIn = (columns: readonly Column[]): [number, number][] => {
	const newest = columns.findLastIndex((column) => column !== null);
	const gaps: [number, number][] = [];
	columns.forEach((column, at) => {
		if (column && (column[0] >= LEAST_COVER || at === newest || isSkipped(columns, at))) return;
		const last = gaps.at(-1);
		if (last && last[1] === at) last[1] = at + 1;
		else gaps.push([at, at + 1]);
	});
	return gaps;
};

/** What a column brought a second, by the part of it that was looked at; undefined without data or for a gauge. */
const rateOf = (type: Chart['type'], column: Column, step: number): number | undefined => {
	if (!column || !(column[0] > 0)) return undefined;
	const seconds = (step * column[0]) / 1000;
	if (type === 'histogram') return Number(columnTotal(column)) / seconds;
	return type === 'sum' && column.length === 2 ? Number((column as SumColumn)[1]) / seconds : undefined;
};

/**
 * The rate in each column, null without data. What is counted in a later column as a whole came at the rate of that one.
 */
export const ratesOf = ({
	type,
	columns,
	step,
}: Pick<Chart, 'type' | 'columns' | 'step'>): (number | null)[] => {
	const rates: (number | null)[] = new Array(columns.length).fill(null);
	for (let at = columns.length - 1; at >= 0; at -= 1) {
		const column = columns[at] ?? null;
		rates[at] = rateOf(type, column, step) ?? (column ? (rates[at + 1] ?? null) : null);
	}
	return rates;
};

/** The least, last and most of a gauge's columns; undefined without any. */
export const levelsOf = (
	columns: readonly Column[],
): { last: Exact; least: number; most: number } | undefined => {
	let levels: { last: Exact; least: number; most: number } | undefined;
	for (const column of columns as (GaugeColumn | null)[]) {
		if (!column) continue;
		const [, last, least, most] = column;
		levels = {
			last,
			least: Math.min(levels?.least ?? Number(least), Number(least)),
			most: Math.max(levels?.most ?? Number(most), Number(most)),
		};
	}
	return levels;
};

/** How much a sum grew over columns, exactly. */
export const increaseIn = (columns: readonly Column[]): Exact =>
	(columns as (SumColumn | null)[]).reduce<Exact>((sum, column) => (column ? add(sum, column[1]) : sum), 0);

/** The part of a range of columns that was looked at, in milliseconds. */
export const coveredIn = (columns: readonly Column[], step: number): number =>
	columns.reduce((sum, column) => sum + (column?.[0] ?? 0), 0) * step;
