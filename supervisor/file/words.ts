// words: a stage line cut into the words of a command, by the quoting rules people know, without a shell
// 'as is', "as is but \" and \\", \x for one character; nothing is expanded, so no value can become code.

import { EXIT, Failure } from '../../filters/lib/failure.ts';

const WORD = /(?:[^\s'"\\|&;<>()`]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/y;
const PART = /\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)"/g;

const unquote = (word: string): string =>
	word.replace(PART, (_, escaped?: string, single?: string, double?: string) => {
		if (escaped !== undefined) return escaped;
		return single ?? double!.replace(/\\(["\\])/g, '$1');
	});

/**
 * The words of `text`.
 * @throws Failure(78) at an open quote, or at a character that only a shell would understand.
 */
export const splitWords = (text: string, where: string): string[] => {
	const words: string[] = [];
	for (let at = 0; at < text.length; ) {
		if (/\s/.test(text[at]!)) {
			at += 1;
			continue;
		}
		WORD.lastIndex = at;
		const word = WORD.exec(text)?.[0];
		if (word === undefined) {
			const sign = text[at]!;
			const cause = /['"\\]/.test(sign)
				? 'a quote is not closed; close it, or put \\ before it'
				: `"${sign}" needs a shell, and there is none; put it in quotes, or write the stage with shell: true`;
			throw new Failure(EXIT.config, `${where}: ${cause}`);
		}
		words.push(unquote(word));
		at += word.length;
	}
	if (words.length === 0) throw new Failure(EXIT.config, `${where}: a command is missing`);
	return words;
};
