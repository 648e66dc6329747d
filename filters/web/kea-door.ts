// kea-door: the place of the Kea tab in the page; its code is fetched when somebody opens it

import type { Facts } from './facts.ts';
import type { createKeaTab } from './kea/tab.ts';
import { el } from './parts/dom.ts';
import type { Situation } from './situation.ts';
import type { View } from './view/view.ts';

type Tab = ReturnType<typeof createKeaTab>;

/** How the tab looks; without it what it says can still be read. */
const dress = (): Promise<void> =>
	new Promise((resolve) => {
		const sheet = el('link', {
			href: 'kea.css',
			attributes: { rel: 'stylesheet' },
			on: { load: () => resolve(), error: () => resolve() },
		});
		document.head.append(sheet);
	});

type Page = {
	view: () => View;
	change: (part: Partial<View>) => void;
	here: Situation;
	facts: Facts;
	newest: () => number | undefined;
};

const actionsOf = ({ view, change, here, facts, newest }: Page): Parameters<typeof createKeaTab>[0] => ({
	change: (part) => change({ kea: { ...view().kea, ...part } }),
	open: (metric, attributes, host) => {
		change({ metric, tab: 'metrics' });
		// Another metric is looked at as a whole first.
		change({ attributes, host });
	},
	around: () => ({
		view: view(),
		theme: here.theme(),
		offset: here.offset(),
		now: here.shownNow(),
		newest: here.isPaused() ? undefined : newest(),
		metrics: facts.metrics,
		notices: facts.notices,
		moreNotices: facts.moreNotices,
	}),
});

export const createKeaDoor = (page: Page) => {
	const actions = actionsOf(page);
	const waiting = el('p', { class: 'about' }, 'being fetched');
	const node = el('section', { class: 'tab-page', hidden: true }, waiting);
	let tab: Tab | undefined;
	let isAsked = false;
	let isOn = false;
	const open = async () => {
		if (isAsked) return;
		isAsked = true;
		try {
			const [{ createKeaTab }] = await Promise.all([import('./kea/tab.ts'), dress()]);
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
