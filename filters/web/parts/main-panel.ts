// main-panel: the chart of a metric: heat map with the histogram beside it, or a line; notices below; or a table

import type { Chart } from '../../lib/chart/chart.ts';
import { addUp, mostIn, usedRows } from '../../lib/chart/counts.ts';
import { shownName } from '../../lib/chart/name.ts';
import { howMuch } from '../../lib/chart/picture.ts';
import { countScale, type HeatScale, shareScale } from '../../lib/chart/ramp.ts';
import { clockText, durationText } from '../../lib/chart/time.ts';
import { createAxes, type Pointed } from '../paint/axes.ts';
import { heatScene, lineScene } from '../paint/scenes.ts';
import { paintSide } from '../paint/side-bars.ts';
import type { Actions, BoardModel } from '../view/model.ts';
import { columnAt, placesIn, rangeText, recentPlaces } from '../view/places.ts';
import { takeKeys } from './chart-keys.ts';
import { createColumnTable } from './column-table.ts';
import { button, el, setAttribute, setText } from './dom.ts';
import { figuresIn } from './figures.ts';
import { createLane } from './lane.ts';
import { createLegend } from './legend.ts';
import { createReading, readingOf } from './reading.ts';
import { createSave } from './save.ts';

const AXIS_PX = 36;
const HEIGHT = 286;
const PHONE_HEIGHT = 240;
const WALL_HEIGHT = 340;
const AROUND_WALL_PX = 640;
const MOST_HEIGHT = 420;
const MOST_ROWS = 26;

/** The rows worth a place: all of them, or where there are many, those in use. */
export const rowsShown = (chart: Chart): [number, number] =>
	chart.rows.length <= MOST_ROWS
		? [0, Math.max(1, chart.rows.length)]
		: usedRows(chart.columns, chart.rows.length);

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
	const sample = chart.synthetic === 'none' ? '' : 'Sample data. ';
	return `${sample}${shownName(chart.metric, 60)} from ${clockText(chart.from, offset)} to ${clockText(to, offset)}: ${numbers}. ${view.isTable ? '' : 'Arrow keys read single columns, the table has them all.'}`;
};

export const createMainPanel = (actions: Actions) => {
	let model: BoardModel | undefined;
	const title = el('h2', {}, '');
	const legend = createLegend();
	const overlay = el('input', {
		type: 'checkbox',
		on: { change: () => actions.change({ hasPercentiles: overlay.checked }) },
	});
	const overlayLabel = el('label', { class: 'check' }, overlay, 'percentiles on it');
	const table = button('Table', () => actions.change({ isTable: !model?.view.isTable }), {
		attributes: { 'aria-pressed': 'false' },
	});
	const share = button('Share', () => actions.change({ isShare: !model?.view.isShare }), {
		title: 'Colour by the share of each column, which takes the load out',
		attributes: { 'aria-pressed': 'false' },
	});
	const save = createSave(() => model);
	const sideTitle = el('p', { class: 'side-title' });
	const side = el('canvas', { class: 'side', role: 'img' });
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
	const sideBox = el('div', { class: 'side-box' }, side, sideTitle);
	const grid = el('div', { class: 'chart-grid' }, swipe, sideBox);
	const node = el(
		'section',
		{ class: 'panel main-panel' },
		el(
			'div',
			{ class: 'panel-head' },
			title,
			legend.node,
			el('span', { class: 'tools' }, overlayLabel, share, table, save.node),
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
		const isPhone = window.innerWidth < 700;
		const rows = model.chart ? rowsShown(model.chart) : [0, 1];
		const natural = model.metric.type === 'histogram' ? (rows[1]! - rows[0]!) * 11 + AXIS_PX : HEIGHT - 60;
		// A wall screen is filled: what stands above and below the heat map has about so much.
		const wall = Math.max(WALL_HEIGHT, Math.min(720, window.innerHeight - AROUND_WALL_PX));
		const base = model.view.isWall ? wall : isPhone ? PHONE_HEIGHT : HEIGHT;
		const height =
			model.metric.type === 'histogram' ? Math.max(base, Math.min(natural, MOST_HEIGHT)) : natural;
		const now = `${width}x${height}x${window.devicePixelRatio}`;
		if (now !== size) axes.resize(width, height);
		size = now;
		return height;
	};
	const renderSide = (height: number) => {
		const chart = model!.chart!;
		const { view, earlier, theme, cursor } = model!;
		const all = chart.columns.length;
		const selected = view.selection && placesIn(chart, view.selection);
		const places =
			selected ?? ('last' in view.range && !earlier ? recentPlaces(chart) : ([0, all] as [number, number]));
		const bars = addUp(chart.columns, chart.rows.length, ...places);
		const isComparable = earlier && earlier.rows.length === chart.rows.length;
		const ticks = isComparable
			? addUp(earlier.columns, chart.rows.length)
			: addUp(chart.columns, chart.rows.length);
		const length = durationText((places[1] - places[0]) * chart.step);
		const whole = rangeText(view);
		const what = selected
			? `selected ${length}`
			: 'last' in view.range && !earlier
				? `last ${length}`
				: whole;
		setText(
			sideTitle,
			`bars: ${what} · ticks: ${isComparable ? `${durationText(view.earlier!)} earlier` : whole}`,
		);
		setAttribute(side, 'aria-label', `Histogram of the ${what}; the chart's table has its figures`);
		const { top, height: frame } = axes.frame();
		paintSide(side, {
			bars,
			ticks,
			shown: rowsShown(chart),
			lit: cursor?.row,
			theme,
			width: sideBox.clientWidth || 150,
			top,
			height: frame || height - AXIS_PX,
		});
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
		overlayLabel.hidden = !isHeat || view.isTable || Boolean(chart?.isOverlapping);
		share.hidden = !isHeat || view.isTable;
		sideBox.hidden = !isHeat;
		grid.hidden = view.isTable;
		overlay.checked = view.hasPercentiles;
		setAttribute(share, 'aria-pressed', String(view.isShare));
		setAttribute(table, 'aria-pressed', String(view.isTable));
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
		if (isHeat) renderSide(height);
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
		if (next.metric.type === 'histogram') renderSide(0);
	};
	return { node, render, renderPoint, save };
};
