// lane: notices under a chart, where they happened; what has no room keeps its mark

import { shownName } from '../../lib/chart/name.ts';
import { countText } from '../../lib/chart/number.ts';
import { clockText } from '../../lib/chart/time.ts';
import type { Notice } from '../../lib/record.ts';
import type { BoardModel } from '../view/model.ts';
import { el } from './dom.ts';

const CHARACTER_PX = 6.6;

const labelOf = ({ ts, kind, count }: Notice, offset: number): string =>
	`${clockText(ts, offset).slice(0, 5)} ${shownName(kind, 24)}${count === undefined ? '' : ` ${countText(count)}`}`;

export const createLane = () => {
	const node = el('div', { class: 'lane', attributes: { 'aria-hidden': 'true' } });
	let before = '';
	/** `left` and `width` are of the frame that it stands under, in pixels. */
	const render = ({ chart, notices, offset }: BoardModel, left: number, width: number) => {
		if (!chart) return;
		const to = chart.from + chart.step * chart.columns.length;
		const inside = notices.filter(({ ts }) => ts >= chart.from && ts < to).sort((a, b) => a.ts - b.ts);
		const now = JSON.stringify([
			chart.from,
			to,
			left,
			width,
			inside.map(({ ts, kind, count }) => [ts, kind, count]),
		]);
		if (now === before) return;
		before = now;
		let free = Number.NEGATIVE_INFINITY;
		const items = inside.slice(-400).map((notice) => {
			const x = left + ((notice.ts - chart.from) / (to - chart.from)) * width;
			const label = labelOf(notice, offset);
			const long = 14 + label.length * CHARACTER_PX;
			const isBefore = x + long > left + width;
			const start = isBefore ? x - long : x;
			const hasRoom = start > free;
			if (hasRoom) free = Math.max(x, start + long) + 8;
			const item = el(
				'span',
				{ class: `mark${isBefore ? ' before' : ''}`, title: label },
				hasRoom && el('span', {}, label),
			);
			item.style.left = `${x}px`;
			return item;
		});
		node.replaceChildren(...items);
		node.hidden = items.length === 0;
	};
	return { node, render };
};
