// name: names from outside as a reader sees them: what is invisible or turns text around gets a visible form
// Text in, text out: no markup is made here, and none is ever made of the answer.

import { countText } from './number.ts';

const MOST_SHOWN = 120;

// Bidirectional controls, what has no width, separators of lines.
const UNSEEN = /\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|[\u2028\u2029\ufff9-\ufffb]/u;

const visible = (character: string): string => {
	const code = character.codePointAt(0)!;
	if (code < 0x20) return String.fromCodePoint(0x2400 + code);
	if (code === 0x7f) return '\u2421';
	if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
	if ((code > 0x7f && code < 0xa0) || UNSEEN.test(character))
		return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
	return character;
};

/**
 * A name for display: control and bidirectional characters as symbols, and no longer than `most` characters; what is
 * cut off is counted behind it. The whole name stays in JSON and in links.
 */
export const shownName = (name: string, most = MOST_SHOWN): string => {
	if (name === '') return '(empty)';
	let text = '';
	let taken = 0;
	for (const character of name) {
		if (taken === most) return `${text}\u2026 (${countText(name.length)} characters)`;
		text += visible(character);
		taken += 1;
	}
	return text;
};
