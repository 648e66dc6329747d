// history: the last hour of all that came in, kept so that it can be looked at: records in, answers out
// All times are the records' own, in milliseconds since the epoch; our own clock only says what is early or stale.

import { randomBytes } from 'node:crypto';
import type { Measure, Notice, Sample } from '../record.ts';
import type { ColumnsAnswer, MetricName, MetricsAnswer, NoticesAnswer, Synthetic } from './answers.ts';
import { createIntake } from './intake.ts';
import { createShelf } from './kept/shelf.ts';
import { levelsFor } from './kept/steps.ts';
import { createNoticeList } from './notices.ts';
import { type ColumnsQuery, columnsOf } from './query.ts';
import { summaryOf } from './summary.ts';

export type HistoryOptions = {
	/** How far back it reaches, ms. */
	span: number;
	maxSeries: number;
	/** What all of it may take; a series that is new or grows finds no room beyond. */
	maxBytes: number;
	clock: () => number;
};

export type History = {
	/** Names this history in answers: another one has nothing of it. */
	epoch: string;
	/** Take a record; the answer is what is wrong with it, or ''. */
	take: (record: Measure | Sample) => string;
	/** The stream's time has come to `ms`. */
	time: (ms: number) => void;
	notice: (notice: Notice) => void;
	metrics: () => MetricsAnswer;
	columns: (query: ColumnsQuery) => ColumnsAnswer;
	notices: (from: number, to: number, metric?: string) => NoticesAnswer;
	/** The metrics that have taken something since this was asked last. */
	changed: () => MetricName[];
	/** The newest record of every series. */
	records: () => Iterable<Measure | Sample>;
	/** The time of the newest record or time line; undefined before the first. */
	newest: () => number | undefined;
	synthetic: () => Synthetic;
	/** The shortest usual time between two records of a metric, ms; 0 while there is none. */
	interval: () => number;
	counts: () => {
		metrics: number;
		series: number;
		bytes: number;
		refused: number;
		lean: number;
		notices: number;
	};
};

/** Whether a metric is of the supervisor itself: that comes always, and says nothing of what flows through its pipelines. */
export const isOwn = (metric: string): boolean => metric.startsWith('bpfpipe_');

export const createHistory = ({ span, maxSeries, maxBytes, clock }: HistoryOptions): History => {
	const epoch = randomBytes(6).toString('hex');
	const levels = levelsFor(span);
	const shelf = createShelf({ levels, maxSeries, maxBytes });
	const notices = createNoticeList();
	const intake = createIntake({ span, shelf, notices, clock });
	let first = Number.POSITIVE_INFINITY;
	let oldLean = 0;

	const newest = () => (intake.newest() < 0 ? undefined : intake.newest());
	const times = () => {
		const last = newest();
		return { epoch, now: clock(), ...(last !== undefined && { newest: last }) };
	};
	const take = (record: Measure | Sample): string => {
		const fault = intake.take(record);
		if (fault === '' && intake.newest() >= record.ts) first = Math.min(first, record.ts);
		if (shelf.lean() > oldLean) {
			const detail = 'the cap on memory is reached; the finest steps of series that nobody looks at are gone';
			if (oldLean === 0)
				notices.add({ type: 'notice', ts: record.ts, host: '', kind: 'memory', count: 1, detail });
			oldLean = shelf.lean();
		}
		return fault;
	};
	const synthetic = (): Synthetic => {
		let [marked, all] = [0, 0];
		for (const metric of shelf.metrics()) {
			if (isOwn(metric.name.metric)) continue;
			marked += metric.synthetic;
			all += metric.series.size;
		}
		if (marked === 0) return 'none';
		return marked === all ? 'all' : 'some';
	};
	const remarks = (): string[] => {
		const { series, isMore } = intake.refused();
		const lean = shelf.lean();
		return [
			...(lean > 0 ? [`the cap on memory is reached: ${lean} series have lost their finest steps`] : []),
			...(series > 0
				? [`there was no room for ${isMore ? 'more than ' : ''}${series} more series: they are left out`]
				: []),
		];
	};
	const metrics = (): MetricsAnswer => {
		const now = clock();
		const last = newest();
		const list = [...shelf.metrics()].map((metric) => summaryOf(metric, levels, now));
		const order = (a: MetricName, b: MetricName) =>
			a.metric < b.metric ? -1 : a.metric > b.metric ? 1 : a.unit < b.unit ? -1 : 1;
		return {
			...times(),
			...(last !== undefined && Number.isFinite(first) && { from: Math.max(first, last - span) }),
			span,
			synthetic: synthetic(),
			metrics: list.sort(order),
			kept: {
				series: shelf.size(),
				maxSeries,
				bytes: shelf.bytes(),
				maxBytes,
				refused: intake.refused().series,
			},
			remarks: remarks(),
		};
	};
	const columns = (query: ColumnsQuery): ColumnsAnswer => ({
		...times(),
		...columnsOf(shelf.find(query), query, {
			levels,
			first: Math.min(first, clock()),
			newest: Math.max(0, intake.newest()),
			now: clock(),
		}),
	});
	const changed = (): MetricName[] => {
		const found = [...shelf.metrics()].filter(({ arrivals }) => arrivals > 0);
		for (const metric of found) metric.arrivals = 0;
		return found.map(({ name }) => name);
	};
	return {
		epoch,
		take,
		time: intake.time,
		notice: notices.add,
		metrics,
		columns,
		notices: (from, to, metric) => ({ epoch, ...notices.within(from, to, metric) }),
		changed,
		*records() {
			for (const one of shelf.all()) yield one.newest;
		},
		newest,
		synthetic,
		interval: () => {
			const known = [...shelf.metrics()].map((metric) => metric.interval()).filter((one) => one > 0);
			return known.length > 0 ? Math.min(...known) : 0;
		},
		counts: () => ({
			metrics: [...shelf.metrics()].length,
			series: shelf.size(),
			bytes: shelf.bytes(),
			refused: intake.refused().series,
			lean: shelf.lean(),
			notices: notices.count(),
		}),
	};
};
