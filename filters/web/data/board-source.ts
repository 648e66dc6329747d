// board-source: what one board shows, fetched when it is due: its columns, the earlier ones, those by attribute, totals
// New columns are asked for alone and laid beside those that are there; now and then all are fetched anew.

import type { Chart } from '../../lib/chart/chart.ts';
import { shownName } from '../../lib/chart/name.ts';
import { add } from '../../lib/exact.ts';
import type { Column, ColumnsAnswer, MetricName, Row } from '../../lib/history/answers.ts';
import type { Exact, Sum } from '../../lib/record.ts';
import { type Span, spanOf } from '../view/span.ts';
import type { View } from '../view/view.ts';
import { type ColumnsQuestion, columnsAnswer, Refusal, recordsAnswer } from './api.ts';
import { createOnce } from './once.ts';

/** What is asked for. `room` and `smallRoom` are how many columns a chart and a small one have place for. */
export type Wish = {
	view: View;
	metric: MetricName;
	interval: number | undefined;
	now: number;
	room: number;
	smallRoom: number;
	groupLimit: number;
};

export type BoardState = {
	chart: Chart | undefined;
	earlier: Chart | undefined;
	groups: ColumnsAnswer | undefined;
	total: Exact | undefined;
	remarks: string[];
	trouble: string | undefined;
};

const PAUSE_MS = 900;
const GROUPS_PAUSE_MS = 2500;
const ALL_ANEW_MS = 30_000;
/** So many of the newest columns are fetched again: they may still have grown. */
const OVERLAP = 6;

/** The filters of a view in words. */
const scopeOf = ({ host, attributes }: View): string =>
	[
		...Object.entries(attributes).map(([name, value]) => `${name}=${value}`),
		...(host === undefined ? [] : [`host=${host}`]),
	].join(', ');

const isSameRows = (a: Row[], b: Row[]): boolean =>
	a.length === b.length && a.every(([lower, upper], row) => lower === b[row]![0] && upper === b[row]![1]);

/** Columns of an answer at the places of a span; where the answer does not reach there are no data. */
export const placed = (
	{ from, step }: ColumnsAnswer,
	columns: Column[],
	span: { from: number; to: number },
): Column[] => {
	const first = Math.floor(span.from / step);
	const count = Math.max(1, Math.ceil(span.to / step) - first);
	const shift = Math.round(from / step) - first;
	return Array.from({ length: count }, (_, at) => columns[at - shift] ?? null);
};

/** An answer as a chart over the whole span. */
const chartOf = (answer: ColumnsAnswer, span: { from: number; to: number }, scope: string): Chart => {
	const group = answer.groups[0];
	const { metric, unit, type, step, rows, isOverlapping } = answer;
	return {
		metric,
		unit,
		type,
		scope,
		series: group?.series ?? 0,
		from: Math.floor(span.from / step) * step,
		step,
		rows,
		columns: placed(answer, group?.columns ?? [], span),
		synthetic: group?.synthetic ?? 'none',
		isOverlapping,
		notices: [],
	};
};

/** The newest columns laid over those that are there; undefined when they do not fit and all must be fetched. */
export const laidOver = (
	chart: Chart,
	answer: ColumnsAnswer,
	span: { from: number; to: number },
): Chart | undefined => {
	const isSame = answer.step === chart.step && isSameRows(answer.rows, chart.rows);
	if (!isSame || answer.isOverlapping !== chart.isOverlapping || answer.groups.length === 0) return undefined;
	const next = chartOf(answer, span, chart.scope);
	const moved = Math.round((next.from - chart.from) / chart.step);
	const known = Math.round((answer.from - next.from) / chart.step);
	if (moved < 0 || known > chart.columns.length - moved) return undefined;
	next.columns = next.columns.map((column, at) =>
		at < known ? (chart.columns[at + moved] ?? null) : column,
	);
	return next;
};

/** What a counter's series have counted since their sources began, as far as they say so. */
const totalOf = async ({ view, metric }: Wish, signal: AbortSignal): Promise<Exact | undefined> => {
	const records = (await recordsAnswer(metric.metric, signal)) as unknown as Sum[];
	const own = records.filter(
		({ type, unit, host, attributes, temporality }) =>
			type === 'sum' &&
			unit === metric.unit &&
			temporality === 'cumulative' &&
			(view.host === undefined || host === view.host) &&
			Object.entries(view.attributes).every(([name, value]) => attributes[name] === value),
	);
	return own.length === 0 ? undefined : own.reduce<Exact>((sum, { value }) => add(sum, value), 0);
};

export const createBoardSource = (wish: () => Wish | undefined, changed: () => void) => {
	const state: BoardState = {
		chart: undefined,
		earlier: undefined,
		groups: undefined,
		total: undefined,
		remarks: [],
		trouble: undefined,
	};
	let key = '';
	let allAt = Number.NEGATIVE_INFINITY;
	let earlierKey = '';
	/** Finer steps than these the history does not have for this question. */
	let coarse: { question: string; step: number } | undefined;

	const failed = (error: unknown) => {
		// That the server is away is said by the banner.
		state.trouble =
			error instanceof Refusal ? `${error.message}; what is shown is what was fetched before.` : undefined;
		changed();
	};
	const base = ({ metric, view }: Wish) => ({
		...metric,
		host: view.host,
		attributes: view.attributes,
	});
	const fetchChart = async (asked: Wish, span: Span, signal: AbortSignal): Promise<void> => {
		const scope = shownName(scopeOf(asked.view), 400);
		const words = scope === '(empty)' ? '' : scope;
		const question: ColumnsQuestion = { ...base(asked), from: span.from, to: span.to, columns: span.columns };
		const now = JSON.stringify([base(asked), span.step, span.columns]);
		const { chart } = state;
		const isFresh = key === now && performance.now() - allAt < ALL_ANEW_MS;
		if (chart && isFresh && chart.step === span.step) {
			const newest = chart.columns.findLastIndex((column) => column !== null);
			const from = chart.from + Math.max(0, newest - OVERLAP) * chart.step;
			if (newest > OVERLAP && from >= span.from) {
				const answer = await columnsAnswer(
					{ ...question, from, columns: Math.round((span.to - from) / span.step) },
					signal,
				);
				const next = laidOver(chart, answer, span);
				if (next) {
					state.chart = next;
					state.remarks = answer.remarks;
					return;
				}
			}
		}
		const answer = await columnsAnswer(question, signal);
		state.chart = chartOf(answer, span, words);
		state.remarks = answer.remarks;
		key = now;
		allAt = performance.now();
	};
	const fetchEarlier = async (asked: Wish, span: Span, signal: AbortSignal): Promise<void> => {
		const shift = asked.view.earlier;
		if (shift === undefined) {
			state.earlier = undefined;
			earlierKey = '';
			return;
		}
		const range = { from: span.from - shift, to: span.to - shift };
		const now = JSON.stringify([base(asked), range, span.step]);
		if (now === earlierKey) return;
		const answer = await columnsAnswer({ ...base(asked), ...range, columns: span.columns }, signal);
		state.earlier = chartOf(answer, range, state.chart?.scope ?? '');
		earlierKey = now;
	};
	const main = createOnce(
		async (signal) => {
			const asked = wish();
			if (!asked) return;
			const question = JSON.stringify([base(asked), asked.view.range, asked.view.earlier, asked.room]);
			if (question !== coarse?.question) coarse = undefined;
			const least = Math.max(asked.interval ?? 0, coarse?.step ?? 0);
			const span = spanOf(asked.view.range, asked.now, asked.room, least);
			await fetchChart(asked, span, signal);
			await fetchEarlier(asked, span, signal);
			// Both of a comparison have columns of one length, or their colours would say different things.
			const step = Math.max(state.chart?.step ?? 0, state.earlier?.step ?? 0);
			if (step > span.step) coarse = { question, step };
			if (step > (state.chart?.step ?? step)) main.anew();
			state.trouble = undefined;
			changed();
		},
		failed,
		PAUSE_MS,
	);
	const groups = createOnce(
		async (signal) => {
			const asked = wish();
			if (!asked || asked.view.by === undefined) {
				state.groups = undefined;
			} else {
				const { from, to, columns } = spanOf(asked.view.range, asked.now, asked.smallRoom, asked.interval);
				const answer = await columnsAnswer(
					{ ...base(asked), from, to, columns, by: asked.view.by, limit: asked.groupLimit },
					signal,
				);
				const span = { from, to };
				state.groups = {
					...answer,
					groups: answer.groups.map((group) => ({ ...group, columns: placed(answer, group.columns, span) })),
				};
			}
			changed();
		},
		failed,
		GROUPS_PAUSE_MS,
	);
	const totals = createOnce(
		async (signal) => {
			const asked = wish();
			state.total = asked?.metric.type === 'sum' ? await totalOf(asked, signal) : undefined;
			if (asked) changed();
		},
		failed,
		GROUPS_PAUSE_MS,
	);
	return {
		state,
		/** Time went on. */
		ask: () => {
			main.ask();
			groups.ask();
			totals.ask();
		},
		/** Something else is looked at. */
		anew: (isOther: boolean) => {
			if (isOther) {
				Object.assign(state, { chart: undefined, earlier: undefined, groups: undefined, total: undefined });
				key = '';
			}
			main.anew();
			groups.anew();
			totals.anew();
		},
		stop: () => {
			main.stop();
			groups.stop();
			totals.stop();
		},
	};
};
