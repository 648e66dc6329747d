// csv: a chart's columns as a table, as CSV by RFC 4180 and as rows for a page
// Bounds and counts are exact and in the unit of the metric; a time is written in ISO form and as milliseconds.

import type { GaugeColumn, Row, SumColumn } from '../history/answers.ts';
import type { Exact } from '../record.ts';
import { type Chart, PERCENTS } from './chart.ts';
import { addUp, percentileInterval } from './counts.ts';

type Cell = Exact | null | undefined | boolean;

// A spreadsheet takes a cell that begins so for a formula.
const RISKY = /^[=+\-@\t\r]/;

const cell = (value: Cell): string => {
	if (value === null || value === undefined) return '';
	if (typeof value !== 'string') return String(value);
	// Digits of exact numbers stay what they are.
	if (/^-?\d+$/.test(value)) return value;
	const safe = RISKY.test(value) ? `'${value}` : value;
	return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
};

const rowName = ([lower, upper]: Row, unit: string): string =>
	`[${lower ?? '-inf'},${upper ?? 'inf'})${unit === '' || unit === '1' ? '' : ` ${unit}`}`;

const headOf = (chart: Chart): string[] => {
	const common = ['metric', 'scope', 'unit', 'synthetic', 'time', 'from_ms', 'to_ms', 'cover'];
	if (chart.type === 'histogram')
		return [
			...common,
			'count',
			...PERCENTS.flatMap((percent) => [`p${percent}_lower`, `p${percent}_upper`]),
			...chart.rows.map((row) => rowName(row, chart.unit)),
		];
	return chart.type === 'gauge' ? [...common, 'last', 'least', 'most'] : [...common, 'increase'];
};

/** The chart as CSV: a line for each column of time, in order, those without data with cover 0 and empty cells. */
export const csvOf = (chart: Chart): string => {
	const { columns, rows, step, from, metric, scope, unit, synthetic } = chart;
	const lines = columns.map((column, at): Cell[] => {
		const start = from + at * step;
		const common: Cell[] = [
			metric,
			scope,
			unit,
			synthetic,
			new Date(start).toISOString(),
			start,
			start + step,
			column?.[0] ?? 0,
		];
		if (!column) return common;
		if (chart.type !== 'histogram') return [...common, ...(column as SumColumn | GaugeColumn).slice(1)];
		const counts = addUp(columns, rows.length, at, at + 1);
		const edges = PERCENTS.flatMap(
			(percent) =>
				(chart.isOverlapping ? undefined : percentileInterval(counts, rows, percent)) ?? [null, null],
		);
		return [...common, counts.total, ...edges, ...counts.rows];
	});
	const head = headOf(chart);
	return [head, ...lines]
		.map((line) => [...line, ...new Array(head.length - line.length).fill(null)].map(cell).join(','))
		.join('\r\n')
		.concat('\r\n');
};
