// template: text with {{ $labels.NAME }} and {{ $value }} in it, and nothing else of Go's templates

import { numberText } from './expression.ts';
import { ExpressionFault } from './fault.ts';

/** What a template is filled with. */
export type Filling = { labels: ReadonlyMap<string, string>; value: number };

export type Template = { text: string; fill: (filling: Filling) => string };

const PLACE = /^\s*(?:\$labels\.([A-Za-z_][A-Za-z0-9_]*)|(\$value))\s*$/;

// A double has fifteen digits that are true whatever it came from; the sixteenth of 0.1 + 0.2 is noise.
const DIGITS = 15;

/** Whole numbers with all their digits, fractions without the noise of binary arithmetic. */
export const valueText = (value: number): string => {
	if (!Number.isFinite(value)) return numberText(value);
	if (Number.isInteger(value)) return BigInt(value).toString();
	return String(Number(value.toPrecision(DIGITS)));
};

/**
 * A text as a template.
 * @throws ExpressionFault for what stands between braces and is neither a label nor the value.
 */
export const templateOf = (text: string): Template => {
	const parts: (string | ((filling: Filling) => string))[] = [];
	let at = 0;
	for (;;) {
		const open = text.indexOf('{{', at);
		if (open < 0) break;
		const close = text.indexOf('}}', open);
		if (close < 0) throw new ExpressionFault('"{{" has no "}}" behind it', open);
		const inside = text.slice(open + 2, close);
		const match = PLACE.exec(inside);
		if (!match)
			throw new ExpressionFault(
				`"{{${inside}}}" is not taken; there are {{ $labels.NAME }} and {{ $value }}, no functions, no pipes`,
				open,
			);
		const [, label] = match;
		parts.push(text.slice(at, open));
		parts.push(
			label === undefined ? ({ value }) => valueText(value) : ({ labels }) => labels.get(label) ?? '',
		);
		at = close + 2;
	}
	parts.push(text.slice(at));
	return {
		text,
		fill: (filling) => parts.map((part) => (typeof part === 'string' ? part : part(filling))).join(''),
	};
};
