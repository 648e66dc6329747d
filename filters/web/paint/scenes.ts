// scenes: what is painted between axes: heat map, bands of percentiles, a line of values

import { type Chart, gapsIn, PERCENTS, ratesOf } from '../../lib/chart/chart.ts';
import { percentileRows } from '../../lib/chart/counts.ts';
import { rowMarks, valueMarks } from '../../lib/chart/marks.ts';
import { perSecond } from '../../lib/chart/quantity.ts';
import { colours, type HeatScale, type Theme } from '../../lib/chart/ramp.ts';
import { resetLabel, resetsIn } from '../../lib/chart/resets.ts';
import type { GaugeColumn, Row } from '../../lib/history/answers.ts';
import type { Scene } from './axes.ts';
import { hatching } from './canvas.ts';
import { heatImage } from './heat-image.ts';

type Box = { left: number; top: number; width: number; height: number };
type Look = { theme: Theme; offset: number };
/** Rows `[first, last)` are shown. */
type Shown = [first: number, last: number];

const endOf = ({ from, step, columns }: Chart): number => from + step * columns.length;

const paintGaps = (context: CanvasRenderingContext2D, box: Box, { columns }: Chart, theme: Theme): void => {
	context.fillStyle = hatching(context, theme);
	const width = box.width / columns.length;
	for (const [from, to] of gapsIn(columns))
		context.fillRect(box.left + from * width, box.top, (to - from) * width, box.height);
};

const RESET_FONT = '600 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/** Where counters began again: a line through the column, with its words where there is room. */
const paintResets = (context: CanvasRenderingContext2D, box: Box, chart: Chart, theme: Theme): void => {
	const { warn, panel } = colours(theme);
	context.save();
	context.fillStyle = warn;
	context.font = RESET_FONT;
	context.textAlign = 'left';
	context.textBaseline = 'top';
	context.lineJoin = 'round';
	let free = Number.NEGATIVE_INFINITY;
	for (const reset of resetsIn(chart)) {
		const x = box.left + ((reset.at + 0.5) * box.width) / chart.columns.length;
		context.beginPath();
		context.moveTo(x, box.top);
		context.lineTo(x, box.top + box.height);
		// Under the dashes the ground, or they are not seen among cells of their colour.
		context.setLineDash([]);
		context.lineWidth = 3.5;
		context.strokeStyle = panel;
		context.stroke();
		context.setLineDash([3, 3]);
		context.lineWidth = 1.5;
		context.strokeStyle = warn;
		context.stroke();
		const words = resetLabel(reset);
		const end = x + 5 + context.measureText(words).width;
		if (x < free || end > box.left + box.width) continue;
		free = end + 6;
		context.setLineDash([]);
		context.lineWidth = 3;
		context.strokeStyle = panel;
		context.strokeText(words, x + 5, box.top + 4);
		context.fillText(words, x + 5, box.top + 4);
	}
	context.restore();
};

const SAMPLE_FONT = '700 22px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/** In every picture of sample data, at its upper left. */
export const paintSample = (
	context: CanvasRenderingContext2D,
	box: Box,
	{ synthetic }: Pick<Chart, 'synthetic'>,
	theme: Theme,
	font = SAMPLE_FONT,
): void => {
	if (synthetic === 'none') return;
	context.save();
	context.font = font;
	context.textBaseline = 'top';
	context.textAlign = 'left';
	context.lineJoin = 'round';
	context.lineWidth = 5;
	context.strokeStyle = colours(theme).panel;
	context.fillStyle = colours(theme).sample;
	context.globalAlpha = 0.92;
	const words = synthetic === 'all' ? 'SAMPLE DATA' : 'PARTLY SAMPLE DATA';
	context.strokeText(words, box.left + 12, box.top + 10);
	context.fillText(words, box.left + 12, box.top + 10);
	context.restore();
};

/** Steps through columns, broken where there is no value: pieces of `[column, value]`. */
const pieces = (values: (number | null)[]): [at: number, value: number][][] => {
	const all: [number, number][][] = [];
	values.forEach((value, at) => {
		if (value === null) return;
		if (at === 0 || values[at - 1] === null) all.push([]);
		all.at(-1)!.push([at, value]);
	});
	return all;
};

const trace = (
	context: CanvasRenderingContext2D,
	values: (number | null)[],
	x: (at: number) => number,
	y: (value: number) => number,
): void => {
	for (const piece of pieces(values)) {
		context.moveTo(x(piece[0]![0]), y(piece[0]![1]));
		for (const [at, value] of piece) {
			context.lineTo(x(at), y(value));
			context.lineTo(x(at + 1), y(value));
		}
	}
};

type Halo = 'halo' | 'area' | 'dashed';

const paintBands = (
	context: CanvasRenderingContext2D,
	box: Box,
	chart: Chart,
	[first, last]: Shown,
	theme: Theme,
	kind: Halo,
): void => {
	const { columns, rows } = chart;
	const x = (at: number) => box.left + (at * box.width) / columns.length;
	const y = (edge: number) => box.top + box.height * (1 - (edge - first) / (last - first));
	const { percentiles, panel } = colours(theme);
	percentileRows(columns, rows.length, PERCENTS).forEach((line, index) => {
		const stroke = percentiles[index]!;
		const isOpen = (row: number) => rows[row]![1] === null;
		const highs = line.map((row) => (row === null || isOpen(row) ? null : row + 1));
		if (kind === 'area') {
			context.fillStyle = stroke;
			context.globalAlpha = 0.4;
			for (const piece of pieces(line))
				for (let at = 0; at < piece.length; ) {
					const [first_, row] = piece[at]!;
					let end = at + 1;
					while (end < piece.length && piece[end]![1] === row) end += 1;
					const top = isOpen(row) ? box.top : y(row + 1);
					context.fillRect(x(first_), top, x(first_ + end - at) - x(first_), y(row) - top);
					at = end;
				}
			context.globalAlpha = 1;
		}
		const edges = () => {
			context.beginPath();
			trace(context, line, x, y);
			trace(context, highs, x, y);
			context.stroke();
		};
		if (kind === 'halo') {
			context.strokeStyle = panel;
			context.lineWidth = 4;
			edges();
		}
		context.strokeStyle = stroke;
		context.lineWidth = 1.5;
		if (kind === 'dashed') {
			context.lineWidth = 1.25;
			context.setLineDash([5, 4]);
		}
		edges();
		context.setLineDash([]);
	});
};

/** How many labels fit beside a frame of this height. */
const roomFor = (height: number): number => Math.max(2, Math.floor((height - 36) / 22));

const rowScene = (chart: Chart, [first, last]: Shown, look: Look, height: number) => ({
	from: chart.from,
	to: endOf(chart),
	marks: rowMarks(chart.rows.slice(first, last), chart.unit, roomFor(height)).map(({ at, text }) => ({
		at: at + first,
		text,
	})),
	range: [first, last] as [number, number],
	...look,
});

/** The heat map, `height` pixels high, with percentiles on it where they are wanted. */
export const heatScene = (
	chart: Chart,
	shown: Shown,
	scale: HeatScale,
	look: Look,
	height: number,
	hasPercentiles: boolean,
): Scene => {
	const image = heatImage(chart.columns, shown, scale, look.theme);
	return {
		...rowScene(chart, shown, look, height),
		isGrid: false,
		paint: (context, box) => {
			context.fillStyle = colours(look.theme).panel;
			context.fillRect(box.left, box.top, box.width, box.height);
			image.draw(context, box);
			paintGaps(context, box, chart, look.theme);
			if (hasPercentiles && !chart.isOverlapping) paintBands(context, box, chart, shown, look.theme, 'halo');
			paintResets(context, box, chart, look.theme);
			paintSample(context, box, chart, look.theme);
		},
	};
};

/** Percentiles as bands; those of an earlier range, if there is one, as dashed lines. */
export const bandScene = (
	chart: Chart,
	shown: Shown,
	look: Look,
	height: number,
	earlier: Chart | undefined,
): Scene => ({
	...rowScene(chart, shown, look, height),
	isGrid: true,
	paint: (context, box) => {
		paintGaps(context, box, chart, look.theme);
		if (earlier && isSameRows(earlier.rows, chart.rows))
			paintBands(context, box, earlier, shown, look.theme, 'dashed');
		paintBands(context, box, chart, shown, look.theme, 'area');
		paintResets(context, box, chart, look.theme);
		paintSample(context, box, chart, look.theme);
	},
});

const isSameRows = (a: Row[], b: Row[]): boolean =>
	a.length === b.length && a.every(([lower, upper], row) => lower === b[row]![0] && upper === b[row]![1]);

const range = (values: (number | null)[]): { least: number; most: number } | undefined => {
	let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
	for (const value of values) {
		if (value === null) continue;
		if (value < least) least = value;
		if (value > most) most = value;
	}
	return least <= most ? { least, most } : undefined;
};

type Lines = { low: (number | null)[]; high: (number | null)[]; last: (number | null)[] };

const linesOf = (chart: Chart): Lines => {
	if (chart.type !== 'gauge') {
		const rates = ratesOf(chart);
		return { low: rates, high: rates, last: rates };
	}
	const part = (index: 1 | 2 | 3) =>
		(chart.columns as (GaugeColumn | null)[]).map((column) => (column ? Number(column[index]) : null));
	return { last: part(1), low: part(2), high: part(3) };
};

/** A sum as its rate, a gauge as its last value and the room between least and most. */
export const lineScene = (chart: Chart, look: Look, height: number, earlier: Chart | undefined): Scene => {
	const lines = linesOf(chart);
	const before = earlier && linesOf(earlier);
	const isGauge = chart.type === 'gauge';
	const known = range([...lines.low, ...lines.high, ...(before?.last ?? [])]) ?? { least: 0, most: 1 };
	const least = isGauge ? known.least : Math.min(0, known.least);
	const { marks, range: scale } = valueMarks(
		least,
		known.most,
		isGauge ? chart.unit : perSecond(chart.unit),
		Math.floor(height / 45),
	);
	return {
		from: chart.from,
		to: endOf(chart),
		marks,
		range: scale,
		...look,
		isGrid: true,
		paint: (context, box) => {
			const x = (at: number) => box.left + (at * box.width) / chart.columns.length;
			const y = (value: number) => box.top + box.height * (1 - (value - scale[0]) / (scale[1] - scale[0]));
			paintGaps(context, box, chart, look.theme);
			const stroke = colours(look.theme).percentiles[0];
			context.fillStyle = stroke;
			context.globalAlpha = 0.22;
			lines.high.forEach((high, at) => {
				if (high === null) return;
				const bottom = isGauge ? y(lines.low[at]!) : y(Math.max(0, scale[0]));
				context.fillRect(x(at), y(high), x(at + 1) - x(at), bottom - y(high));
			});
			context.globalAlpha = 1;
			if (before) {
				context.strokeStyle = colours(look.theme).muted;
				context.lineWidth = 1.25;
				context.setLineDash([5, 4]);
				context.beginPath();
				trace(context, before.last, x, y);
				context.stroke();
				context.setLineDash([]);
			}
			context.strokeStyle = stroke;
			context.lineWidth = 1.5;
			context.beginPath();
			trace(context, lines.last, x, y);
			context.stroke();
			paintResets(context, box, chart, look.theme);
			paintSample(context, box, chart, look.theme);
		},
	};
};
