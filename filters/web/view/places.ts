// places: which columns of a chart a stretch of time is, and which are the newest with data

import type { Chart } from '../../lib/chart/chart.ts';
import { usedRows } from '../../lib/chart/counts.ts';
import { durationText } from '../../lib/chart/time.ts';
import type { View } from './view.ts';

const RECENT_MS = 10_000;

/** The columns that touch a stretch of time, `[first, behind the last]`; undefined when none does. */
export const placesIn = (
	{ from, step, columns }: Pick<Chart, 'from' | 'step' | 'columns'>,
	stretch: { from: number; to: number },
): [number, number] | undefined => {
	const first = Math.max(0, Math.floor((stretch.from - from) / step));
	const last = Math.min(columns.length, Math.ceil((stretch.to - from) / step));
	return first < last ? [first, last] : undefined;
};

/** The newest columns with data: about ten seconds, two columns at least. */
export const recentPlaces = ({ step, columns }: Pick<Chart, 'step' | 'columns'>): [number, number] => {
	const last = columns.findLastIndex((column) => column !== null) + 1;
	const count = Math.max(2, Math.ceil(RECENT_MS / step));
	return [Math.max(0, last - count), Math.max(last, 1)];
};

const MOST_ROWS = 26;

/** The rows worth a place: all of them, or where there are many, those in use. */
export const rowsShown = ({
	rows,
	columns,
}: Pick<Chart, 'rows' | 'columns'>): [first: number, behindLast: number] =>
	rows.length <= MOST_ROWS ? [0, Math.max(1, rows.length)] : usedRows(columns, rows.length);

/** How long the range of a view is, in words: as it was chosen, not as its columns fill it. */
export const rangeText = ({ range }: View): string =>
	durationText('last' in range ? range.last : range.to - range.from);

/** The column at a time; undefined outside of the chart. */
export const columnAt = (
	{ from, step, columns }: Pick<Chart, 'from' | 'step' | 'columns'>,
	at: number,
): number | undefined => {
	const column = Math.floor((at - from) / step);
	return column >= 0 && column < columns.length ? column : undefined;
};
