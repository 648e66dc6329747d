// changed: what moved against the range before, or an earlier one, the biggest first

import { countText } from '../../lib/chart/number.ts';
import { clockText, durationText } from '../../lib/chart/time.ts';
import { button, choice, el, setText } from '../parts/dom.ts';
import { EARLIER } from '../view/view.ts';
import { factorText } from './changes.ts';
import { type KeaModel, named } from './model.ts';
import { createPanel, createTable } from './table.ts';

const FIRST = 20;
const BEFORE = '';
/** Of less than this of the earlier range there are data: it is said. */
const MOST_COVER = 0.95;

export const createChanged = (choose: (earlier: number | undefined) => void) => {
	let isWhole = false;
	let shown: KeaModel | undefined;
	const earlier = choice('Compare with', (value) => choose(value === BEFORE ? undefined : Number(value)));
	const table = createTable('What changed', ['What', 'Of which', 'Before#', 'Now#', 'Change#']);
	const none = el('p', { class: 'none', hidden: true });
	const more = button(
		'Show all',
		() => {
			isWhole = true;
			if (shown) render(shown);
		},
		{ class: 'more' },
	);
	const words = el(
		'p',
		{ class: 'about' },
		'By the factor. Counts are compared as rates of the time that was looked at; what differs by no more than chance (three standard deviations), and percentiles that stayed in their bucket, did not move.',
	);
	const panel = createPanel('What changed since?', earlier.node, none, table.node, more, words);
	const render = (model: KeaModel) => {
		shown = model;
		const { changes, offset, view } = model;
		earlier.set(
			[
				[BEFORE, 'the range before'],
				...EARLIER.map(([name, ms]): [string, string] => [String(ms), `${name} earlier`]),
				...(view.kea.earlier !== undefined && !EARLIER.some(([, ms]) => ms === view.kea.earlier)
					? [[String(view.kea.earlier), `${durationText(view.kea.earlier)} earlier`] as [string, string]]
					: []),
			],
			String(view.kea.earlier ?? BEFORE),
		);
		const { moved, still, from, to, hasBefore, share, remarks } = changes;
		panel.about(
			[
				`against ${clockText(from, offset)} – ${clockText(to, offset)}`,
				hasBefore && share < MOST_COVER && `of which ${Math.round(share * 100)} % was looked at`,
				hasBefore && `${countText(moved.length)} figures moved, ${countText(still)} did not`,
			]
				.filter(Boolean)
				.join(' · '),
		);
		panel.lost(remarks);
		none.hidden = hasBefore && moved.length > 0;
		setText(
			none,
			hasBefore
				? 'Nothing moved.'
				: '– The history holds nothing of that time: there is nothing to compare with.',
		);
		words.hidden = !hasBefore;
		const rows = isWhole ? moved : moved.slice(0, FIRST);
		table.render(
			rows.map(({ key, what, of, before, after, factor }) => ({
				key,
				cells: [what, named(of, 60), before, after, factorText(factor)],
			})),
		);
		more.hidden = rows.length === moved.length;
		setText(more, `Show all ${countText(moved.length)}`);
	};
	return { node: panel.node, render };
};
