// overview: all metrics in one picture: a table of what each reads, and bars of how much each counted
// Sample data says so in the picture itself, as in every other.

import { type Chart, coveredIn, increaseIn, type Look, levelsOf, PERCENTS, ratesOf } from '../chart/chart.ts';
import { addUp, percentileInterval } from '../chart/counts.ts';
import { element, short, svgFile, text } from '../chart/markup.ts';
import { shownName } from '../chart/name.ts';
import { countText, shortCount } from '../chart/number.ts';
import { intervalText, rateOfUnit, valueText } from '../chart/quantity.ts';
import { colours } from '../chart/ramp.ts';
import { dateText, zoneText } from '../chart/time.ts';
import type { Exact } from '../record.ts';

const ROW = 34;
const TOP = 96;
const BOTTOM = 40;
const MOST_ROWS = 200;

/** How much a chart counted in all: events, or growth; undefined for what is a level. */
export const amountOf = ({ type, columns, rows }: Chart): Exact | undefined => {
	if (type === 'histogram') return addUp(columns, rows.length).total;
	const isLevel = columns.some((column) => column?.length === 4);
	return type === 'sum' && !isLevel ? increaseIn(columns) : undefined;
};

/** What a chart reads, in words: rate and percentiles, growth, or the level. */
const readingsOf = (chart: Chart): string[] => {
	const { type, columns, rows, step, unit } = chart;
	const seconds = coveredIn(columns, step) / 1000;
	const amount = Number(amountOf(chart) ?? 0);
	if (type === 'histogram') {
		const counts = addUp(columns, rows.length);
		const lies = PERCENTS.map((percent) => {
			const row = chart.isOverlapping ? undefined : percentileInterval(counts, rows, percent);
			return row ? intervalText(row, unit) : '\u2013';
		});
		return [seconds > 0 ? `${countText(Math.round(amount / seconds))}/s` : '\u2013', ...lies];
	}
	const levels = levelsOf(columns.filter((column) => column?.length === 4));
	if (levels)
		return [
			valueText(levels.last, unit),
			`least ${valueText(levels.least, unit)}`,
			`most ${valueText(levels.most, unit)}`,
			'',
		];
	return [seconds > 0 ? rateOfUnit(amount / seconds, unit) : '\u2013', '', '', ''];
};

const isSample = ({ synthetic }: Chart): boolean => synthetic !== 'none';

/** The ground, the title and what marks sample data; `parts` is what stands between. */
const framed = (
	title: string,
	about: string,
	charts: Chart[],
	look: Look,
	height: number,
	parts: string,
): string => {
	const { width, theme, offset } = look;
	const { page, text: strong, muted, sample } = colours(theme);
	const marked = charts.filter(isSample).length;
	const to = Math.max(...charts.map(({ from, step, columns }) => from + step * columns.length));
	const from = Math.min(...charts.map((chart) => chart.from));
	const span = `${dateText(from, offset)} to ${dateText(to, offset)} ${zoneText(offset)}`;
	const mark =
		marked === 0
			? ''
			: element('rect', { x: 0, y: 0, width, height: 26, fill: sample }) +
				text(
					20,
					18,
					`SAMPLE DATA: ${marked === charts.length ? 'all' : marked} of ${charts.length} metrics`,
					{
						fill: page,
						'font-size': 14,
						'font-weight': 700,
					},
				) +
				element('rect', {
					x: 1,
					y: 1,
					width: width - 2,
					height: height - 2,
					fill: 'none',
					'stroke-width': 2,
					stroke: sample,
				});
	return svgFile(
		width,
		height,
		element('rect', { width, height, fill: page }) +
			text(20, 56, title, { fill: strong, 'font-size': 22, 'font-weight': 700 }) +
			text(20, 78, about, { fill: muted, 'font-size': 14 }) +
			parts +
			text(20, height - 14, `bpfpipe \u00b7 ${span}`, { fill: muted, 'font-size': 12 }) +
			mark,
	);
};

/** Rates, or levels, as a small line of steps; nothing where there are no data. */
const thumbnail = (chart: Chart, x: number, y: number, width: number, look: Look): string => {
	const isLevel = chart.columns.some((column) => column?.length === 4);
	const values = isLevel
		? chart.columns.map((column) => (column ? Number(column[1]) : null))
		: ratesOf(chart);
	const known = values.filter((value) => value !== null);
	const most = Math.max(...known, 0);
	const least = Math.min(...known, 0);
	if (known.length === 0 || most === least) return '';
	const step = width / values.length;
	const height = ROW - 12;
	const bars = values.flatMap((value, at) =>
		value === null
			? []
			: [
					`M${short(x + at * step)} ${short(y)}v-${short(((value - least) / (most - least)) * height)}h${short(step)}V${short(y)}z`,
				],
	);
	return element('path', { d: bars.join(''), fill: colours(look.theme).bar });
};

const nameOf = (chart: Chart): string =>
	`${shownName(chart.metric, 34)}${chart.unit === '1' ? '' : ` (${shownName(chart.unit, 10)})`}${isSample(chart) ? ' [SAMPLE]' : ''}`;

const HEADS = ['metric', 'rate, or last', 'p50 lies in', 'p90 lies in', 'p99 lies in', 'over time'];

/** A line for each metric, as a table. */
export const summarySvg = (charts: Chart[], look: Look): string => {
	const { width, theme } = look;
	const { text: strong, muted, line } = colours(theme);
	const shown = charts.slice(0, MOST_ROWS);
	const height = TOP + 24 + shown.length * ROW + BOTTOM;
	const at = [20, 0.3, 0.42, 0.55, 0.68, 0.82].map((part) => (part < 1 ? part * width : part));
	const heads = HEADS.map((head, column) =>
		text(at[column]!, TOP + 8, head, { fill: muted, 'font-size': 12 }),
	).join('');
	const rows = shown.map((chart, row) => {
		const y = TOP + 24 + row * ROW + 18;
		const cells = [nameOf(chart), ...readingsOf(chart)];
		return (
			element('path', { d: `M20 ${short(y - 20)}H${short(width - 20)}`, stroke: line }) +
			cells.map((cell, column) => text(at[column]!, y, cell, { fill: strong, 'font-size': 14 })).join('') +
			thumbnail(chart, at[5]!, y + 6, width - at[5]! - 20, look)
		);
	});
	const more = charts.length > shown.length ? `, the first ${shown.length} of them` : '';
	return framed('Summary', `${charts.length} metrics${more}`, charts, look, height, heads + rows.join(''));
};

/** How much each metric counted, as bars; those of levels have none. */
export const aggregatesSvg = (charts: Chart[], look: Look): string => {
	const { width, theme } = look;
	const { text: strong, muted, bar } = colours(theme);
	const counted = charts
		.flatMap((chart) => {
			const amount = amountOf(chart);
			return amount === undefined ? [] : [{ chart, amount }];
		})
		.sort((a, b) => Number(b.amount) - Number(a.amount))
		.slice(0, MOST_ROWS);
	const most = Math.max(1, ...counted.map(({ amount }) => Number(amount)));
	const [left, room] = [0.34 * width, 0.5 * width];
	const height = TOP + Math.max(1, counted.length) * ROW + BOTTOM;
	const rows = counted.map(({ chart, amount }, row) => {
		const y = TOP + row * ROW + 16;
		const length = Number(amount) > 0 ? Math.max(1, (Number(amount) / most) * room) : 0;
		const what = chart.type === 'histogram' ? 'events' : chart.unit === '1' ? '' : shownName(chart.unit, 10);
		const label = Number(amount) < 1e6 ? countText(amount) : shortCount(amount);
		return (
			text(20, y + 5, nameOf(chart), { fill: strong, 'font-size': 14 }) +
			element('rect', { x: left, y: y - 8, width: length, height: 16, fill: bar }) +
			text(left + length + 8, y + 5, `${label} ${what}`.trimEnd(), { fill: muted, 'font-size': 12 })
		);
	});
	const none =
		counted.length === 0
			? text(20, TOP + 16, 'no metric counts anything', { fill: muted, 'font-size': 14 })
			: '';
	return framed(
		'Aggregates',
		'what was counted in all, of metrics that count',
		charts,
		look,
		height,
		rows.join('') + none,
	);
};
