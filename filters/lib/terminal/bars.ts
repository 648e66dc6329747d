// bars: lengths and heights in blocks of characters

const EIGHTHS = ' \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588';
const UPPER = '\u2580';
const LOWER = '\u2584';
const FULL = '\u2588';

const partOf = (value: number, most: number): number =>
	most > 0 && value > 0 ? Math.min(1, value / most) : 0;

/** A line of heights, one character a value; anything above nothing is seen, no data is a blank. */
export const sparkText = (values: (number | null)[]): string => {
	const most = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
	return values
		.map((value) =>
			value === null ? ' ' : EIGHTHS[value > 0 ? Math.max(1, Math.round(partOf(value, most) * 8)) : 0]!,
		)
		.join('');
};

/** Two bars in one row of text, as upper and lower halves, each up to `width` long; anything above nothing is seen. */
export const pairText = (upper: number, lower: number, most: number, width: number): string => {
	const length = (value: number) => (value > 0 ? Math.max(1, Math.round(partOf(value, most) * width)) : 0);
	const [above, below] = [length(upper), length(lower)];
	return Array.from({ length: width }, (_, at) =>
		at < above ? (at < below ? FULL : UPPER) : at < below ? LOWER : ' ',
	).join('');
};

/** A bar for a terminal without such characters. */
export const plainBar = (value: number, most: number, width: number): string =>
	'#'.repeat(value > 0 ? Math.max(1, Math.round(partOf(value, most) * width)) : 0).padEnd(width);

/** Heights over `height` rows of text, the top row first; no data is a blank column. */
export const towerLines = (
	values: (number | null)[],
	least: number,
	most: number,
	height: number,
): string[] => {
	const eighths = values.map((value) =>
		value === null ? 0 : Math.max(1, Math.round(partOf(value - least, most - least) * height * 8)),
	);
	return Array.from({ length: height }, (_, row) =>
		eighths.map((size) => EIGHTHS[Math.max(0, Math.min(8, size - (height - 1 - row) * 8))]!).join(''),
	);
};
