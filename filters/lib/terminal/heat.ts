// heat: a heat map in half blocks, two buckets a row of text; without colours in signs, one bucket a row
// Nothing is picked: where there is no room for each bucket or step of time, neighbours are added up.

import { colouredColumns, gapsIn } from '../chart/chart.ts';
import { type HeatScale, ramp, stepOf, type Theme } from '../chart/ramp.ts';
import type { Column, CountColumn, Row } from '../history/answers.ts';
import type { Line, Piece } from './text.ts';

const UPPER = '\u2580';
const LOWER = '\u2584';
/** Least to most, for where there are no colours; a blank is nothing. */
const SIGNS = ' .:-=+*#%@';
const GAP = '\u2571';
const PLAIN_GAP = '/';

/** Buckets as they are drawn, the lowest first: each is one of the rows, or several next to each other. */
export type Band = { first: number; last: number };

/** So many bands of the rows `from` to before `to` that no more than `most` are left. */
export const bandsOf = (from: number, to: number, most: number): Band[] => {
	const size = Math.max(1, Math.ceil((to - from) / Math.max(1, most)));
	return Array.from({ length: Math.ceil((to - from) / size) }, (_, at) => ({
		first: from + at * size,
		last: Math.min(to, from + (at + 1) * size) - 1,
	}));
};

/** The edges of a band: those of its lowest and its highest bucket. */
export const bandRow = (rows: Row[], { first, last }: Band): Row => [rows[first]![0], rows[last]![1]];

const countIn = (column: Column, { first, last }: Band): number => {
	if (!column) return 0;
	const [, start, ...counts] = column as CountColumn;
	let sum = 0;
	for (let row = Math.max(first, start); row <= last && row - start < counts.length; row++)
		sum += Number(counts[row - start]);
	return sum;
};

/** The largest count of any cell as it is coloured, for the scale: of bands, not of the buckets in them. */
export const mostInBands = (columns: readonly Column[], bands: readonly Band[]): number =>
	Math.ceil(
		colouredColumns(columns).reduce(
			(most, column) => bands.reduce((most, band) => Math.max(most, countIn(column, band)), most),
			0,
		),
	);

export type HeatInput = {
	columns: Column[];
	bands: Band[];
	scale: HeatScale;
	theme: Theme;
	/** Whether there are colours enough for nine steps. */
	hasColours: boolean;
};

/** How many buckets a row of text has room for. */
export const bandsPerLine = (hasColours: boolean): number => (hasColours ? 2 : 1);

/** The steps of colour by column and band, 0 for nothing; -1 where there are no data. */
const stepsOf = ({ columns, bands, scale }: HeatInput): number[][] => {
	const gaps = gapsIn(columns);
	const isGap = (at: number) => gaps.some(([first, behind]) => at >= first && at < behind);
	return colouredColumns(columns).map((column, at) => {
		if (isGap(at)) return bands.map(() => -1);
		const total =
			scale.kind === 'share' && column
				? (column as CountColumn).slice(2).reduce<number>((a, b) => a + Number(b), 0)
				: 1;
		return bands.map((band) => stepOf(scale, countIn(column, band) / (total || 1)));
	});
};

const colourCell = (upper: number, lower: number, colours: readonly string[]): Piece => {
	if (upper < 0) return { text: GAP, dim: true };
	const colour = (step: number) => colours[step - 1]!;
	if (upper === 0 && lower <= 0) return { text: ' ' };
	if (upper === 0) return { text: LOWER, fg: colour(lower) };
	if (lower <= 0) return { text: UPPER, fg: colour(upper) };
	return { text: UPPER, fg: colour(upper), bg: colour(lower) };
};

/** The map as lines, the highest bucket on top, one character a column. */
export const heatLines = (input: HeatInput): Line[] => {
	const { bands, theme, hasColours } = input;
	const steps = stepsOf(input);
	const colours = ramp(theme);
	if (!hasColours)
		return bands
			.map((_, band) => [
				{ text: steps.map((column) => (column[band]! < 0 ? PLAIN_GAP : SIGNS[column[band]!]!)).join('') },
			])
			.reverse();
	const lines: Line[] = [];
	for (let upper = bands.length - 1 + (bands.length % 2); upper >= 0; upper -= 2)
		lines.push(
			steps.map((column) =>
				colourCell(column[upper] ?? (column[0]! < 0 ? -1 : 0), column[upper - 1] ?? 0, colours),
			),
		);
	return lines;
};
