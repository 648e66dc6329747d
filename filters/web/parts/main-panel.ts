// main-panel: the chart of a metric: heat map with the histogram beside it, or a line; notices below; or a table

import { mostIn } from '../../lib/chart/counts.ts';
import { shownName } from '../../lib/chart/name.ts';
import { howMuch } from '../../lib/chart/picture.ts';
import { countScale, type HeatScale, shareScale } from '../../lib/chart/ramp.ts';
import { resetsIn, resetWords } from '../../lib/chart/resets.ts';
import { clockText } from '../../lib/chart/time.ts';
import { createAxes, type Pointed } from '../paint/axes.ts';
import { heatScene, lineScene } from '../paint/scenes.ts';
import type { Actions, BoardModel } from '../view/model.ts';
import { columnAt, rowsShown } from '../view/places.ts';
import { takeKeys } from './chart-keys.ts';
import { createColumnTable } from './column-table.ts';
import { button, el, setAttribute, setText } from './dom.ts';
import { figuresIn } from './figures.ts';
import { createLane } from './lane.ts';
import { createLegend } from './legend.ts';
import { createReading, readingOf } from './reading.ts';
import { createSave } from './save.ts';
import { createSidePanel } from './side-panel.ts';

const AXIS_PX = 36;
const ROW_PX = 11;
const HEIGHT = 286;
const PHONE_HEIGHT = 240;
const WALL_HEIGHT = 340;
const AROUND_WALL_PX = 640;
const MOST_HEIGHT = 420;

/** The colours of a chart, and of the earlier one beside it. */
export const scaleOf = ({ chart, earlier, view }: BoardModel): HeatScale =>
	view.isShare
		? shareScale()
		: countScale(Math.max(mostIn(chart?.columns ?? []), mostIn(earlier?.columns ?? [])));

const sentence = (model: BoardModel): string => {
	const { chart, view, offset } = model;
	if (!chart) return 'The chart is being fetched.';
	const to = chart.from + chart.step * chart.columns.length;
	const { figures } = figuresIn(model);
	const numbers = figures.map(({ name, value }) => `${name} ${value}`).join(', ');
	const resets = resetsIn(chart);
	const last = resets.at(-1);
	const began = last
		? `Counters began again in ${resets.length} ${resets.length === 1 ? 'column' : 'columns'}, last ${resetWords(last, offset)}. `
		: '';
	const sample = chart.synthetic === 'none' ? '' : 'Sample data. ';
	return `${sample}${shownName(chart.metric, 60)} from ${clockText(chart.from, offset)} to ${clockText(to, offset)}: ${numbers}. ${began}${view.isTable ? '' : 'Arrow keys read single columns, the table has them all.'}`;
};

/** How high the chart is: by its rows, within what the screen has room for. */
const heightOf = ({ chart, metric, view }: BoardModel): number => {
	const rows = chart ? rowsShown(chart) : [0, 1];
	if (metric.type !== 'histogram') return HEIGHT - 60;
	const natural = (rows[1]! - rows[0]!) * ROW_PX + AXIS_PX;
	// A wall screen is filled: what stands above and below the heat map has about so much.
	const wall = Math.max(WALL_HEIGHT, Math.min(720, window.innerHeight - AROUND_WALL_PX));
	const base = view.isWall ? wall : window.innerWidth < 700 ? PHONE_HEIGHT : HEIGHT;
	return Math.max(base, Math.min(natural, MOST_HEIGHT));
};

/** The switches of the chart. */
const createTools = (actions: Actions) => {
	let view: BoardModel['view'] | undefined;
	const overlay = el('input', {
		type: 'checkbox',
		on: { change: () => actions.change({ hasPercentiles: overlay.checked }) },
	});
	const label = el('label', { class: 'check' }, overlay, 'percentiles on it');
	const share = button('Share', () => actions.change({ isShare: !view?.isShare }), {
		title: 'Colour by the share of each column, which takes the load out',
	});
	const table = button('Table', () => actions.change({ isTable: !view?.isTable }));
	return {
		nodes: [label, share, table],
		render: ({ view: next, metric, chart }: BoardModel) => {
			view = next;
			share.hidden = metric.type !== 'histogram' || next.isTable;
			label.hidden = share.hidden || Boolean(chart?.isOverlapping);
			overlay.checked = next.hasPercentiles;
			setAttribute(share, 'aria-pressed', String(next.isShare));
			setAttribute(table, 'aria-pressed', String(next.isTable));
		},
	};
};

export const createMainPanel = (actions: Actions) => {
	let model: BoardModel | undefined;
	const title = el('h2', {}, '');
	const legend = createLegend();
	const tools = createTools(actions);
	const save = createSave(() => model);
	const side = createSidePanel();
	const reading = createReading();
	const lane = createLane();
	const columns = createColumnTable();

	const point = (at: Pointed) => {
		const chart = model?.chart;
		if (!chart) return;
		if (!at) return actions.point(undefined);
		const [first, last] = rowsShown(chart);
		const column = Math.max(0, Math.min(chart.columns.length - 1, Math.floor(at.x * chart.columns.length)));
		const row =
			chart.type === 'histogram'
				? Math.max(first, Math.min(last - 1, first + Math.floor(at.y * (last - first))))
				: undefined;
		actions.point({ at: chart.from + column * chart.step, row });
	};
	const axes = createAxes({
		pointed: point,
		selected: ([from, to]) => {
			const chart = model?.chart;
			if (!chart) return;
			const length = chart.columns.length * chart.step;
			const place = (part: number) => chart.from + Math.round((part * length) / chart.step) * chart.step;
			if (place(to) > place(from)) actions.change({ selection: { from: place(from), to: place(to) } });
		},
	});
	const focusable = el('div', { class: 'plot', role: 'img', tabIndex: 0 }, axes.node);
	takeKeys(focusable, () => model, actions);
	const swipe = el(
		'div',
		{ class: 'swipe' },
		el('div', { class: 'plot-box' }, focusable, reading.node, lane.node),
	);
	const grid = el('div', { class: 'chart-grid' }, swipe, side.node);
	const node = el(
		'section',
		{ class: 'panel main-panel' },
		el(
			'div',
			{ class: 'panel-head' },
			title,
			legend.node,
			el('span', { class: 'tools' }, ...tools.nodes, save.node),
		),
		grid,
		columns.node,
	);

	let size = '';
	// Where there is more chart than screen, its newest end is what one sees first.
	let isFirst = true;
	const fit = () => {
		const width = Math.floor(focusable.clientWidth);
		if (width === 0 || !model) return false;
		const height = heightOf(model);
		const now = `${width}x${height}x${window.devicePixelRatio}`;
		if (now !== size) axes.resize(width, height);
		size = now;
		return height;
	};
	const renderCursor = () => {
		const { chart, cursor, offset, view } = model!;
		const at = chart && cursor ? columnAt(chart, cursor.at) : undefined;
		if (!chart || at === undefined) {
			axes.point(undefined);
			reading.show(undefined);
		} else {
			const x = (at + 0.5) / chart.columns.length;
			axes.point(x);
			const frame = axes.frame();
			const [first, last] = rowsShown(chart);
			const y = cursor?.row === undefined ? 0.5 : (cursor.row + 0.5 - first) / (last - first);
			reading.show(
				readingOf(chart, at, cursor?.row, offset),
				frame.left + x * frame.width,
				frame.top + (1 - y) * frame.height,
				focusable.clientWidth,
			);
		}
		const to = chart && chart.from + chart.step * chart.columns.length;
		axes.select(
			chart && view.selection
				? [
						(view.selection.from - chart.from) / (to! - chart.from),
						(view.selection.to - chart.from) / (to! - chart.from),
					]
				: undefined,
		);
	};
	const render = (next: BoardModel) => {
		model = next;
		const { chart, view, theme, offset, metric, earlier } = next;
		const isHeat = metric.type === 'histogram';
		node.classList.toggle('is-sample', (chart?.synthetic ?? 'none') !== 'none');
		setText(
			title,
			isHeat
				? `${howMuch(metric.unit)}, over time`
				: metric.type === 'gauge'
					? 'Value, over time'
					: 'Rate, over time',
		);
		legend.node.hidden = !isHeat || view.isTable;
		side.node.hidden = !isHeat;
		grid.hidden = view.isTable;
		tools.render(next);
		columns.render(next);
		const height = fit();
		if (!chart) return;
		setAttribute(focusable, 'aria-label', sentence(next));
		const scale = scaleOf(next);
		if (isHeat) legend.render(scale, theme);
		if (height === false || view.isTable) return;
		const look = { theme, offset };
		axes.show(
			isHeat
				? heatScene(chart, rowsShown(chart), scale, look, height, view.hasPercentiles)
				: lineScene(chart, look, height, earlier),
		);
		if (isHeat) side.render(next, axes.frame());
		if (isFirst && swipe.scrollWidth > swipe.clientWidth) swipe.scrollLeft = swipe.scrollWidth;
		isFirst = false;
		const frame = axes.frame();
		lane.render(next, frame.left, frame.width);
		renderCursor();
	};
	const renderPoint = (next: BoardModel) => {
		model = next;
		if (!next.chart || next.view.isTable) return;
		renderCursor();
		if (next.metric.type === 'histogram') side.render(next, axes.frame());
	};
	return { node, render, renderPoint, save };
};
