// figures: the numbers above the charts: percentiles as intervals, rates, exact totals, beside what they are compared with

import { type Chart, coveredIn, increaseIn, levelsOf, PERCENTS } from '../../lib/chart/chart.ts';
import { addUp, highestRow, percentileInterval } from '../../lib/chart/counts.ts';
import { countText, rateText } from '../../lib/chart/number.ts';
import { howMuch } from '../../lib/chart/picture.ts';
import { intervalText, rateOfUnit, unitWords, valueText } from '../../lib/chart/quantity.ts';
import { durationText } from '../../lib/chart/time.ts';
import type { Exact } from '../../lib/record.ts';
import type { BoardModel } from '../view/model.ts';
import { placesIn, rangeText, recentPlaces } from '../view/places.ts';
import { el, setText } from './dom.ts';

/** A number, its name, and what it is compared with; `tone` is the percentile's colour. */
export type Figure = { name: string; value: string; beside?: string; tone?: number };

const NONE = '–';

const histogramFigures = (chart: Chart, from: number, to: number): string[] => {
	const counts = addUp(chart.columns, chart.rows.length, from, to);
	const seconds = coveredIn(chart.columns.slice(from, to), chart.step) / 1000;
	return [
		seconds > 0 ? rateText(Number(counts.total) / seconds) : NONE,
		...PERCENTS.map((percent) => {
			const interval = chart.isOverlapping ? undefined : percentileInterval(counts, chart.rows, percent);
			return interval ? intervalText(interval, chart.unit) : NONE;
		}),
	];
};

/** A count with all its digits, and below it, where the unit has larger ones, in those. */
const exactly = (count: Exact | undefined, unit: string): { value: string; beside?: string } => {
	if (count === undefined) return { value: NONE };
	const rounded = valueText(count, unit);
	const isPlain = unit === '1' || rounded.startsWith(countText(count));
	return { value: countText(count), beside: isPlain ? 'exact' : `exact, ${unitWords(unit)}: ${rounded}` };
};

const sumRate = (chart: Chart, from: number, to: number): string => {
	const part = chart.columns.slice(from, to);
	const seconds = coveredIn(part, chart.step) / 1000;
	return seconds > 0 ? rateOfUnit(Number(increaseIn(part)) / seconds, chart.unit) : NONE;
};

const ofHistogram = (chart: Chart, other: Other, [from, to]: [number, number], span: string): Figure[] => {
	const values = histogramFigures(chart, from, to);
	const compared = other && histogramFigures(other.chart, other.from, other.to);
	const whole = addUp(chart.columns, chart.rows.length);
	const highest = highestRow(whole);
	const slowest = howMuch(chart.unit) === 'How long' ? 'slowest' : 'highest';
	return [
		...['events a second', ...PERCENTS.map((percent) => `p${percent} lies in`)].map((name, index) => ({
			name,
			value: values[index]!,
			beside: compared && `${other.name}: ${compared[index]}`,
			tone: index > 0 ? index - 1 : undefined,
		})),
		{
			name: `${slowest} seen, ${span}`,
			value: highest === undefined ? NONE : intervalText(chart.rows[highest]!, chart.unit),
			beside: `${countText(whole.total)} events`,
		},
	];
};

type Other = { chart: Chart; from: number; to: number; name: string } | undefined;

/** The figures of what is in view: of the selection, else of the newest columns, else of the whole range. */
export const figuresIn = ({
	view,
	chart,
	earlier,
	total,
	metric,
}: BoardModel): { figures: Figure[]; of: string } => {
	if (!chart) return { figures: [], of: '' };
	const all = chart.columns.length;
	const span = rangeText(view);
	const isLive = 'last' in view.range;
	const selected = view.selection && placesIn(chart, view.selection);
	const places = selected ?? (isLive ? recentPlaces(chart) : ([0, all] as [number, number]));
	const length = durationText((places[1] - places[0]) * chart.step);
	const of = selected
		? `of the selected ${length}`
		: isLive
			? `of the last ${length} with data`
			: `of ${span}`;
	const other: Other = earlier
		? {
				chart: earlier,
				from: 0,
				to: earlier.columns.length,
				name: `${durationText(view.earlier ?? 0)} earlier`,
			}
		: selected || isLive
			? { chart, from: 0, to: all, name: span }
			: undefined;
	if (metric.type === 'histogram') return { figures: ofHistogram(chart, other, places, span), of };
	if (metric.type === 'gauge') {
		const [levels, whole] = [levelsOf(chart.columns.slice(...places)), levelsOf(chart.columns)];
		const before = earlier && levelsOf(earlier.columns);
		const text = (value: number | string | undefined) =>
			value === undefined ? NONE : valueText(value, chart.unit);
		const beside = (value: number | string | undefined) =>
			before && `${durationText(view.earlier ?? 0)} earlier: ${text(value)}`;
		return {
			figures: [
				{ name: 'last value', value: text(levels?.last), beside: beside(before?.last) },
				{ name: `least, ${span}`, value: text(whole?.least), beside: beside(before?.least) },
				{ name: `most, ${span}`, value: text(whole?.most), beside: beside(before?.most) },
			],
			of,
		};
	}
	return {
		figures: [
			{
				name: 'rate',
				value: sumRate(chart, ...places),
				beside: other && `${other.name}: ${sumRate(other.chart, other.from, other.to)}`,
			},
			{ name: `increase, ${span}`, ...exactly(increaseIn(chart.columns), chart.unit) },
			{ name: 'total, as counted by the source', ...exactly(total, chart.unit) },
		],
		of,
	};
};

export const createFigures = () => {
	const list = el('dl', { class: 'figures' });
	const of = el('p', { class: 'figures-of' });
	const node = el('div', { class: 'figure-row' }, list, of);
	let cells: { name: HTMLElement; value: HTMLElement; beside: HTMLElement }[] = [];
	const render = (model: BoardModel) => {
		const { figures, of: words } = figuresIn(model);
		if (cells.length !== figures.length) {
			cells = figures.map(() => ({
				name: el('dt'),
				value: el('dd', { class: 'value' }),
				beside: el('dd', { class: 'beside' }),
			}));
			list.replaceChildren(
				...cells.map(({ name, value, beside }) => el('div', { class: 'figure' }, name, value, beside)),
			);
		}
		figures.forEach(({ name, value, beside, tone }, index) => {
			const cell = cells[index]!;
			setText(cell.name, name);
			cell.name.className = tone === undefined ? '' : `tone tone-${tone}`;
			setText(cell.value, value);
			setText(cell.beside, beside ?? '\u00a0');
		});
		setText(of, model.isStale ? `last known · ${words}` : words);
		node.classList.toggle('is-stale', model.isStale);
	};
	return { node, render };
};
