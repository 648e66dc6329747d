// charts: every metric of a history over all the time that it reaches back, one description each

import type { Chart } from '../chart/chart.ts';
import type { History } from '../history/history.ts';

/** So many pixels a column; finer ones would not be seen. */
const PIXELS = 2;
/** What of a picture's width is no axis. */
const PLOT_PART = 0.77;

/** The charts of a history, by the names of their metrics. */
export const chartsOf = (history: History, width: number): Chart[] => {
	const { metrics, newest, from } = history.metrics();
	if (newest === undefined || from === undefined) return [];
	const range = { from, to: newest, columns: Math.max(10, Math.floor((width * PLOT_PART) / PIXELS)) };
	return metrics.map(({ metric, unit, type }): Chart => {
		const answer = history.columns({ metric, unit, type, attributes: {}, limit: 1, ...range });
		const [group] = answer.groups;
		const { notices } = history.notices(range.from, range.to + 1, metric);
		const { step, rows, isOverlapping } = answer;
		const columns = group?.columns ?? [];
		const synthetic = group?.synthetic ?? 'none';
		const series = group?.series ?? 0;
		return {
			metric,
			unit,
			type,
			scope: '',
			series,
			from: answer.from,
			step,
			rows,
			columns,
			synthetic,
			isOverlapping,
			notices,
		};
	});
};
