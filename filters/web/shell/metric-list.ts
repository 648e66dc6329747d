// metric-list: every metric with its newest figure and a small picture; search; which have notices

import { shownName } from '../../lib/chart/name.ts';
import { intervalText, rateOfUnit, valueText } from '../../lib/chart/quantity.ts';
import type { Theme } from '../../lib/chart/ramp.ts';
import { durationText } from '../../lib/chart/time.ts';
import type { MetricName, MetricSummary } from '../../lib/history/answers.ts';
import { paintLineThumbnail } from '../paint/thumbnail.ts';
import { el, setAttribute, setText } from '../parts/dom.ts';
import { isSameMetric } from '../view/view.ts';

const PICTURE: [number, number] = [64, 24];

export type ListModel = {
	metrics: MetricSummary[];
	current: MetricName | undefined;
	theme: Theme;
	/** The server's clock. */
	now: number | undefined;
	/** How many notices each metric has in the range, by its name. */
	notices: Map<string, number>;
};

const figureOf = ({ type, unit, p99, rate, value }: MetricSummary): string => {
	if (type === 'histogram') return p99 ? `p99 ${intervalText(p99, unit)}` : 'nothing counted';
	if (type === 'gauge') return value === undefined ? 'no value' : valueText(value, unit);
	return rate === undefined ? 'no rate yet' : rateOfUnit(rate, unit);
};

const keyOf = ({ metric, unit, type }: MetricName): string => JSON.stringify([metric, unit, type]);
// What the supervisor says of itself has a tab of its own, and stands last here.
const isOwn = ({ metric }: MetricName): boolean => metric.startsWith('bpfpipe_');

type Row = {
	item: HTMLLIElement;
	button: HTMLButtonElement;
	name: HTMLElement;
	figure: HTMLElement;
	picture: HTMLCanvasElement;
	badge: HTMLElement;
	summary: MetricSummary;
	isSeen: boolean;
	painted: string;
};

export const createMetricList = (choose: (metric: MetricName) => void) => {
	let model: ListModel | undefined;
	const search = el('input', {
		type: 'search',
		class: 'search',
		attributes: { placeholder: 'Find a metric   /', 'aria-label': 'Find a metric' },
		on: { input: () => render(model!) },
	});
	const list = el('ul', { class: 'metrics', attributes: { 'aria-label': 'Metrics' } });
	const none = el('p', { class: 'about', hidden: true });
	const node = el(
		'nav',
		{ class: 'metric-list', attributes: { 'aria-label': 'Metrics' } },
		search,
		none,
		list,
	);
	const rows = new Map<string, Row>();

	const watcher = new IntersectionObserver((entries) => {
		for (const { target, isIntersecting } of entries) {
			const row = rows.get((target as HTMLElement & { key: string }).key);
			if (!row) continue;
			row.isSeen = isIntersecting;
			if (isIntersecting) paint(row);
		}
	});
	const paint = (row: Row) => {
		if (!model || !row.isSeen) return;
		const { recent, type } = row.summary;
		const now = JSON.stringify([recent, model.theme]);
		if (now === row.painted) return;
		row.painted = now;
		// The newest column is only begun, and would look like a fall.
		paintLineThumbnail(row.picture, PICTURE, recent.slice(0, -1), model.theme, type !== 'gauge');
	};
	const create = (summary: MetricSummary): Row => {
		const [name, figure, badge] = [
			el('span', { class: 'name' }),
			el('span', { class: 'figure' }),
			el('span', { class: 'badge' }),
		];
		const picture = el('canvas', { attributes: { 'aria-hidden': 'true' } });
		const key = keyOf(summary);
		const { metric, unit, type } = summary;
		const button = el(
			'button',
			{ type: 'button', on: { click: () => choose({ metric, unit, type }) } },
			el('span', { class: 'words' }, name, figure),
			picture,
			badge,
		);
		const item = el('li', {}, button);
		Object.assign(item, { key });
		watcher.observe(item);
		return { item, button, name, figure, badge, picture, summary, isSeen: false, painted: '' };
	};
	const update = (row: Row, { current, now, notices }: ListModel) => {
		const { summary } = row;
		setText(row.name, shownName(summary.metric, 60));
		const silent =
			summary.isStale && now !== undefined ? `no data for ${durationText(now - summary.newest)}` : undefined;
		const sample = summary.synthetic === 'none' ? '' : 'sample · ';
		setText(row.figure, silent ?? `${sample}${figureOf(summary)}`);
		row.figure.classList.toggle('is-stale', silent !== undefined);
		const count = notices.get(summary.metric) ?? 0;
		row.badge.hidden = count === 0;
		setText(row.badge, count > 99 ? '99+' : String(count));
		setAttribute(row.badge, 'title', `${count} notices in this range`);
		setAttribute(row.button, 'aria-current', isSameMetric(summary, current) ? 'true' : undefined);
		paint(row);
	};
	/** Those that the search leaves, in order. */
	const found = (): MetricSummary[] => {
		const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
		const all = model?.metrics ?? [];
		const isFound = ({ metric, unit, type, attributes, hosts }: MetricSummary) => {
			const text = [metric, unit, type, ...hosts, ...attributes.map(({ name }) => name)]
				.join('\n')
				.toLowerCase();
			return words.every((word) => text.includes(word));
		};
		return all
			.filter(isFound)
			.sort(
				(a, b) =>
					Number(isOwn(a)) - Number(isOwn(b)) || (a.metric < b.metric ? -1 : Number(a.metric > b.metric)),
			);
	};
	const render = (next: ListModel) => {
		model = next;
		const shown = found();
		const items = shown.map((summary) => {
			const key = keyOf(summary);
			const row = rows.get(key) ?? create(summary);
			rows.set(key, row);
			row.summary = summary;
			update(row, next);
			return row.item;
		});
		if (items.length !== list.children.length || items.some((item, at) => list.children[at] !== item))
			list.replaceChildren(...items);
		none.hidden = shown.length > 0 || next.metrics.length === 0;
		setText(none, 'No metric has these words.');
	};
	return {
		node,
		render,
		search,
		/** The metric `by` places after the current one, among those shown. */
		next: (by: number): MetricName | undefined => {
			const shown = found();
			const at = shown.findIndex((one) => isSameMetric(one, model?.current));
			return shown[Math.max(0, Math.min(shown.length - 1, at + by))];
		},
		first: (): MetricName | undefined => found()[0],
	};
};
