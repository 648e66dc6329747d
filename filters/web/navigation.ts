// navigation: the view that the page shows, its link, and what is chosen where the reader chose nothing

import type { MetricName, MetricSummary, MetricsAnswer } from '../lib/history/answers.ts';
import { dimensions } from './parts/multiples.ts';
import { isSameMetric, linkOf, RANGES, type View, viewOf } from './view/view.ts';

export type Navigation = {
	readonly view: View;
	/** A change by the reader; `isStep` makes it one that Back goes back over. */
	change: (part: Partial<View>, isStep?: boolean) => void;
	/** What there is is known (anew): choose what is not chosen. */
	settle: (answer: MetricsAnswer) => void;
};

/** Before anybody chose, no longer than so many of the ranges. */
const FIRST_RANGES = 3;

const hasInLink = (key: string): boolean => new URLSearchParams(location.hash.slice(1)).has(key);

/** The busiest histogram is what most came for. */
const firstMetric = (metrics: MetricSummary[]): MetricName | undefined => {
	const histograms = metrics.filter(({ type }) => type === 'histogram');
	const first = histograms.sort((a, b) => (b.rate ?? 0) - (a.rate ?? 0))[0] ?? metrics[0];
	return first && { metric: first.metric, unit: first.unit, type: first.type };
};

/** `changed` is told of each change, with the view before it. */
export const createNavigation = (changed: (before: View) => void): Navigation => {
	let view = viewOf(location.hash, location.search);
	let isRangeChosen = hasInLink('range');
	let metrics: MetricSummary[] = [];

	const summary = () => metrics.find((one) => isSameMetric(one, view.metric));
	/** The first attribute with several values, where no other is wished. */
	const chooseBy = () => {
		const names = dimensions({ summary: summary(), view });
		if (view.by === undefined || !names.includes(view.by)) view.by = names[0];
	};
	const chooseMetric = () => {
		// A link to a metric that is not there (yet) waits for it.
		if (view.metric && (summary() || hasInLink('metric'))) return;
		view.metric = firstMetric(metrics);
	};
	/** The shortest range that has all there is. */
	const chooseRange = ({ from, now }: MetricsAnswer) => {
		if (isRangeChosen || from === undefined) return;
		const ranges = RANGES.slice(0, FIRST_RANGES);
		const [, last] = ranges.find(([, ms]) => now - from <= ms) ?? ranges.at(-1)!;
		view.range = { last };
	};
	window.addEventListener('popstate', () => {
		const before = view;
		view = viewOf(location.hash, location.search);
		isRangeChosen = hasInLink('range');
		chooseMetric();
		chooseBy();
		changed(before);
	});
	return {
		get view() {
			return view;
		},
		change: (part, isStep = false) => {
			const before = view;
			view = { ...view, ...part };
			if (part.range) {
				isRangeChosen = true;
				if (!('selection' in part)) view.selection = undefined;
			}
			if (part.metric && !isSameMetric(part.metric, before.metric))
				Object.assign(view, { attributes: {}, host: undefined, by: undefined, selection: undefined });
			chooseBy();
			const hash = `#${linkOf(view)}`;
			if (isStep || part.metric || part.tab) history.pushState(null, '', hash);
			else history.replaceState(null, '', hash);
			changed(before);
		},
		settle: (answer) => {
			const before = view;
			view = { ...view };
			metrics = answer.metrics;
			chooseMetric();
			chooseRange(answer);
			chooseBy();
			changed(before);
		},
	};
};
