// colour: styles of text as the terminal understands them, down to none at all

/** Bits of colour, as `getColorDepth` of node:tty says: none, 16, 256 colours, all. */
export type Depth = 1 | 4 | 8 | 24;

/** How a piece of text looks; colours are `#rrggbb`. */
export type Style = { fg?: string; bg?: string; bold?: boolean; dim?: boolean; inverse?: boolean };

type Rgb = [number, number, number];
const rgbOf = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb;
const distance = (a: Rgb, b: Rgb): number => a.reduce((sum, one, at) => sum + (one - b[at]!) ** 2, 0);

const CUBE = [0, 95, 135, 175, 215, 255];
/** The 240 of 256 colours that are the same in every terminal: a cube of six steps, and greys. */
const FIXED: Rgb[] = [
	...CUBE.flatMap((red) => CUBE.flatMap((green) => CUBE.map((blue): Rgb => [red, green, blue]))),
	...Array.from({ length: 24 }, (_, at): Rgb => [8 + at * 10, 8 + at * 10, 8 + at * 10]),
];
const SIXTEEN: Rgb[] = [
	...([
		[0, 0, 0],
		[170, 0, 0],
		[0, 170, 0],
		[170, 85, 0],
		[0, 0, 170],
		[170, 0, 170],
	] satisfies Rgb[]),
	...([
		[0, 170, 170],
		[170, 170, 170],
		[85, 85, 85],
		[255, 85, 85],
		[85, 255, 85],
	] satisfies Rgb[]),
	...([
		[255, 255, 85],
		[85, 85, 255],
		[255, 85, 255],
		[85, 255, 255],
		[255, 255, 255],
	] satisfies Rgb[]),
];

const nearest = (colours: Rgb[], wanted: Rgb): number => {
	let best = 0;
	for (let at = 1; at < colours.length; at++)
		if (distance(colours[at]!, wanted) < distance(colours[best]!, wanted)) best = at;
	return best;
};

/** Steps of the light heat map whose nearest of these colours is that of a neighbour, or lighter than it should be. */
const BY_HAND: Record<string, number> = { '#5383e0': 63, '#834eca': 92, '#720821': 53 };

const codes = new Map<string, string>();
const colourCode = (hex: string, depth: Depth, isGround: boolean): string => {
	const key = `${hex} ${depth} ${isGround}`;
	const known = codes.get(key);
	if (known !== undefined) return known;
	const rgb = rgbOf(hex);
	const base = isGround ? 48 : 38;
	let code = `${base};2;${rgb.join(';')}`;
	if (depth === 8) code = `${base};5;${BY_HAND[hex] ?? 16 + nearest(FIXED, rgb)}`;
	if (depth === 4) {
		const at = nearest(SIXTEEN, rgb);
		code = String((at < 8 ? 30 + at : 82 + at) + (isGround ? 10 : 0));
	}
	codes.set(key, code);
	return code;
};

/** The escape sequence that sets a style; '' for none. Without colours what is bold, dim or inverse still is. */
export const styleCode = ({ fg, bg, bold, dim, inverse }: Style, depth: Depth): string => {
	const parts = [
		...(bold ? ['1'] : []),
		...(dim ? ['2'] : []),
		...(inverse ? ['7'] : []),
		...(fg && depth > 1 ? [colourCode(fg, depth, false)] : []),
		...(bg && depth > 1 ? [colourCode(bg, depth, true)] : []),
	];
	return parts.length > 0 ? `\x1b[${parts.join(';')}m` : '';
};
