// legend: the colours of the heat map with their numbers, out of the table that made the pixels

import { shareText, shortCount } from '../../lib/chart/number.ts';
import { type HeatScale, legendOf, ramp, type Theme } from '../../lib/chart/ramp.ts';
import { el, setText } from './dom.ts';

export const createLegend = () => {
	const [low, middle, high] = [el('span'), el('span', { class: 'middle' }), el('span')];
	const cells = ramp('dark').map(() => el('i'));
	const node = el(
		'span',
		{ class: 'legend' },
		low,
		el('span', { class: 'ramp', attributes: { 'aria-hidden': 'true' } }, ...cells, middle),
		high,
	);
	return {
		node,
		render: (scale: HeatScale, theme: Theme) => {
			const form = (value: number) => (scale.kind === 'share' ? shareText(value) : shortCount(value));
			const [least, half, most] = legendOf(scale);
			setText(low, form(least));
			setText(middle, form(half));
			setText(high, `${form(most)} ${scale.kind === 'share' ? 'of a column' : 'events a cell'}`);
			cells.forEach((cell, step) => {
				cell.style.backgroundColor = ramp(theme)[step]!;
			});
		},
	};
};
