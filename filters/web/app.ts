// app: the state of the page: the view and its link, the server's answers, the clock; and who is rendered from it when

import type { Theme } from '../lib/chart/ramp.ts';
import type { MetricName, MetricSummary, MetricsAnswer, Tick } from '../lib/history/answers.ts';
import type { Notice } from '../lib/record.ts';
import { createBoards } from './boards.ts';
import { metricsAnswer, noticesAnswer } from './data/api.ts';
import { createLink, type Link } from './data/link.ts';
import { createOnce } from './data/once.ts';
import { takePageKeys } from './page-keys.ts';
import { el, setAttribute } from './parts/dom.ts';
import { dimensions } from './parts/multiples.ts';
import { createBanners } from './shell/banner.ts';
import { createEmpty } from './shell/empty.ts';
import { createHeader } from './shell/header.ts';
import { createHelp } from './shell/help.ts';
import { createMetricList } from './shell/metric-list.ts';
import { createHollowTab } from './tabs/hollow.ts';
import { createPipelinesTab } from './tabs/pipelines.ts';
import { moved, zoomed } from './view/span.ts';
import { isSameMetric, linkOf, RANGES, type View, viewOf } from './view/view.ts';

const METRICS_PAUSE_MS = 1800;
const NOTICES_PAUSE_MS = 2500;
const CLOCK_MS = 500;
const SILENT_INTERVALS = 3;
const LEAST_SILENCE_MS = 3000;
const WALL_PX = 1800;
const LETTERS_KEY = 'bpfpipe-single-letters';

const lettersOn = (): boolean => {
	try {
		return localStorage.getItem(LETTERS_KEY) !== 'off';
	} catch {
		return true;
	}
};

export const createApp = (body: HTMLElement): void => {
	let view = viewOf(location.hash, location.search);
	let isRangeChosen = new URLSearchParams(location.hash.slice(1)).has('range');
	let answer: MetricsAnswer | undefined;
	let notices: Notice[] = [];
	let moreNotices = 0;
	let paused: { at: number } | undefined;
	const hasHollow = true;
	const opened = performance.now();
	const dark = matchMedia('(prefers-color-scheme: dark)');

	const theme = (): Theme => (view.theme === 'system' ? (dark.matches ? 'dark' : 'light') : view.theme);
	const offset = () => -new Date(link.serverNow() ?? 0).getTimezoneOffset();
	/** Time for what is shown: the server's; while paused, what it was then. */
	const shownNow = () => paused?.at ?? link.serverNow();
	const isWall = () => view.isWall ?? window.innerWidth > WALL_PX;
	const summaryOf = (metric: MetricName | undefined): MetricSummary | undefined =>
		answer?.metrics.find((one) => isSameMetric(one, metric));

	const say = (words: string) => {
		clearTimeout(saying);
		saying = setTimeout(() => {
			voice.textContent = words;
		}, 250);
	};
	let saying: ReturnType<typeof setTimeout> | undefined;

	const change = (part: Partial<View>, isStep = false) => {
		const before = view;
		view = { ...view, ...part };
		if (part.range) {
			isRangeChosen = true;
			if (!('selection' in part)) view.selection = undefined;
		}
		if (part.metric && !isSameMetric(part.metric, before.metric)) {
			view.attributes = {};
			view.host = undefined;
			view.by = undefined;
			view.selection = undefined;
		}
		chooseBy();
		const hash = `#${linkOf(view)}`;
		if (isStep || part.metric || part.tab) history.pushState(null, '', hash);
		else history.replaceState(null, '', hash);
		viewChanged(before);
	};
	const viewChanged = (before: View) => {
		const isOther = !isSameMetric(before.metric, view.metric);
		const asked = ({ host, attributes, by, range, earlier, metric }: View) =>
			JSON.stringify([host, attributes, by, range, earlier, metric]);
		if (asked(before) !== asked(view)) {
			if (paused && before.range !== view.range) paused = undefined;
			boards.anew(isOther);
			noticeQuestion.anew();
		}
		render();
	};
	/** The first attribute with several values, where nothing else is wished. */
	const chooseBy = () => {
		const names = dimensions({ summary: summaryOf(view.metric), view });
		if (view.by === undefined || !names.includes(view.by)) view.by = names[0];
	};
	const chooseMetric = () => {
		const metrics = answer?.metrics ?? [];
		if (view.metric && (summaryOf(view.metric) || metrics.length === 0)) return;
		// A link to a metric that is not there waits for it.
		if (view.metric && location.hash.includes('metric=')) return;
		// The busiest histogram is what most came for.
		const first =
			metrics.filter(({ type }) => type === 'histogram').sort((a, b) => (b.rate ?? 0) - (a.rate ?? 0))[0] ??
			metrics[0];
		if (first) view.metric = { metric: first.metric, unit: first.unit, type: first.type };
	};
	/** Before anybody chose: the shortest range that has all there is. */
	const chooseRange = () => {
		if (isRangeChosen || !answer?.from) return;
		const age = answer.now - answer.from;
		view.range = { last: (RANGES.slice(0, 3).find(([, ms]) => age <= ms) ?? RANGES[2]!)[1] };
	};

	const metricsQuestion = createOnce(
		async (signal) => {
			answer = await metricsAnswer(signal);
			const before = view;
			view = { ...view };
			chooseMetric();
			chooseRange();
			chooseBy();
			if (JSON.stringify(before) !== JSON.stringify(view)) viewChanged(before);
			else render();
		},
		() => render(),
		METRICS_PAUSE_MS,
	);
	const noticeQuestion = createOnce(
		async (signal) => {
			const now = shownNow();
			if (now === undefined) return;
			const { from, to } =
				'last' in view.range ? { from: now - view.range.last, to: now + 60_000 } : view.range;
			const found = await noticesAnswer(Math.floor(from), Math.ceil(to), undefined, signal);
			notices = found.notices;
			moreNotices = found.more;
			render();
		},
		() => {},
		NOTICES_PAUSE_MS,
	);
	const takeTick = (tick: Tick, isNewEpoch: boolean) => {
		metricsQuestion.ask();
		if (isNewEpoch) {
			boards.anew(false);
			noticeQuestion.anew();
		} else if (!paused) {
			noticeQuestion.ask();
			boards.ask(tick.changed);
		}
		if (view.tab === 'pipelines') pipelines.ask();
		renderHeader();
	};
	const link: Link = createLink({
		tick: takeTick,
		state: () => {
			if (link?.now.state === 'live') {
				metricsQuestion.anew();
				boards.anew(false);
				noticeQuestion.anew();
				if (view.tab === 'hollow') hollow.ask();
			}
			if (link) render();
		},
	});

	const header = createHeader({
		tab: (tab) => change({ tab }),
		range: (range) => change({ range }, true),
		pause: () => togglePause(),
		help: () => help.toggle(),
		theme: () => nextTheme(),
		list: () => body.classList.toggle('has-sheet'),
		wall: () => change({ isWall: !isWall() }),
	});
	const banners = createBanners(() => link.tryNow());
	const list = createMetricList((metric) => {
		body.classList.remove('has-sheet');
		change({ metric, tab: 'metrics' });
	});
	const help = createHelp(lettersOn, (isOn) => {
		try {
			localStorage.setItem(LETTERS_KEY, isOn ? 'on' : 'off');
		} catch {}
	});
	const empty = createEmpty();
	const boards = createBoards({ change, say }, () => ({
		view: { ...view, isWall: isWall() },
		theme: theme(),
		offset: offset(),
		now: shownNow(),
		newest: paused ? undefined : link.newest(),
		metrics: answer?.metrics ?? [],
		notices,
		moreNotices,
		isStale,
		summaryOf,
	}));
	const pipelines = createPipelinesTab((metric) => change({ metric, tab: 'metrics' }));
	const hollow = createHollowTab((part) => change({ hollow: { ...view.hollow, ...part } }));
	const voice = el('div', { class: 'unseen', attributes: { 'aria-live': 'polite' } });
	const remarks = el('p', { class: 'page-remarks', hidden: true });
	const main = el(
		'main',
		{ tabIndex: -1, id: 'main' },
		remarks,
		empty.node,
		boards.node,
		pipelines.node,
		hollow.node,
	);
	const skip = el(
		'a',
		{
			class: 'skip',
			href: '#main',
			on: {
				click: (event) => {
					event.preventDefault();
					main.focus();
				},
			},
		},
		'To the charts',
	);
	body.append(
		skip,
		header.node,
		banners.node,
		el('div', { class: 'columns' }, list.node, main),
		help.node,
		voice,
	);

	const togglePause = () => {
		const now = link.serverNow();
		if (paused) {
			paused = undefined;
			boards.anew(false);
		} else if (now !== undefined) paused = { at: now };
		say(paused ? 'Paused' : 'Live');
		render();
	};
	const nextTheme = () => {
		const themes = ['system', 'dark', 'light'] as const;
		change({ theme: themes[(themes.indexOf(view.theme) + 1) % themes.length]! });
		say(`Colours: ${view.theme}`);
	};
	/** Whether a metric has been silent for too long, by the server's clock and its own interval. */
	const isStale = (summary: MetricSummary | undefined): boolean => {
		const now = link.serverNow();
		if (!summary || now === undefined) return false;
		const patience = Math.max(LEAST_SILENCE_MS, SILENT_INTERVALS * (summary.interval ?? 1000));
		return summary.isStale || now - summary.newest > patience;
	};
	const staleNow = () => {
		const now = link.serverNow();
		const summary = summaryOf(view.metric);
		const others = (answer?.metrics ?? []).filter(({ metric }) => !metric.startsWith('bpfpipe_'));
		if (now === undefined || view.tab !== 'metrics' || !isStale(summary)) return undefined;
		const isAll = others.every(isStale);
		const since = isAll ? Math.max(...others.map(({ newest }) => newest), summary!.newest) : summary!.newest;
		return { since, for: Math.max(0, now - since), isAll };
	};
	const renderBanners = () => {
		const state = link.now;
		const lost =
			state.state === 'lost'
				? {
						seconds: Math.max(0, Math.ceil((state.next - performance.now()) / 1000)),
						tries: state.tries,
						until: link.newest(),
					}
				: undefined;
		banners.render({ synthetic: answer?.synthetic ?? 'none', stale: staleNow(), lost, offset: offset() });
	};
	const renderHeader = () => {
		const summary = summaryOf(view.metric);
		header.render({
			view: { ...view, isWall: isWall() },
			hosts: [...new Set((answer?.metrics ?? []).flatMap(({ hosts }) => hosts))],
			link: link.now,
			isSample: (answer?.synthetic ?? 'none') !== 'none',
			isStale: isStale(summary),
			now: link.serverNow(),
			newest: link.newest(),
			offset: offset(),
			behind: paused && Math.max(0, Math.floor(((link.newest() ?? 0) - paused.at) / (boards.step() ?? 1000))),
			hasPipelines: (answer?.metrics ?? []).some(({ metric }) => metric.startsWith('bpfpipe_')),
			hasHollow,
		});
		renderBanners();
	};
	const renderFrame = () => {
		const isSample = (answer?.synthetic ?? 'none') !== 'none';
		const root = document.documentElement;
		root.dataset.theme = theme();
		body.classList.toggle('is-sample', isSample);
		body.classList.toggle('is-wall', isWall() && view.tab === 'metrics');
		body.classList.toggle('has-list', view.tab === 'metrics');
		const name = view.tab === 'metrics' ? (view.metric?.metric ?? '').slice(0, 60) : view.tab;
		document.title = `${isSample ? '[SAMPLE] ' : ''}${name ? `${name} · ` : ''}bpfpipe`;
		const icon = document.querySelector('link[rel="icon"]');
		if (icon) setAttribute(icon, 'href', isSample ? 'favicon-sample.svg' : 'favicon.svg');
		const words = answer?.remarks ?? [];
		remarks.hidden = words.length === 0;
		if (remarks.textContent !== words.join(' · ')) remarks.textContent = words.join(' · ');
	};
	const render = () => {
		renderFrame();
		renderHeader();
		const metrics = answer?.metrics ?? [];
		const isEmpty = view.tab === 'metrics' && metrics.length === 0;
		list.render({
			metrics,
			current: view.metric,
			theme: theme(),
			now: link.serverNow(),
			notices: countNotices(notices),
		});
		empty.render(
			isEmpty ? { waited: performance.now() - opened, isLost: link.now.state === 'lost' } : undefined,
		);
		boards.node.hidden = isEmpty || view.tab !== 'metrics';
		if (!boards.node.hidden) boards.render();
		pipelines.show(view.tab === 'pipelines', theme(), link.serverNow(), offset());
		hollow.show(view.tab === 'hollow', view.hollow);
	};
	takePageKeys(lettersOn, list.search, (command) => {
		const now = link.serverNow() ?? 0;
		switch (command.do) {
			case 'find':
				if (isWall()) change({ isWall: false });
				body.classList.add('has-sheet');
				return list.search.focus();
			case 'open': {
				const first = list.first();
				if (first) change({ metric: first, tab: 'metrics' });
				body.classList.remove('has-sheet');
				return list.search.blur();
			}
			case 'metric': {
				const next = list.next(command.by);
				if (next && view.tab === 'metrics') change({ metric: next });
				return;
			}
			case 'pause':
				return togglePause();
			case 'range':
				return change({ range: { last: RANGES[command.at]![1] } }, true);
			case 'move':
				return change({ range: moved(view.range, command.by, now) });
			case 'zoom':
				return change({ range: zoomed(view.range, command.by, now) });
			case 'percentiles':
				return change({ hasPercentiles: !view.hasPercentiles });
			case 'scale':
				return change({ isShare: !view.isShare });
			case 'attribute': {
				const names = dimensions({ summary: summaryOf(view.metric), view });
				const at = names.indexOf(view.by ?? '');
				return change({ by: names[(at + 1) % names.length] });
			}
			case 'table':
				return change({ isTable: !view.isTable });
			case 'save':
				return boards.openSave();
			case 'theme':
				return nextTheme();
			case 'help':
				return help.toggle();
			case 'back':
				return goBack();
		}
	});
	const goBack = () => {
		if (body.classList.contains('has-sheet')) body.classList.remove('has-sheet');
		else if (boards.hasCursor()) boards.clearCursor();
		else if (view.selection) change({ selection: undefined });
		else if (view.isTable) change({ isTable: false });
		else if (Object.keys(view.attributes).length > 0 || view.host !== undefined)
			change({ attributes: {}, host: undefined });
	};

	window.addEventListener('popstate', () => {
		const before = view;
		view = viewOf(location.hash, location.search);
		isRangeChosen = new URLSearchParams(location.hash.slice(1)).has('range');
		chooseMetric();
		chooseBy();
		viewChanged(before);
	});
	let resizing = 0;
	window.addEventListener('resize', () => {
		cancelAnimationFrame(resizing);
		resizing = requestAnimationFrame(render);
	});
	dark.addEventListener('change', render);
	// Time goes on without data too: ages, the countdown, and hatching where nothing came.
	let beats = 0;
	setInterval(() => {
		if (document.hidden) return;
		renderHeader();
		beats += 1;
		if (beats % 10 !== 0 || link.now.state !== 'live') return render0();
		metricsQuestion.ask();
		if (!paused) boards.ask();
	}, CLOCK_MS);
	const render0 = () => {
		if ((answer?.metrics.length ?? 0) === 0) render();
	};
	metricsQuestion.ask();
	render();
};

/** How many notices there are of each metric. */
const countNotices = (notices: Notice[]): Map<string, number> => {
	const counts = new Map<string, number>();
	for (const { metric } of notices)
		if (metric !== undefined) counts.set(metric, (counts.get(metric) ?? 0) + 1);
	return counts;
};
