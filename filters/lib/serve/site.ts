// site: serve as one: what takes in records, and what answers requests

import type { IncomingMessage } from 'node:http';
import { createHistory, type HistoryOptions, isOwn } from '../history/history.ts';
import type { Answer } from '../http/answer.ts';
import { createEvents } from '../http/events.ts';
import type { Measure, Notice, Sample } from '../record.ts';
import { figuresOf } from './figures.ts';
import { healthAnswer } from './health.ts';
import { pageIn } from './page.ts';
import { createRoutes, type Site } from './routes.ts';
import { createScrape } from './scrape.ts';
import { createSource } from './source.ts';
import { createTicker } from './ticker.ts';

export type SiteOptions = HistoryOptions & {
	/** Where the files of the page are. */
	folder: string;
	maxAgeMs: number;
	staleMs: number;
	/** /metrics has the units that Prometheus would rather have. */
	isBase: boolean;
	metricsPath: string;
	hollow: Site['hollow'];
	/** A counter of the program. */
	counter: (name: string) => number;
	count: (name: string) => void;
	/** A series that Prometheus does not get, and why. */
	onLeftOut: (kind: string, metric: string, detail: string) => void;
};

export type Serving = {
	/** Take a record; the answer is what is wrong with it, or ''. */
	take: (record: Measure | Sample) => string;
	notice: (notice: Notice) => void;
	time: (ms: number) => void;
	/** No more comes. */
	endInput: () => void;
	answer: (request: IncomingMessage, steps: string[], isKnown: boolean) => Answer | Promise<Answer>;
	close: () => void;
};

export const createSite = (options: SiteOptions): Serving => {
	const { clock, count, maxSeries, onLeftOut } = options;
	const history = createHistory(options);
	const source = createSource(history.interval, () => performance.now());
	const events = createEvents({ onLetGo: () => count('readers_let_go') });
	const ticker = createTicker({ history, events, source, clock });
	const figures = figuresOf({
		history,
		events,
		source,
		maxBytes: options.maxBytes,
		counter: options.counter,
	});
	/** What a series takes here is counted with what it takes in the history: where there is no room, there is none here. */
	const isFull = (series: number) => {
		const counts = history.counts();
		return counts.refused > 0 && series >= counts.series;
	};
	const { staleMs, isBase } = options;
	const scrape = createScrape({ staleMs, maxSeries, isFull, isBase, figures, onLeftOut });
	const { synthetic } = history;
	/** Of what is measured; where the clock was set back, that of now. */
	let measured = Number.NEGATIVE_INFINITY;
	const newest = (): number | undefined => {
		const last = Math.min(measured, history.newest() ?? Number.NEGATIVE_INFINITY);
		return last < 0 ? undefined : last;
	};
	/** What bpf-maps could not have of this kernel, by its newest print. */
	const lacking = () =>
		[...history.records()]
			.filter(({ metric, ts }) => metric === 'bpf_missing' && (newest() ?? 0) - ts <= staleMs)
			.map(({ host, attributes: { what, name } }) => `${host}: the ${what} ${name} cannot be had here`);
	const health = { source, newest, lacking, synthetic, clock, maxAgeMs: options.maxAgeMs };
	const answer = createRoutes({
		history,
		span: options.span,
		events,
		ticker,
		source,
		file: pageIn(options.folder),
		health: (isKnown) => healthAnswer(health, isKnown),
		metricsPath: options.metricsPath,
		scrape: scrape.answer,
		hollow: options.hollow,
	});
	const heard = (ms: number) => {
		measured = Math.max(measured, ms);
		source.heard();
		ticker.wake();
	};
	return {
		take: (record) => {
			const fault = history.take(record);
			if (fault !== '') return fault;
			scrape.take(record);
			// What comes as well while nothing is measured any more says nothing of health.
			if (isOwn(record.metric)) ticker.wake();
			else heard(record.ts);
			return '';
		},
		notice: (notice) => {
			history.notice(notice);
			scrape.notice(notice);
			heard(measured);
		},
		time: (ms) => {
			history.time(ms);
			scrape.time(ms);
			// A source that has nothing to tell lives all the same.
			heard(ms);
		},
		endInput: () => {
			source.end();
			ticker.wake();
		},
		answer,
		close: () => {
			ticker.close();
			events.close();
		},
	};
};
