// chart-keys: a chart without a mouse: arrows move a cursor, Shift and arrows select

import type { Chart } from '../../lib/chart/chart.ts';
import type { Actions, BoardModel, Cursor } from '../view/model.ts';
import { columnAt } from '../view/places.ts';

/** What a key in a chart does to the cursor; undefined when it is none of the chart's. */
const moved = (chart: Chart, cursor: Cursor | undefined, key: string): Cursor | undefined => {
	const last = chart.columns.length - 1;
	const place = cursor && columnAt(chart, cursor.at);
	const newest = chart.columns.findLastIndex((column) => column !== null);
	const at = place ?? (newest < 0 ? last : newest);
	const rows = chart.rows.length;
	const middle = chart.type === 'histogram' ? Math.floor(rows / 2) : undefined;
	const row = cursor?.row ?? middle;
	const to = (column: number, to = row): Cursor => ({
		at: chart.from + Math.max(0, Math.min(last, column)) * chart.step,
		row: to === undefined ? undefined : Math.max(0, Math.min(rows - 1, to)),
	});
	switch (key) {
		case 'ArrowLeft':
			return place === undefined ? to(at) : to(at - 1);
		case 'ArrowRight':
			return place === undefined ? to(at) : to(at + 1);
		case 'ArrowUp':
			return to(at, row === undefined ? undefined : row + 1);
		case 'ArrowDown':
			return to(at, row === undefined ? undefined : row - 1);
		case 'PageUp':
			return to(at - 10);
		case 'PageDown':
			return to(at + 10);
		case 'Home':
			return to(0);
		case 'End':
			return to(last);
		default:
			return undefined;
	}
};

/** Let keys move the cursor of a chart while `node` has the focus. */
export const takeKeys = (node: HTMLElement, model: () => BoardModel | undefined, actions: Actions): void => {
	let anchor: number | undefined;
	node.addEventListener('keydown', (event) => {
		const { chart, cursor } = model() ?? {};
		if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
		const next = moved(chart, cursor, event.key);
		if (!next) return;
		event.preventDefault();
		event.stopPropagation();
		if (event.shiftKey && /^(Arrow(Left|Right)|Page|Home|End)/.test(event.key)) {
			anchor ??= cursor?.at ?? next.at;
			const [from, to] = [Math.min(anchor, next.at), Math.max(anchor, next.at) + chart.step];
			actions.change({ selection: { from, to } });
		} else anchor = undefined;
		actions.point(next);
	});
	node.addEventListener('blur', () => {
		anchor = undefined;
	});
};
