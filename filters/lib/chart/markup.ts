// markup: the writer of SVG: elements, attributes and text, with whatever comes from outside as text
// Equal input gives equal bytes: numbers have two decimals at most, attributes stand in the order they are given.

type Value = string | number | undefined;

// XML has no place for most control characters, not even escaped.
const UNFIT =
	/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text as it may stand in an element or an attribute. */
export const escaped = (text: string): string =>
	text
		.replace(UNFIT, '\ufffd')
		.replace(/&/g, '&amp;')
		.replace(/</g, '&lt;')
		.replace(/>/g, '&gt;')
		.replace(/"/g, '&quot;')
		.replace(/'/g, '&#39;');

/** A number as short as two decimals allow. */
export const short = (value: number): string => String(Math.round(value * 100) / 100);

/** An element; `content` is markup already, made by these functions. */
export const element = (name: string, attributes: Record<string, Value>, content = ''): string => {
	const written = Object.entries(attributes)
		.filter(([, value]) => value !== undefined)
		.map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escaped(value!)}"`)
		.join('');
	return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
};

/** A line of text at a place. */
export const text = (x: number, y: number, content: string, attributes: Record<string, Value> = {}): string =>
	element('text', { x, y, ...attributes }, escaped(content));

/** The text of an SVG file of that size; `content` is markup already. */
export const svgFile = (width: number, height: number, content: string): string =>
	element(
		'svg',
		{
			xmlns: 'http://www.w3.org/2000/svg',
			width,
			height,
			viewBox: `0 0 ${short(width)} ${short(height)}`,
			'font-family': "'DejaVu Sans', Verdana, sans-serif",
		},
		content,
	);
