// kea-door: the place of the Kea tab in the page; its code is fetched when somebody opens it

import type { createKeaTab } from './kea/tab.ts';
import { el } from './parts/dom.ts';

type Tab = ReturnType<typeof createKeaTab>;

export const createKeaDoor = (actions: Parameters<typeof createKeaTab>[0]) => {
	const waiting = el('p', { class: 'about' }, 'being fetched');
	const node = el('section', { class: 'tab-page', hidden: true }, waiting);
	let tab: Tab | undefined;
	let isAsked = false;
	let isOn = false;
	const open = async () => {
		if (isAsked) return;
		isAsked = true;
		try {
			const { createKeaTab } = await import('./kea/tab.ts');
			tab = createKeaTab(actions);
			node.replaceChildren(...tab.nodes);
			tab.show(isOn);
		} catch {
			// The server is away, or is another one by now: the next beat tries again.
			isAsked = false;
		}
	};
	return {
		node,
		ask: () => (tab ? tab.ask() : undefined),
		show: (isShown: boolean) => {
			isOn = isShown;
			node.hidden = !isShown;
			if (isShown && !tab) open();
			tab?.show(isShown);
		},
	};
};
