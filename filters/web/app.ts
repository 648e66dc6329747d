// app: the page put together: who owns what, who is told of what, who is rendered from it when

import type { Tick } from '../lib/history/answers.ts';
import { createBoards } from './boards.ts';
import { runCommand } from './commands.ts';
import { createLink, type Link } from './data/link.ts';
import { createFacts } from './facts.ts';
import { createVoice, letters, skipTo } from './frame.ts';
import { createKeaDoor } from './kea-door.ts';
import { createNavigation } from './navigation.ts';
import { takePageKeys } from './page-keys.ts';
import { el } from './parts/dom.ts';
import { dimensions } from './parts/multiples.ts';
import { createRendering } from './rendering.ts';
import { createBanners } from './shell/banner.ts';
import { createEmpty } from './shell/empty.ts';
import { createHeader } from './shell/header.ts';
import { createHelp } from './shell/help.ts';
import { createMetricList } from './shell/metric-list.ts';
import { createSituation } from './situation.ts';
import { createHollowTab } from './tabs/hollow.ts';
import { createPipelinesTab } from './tabs/pipelines.ts';
import { isSameMetric, type View } from './view/view.ts';

const CLOCK_MS = 500;
/** So many beats of that clock until all is asked for, though no tick came. */
const BEATS = 10;
const THEMES = ['system', 'dark', 'light'] as const;

/** What of a view decides what is fetched. */
const askedFor = ({ host, attributes, by, range, earlier, metric }: View): string =>
	JSON.stringify([host, attributes, by, range, earlier, metric]);

export const createApp = (body: HTMLElement): void => {
	let link: Link | undefined;
	const opened = performance.now();
	const voice = createVoice();
	const navigation = createNavigation((before) => viewChanged(before));
	const { change } = navigation;
	const view = () => navigation.view;
	const here = createSituation(() => link, view);
	const serverNow = () => link?.serverNow();
	const facts = createFacts({
		range: () => view().range,
		shownNow: here.shownNow,
		serverNow,
		listed: (answer) => navigation.settle(answer),
		changed: () => render(),
	});
	const boards = createBoards({ change, say: voice.say }, () => ({
		view: { ...view(), isWall: here.isWall() },
		theme: here.theme(),
		offset: here.offset(),
		now: here.shownNow(),
		newest: here.isPaused() ? undefined : link?.newest(),
		facts,
	}));
	const pipelines = createPipelinesTab((metric) => change({ metric, tab: 'metrics' }));
	const hollow = createHollowTab((part) => change({ hollow: { ...view().hollow, ...part } }));
	const kea = createKeaDoor({ view, change, here, facts, newest: () => link?.newest() });
	const list = createMetricList((metric) => {
		body.classList.remove('has-sheet');
		change({ metric, tab: 'metrics' });
	});
	const help = createHelp(letters.isOn, letters.set);
	const togglePause = () => {
		here.pause(!here.isPaused());
		if (!here.isPaused()) boards.anew(false);
		voice.say(here.isPaused() ? 'Paused' : 'Live');
		render();
	};
	const nextTheme = () => {
		change({ theme: THEMES[(THEMES.indexOf(view().theme) + 1) % THEMES.length]! });
		voice.say(`Colours: ${view().theme}`);
	};
	const header = createHeader({
		tab: (tab) => change({ tab }),
		range: (range) => change({ range }, true),
		pause: togglePause,
		help: help.toggle,
		theme: nextTheme,
		list: () => body.classList.toggle('has-sheet'),
		wall: () => change({ isWall: !here.isWall() }),
	});
	const banners = createBanners(() => link?.tryNow());
	const empty = createEmpty();
	const remarks = el('p', { class: 'page-remarks', hidden: true });
	const main = el(
		'main',
		{ tabIndex: -1, id: 'main' },
		remarks,
		empty.node,
		boards.node,
		kea.node,
		pipelines.node,
		hollow.node,
	);
	const columns = el('div', { class: 'columns' }, list.node, main);
	body.append(skipTo(main), header.node, banners.node, columns, help.node, voice.node);

	const viewChanged = (before: View) => {
		if (askedFor(before) !== askedFor(view())) {
			if (before.range !== view().range) here.pause(false);
			boards.anew(!isSameMetric(before.metric, view().metric));
			facts.quality.anew();
		}
		render();
	};
	const { render, renderHeader, renderTime } = createRendering({
		body,
		opened,
		view,
		here,
		link: () => link,
		facts,
		parts: { header, banners, list, empty, remarks, boards, kea, pipelines, hollow },
	});
	const askAnew = () => {
		facts.list.anew();
		facts.quality.anew();
		boards.anew(false);
		if (view().tab === 'hollow') hollow.ask();
	};
	const takeTick = ({ changed }: Tick, isNewEpoch: boolean) => {
		facts.list.ask();
		if (isNewEpoch) askAnew();
		else if (!here.isPaused()) {
			facts.quality.ask();
			boards.ask(changed);
		}
		if (view().tab === 'pipelines') pipelines.ask();
		if (!here.isPaused()) kea.ask();
		renderHeader();
	};
	link = createLink({
		tick: takeTick,
		state: () => {
			if (link?.now.state === 'live') askAnew();
			if (link) render();
		},
	});
	takePageKeys(letters.isOn, list.search, (command) =>
		runCommand(command, {
			view,
			change,
			now: () => serverNow() ?? 0,
			next: list.next,
			first: list.first,
			dimensions: () => dimensions({ summary: facts.summaryOf(view().metric), view: view() }),
			find: () => {
				if (here.isWall()) change({ isWall: false });
				body.classList.add('has-sheet');
				list.search.focus();
			},
			endFind: () => {
				body.classList.remove('has-sheet');
				list.search.blur();
			},
			pause: togglePause,
			save: boards.openSave,
			theme: nextTheme,
			help: help.toggle,
			clearCursor: boards.clearCursor,
		}),
	);
	keepFresh({ render, renderTime, dark: here.dark }, () => {
		if (link?.now.state === 'live') {
			facts.list.ask();
			if (!here.isPaused()) boards.ask();
		}
		if (facts.metrics.length === 0) render();
	});
	facts.list.ask();
	render();
};

/** Render what changes by itself: the size of the screen, its colours, and time, which goes on without data too. */
const keepFresh = (
	{ render, renderTime, dark }: { render: () => void; renderTime: () => void; dark: MediaQueryList },
	beat: () => void,
): void => {
	let resizing = 0;
	window.addEventListener('resize', () => {
		cancelAnimationFrame(resizing);
		resizing = requestAnimationFrame(render);
	});
	dark.addEventListener('change', render);
	let beats = 0;
	setInterval(() => {
		if (document.hidden) return;
		renderTime();
		beats += 1;
		if (beats % BEATS === 0) beat();
	}, CLOCK_MS);
};
