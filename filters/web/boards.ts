// boards: the metric that is looked at, or on a wall screen up to three, each with what it fetches

import type { Theme } from '../lib/chart/ramp.ts';
import type { MetricName, MetricSummary } from '../lib/history/answers.ts';
import type { Notice } from '../lib/record.ts';
import { createBoardSource } from './data/board-source.ts';
import { type Facts, isOwn } from './facts.ts';
import { createBoard } from './parts/board.ts';
import { el } from './parts/dom.ts';
import { readingOf } from './parts/reading.ts';
import type { Actions, BoardModel, Cursor } from './view/model.ts';
import { columnAt } from './view/places.ts';
import { isSameMetric, type View } from './view/view.ts';

/** What boards take from the page. */
type Around = {
	view: View;
	theme: Theme;
	offset: number;
	now: number | undefined;
	/** The newest record of any metric. */
	newest: number | undefined;
	facts: Facts;
};

const ON_WALL = 3;
const FIRST_GROUPS = 12;
const MORE_GROUPS = 48;
const PX_A_COLUMN = 1;
const SMALL_ROOM = 120;
const FAST_MS = 2000;

/** The metrics of a wall screen: the one looked at, then other histograms, then the rest. */
const onWall = ({ view, facts: { metrics } }: Around): MetricName[] => {
	const rest = metrics.filter((one) => !isSameMetric(one, view.metric) && !isOwn(one));
	const order = [
		...rest.filter(({ type }) => type === 'histogram'),
		...rest.filter(({ type }) => type !== 'histogram'),
	];
	return [...(view.metric ? [view.metric] : []), ...order]
		.slice(0, ON_WALL)
		.map(({ metric, unit, type }) => ({ metric, unit, type }));
};

/**
 * Where a range that goes on ends: at the newest data while they come, so that what is only on its way is no gap; at the
 * server's time when they do not.
 */
const endOf = (summary: MetricSummary | undefined, now: number, newest: number | undefined): number => {
	const interval = summary?.interval ?? 1000;
	const last = Math.max(summary?.newest ?? 0, interval <= FAST_MS ? (newest ?? 0) : 0);
	const isFresh = last <= now && now - last < Math.max(3000, 3 * interval);
	return isFresh ? last + 1 : now;
};

/** Whether a notice may be about what is looked at: about nothing else, as far as it says what it is about. */
const isOf = (notice: Notice, { metric }: MetricName, { host, attributes }: View): boolean =>
	(notice.metric === undefined || notice.metric === metric) &&
	(host === undefined || !notice.host || notice.host === host) &&
	Object.entries(attributes).every(([name, value]) => (notice.attributes?.[name] ?? value) === value);

type Slot = {
	metric: MetricName | undefined;
	source: ReturnType<typeof createBoardSource>;
	board: ReturnType<typeof createBoard>;
};

export const createBoards = (page: Pick<Actions, 'change' | 'say'>, around: () => Around) => {
	const node = el('div', { class: 'boards' });
	const slots: Slot[] = [];
	let cursor: Cursor | undefined;
	let groupLimit = FIRST_GROUPS;

	const actions: Actions = {
		...page,
		point: (next) => {
			cursor = next;
			for (const slot of slots) {
				const model = modelOf(slot);
				if (model) slot.board.renderPoint(model);
			}
			sayCursor();
		},
		more: () => {
			groupLimit += MORE_GROUPS;
			for (const { source } of slots) source.anew(false);
		},
	};
	const sayCursor = () => {
		const chart = slots[0]?.source.state.chart;
		const at = chart && cursor && columnAt(chart, cursor.at);
		if (chart && at !== undefined)
			page.say(readingOf(chart, at, cursor?.row, around().offset).filter(Boolean).join(', '));
	};
	const roomOf = (): number => {
		const width = node.querySelector('.plot')?.clientWidth || node.clientWidth - 240 || 800;
		return Math.max(60, Math.floor((width - 66) / PX_A_COLUMN));
	};
	const slotAt = (index: number): Slot => {
		const known = slots[index];
		if (known) return known;
		const slot: Slot = {
			metric: undefined,
			source: createBoardSource(
				() => {
					const { view, now, newest, facts } = around();
					const metric = slot.metric;
					if (!metric || now === undefined || view.tab !== 'metrics') return undefined;
					const own = isSameMetric(metric, view.metric)
						? view
						: { ...view, host: undefined, attributes: {}, by: undefined };
					const wished = view.isWall ? { ...own, by: undefined } : own;
					return {
						view: wished,
						metric,
						interval: facts.summaryOf(metric)?.interval,
						now: endOf(facts.summaryOf(metric), now, newest),
						room: roomOf(),
						smallRoom: SMALL_ROOM,
						groupLimit,
					};
				},
				() => render(),
			),
			board: createBoard(actions),
		};
		slots[index] = slot;
		return slot;
	};
	const modelOf = ({ metric, source }: Slot): BoardModel | undefined => {
		if (!metric) return undefined;
		const { view, theme, offset, facts } = around();
		const { notices, moreNotices, isStale } = facts;
		const summary = facts.summaryOf(metric);
		const { state } = source;
		const own = notices.filter((notice) => isOf(notice, metric, view));
		return {
			view,
			theme,
			offset,
			metric,
			summary,
			chart: state.chart && { ...state.chart, notices: own },
			earlier: state.earlier,
			groups: state.groups,
			notices: own,
			moreNotices,
			total: state.total,
			remarks: state.remarks,
			isStale: isStale(summary),
			trouble: state.trouble,
			cursor,
		};
	};
	/** Slots for the metrics that are in view; whatever changed its metric is fetched. */
	const place = () => {
		const all = around();
		const wanted = all.view.isWall ? onWall(all) : all.view.metric ? [all.view.metric] : [];
		wanted.forEach((metric, index) => {
			const slot = slotAt(index);
			if (isSameMetric(slot.metric, metric)) return;
			slot.metric = metric;
			slot.source.anew(true);
		});
		for (const slot of slots.slice(wanted.length)) slot.metric = undefined;
		const nodes = slots.slice(0, wanted.length).map(({ board }) => board.node);
		if (node.children.length !== nodes.length || nodes.some((one, at) => node.children[at] !== one))
			node.replaceChildren(...nodes);
	};
	const render = () => {
		if (node.hidden) return;
		place();
		for (const slot of slots) {
			const model = modelOf(slot);
			if (model) slot.board.render(model);
		}
	};
	return {
		node,
		render,
		/** Time went on; `changed` are the metrics that have something new, undefined for any. */
		ask: (changed?: MetricName[]) => {
			for (const { metric, source } of slots)
				if (metric && (!changed || changed.some((one) => isSameMetric(one, metric)))) source.ask();
		},
		/** Something else is to be fetched; `isOther`: of another metric. */
		anew: (isOther: boolean) => {
			if (isOther) {
				groupLimit = FIRST_GROUPS;
				cursor = undefined;
			}
			place();
			for (const { metric, source } of slots) if (metric) source.anew(false);
		},
		openSave: () => slots[0]?.board.openSave(),
		step: () => slots[0]?.source.state.chart?.step,
		/** Whether there was one. */
		clearCursor: (): boolean => {
			const had = cursor !== undefined;
			if (had) actions.point(undefined);
			return had;
		},
	};
};
