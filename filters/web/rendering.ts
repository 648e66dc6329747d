// rendering: every part of the page from the view, the facts and the state of the link

import { dateText, durationText } from '../lib/chart/time.ts';
import type { MetricSummary } from '../lib/history/answers.ts';
import type { createBoards } from './boards.ts';
import type { Link } from './data/link.ts';
import { type Facts, isOwn } from './facts.ts';
import { dress } from './frame.ts';
import type { createKeaDoor } from './kea-door.ts';
import { setText } from './parts/dom.ts';
import type { createBanners } from './shell/banner.ts';
import type { createEmpty } from './shell/empty.ts';
import type { createHeader } from './shell/header.ts';
import type { createMetricList } from './shell/metric-list.ts';
import type { Situation } from './situation.ts';
import type { createHollowTab } from './tabs/hollow.ts';
import type { createPipelinesTab } from './tabs/pipelines.ts';
import { keaServices } from './view/kea.ts';
import type { View } from './view/view.ts';

type Parts = {
	header: ReturnType<typeof createHeader>;
	banners: ReturnType<typeof createBanners>;
	list: ReturnType<typeof createMetricList>;
	empty: ReturnType<typeof createEmpty>;
	remarks: HTMLElement;
	boards: ReturnType<typeof createBoards>;
	kea: ReturnType<typeof createKeaDoor>;
	pipelines: ReturnType<typeof createPipelinesTab>;
	hollow: ReturnType<typeof createHollowTab>;
};

type Page = {
	body: HTMLElement;
	/** When the page was opened, by performance.now(). */
	opened: number;
	view: () => View;
	here: Situation;
	link: () => Link | undefined;
	facts: Facts;
	parts: Parts;
};

const NEARLY_MS = 15_000;

/** How the server is away, if it is. */
const lossOf = (link: Link | undefined) =>
	link?.now.state === 'lost'
		? {
				seconds: Math.max(0, Math.ceil((link.now.next - performance.now()) / 1000)),
				tries: link.now.tries,
				until: link.newest(),
				why: link.now.why,
			}
		: undefined;

/** How far back the history reaches, where more is asked for. */
const reachOf = (
	{ from, span }: Facts,
	{ range }: View,
	now: number | undefined,
	offset: number,
): string[] => {
	if (from === undefined || now === undefined) return [];
	const begin = 'last' in range ? now - range.last : range.from;
	if (begin >= from - NEARLY_MS) return [];
	return [
		`The history reaches back to ${dateText(from, offset)}; it holds ${durationText(span ?? 0)} at most.`,
	];
};

/** The probes of Kea or its statistics, whichever is silent. */
const silentKea = ({ metrics, isStale }: Facts): MetricSummary | undefined =>
	metrics.find((one) => ['packets', 'kea_up'].includes(one.metric) && isStale(one));

export const createRendering = ({ body, opened, view, here, link, facts, parts }: Page) => {
	const { header, banners, list, empty, remarks, boards, kea, pipelines, hollow } = parts;
	const serverNow = () => link()?.serverNow();

	/** The head of the page and its banners, which change with time alone. */
	const renderHeader = () => {
		const { metrics, synthetic } = facts;
		const { tab, metric } = view();
		header.render({
			view: { ...view(), isWall: here.isWall() },
			hosts: [...new Set(metrics.flatMap(({ hosts }) => hosts))],
			link: link()?.now ?? { state: 'connecting' },
			isSample: synthetic !== 'none',
			isStale: facts.isStale(tab === 'kea' ? silentKea(facts) : facts.summaryOf(metric)),
			now: serverNow(),
			newest: link()?.newest(),
			offset: here.offset(),
			behind: here.behind(boards.step() ?? 1000),
			hasPipelines: metrics.some(isOwn),
			hasKea: keaServices(metrics).length > 0,
		});
		const stale = facts.silence(tab === 'metrics' ? metric : tab === 'kea' ? silentKea(facts) : undefined);
		banners.render({ synthetic, stale, lost: lossOf(link()), offset: here.offset() });
	};
	let wasStale = false;
	const render = () => {
		wasStale = facts.isStale(facts.summaryOf(view().metric));
		const { tab, metric, hollow: asked } = view();
		const isMetrics = tab === 'metrics';
		const theme = here.theme();
		dress(body, {
			theme,
			isSample: facts.synthetic !== 'none',
			isWall: here.isWall() && isMetrics,
			hasList: isMetrics,
			name: isMetrics ? (metric?.metric ?? '') : tab,
		});
		renderHeader();
		const words = [...facts.remarks, ...reachOf(facts, view(), serverNow(), here.offset())];
		setText(remarks, words.join(' · '));
		remarks.hidden = words.length === 0 || !isMetrics;
		list.render({
			metrics: facts.metrics,
			current: metric,
			theme,
			now: serverNow(),
			notices: facts.noticeCounts(),
		});
		const isEmpty = isMetrics && facts.metrics.length === 0;
		const isLost = link()?.now.state === 'lost';
		empty.render(isEmpty ? { waited: performance.now() - opened, isLost } : undefined);
		boards.node.hidden = isEmpty || !isMetrics;
		if (!boards.node.hidden) boards.render();
		kea.show(tab === 'kea');
		pipelines.show(tab === 'pipelines', serverNow(), here.offset());
		hollow.show(tab === 'hollow', asked, facts.hollow);
	};
	/** Time alone has gone on: the head tells it, and the rest when the metric has fallen silent, or speaks again. */
	const renderTime = () => {
		if (facts.isStale(facts.summaryOf(view().metric)) === wasStale) renderHeader();
		else render();
	};
	return { render, renderHeader, renderTime };
};
