// side-panel: the histogram beside the heat map: the newest columns or the selection, and what they are compared with

import { addUp } from '../../lib/chart/counts.ts';
import { durationText } from '../../lib/chart/time.ts';
import { paintSide } from '../paint/side-bars.ts';
import type { BoardModel } from '../view/model.ts';
import { placesIn, rangeText, recentPlaces, rowsShown } from '../view/places.ts';
import { el, setAttribute, setText } from './dom.ts';

const USUAL_PX = 150;

/** Which columns the bars are of, and their name. */
const barsOf = ({ chart, view, earlier }: BoardModel): { places: [number, number]; name: string } => {
	const { columns, step } = chart!;
	const lengthOf = ([from, to]: [number, number]) => durationText((to - from) * step);
	const selected = view.selection && placesIn(chart!, view.selection);
	if (selected) return { places: selected, name: `selected ${lengthOf(selected)}` };
	if (!('last' in view.range) || earlier) return { places: [0, columns.length], name: rangeText(view) };
	const places = recentPlaces(chart!);
	return { places, name: `last ${lengthOf(places)}` };
};

export const createSidePanel = () => {
	const title = el('p', { class: 'side-title' });
	const canvas = el('canvas', { class: 'side', role: 'img' });
	const node = el('div', { class: 'side-box' }, canvas, title);
	/** Beside a frame of this place and height. */
	const render = (model: BoardModel, { top, height }: { top: number; height: number }) => {
		const { chart, earlier, view, theme, cursor } = model;
		if (!chart) return;
		const { places, name } = barsOf(model);
		const rows = chart.rows.length;
		const isComparable = earlier?.rows.length === rows;
		const ticks = isComparable ? `${durationText(view.earlier!)} earlier` : rangeText(view);
		setText(title, `bars: ${name} · ticks: ${ticks}`);
		setAttribute(canvas, 'aria-label', `Histogram of the ${name}; the chart's table has its figures`);
		paintSide(canvas, {
			bars: addUp(chart.columns, rows, ...places),
			ticks: addUp((isComparable ? earlier : chart).columns, rows),
			shown: rowsShown(chart),
			lit: cursor?.row,
			theme,
			width: node.clientWidth || USUAL_PX,
			top,
			height,
		});
	};
	return { node, render };
};
