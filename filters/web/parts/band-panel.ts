// band-panel: percentiles over time as bands between the edges of their buckets, and the earlier heat map to compare with

import { PERCENTS } from '../../lib/chart/chart.ts';
import { addUp, percentileInterval } from '../../lib/chart/counts.ts';
import { intervalText } from '../../lib/chart/quantity.ts';
import { durationText } from '../../lib/chart/time.ts';
import { createAxes } from '../paint/axes.ts';
import { bandScene, heatScene } from '../paint/scenes.ts';
import type { Actions, BoardModel } from '../view/model.ts';
import { columnAt, placesIn, rangeText, rowsShown } from '../view/places.ts';
import { takeKeys } from './chart-keys.ts';
import { el, setAttribute, setText } from './dom.ts';
import { scaleOf } from './main-panel.ts';

const HEIGHT = 196;
const PHONE_HEIGHT = 178;
const WALL_HEIGHT = 260;
const EARLIER_HEIGHT = 190;

/** A chart in a panel of its own, which follows the cursor of the others. */
const createFollower = (heading: string, what: string, actions: Actions) => {
	let model: BoardModel | undefined;
	const about = el('p', { class: 'about' });
	const axes = createAxes({
		pointed: (at) => {
			const chart = model?.chart;
			if (!chart) return;
			actions.point(
				at && { at: chart.from + Math.floor(Math.min(0.999999, at.x) * chart.columns.length) * chart.step },
			);
		},
		selected: ([from, to]) => {
			const chart = model?.chart;
			if (!chart) return;
			const place = (part: number) => chart.from + Math.round(part * chart.columns.length) * chart.step;
			if (place(to) > place(from)) actions.change({ selection: { from: place(from), to: place(to) } });
		},
	});
	const focusable = el(
		'div',
		{ class: 'plot', role: 'img', tabIndex: 0, attributes: { 'aria-label': what } },
		axes.node,
	);
	takeKeys(focusable, () => model, actions);
	const names = el('div', { class: 'names' });
	const title = el('h2', {}, heading);
	const node = el(
		'section',
		{ class: 'panel' },
		el('div', { class: 'panel-head' }, title, about),
		el(
			'div',
			{ class: 'chart-grid' },
			el('div', { class: 'swipe' }, el('div', { class: 'plot-box' }, focusable)),
			names,
		),
	);
	let size = '';
	return {
		node,
		axes,
		names,
		about,
		title,
		focusable,
		fit: (next: BoardModel, height: number): boolean => {
			model = next;
			const width = Math.floor(focusable.clientWidth);
			if (width === 0) return false;
			const now = `${width}x${height}x${window.devicePixelRatio}`;
			if (now !== size) axes.resize(width, height);
			size = now;
			return true;
		},
		renderPoint: (next: BoardModel) => {
			model = next;
			const { chart, cursor, view } = next;
			if (!chart) return;
			const at = cursor && columnAt(chart, cursor.at);
			axes.point(at === undefined ? undefined : (at + 0.5) / chart.columns.length);
			const length = chart.step * chart.columns.length;
			axes.select(
				view.selection && [
					(view.selection.from - chart.from) / length,
					(view.selection.to - chart.from) / length,
				],
			);
		},
	};
};

/** Names of the percentiles with the interval each lies in over what is looked at, highest first. */
const namesOf = ({ chart, cursor, view }: BoardModel): { text: string; tone: number }[] => {
	if (!chart) return [];
	const at = cursor && columnAt(chart, cursor.at);
	const selected = view.selection && placesIn(chart, view.selection);
	const places = at === undefined ? (selected ?? [0, chart.columns.length]) : [at, at + 1];
	const counts = addUp(chart.columns, chart.rows.length, places[0], places[1]);
	return PERCENTS.map((percent, tone) => {
		const interval = percentileInterval(counts, chart.rows, percent);
		return { text: `p${percent} ${interval ? intervalText(interval, chart.unit) : '–'}`, tone };
	}).reverse();
};

const ofWhat = ({ chart, cursor, view }: BoardModel): string => {
	if (!chart) return '';
	if (cursor && columnAt(chart, cursor.at) !== undefined) return 'at the cursor';
	return view.selection ? 'of the selection' : `of ${rangeText(view)}`;
};

export const createBandPanel = (actions: Actions) => {
	const part = createFollower('Percentiles', 'Percentiles over time', actions);
	setText(part.about, 'each lies somewhere in its band: a bucket is an interval');
	const renderNames = (model: BoardModel) => {
		const lines = namesOf(model).map(({ text, tone }) => el('strong', { class: `tone-text-${tone}` }, text));
		part.names.replaceChildren(...lines, el('small', {}, ofWhat(model)));
	};
	const render = (model: BoardModel) => {
		const { chart, theme, offset, earlier, metric } = model;
		part.node.hidden = metric.type !== 'histogram' || Boolean(chart?.isOverlapping);
		if (part.node.hidden || !chart) return;
		const height = model.view.isWall ? WALL_HEIGHT : window.innerWidth < 700 ? PHONE_HEIGHT : HEIGHT;
		part.node.classList.toggle('is-sample', chart.synthetic !== 'none');
		if (!part.fit(model, height)) return;
		setText(
			part.about,
			`each lies somewhere in its band: a bucket is an interval${earlier ? ` · dashed: ${durationText(model.view.earlier ?? 0)} earlier` : ''}`,
		);
		const numbers = namesOf(model).map(({ text }) => text);
		setAttribute(
			part.focusable,
			'aria-label',
			`Percentiles over time as bands, ${ofWhat(model)}: ${numbers.join(', ')}`,
		);
		part.axes.show(bandScene(chart, rowsShown(chart), { theme, offset }, height, earlier));
		part.renderPoint(model);
		renderNames(model);
	};
	const renderPoint = (model: BoardModel) => {
		if (part.node.hidden || !model.chart) return;
		part.renderPoint(model);
		renderNames(model);
	};
	return { node: part.node, render, renderPoint };
};

/** The heat map of the earlier range, in the colours of the one it is compared with. */
export const createEarlierPanel = (actions: Actions) => {
	const part = createFollower('Earlier', 'Heat map of the earlier range', actions);
	const render = (model: BoardModel) => {
		const { earlier, theme, offset, metric, view } = model;
		part.node.hidden = metric.type !== 'histogram' || view.earlier === undefined;
		if (part.node.hidden) return;
		setText(part.title, `${durationText(view.earlier!)} earlier`);
		const isEmpty = !earlier || earlier.columns.every((column) => column === null);
		setText(part.about, isEmpty ? 'the history holds nothing of that time' : 'the same colours');
		if (!earlier || !part.fit(model, EARLIER_HEIGHT)) return;
		part.node.classList.toggle('is-sample', earlier.synthetic !== 'none');
		const shown = rowsShown(earlier);
		part.axes.show(
			heatScene(earlier, shown, scaleOf(model), { theme, offset }, EARLIER_HEIGHT, view.hasPercentiles),
		);
		part.renderPoint(model);
	};
	return { node: part.node, render, renderPoint: part.renderPoint };
};
