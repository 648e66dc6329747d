// plot-area: the parts of a picture that stand on one time axis: heat map, bands, lines, gaps, marks

import { area, curveStepAfter, line } from 'd3-shape';
import type { GaugeColumn, Row } from '../history/answers.ts';
import { type Chart, colouredColumns, gapsIn, type Look, PERCENTS, ratesOf } from './chart.ts';
import { columnTotal, percentileRows } from './counts.ts';
import { rowMarks, valueMarks } from './marks.ts';
import { element, short, text } from './markup.ts';
import { intervalText, perSecond } from './quantity.ts';
import { colours, type HeatScale, ramp, stepOf } from './ramp.ts';
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

type Band = { at: number; low: number; high: number } | null;

/**
 * Points of a line of steps: those where it changes, and an end for each run of data, since a step reaches to where the
 * next would begin.
 */
const steps = (values: Band[]): Band[] =>
	values.flatMap((value, at): Band[] => {
		if (value === null) return [null];
		const before = values[at - 1];
		const isSame = before?.low === value.low && before.high === value.high;
		const isEnd = values[at + 1] == null;
		return [...(isSame ? [] : [value]), ...(isEnd ? [{ ...value, at: at + 1 }, null] : [])];
	});

/** The bands of percentiles: both edges of the bucket each lies in, and the area between. */
export const bands = (chart: Chart, box: Box, look: Look, isHalo: boolean): string => {
	const x = xOf(chart, box);
	const height = box.height / chart.rows.length;
	const y = (edge: number) => box.top + box.height - edge * height;
	const rows = percentileRows(chart.columns, chart.rows.length, PERCENTS);
	const { panel, percentiles } = colours(look.theme);
	return rows
		.map((line_, index) => {
			const points = steps(
				line_.map((row, at): Band => (row === null ? null : { at, low: row, high: row + 1 })),
			);
			const shape = area<Band>()
				.defined((point) => point !== null)
				.x((point) => x(point!.at))
				.y0((point) => y(point!.low))
				.y1((point) => y(point!.high))
				.curve(curveStepAfter)
				.digits(2);
			const edge = (side: 'low' | 'high') =>
				line<Band>()
					// A bucket without an upper edge leaves its band open.
					.defined((point) => point !== null && (side === 'low' || chart.rows[point.low]![1] !== null))
					.x((point) => x(point!.at))
					.y((point) => y(point![side]))
					.curve(curveStepAfter)
					.digits(2)(points) ?? '';
			const d = edge('low') + edge('high');
			const stroke = percentiles[index];
			return (
				(isHalo
					? element('path', { d, fill: 'none', stroke: panel, 'stroke-width': 4 })
					: element('path', { d: shape(points) ?? '', fill: stroke, 'fill-opacity': 0.4 })) +
				element('path', { d, fill: 'none', stroke, 'stroke-width': 1.5 })
			);
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
			return { at, low: Number(least), high: Number(most) };
		}
		const rate = rates[at] ?? null;
		return rate === null ? null : { at, low: rate, high: rate };
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
	const points = steps(values);
	const base = area<Band>()
		.defined((point) => point !== null)
		.x((point) => x(point!.at))
		.curve(curveStepAfter)
		.digits(2);
	const shape = base
		.y0((point) => (isGauge ? y(point!.low) : y(Math.max(0, range[0]))))
		.y1((point) => y(point!.high));
	const lasts = chart.columns.map((column, at): Band => {
		const value = values[at] ?? null;
		if (!value || !isGauge) return value;
		const last = Number((column as GaugeColumn)[1]);
		return { at, low: last, high: last };
	});
	const last = line<Band>()
		.defined((point) => point !== null)
		.x((point) => x(point!.at))
		.y((point) => y(point!.high))
		.curve(curveStepAfter)
		.digits(2);
	const stroke = percentiles[0];
	return (
		axis +
		element('path', { d: shape(points) ?? '', fill: stroke, 'fill-opacity': 0.25 }) +
		element('path', { d: last(steps(lasts)) ?? '', fill: 'none', stroke, 'stroke-width': 1.5 })
	);
};
