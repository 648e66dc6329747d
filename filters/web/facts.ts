// facts: what the server said of all metrics: their list, their notices, and which of them are silent

import type { MetricName, MetricSummary, MetricsAnswer } from '../lib/history/answers.ts';
import type { Notice } from '../lib/record.ts';
import { metricsAnswer, noticesAnswer } from './data/api.ts';
import { createOnce } from './data/once.ts';
import { isSameMetric, type Range } from './view/view.ts';

const METRICS_PAUSE_MS = 1800;
const NOTICES_PAUSE_MS = 2500;
const SILENT_INTERVALS = 3;
const LEAST_SILENCE_MS = 3000;
/** Notices of a clock that is ahead are shown, too. */
const AHEAD_MS = 60_000;

/** What the supervisor says of itself is no reason to call the source alive. */
export const isOwn = ({ metric }: MetricName): boolean => metric.startsWith('bpfpipe_');

type Needs = {
	range: () => Range;
	/** The time that is shown, and the server's clock. */
	shownNow: () => number | undefined;
	serverNow: () => number | undefined;
	/** The list came. */
	listed: (answer: MetricsAnswer) => void;
	changed: () => void;
};

export const createFacts = ({ range, shownNow, serverNow, listed, changed }: Needs) => {
	let answer: MetricsAnswer | undefined;
	let notices: Notice[] = [];
	let more = 0;

	const list = createOnce(
		async (signal) => {
			answer = await metricsAnswer(signal);
			listed(answer);
		},
		changed,
		METRICS_PAUSE_MS,
	);
	const quality = createOnce(
		async (signal) => {
			const now = shownNow();
			if (now === undefined) return;
			const asked = range();
			const { from, to } = 'last' in asked ? { from: now - asked.last, to: now + AHEAD_MS } : asked;
			const found = await noticesAnswer(Math.floor(from), Math.ceil(to), undefined, signal);
			notices = found.notices;
			more = found.more;
			changed();
		},
		() => {},
		NOTICES_PAUSE_MS,
	);
	const summaryOf = (metric: MetricName | undefined): MetricSummary | undefined =>
		answer?.metrics.find((one) => isSameMetric(one, metric));
	/** Whether a metric has been silent for too long, by the server's clock and its own interval. */
	const isStale = (summary: MetricSummary | undefined): boolean => {
		const now = serverNow();
		if (!summary || now === undefined) return false;
		const patience = Math.max(LEAST_SILENCE_MS, SILENT_INTERVALS * (summary.interval ?? 1000));
		return summary.isStale || now - summary.newest > patience;
	};
	return {
		list,
		quality,
		summaryOf,
		isStale,
		get metrics(): MetricSummary[] {
			return answer?.metrics ?? [];
		},
		get remarks(): string[] {
			return answer?.remarks ?? [];
		},
		/** How far back the history reaches, and how long it may be. */
		get from() {
			return answer?.from;
		},
		get span() {
			return answer?.span;
		},
		/** Whether the server has data sets of Hollow; undefined while it has not said so. */
		get hollow() {
			return answer && answer.hollow === true;
		},
		get synthetic() {
			return answer?.synthetic ?? 'none';
		},
		get notices() {
			return notices;
		},
		get moreNotices() {
			return more;
		},
		/** Since when and for how long a metric is silent, and whether all others are. */
		silence: (metric: MetricName | undefined) => {
			const now = serverNow();
			const summary = summaryOf(metric);
			if (now === undefined || !summary || !isStale(summary)) return undefined;
			const others = (answer?.metrics ?? []).filter((one) => !isOwn(one));
			const isAll = others.every(isStale);
			const since = isAll ? Math.max(summary.newest, ...others.map(({ newest }) => newest)) : summary.newest;
			return { since, for: Math.max(0, now - since), isAll };
		},
		/** How many notices there are of each metric. */
		noticeCounts: (): Map<string, number> => {
			const counts = new Map<string, number>();
			for (const { metric } of notices)
				if (metric !== undefined) counts.set(metric, (counts.get(metric) ?? 0) + 1);
			return counts;
		},
	};
};

export type Facts = ReturnType<typeof createFacts>;
