// chart-body: the chosen item over time: a heat map with its histogram beside it, or a line of rates or values

import { coveredIn, increaseIn, levelsOf, PERCENTS, ratesOf } from '../chart/chart.ts';
import { addUp, highestRow, percentileInterval, usedRows } from '../chart/counts.ts';
import { countText, shortCount } from '../chart/number.ts';
import { intervalText, perSecond, rateOfUnit, valueText } from '../chart/quantity.ts';
import { colours, countScale, shareScale } from '../chart/ramp.ts';
import { add } from '../exact.ts';
import type { Column, ColumnsAnswer } from '../history/answers.ts';
import type { Exact } from '../record.ts';
import { pairText, plainBar, towerLines } from './bars.ts';
import { type Band, bandRow, bandsOf, bandsPerLine, heatLines, mostInBands } from './heat.ts';
import type { Item } from './items.ts';
import { barsIn, LABEL, mapWidth, type Size } from './layout.ts';
import type { State } from './state.ts';
import { fit, type Line, type Piece, widthOf } from './text.ts';

type Body = {
	chart: ColumnsAnswer;
	item: Item;
	state: State;
	height: number;
	size: Size;
};

const columnsOf = ({ groups }: ColumnsAnswer): Column[] => groups[0]?.columns ?? [];

/** The figures of a histogram, the most wanted first. */
const histogramFigures = (columns: Column[], { rows, step, unit }: ColumnsAnswer): string[] => {
	const counts = addUp(columns, rows.length);
	const seconds = coveredIn(columns, step) / 1000;
	const highest = highestRow(counts);
	const lies = (percent: number) => {
		const row = percentileInterval(counts, rows, percent);
		return `p${percent} ${row ? intervalText(row, unit) : '-'}`;
	};
	return [
		...PERCENTS.map(lies),
		...(highest === undefined ? [] : [`slowest ${intervalText(rows[highest]!, unit)}`]),
		...(seconds > 0 ? [`${countText(Math.round(Number(counts.total) / seconds))}/s`] : []),
		`${countText(counts.total)} events`,
	];
};

const valueFigures = (columns: Column[], { step, unit }: ColumnsAnswer): string[] => {
	const levels = levelsOf(columns.filter((column) => column?.length === 4));
	if (levels)
		return [
			`now ${valueText(levels.last, unit)}`,
			`least ${valueText(levels.least, unit)}`,
			`most ${valueText(levels.most, unit)}`,
		];
	const seconds = coveredIn(columns, step) / 1000;
	const grown = increaseIn(columns);
	return [
		...(seconds > 0 ? [rateOfUnit(Number(grown) / seconds, unit)] : []),
		`grew by ${valueText(grown, unit)}`,
	];
};

/** What the chart says in figures, of all the time that it shows: as many as there is room for, none of them cut. */
export const figuresLine = (chart: ColumnsAnswer, { width }: Size): Line => {
	const columns = columnsOf(chart);
	const figures =
		chart.type === 'histogram' ? histogramFigures(columns, chart) : valueFigures(columns, chart);
	let text = ' ';
	for (const figure of figures) if (widthOf(text) + widthOf(figure) + 3 <= width) text += ` ${figure}  `;
	return [{ text }];
};

/** A line of one character a column over `width` characters; no column is left out, some take one more than others. */
const widened = (line: Line, width: number): Line => {
	const cells = line.flatMap((piece) => [...piece.text].map((text) => ({ ...piece, text })));
	const edge = (at: number) => Math.floor((at * width) / cells.length);
	return cells.map((cell, at) => ({ ...cell, text: cell.text.repeat(edge(at + 1) - edge(at)) }));
};

const countIn = (rows: Exact[], { first, last }: Band): Exact =>
	rows.slice(first, last + 1).reduce<Exact>((sum, count) => add(sum, count), 0);

/** The bars of one line of text, upper half first, and the counts that are named in it. */
const barsOf = (named: Exact[], halves: Exact[], most: number, { width, depth, theme }: Size): Piece[] => {
	const room = barsIn(width);
	if (room === 0) return [];
	const total = named.reduce<Exact>((sum, count) => add(sum, count), 0);
	const figure = Number(total) === 0 ? '' : shortCount(total);
	const length = room - 10;
	const [upper, lower] = halves.length === 1 && depth >= 8 ? [0, Number(halves[0])] : halves.map(Number);
	const text =
		depth < 8
			? plainBar(Number(halves[0] ?? 0), most, length)
			: pairText(upper ?? 0, lower ?? 0, most, length);
	return [
		{ text: ` ${fit(figure, 7, true)} `, dim: true },
		{ text: fit(text, length + 1), fg: colours(theme).bar },
	];
};

/** The number of the half row, counted from below, in which a band is named: its middle. */
const middleOf = (band: number, repeat: number): number => band * repeat + Math.floor(repeat / 2);

const heatBody = (body: Body): Line[] => {
	const { chart, state, height, size } = body;
	const { rows } = chart;
	const columns = columnsOf(chart);
	const hasColours = size.depth >= 8;
	const perLine = bandsPerLine(hasColours);
	const bands = bandsOf(...usedRows(columns, rows.length), height * perLine);
	// Where there is room each band is as high as all others.
	const repeat = Math.max(1, Math.floor((height * perLine) / Math.max(1, bands.length)));
	const halves = bands.flatMap((band) => Array.from({ length: repeat }, () => band));
	const scale = state.isShare ? shareScale() : countScale(mostInBands(columns, bands));
	const map = heatLines({ columns, bands: halves, scale, theme: size.theme, hasColours });
	const counts = addUp(columns, rows.length).rows;
	const totals = bands.map((band) => countIn(counts, band));
	const most = Math.max(0, ...totals.map(Number));
	const lines = map.map((line, at): Line => {
		const lowest = (map.length - 1 - at) * perLine;
		const here = Array.from({ length: perLine }, (_, part) => lowest + part).filter(
			(half) => half < halves.length,
		);
		const bandOf = (half: number) => Math.floor(half / repeat);
		const first = here.find((half) => half % repeat === 0);
		const edge = first === undefined ? null : bandRow(rows, bands[bandOf(first)]!)[0];
		const named = here
			.filter((half) => half === middleOf(bandOf(half), repeat))
			.map((half) => totals[bandOf(half)]!);
		return [
			{ text: `${fit(edge === null ? '' : valueText(edge, chart.unit), LABEL - 1, true)} `, dim: true },
			...widened(line, mapWidth(size.width)),
			...barsOf(named, here.map((half) => totals[bandOf(half)]!).reverse(), most, size),
		];
	});
	// What is left of the height stays empty, above the map.
	return [...Array.from({ length: height - lines.length }, (): Line => []), ...lines];
};

const lineBody = (body: Body): Line[] => {
	const { chart, item, height, size } = body;
	const columns = columnsOf(chart);
	const isLevel = columns.some((column) => column?.length === 4);
	const values = isLevel
		? columns.map((column) => (column ? Number(column[1]) : null))
		: ratesOf({ type: chart.type, columns, step: chart.step });
	const known = values.filter((value) => value !== null);
	const least = Math.min(0, ...known);
	const most = Math.max(0, ...known);
	const text = (value: number) =>
		isLevel
			? valueText(value, item.name.unit)
			: rateOfUnit(value, item.name.unit).replace(perSecond('1'), '/s');
	return towerLines(values, least, most, height).map((tower, at): Line => {
		const label = at === 0 ? text(most) : at === height - 1 ? text(least) : '';
		return [
			{ text: `${fit(label, LABEL - 1, true)} `, dim: true },
			...widened([{ text: tower, fg: colours(size.theme).bar }], mapWidth(size.width)),
		];
	});
};

/** The chart in exactly `height` lines. */
export const bodyLines = (body: Body): Line[] =>
	body.item.name.type === 'histogram' && body.chart.rows.length > 0 ? heatBody(body) : lineBody(body);
