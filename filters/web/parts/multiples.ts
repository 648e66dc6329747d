// multiples: one small picture for each value of an attribute, one colour scale, highest 99th percentile first

import { coveredIn, increaseIn, levelsOf, ratesOf } from '../../lib/chart/chart.ts';
import { addUp, mostIn, percentileInterval } from '../../lib/chart/counts.ts';
import { shownName } from '../../lib/chart/name.ts';
import { countText } from '../../lib/chart/number.ts';
import { intervalText, rateOfUnit, valueText } from '../../lib/chart/quantity.ts';
import { countScale, shareScale } from '../../lib/chart/ramp.ts';
import type { ColumnsAnswer, Group } from '../../lib/history/answers.ts';
import { paintHeatThumbnail, paintLineThumbnail } from '../paint/thumbnail.ts';
import type { Actions, BoardModel } from '../view/model.ts';
import { rowsShown } from '../view/places.ts';
import { button, choice, el, setText } from './dom.ts';

const HEIGHT = 56;

/** What may be shown side by side: attributes with several values, and hosts. */
export const dimensions = ({ summary, view }: Pick<BoardModel, 'summary' | 'view'>): string[] => {
	const names = (summary?.attributes ?? [])
		.filter(({ name, values }) => values > 1 && view.attributes[name] === undefined)
		.map(({ name }) => name);
	return (summary?.hosts.length ?? 0) > 1 && view.host === undefined ? [...names, 'host'] : names;
};

const headline = (answer: ColumnsAnswer, { columns }: Group): string => {
	if (answer.type === 'histogram') {
		const interval = answer.isOverlapping
			? undefined
			: percentileInterval(addUp(columns, answer.rows.length), answer.rows, 99);
		return interval ? `p99 ${intervalText(interval, answer.unit)}` : 'nothing counted';
	}
	if (answer.type === 'gauge') {
		const levels = levelsOf(columns);
		return levels ? valueText(levels.last, answer.unit) : 'no value';
	}
	const seconds = coveredIn(columns, answer.step) / 1000;
	return seconds > 0 ? rateOfUnit(Number(increaseIn(columns)) / seconds, answer.unit) : 'nothing counted';
};

type Card = {
	node: HTMLButtonElement;
	name: HTMLElement;
	head: HTMLElement;
	canvas: HTMLCanvasElement;
	group?: Group;
};

export const createMultiples = (actions: Actions) => {
	let model: BoardModel | undefined;
	const by = choice('By', (value) => actions.change({ by: value }));
	const about = el('p', { class: 'about' });
	const grid = el('div', { class: 'multiples' });
	const more = button('Show more', actions.more);
	const node = el(
		'section',
		{ class: 'multiples-part' },
		el('div', { class: 'part-head' }, el('h2', {}, by.node), about),
		grid,
		more,
	);
	const cards: Card[] = [];
	const choose = (card: Card) => {
		const name = card.group?.name;
		const key = model?.view.by;
		if (name === undefined || key === undefined) return;
		if (key === 'host') actions.change({ host: name, by: undefined });
		else actions.change({ attributes: { ...model!.view.attributes, [key]: name }, by: undefined });
		actions.say(`Only ${shownName(name, 60)}`);
	};
	const cardAt = (index: number): Card => {
		const known = cards[index];
		if (known) return known;
		const [name, head, canvas] = [
			el('strong'),
			el('span'),
			el('canvas', { attributes: { 'aria-hidden': 'true' } }),
		];
		const card: Card = {
			node: button('', () => choose(card), { class: 'multiple' }),
			name,
			head,
			canvas,
		};
		card.node.append(el('span', { class: 'multiple-head' }, name, head), canvas);
		cards[index] = card;
		return card;
	};
	const paint = (answer: ColumnsAnswer, theme: BoardModel['theme'], isShare: boolean) => {
		const scale = isShare
			? shareScale()
			: countScale(Math.max(...answer.groups.map(({ columns }) => mostIn(columns)), 1));
		const shown = rowsShown({ rows: answer.rows, columns: answer.groups.flatMap(({ columns }) => columns) });
		for (const [index, group] of answer.groups.entries()) {
			const { canvas } = cardAt(index);
			const width = canvas.parentElement!.clientWidth - 18;
			if (width <= 0) continue;
			if (answer.type === 'histogram')
				paintHeatThumbnail(canvas, [width, HEIGHT], group.columns, shown, scale, theme, group.synthetic);
			else {
				const isGauge = answer.type === 'gauge';
				const values = isGauge
					? group.columns.map((column) => (column ? Number(column[1]) : null))
					: ratesOf({ ...answer, columns: group.columns });
				paintLineThumbnail(canvas, [width, HEIGHT], values, theme, !isGauge);
			}
		}
	};
	const render = (next: BoardModel) => {
		model = next;
		const { groups: answer, view, theme } = next;
		const names = dimensions(next);
		node.hidden = names.length === 0 || view.by === undefined || Boolean(view.isWall);
		if (node.hidden || view.by === undefined) return;
		by.set(
			names.map((name) => [name, shownName(name, 40)]),
			view.by,
		);
		const groups = answer?.groups ?? [];
		const order =
			answer?.type === 'histogram'
				? 'one colour scale · highest p99 first'
				: 'each to its own scale · largest first';
		setText(
			about,
			answer ? `${groups.length} of ${countText(groups.length + answer.more)} · ${order}` : 'being fetched',
		);
		const wanted = groups.map((group, index) => {
			const card = cardAt(index);
			card.group = group;
			// Who reads a name by the ear hears it whole before the figure.
			setText(card.name, group.name === '' ? '(none)' : shownName(group.name ?? '', 40));
			setText(card.head, headline(answer!, group));
			card.node.title = `Only ${shownName(group.name ?? '', 200)}`;
			return card.node;
		});
		if (grid.children.length !== wanted.length) grid.replaceChildren(...wanted);
		more.hidden = !answer || answer.more === 0;
		if (answer) {
			setText(more, `Show ${Math.min(answer.more, 48)} more of ${countText(answer.more)}`);
			paint(answer, theme, view.isShare);
		}
	};
	return { node, render };
};
