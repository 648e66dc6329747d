// plot-area: the parts of a picture that stand on one time axis: heat map, bands, lines, gaps, marks

import type { GaugeColumn, Row } from '../history/answers.ts';
import { type Chart, colouredColumns, gapsIn, type Look, PERCENTS, ratesOf } from './chart.ts';
import { columnTotal, percentileRows } from './counts.ts';
import { rowMarks, valueMarks } from './marks.ts';
import { element, short, text } from './markup.ts';
import { intervalText, perSecond } from './quantity.ts';
import { colours, type HeatScale, ramp, stepOf } from './ramp.ts';
import { resetLabel, resetsIn } from './resets.ts';
import { timeMarks } from './time.ts';

/** A rectangle of the picture. */
export type Box = { left: number; top: number; width: number; height: number };

const xOf = (chart: Chart, box: Box) => (at: number) => box.left + (at * box.width) / chart.columns.length;

/**
 * Cells of one colour that lie side by side are one stroke of its path, a row high: in units of columns and rows, so
 * that a cell costs few bytes.
 */
export const heatCells = (chart: Chart, box: Box, look: Look, scale: HeatScale): string => {
	const totals =
		scale.kind === 'share' ? colouredColumns(chart.columns).map((column) => Number(columnTotal(column))) : [];
	const columns = colouredColumns(chart.columns);
	const step = (at: number, row: number): number => {
		const column = columns[at];
		if (!column || row < (column[1] as number)) return 0;
		const count = Number(column[row - (column[1] as number) + 2] ?? 0);
		return stepOf(scale, scale.kind === 'share' ? count / totals[at]! : count);
	};
	const paths = new Map<number, string>();
	for (let row = 0; row < chart.rows.length; row += 1) {
		for (let at = 0; at < chart.columns.length; ) {
			const colour = step(at, row);
			let end = at + 1;
			while (end < chart.columns.length && step(end, row) === colour) end += 1;
			if (colour > 0) paths.set(colour, `${paths.get(colour) ?? ''}M${at} ${row}h${end - at}`);
			at = end;
		}
	}
	const [width, height] = [box.width / chart.columns.length, box.height / chart.rows.length];
	const cells = [...paths]
		.sort(([a], [b]) => a - b)
		.map(([colour, d]) => element('path', { d, stroke: ramp(look.theme)[colour - 1] }));
	const bottom = box.top + box.height - height / 2;
	// Scales take more than two decimals, or the last column would be off.
	const transform = `translate(${short(box.left)} ${short(bottom)}) scale(${width.toFixed(6)} ${(-height).toFixed(6)})`;
	return element('g', { transform, fill: 'none', 'shape-rendering': 'crispEdges' }, cells.join(''));
};

/** The pattern that `gaps` fills with; once a picture. */
export const hatchPattern = (look: Look): string => {
	const { hatch, line: stroke } = colours(look.theme);
	const lines = element('path', { d: 'M0 6L6 0', stroke, 'stroke-width': 1.5 });
	return element(
		'pattern',
		{ id: 'no-data', width: 6, height: 6, patternUnits: 'userSpaceOnUse' },
		element('rect', { width: 6, height: 6, fill: hatch, 'fill-opacity': 0.7 }) + lines,
	);
};

/** Where nobody looked: hatched, which is not the same as nothing. */
export const gaps = (chart: Chart, box: Box): string => {
	const x = xOf(chart, box);
	return gapsIn(chart.columns)
		.map(([from, to]) =>
			element('rect', {
				x: x(from),
				y: box.top,
				width: x(to) - x(from),
				height: box.height,
				fill: 'url(#no-data)',
			}),
		)
		.join('');
};

const RESET_PX = 7;

/** Where counters began again: a line through the column, with its words where there is room. */
export const resetMarks = (chart: Chart, box: Box, look: Look): string => {
	const { warn, panel } = colours(look.theme);
	let free = Number.NEGATIVE_INFINITY;
	return resetsIn(chart)
		.map((reset) => {
			const x = box.left + ((reset.at + 0.5) * box.width) / chart.columns.length;
			const d = `M${short(x)} ${short(box.top)}v${short(box.height)}`;
			const line =
				element('path', { d, stroke: panel, 'stroke-width': 3.5 }) +
				element('path', { d, stroke: warn, 'stroke-width': 1.5, 'stroke-dasharray': '3 3' });
			const words = resetLabel(reset);
			const end = x + 5 + words.length * RESET_PX;
			if (x < free || end > box.left + box.width) return line;
			free = end + RESET_PX;
			const halo = { stroke: panel, 'stroke-width': 3, 'paint-order': 'stroke' };
			return line + text(x + 5, box.top + 14, words, { fill: warn, 'font-size': 12, ...halo });
		})
		.join('');
};

const axisText = (look: Look) => ({ fill: colours(look.theme).muted, 'font-size': 12 });

/** Clock times below a box, with lines through it where `isGrid`. */
export const timeAxis = (chart: Chart, box: Box, look: Look, isGrid: boolean): string => {
	const to = chart.from + chart.columns.length * chart.step;
	return timeMarks(chart.from, to, Math.floor(box.width / 90), look.offset)
		.map(({ at, text: label }) => {
			const x = box.left + ((at - chart.from) / (to - chart.from)) * box.width;
			const bottom = box.top + box.height;
			const d = `M${short(x)} ${short(isGrid ? box.top : bottom)}V${short(bottom + 4)}`;
			return (
				element('path', { d, stroke: colours(look.theme).line }) +
				text(x, bottom + 18, label, { ...axisText(look), 'text-anchor': 'middle' })
			);
		})
		.join('');
};

/** Edges of the buckets at the left of a box, with lines through it where `isGrid`. */
export const rowAxis = (rows: Row[], unit: string, box: Box, look: Look, isGrid: boolean): string =>
	rowMarks(rows, unit, box.height / 22)
		.map(({ at, text: label }) => {
			const y = box.top + box.height - (at * box.height) / rows.length;
			const d = `M${short(box.left - 4)} ${short(y)}H${short(isGrid ? box.left + box.width : box.left)}`;
			return (
				element('path', { d, stroke: colours(look.theme).line }) +
				text(box.left - 8, y + 4, label, { ...axisText(look), 'text-anchor': 'end' })
			);
		})
		.join('');

type Band = { low: number; high: number } | null;
type Place = (value: number) => number;

/** Values of equal columns next to each other as pieces: `[first column, behind the last, value]`, broken at holes. */
const pieces = (values: Band[]): [from: number, to: number, value: NonNullable<Band>][][] => {
	const all: [number, number, NonNullable<Band>][][] = [];
	values.forEach((value, at) => {
		if (value === null) return;
		if (at === 0 || values[at - 1] === null) all.push([]);
		const piece = all.at(-1)!;
		const last = piece.at(-1);
		if (last && last[2].low === value.low && last[2].high === value.high) last[1] = at + 1;
		else piece.push([at, at + 1, value]);
	});
	return all;
};

/** One edge of bands as a line of steps. */
const edgeOf = (values: Band[], side: 'low' | 'high', x: Place, y: Place): string =>
	pieces(values)
		.map((piece) => {
			const steps = piece.map(([, to, value]) => `V${short(y(value[side]))}H${short(x(to))}`).join('');
			return `M${short(x(piece[0]![0]))} ${short(y(piece[0]![2][side]))}${steps}`;
		})
		.join('');

/** Bands as areas, a rectangle for each stretch of equal ones. */
const areaOf = (values: Band[], x: Place, y: Place): string =>
	pieces(values)
		.flat()
		.map(([from, to, { low, high }]) => {
			const [left, right] = [short(x(from)), short(x(to))];
			return `M${left} ${short(y(low))}H${right}V${short(y(high))}H${left}z`;
		})
		.join('');

/** The bands of percentiles: both edges of the bucket each lies in, and the area between. */
export const bands = (chart: Chart, box: Box, look: Look, isHalo: boolean): string => {
	const x = xOf(chart, box);
	const height = box.height / chart.rows.length;
	const y = (edge: number) => box.top + box.height - edge * height;
	const { panel, percentiles } = colours(look.theme);
	return percentileRows(chart.columns, chart.rows.length, PERCENTS)
		.map((rows, index) => {
			const values = rows.map((row): Band => (row === null ? null : { low: row, high: row + 1 }));
			// A bucket without an upper edge leaves its band open.
			const closed = values.map((value) => (value && chart.rows[value.low]![1] === null ? null : value));
			const d = edgeOf(values, 'low', x, y) + edgeOf(closed, 'high', x, y);
			const stroke = percentiles[index];
			const under = isHalo
				? element('path', { d, fill: 'none', stroke: panel, 'stroke-width': 4 })
				: element('path', { d: areaOf(values, x, y), fill: stroke, 'fill-opacity': 0.4 });
			return under + element('path', { d, fill: 'none', stroke, 'stroke-width': 1.5 });
		})
		.join('');
};

/** The names of the percentiles with the interval over the whole range, at the right of a box. */
export const bandNames = (intervals: (Row | undefined)[], unit: string, box: Box, look: Look): string =>
	intervals
		.map((interval, index) => ({ interval, index }))
		.reverse()
		.map(({ interval, index }, place) =>
			text(
				box.left + box.width + 14,
				box.top + 16 + place * 18,
				`p${PERCENTS[index]} ${interval ? intervalText(interval, unit) : '–'}`,
				{ fill: colours(look.theme).percentiles[index], 'font-size': 12, 'font-weight': 700 },
			),
		)
		.join('');

/** A sum as its rate, a gauge as its last value between the least and the most of each column. */
export const valueLine = (chart: Chart, box: Box, look: Look): string => {
	const x = xOf(chart, box);
	const isGauge = chart.type === 'gauge';
	const rates = ratesOf(chart);
	const values: Band[] = chart.columns.map((column, at) => {
		if (isGauge && column) {
			const [, , least, most] = column as GaugeColumn;
			return { low: Number(least), high: Number(most) };
		}
		const rate = rates[at] ?? null;
		return rate === null ? null : { low: rate, high: rate };
	});
	const known = values.flatMap((value) => (value ? [value.low, value.high] : []));
	const least = known.reduce((a, b) => Math.min(a, b), isGauge ? Number.POSITIVE_INFINITY : 0);
	const most = known.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
	const unit = isGauge ? chart.unit : perSecond(chart.unit);
	const { marks, range } = valueMarks(
		known.length ? least : 0,
		known.length ? most : 1,
		unit,
		Math.floor(box.height / 40),
	);
	const y = (value: number) => box.top + box.height * (1 - (value - range[0]) / (range[1] - range[0]));
	const { line: grid, percentiles } = colours(look.theme);
	const axis = marks
		.map(
			({ at, text: label }) =>
				element('path', { d: `M${short(box.left)} ${short(y(at))}h${short(box.width)}`, stroke: grid }) +
				text(box.left - 8, y(at) + 4, label, { ...axisText(look), 'text-anchor': 'end' }),
		)
		.join('');
	const lasts = chart.columns.map((column, at): Band => {
		const value = values[at] ?? null;
		if (!value || !isGauge) return value;
		const last = Number((column as GaugeColumn)[1]);
		return { low: last, high: last };
	});
	const bottom = Math.max(0, range[0]);
	const filled = isGauge ? values : values.map((value) => value && { low: bottom, high: value.high });
	const stroke = percentiles[0];
	return (
		axis +
		element('path', { d: areaOf(filled, x, y), fill: stroke, 'fill-opacity': 0.25 }) +
		element('path', { d: edgeOf(lasts, 'high', x, y), fill: 'none', stroke, 'stroke-width': 1.5 })
	);
};
