// hollow: data sets of Netflix Hollow: versions, sizes, schema, records with search, what changed between two versions

import { el } from '../parts/dom.ts';
import type { View } from '../view/view.ts';

export const createHollowTab = (_change: (part: View['hollow']) => void) => {
	const node = el(
		'section',
		{ class: 'tab-page', hidden: true },
		el('div', { class: 'board-head' }, el('h1', {}, 'Hollow')),
	);
	return {
		node,
		ask: () => {},
		show: (isOn: boolean, _view: View['hollow']) => {
			node.hidden = !isOn;
		},
	};
};
