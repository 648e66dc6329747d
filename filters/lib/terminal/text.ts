// text: lines of styled pieces, cut and filled by the columns that they take, which is not their length

import stringWidth from 'string-width';
import { type Depth, type Style, styleCode } from './colour.ts';

export type Piece = Style & { text: string };
export type Line = Piece[];

const RESET = '\x1b[0m';
const ASCII = /^[\x20-\x7e]*$/;

/** The columns that a text without control characters takes. */
export const widthOf = (text: string): number => (ASCII.test(text) ? text.length : stringWidth(text));

/** A text in exactly `width` columns: cut with a mark at its end, or filled up. */
export const fit = (text: string, width: number, isRight = false): string => {
	const taken = widthOf(text);
	if (taken <= width) return isRight ? ' '.repeat(width - taken) + text : text + ' '.repeat(width - taken);
	if (width <= 0) return '';
	let kept = '';
	let room = width - 1;
	for (const { segment } of new Intl.Segmenter().segment(text)) {
		const size = widthOf(segment);
		if (size > room) break;
		kept += segment;
		room -= size;
	}
	return `${kept}\u2026${' '.repeat(room)}`;
};

/** A line in exactly `width` columns, with the escape sequences that `depth` allows. */
export const lineText = (line: Line, width: number, depth: Depth): string => {
	let text = '';
	let left = width;
	for (const piece of line) {
		if (left <= 0) break;
		const size = widthOf(piece.text);
		const shown = size > left ? fit(piece.text, left) : piece.text;
		const code = styleCode(piece, depth);
		text += code === '' ? shown : `${code}${shown}${RESET}`;
		left -= Math.min(size, left);
	}
	return text + ' '.repeat(left);
};
