// board: everything about one metric, in the order of need: numbers, since when, for whom, may I trust it

import { shownName } from '../../lib/chart/name.ts';
import { countText } from '../../lib/chart/number.ts';
import { unitWords } from '../../lib/chart/quantity.ts';
import { clockText, durationText } from '../../lib/chart/time.ts';
import type { Actions, BoardModel } from '../view/model.ts';
import { createBandPanel, createEarlierPanel } from './band-panel.ts';
import { button, el, setText } from './dom.ts';
import { createFigures } from './figures.ts';
import { createFilters } from './filters.ts';
import { createMainPanel } from './main-panel.ts';
import { createMultiples } from './multiples.ts';
import { createQuality } from './quality.ts';

const aboutOf = ({ metric, summary }: BoardModel): string =>
	[
		unitWords(metric.unit) && shownName(unitWords(metric.unit), 30),
		{ histogram: 'histogram', sum: 'counter', gauge: 'gauge' }[metric.type],
		summary && `${countText(summary.series)} series`,
		summary &&
			summary.attributes.length > 0 &&
			summary.attributes
				.slice(0, 4)
				.map(({ name }) => shownName(name, 20))
				.join(', '),
	]
		.filter(Boolean)
		.join(' · ');

export const createBoard = (actions: Actions) => {
	const name = el('h1');
	const about = el('p', { class: 'about' });
	const trouble = el('p', { class: 'trouble', hidden: true });
	const remarks = el('p', { class: 'remarks', hidden: true });
	const selection = el('span', { class: 'selection-words' });
	const selectionBar = el(
		'div',
		{ class: 'selection', hidden: true },
		selection,
		button('Zoom in', () => {
			if (shown?.view.selection) actions.change({ range: shown.view.selection, selection: undefined });
		}),
		button('Clear', () => actions.change({ selection: undefined })),
	);
	let shown: BoardModel | undefined;
	const figures = createFigures();
	const filters = createFilters(actions);
	const main = createMainPanel(actions);
	const earlier = createEarlierPanel(actions);
	const bands = createBandPanel(actions);
	const multiples = createMultiples(actions);
	const quality = createQuality();
	const node = el(
		'article',
		{ class: 'board' },
		el('div', { class: 'board-head' }, name, about, filters.node),
		trouble,
		remarks,
		figures.node,
		selectionBar,
		main.node,
		earlier.node,
		bands.node,
		multiples.node,
		quality.node,
	);
	const renderSelection = ({ view, offset }: BoardModel) => {
		selectionBar.hidden = view.selection === undefined;
		if (!view.selection) return;
		const { from, to } = view.selection;
		setText(
			selection,
			`Selected ${clockText(from, offset)} – ${clockText(to, offset)}, ${durationText(to - from)}: numbers and bars are of it, compared with the whole.`,
		);
	};
	const render = (model: BoardModel) => {
		shown = model;
		setText(name, shownName(model.metric.metric, 80));
		setText(about, aboutOf(model));
		trouble.hidden = model.trouble === undefined;
		setText(trouble, model.trouble ?? '');
		remarks.hidden = model.remarks.length === 0;
		setText(remarks, model.remarks.join(' · '));
		filters.node.hidden = Boolean(model.view.isWall);
		quality.node.hidden = Boolean(model.view.isWall);
		filters.render(model);
		figures.render(model);
		renderSelection(model);
		main.render(model);
		earlier.render(model);
		bands.render(model);
		multiples.render(model);
		quality.render(model);
	};
	const renderPoint = (model: BoardModel) => {
		shown = model;
		main.renderPoint(model);
		earlier.renderPoint(model);
		bands.renderPoint(model);
	};
	return { node, render, renderPoint, openSave: () => main.save.open() };
};
