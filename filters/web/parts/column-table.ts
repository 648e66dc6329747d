// column-table: the columns of a chart as a real table, newest first, 25 rows a page
// It holds what was there when it was opened: time going on does not move the rows under a reader.

import { type Chart, PERCENTS, ratesOf } from '../../lib/chart/chart.ts';
import { addUp, highestRow, percentileInterval } from '../../lib/chart/counts.ts';
import { countText, rateText } from '../../lib/chart/number.ts';
import { intervalText, rateOfUnit, valueText } from '../../lib/chart/quantity.ts';
import { dateText } from '../../lib/chart/time.ts';
import type { Exact } from '../../lib/record.ts';
import type { BoardModel } from '../view/model.ts';
import { button, el, setText } from './dom.ts';

const PAGE = 25;

const headOf = (chart: Chart): string[] => {
	if (chart.type === 'histogram')
		return [
			'Time',
			'Looked at',
			'Events',
			'Events a second',
			...PERCENTS.map((percent) => `p${percent} lies in`),
			'Highest',
		];
	return chart.type === 'gauge'
		? ['Time', 'Looked at', 'Last', 'Least', 'Most']
		: ['Time', 'Looked at', 'Increase', 'Rate'];
};

const cellsOf = (chart: Chart, at: number, rates: (number | null)[], offset: number): string[] => {
	const column = chart.columns[at];
	const time = dateText(chart.from + at * chart.step, offset);
	if (!column) return [time, 'no data'];
	const cover = `${Math.min(100, Math.round(column[0] * 100))} %`;
	const rate = rates[at] ?? null;
	if (chart.type === 'gauge')
		return [time, cover, ...column.slice(1).map((value) => valueText(value as Exact, chart.unit))];
	if (chart.type === 'sum')
		return [time, cover, countText(column[1] as Exact), rate === null ? '–' : rateOfUnit(rate, chart.unit)];
	const counts = addUp([column], chart.rows.length);
	const highest = highestRow(counts);
	const intervals = PERCENTS.map((percent) =>
		chart.isOverlapping ? undefined : percentileInterval(counts, chart.rows, percent),
	);
	return [
		time,
		cover,
		countText(counts.total),
		rate === null ? '–' : rateText(rate),
		...[...intervals, highest === undefined ? undefined : chart.rows[highest]].map((interval) =>
			interval ? intervalText(interval, chart.unit) : '–',
		),
	];
};

export const createColumnTable = () => {
	const caption = el('caption', { class: 'unseen' });
	const head = el('tr');
	const body = el('tbody');
	const place = el('span', { class: 'place', attributes: { 'aria-live': 'polite' } });
	let held: Chart | undefined;
	let offset = 0;
	let page = 0;

	const pages = () => Math.max(1, Math.ceil((held?.columns.length ?? 0) / PAGE));
	const draw = () => {
		const chart = held;
		if (!chart) return;
		const rates = ratesOf(chart);
		const last = chart.columns.length - 1 - page * PAGE;
		const places = Array.from({ length: Math.min(PAGE, last + 1) }, (_, index) => last - index);
		const names = headOf(chart);
		head.replaceChildren(...names.map((name) => el('th', { attributes: { scope: 'col' } }, name)));
		body.replaceChildren(
			...places.map((at) => {
				const [time, ...cells] = cellsOf(chart, at, rates, offset);
				const rest = names.slice(1).map((_, index) => el('td', { class: 'number' }, cells[index] ?? ''));
				return el('tr', {}, el('th', { class: 'time', attributes: { scope: 'row' } }, time), ...rest);
			}),
		);
		setText(place, `page ${page + 1} of ${pages()}`);
		older.disabled = page + 1 >= pages();
		newer.disabled = page === 0;
	};
	const turn = (to: number) => {
		page = Math.max(0, Math.min(pages() - 1, to));
		draw();
	};
	const newer = button('Newer', () => turn(page - 1));
	const older = button('Older', () => turn(page + 1));
	const renew = button('', () => {
		held = newest;
		turn(0);
		renew.hidden = true;
	});
	renew.hidden = true;
	let newest: Chart | undefined;
	const node = el(
		'div',
		{ class: 'column-table', hidden: true },
		el(
			'div',
			{ class: 'scroll', tabIndex: 0, role: 'region', attributes: { 'aria-label': 'Table of columns' } },
			el('table', {}, caption, el('thead', {}, head), body),
		),
		el('div', { class: 'pager' }, newer, older, place, renew),
	);
	const isSameQuestion = (a: Chart | undefined, b: Chart): boolean =>
		a !== undefined &&
		a.metric === b.metric &&
		a.unit === b.unit &&
		a.type === b.type &&
		a.scope === b.scope &&
		a.step === b.step &&
		a.columns.length === b.columns.length;
	const render = (model: BoardModel) => {
		node.hidden = !model.view.isTable;
		if (!model.view.isTable || !model.chart) {
			held = undefined;
			return;
		}
		newest = model.chart;
		if (!isSameQuestion(held, newest)) {
			held = newest;
			offset = model.offset;
			setText(caption, 'Columns of the chart, newest first');
			turn(0);
		}
		const behind = Math.round((newest.from - held!.from) / newest.step);
		renew.hidden = behind === 0;
		if (behind !== 0) setText(renew, behind > 0 ? `Show ${behind} newer` : 'Show the new range');
	};
	return { node, render };
};
