// lexer: an expression into words, numbers, strings, durations and signs, each with its place

import { ExpressionFault } from './fault.ts';

export type Token =
	| { kind: 'word' | 'string' | 'sign' | 'duration'; text: string; at: number }
	| { kind: 'number'; text: string; value: number; at: number }
	| { kind: 'end'; text: ''; at: number };

// A rule that a person reads has some hundred characters.
const LONGEST = 10_000;

const BLANK = /(?:[ \t\r\n]+|#[^\n]*)+/y;
// In [5m:1m] the colon is a sign.
const WORD = /(?!:(?:[\d\s\]]|$))[A-Za-z_:][A-Za-z0-9_:]*/y;
const DURATION = /(?:\d+(?:ms|[smhdwy]))+(?![A-Za-z0-9_.])/y;
const NUMBER = /(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![A-Za-z0-9_.])/y;
const SIGN = /==|!=|>=|<=|=~|!~|[-+*/%^(){}[\],=<>@:]/y;
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y;

const ESCAPES: Record<string, string> = {
	a: '\x07',
	b: '\b',
	f: '\f',
	n: '\n',
	r: '\r',
	t: '\t',
	v: '\v',
	'\\': '\\',
	'"': '"',
	"'": "'",
};
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-7]{3})|(.))/gs;

/** What stands between the quotes, as Go reads it. */
const unquote = (quoted: string, at: number): string => {
	const inner = quoted.slice(1, -1);
	if (quoted.startsWith('`')) return inner;
	return inner.replace(ESCAPE, (whole, u, U, x, octal, one) => {
		const point = u ?? U ?? x;
		const code = point === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(point, 16);
		const isByte = x !== undefined || octal !== undefined;
		if (!Number.isNaN(code) && code <= (isByte ? 0x7f : 0x10ffff)) return String.fromCodePoint(code);
		const plain = ESCAPES[one];
		const isOther = one === (quoted.startsWith('"') ? "'" : '"');
		if (plain === undefined || isOther) throw new ExpressionFault(`${whole} is no escape in a string`, at);
		return plain;
	});
};

const matchAt = (pattern: RegExp, text: string, at: number): string | undefined => {
	pattern.lastIndex = at;
	return pattern.exec(text)?.[0];
};

const tokenAt = (text: string, at: number): { token: Token; length: number } => {
	const string = matchAt(STRING, text, at);
	if (string !== undefined)
		return { token: { kind: 'string', text: unquote(string, at), at }, length: string.length };
	const duration = matchAt(DURATION, text, at);
	if (duration !== undefined)
		return { token: { kind: 'duration', text: duration, at }, length: duration.length };
	const number = matchAt(NUMBER, text, at);
	if (number !== undefined)
		return { token: { kind: 'number', text: number, value: Number(number), at }, length: number.length };
	const word = matchAt(WORD, text, at);
	if (word !== undefined) return { token: { kind: 'word', text: word, at }, length: word.length };
	const sign = matchAt(SIGN, text, at);
	if (sign !== undefined) return { token: { kind: 'sign', text: sign, at }, length: sign.length };
	if (/["'`]/.test(text[at]!)) throw new ExpressionFault('a string has no end', at);
	throw new ExpressionFault(
		`${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))} has no meaning here`,
		at,
	);
};

/**
 * The tokens, and an `end` behind them.
 * @throws ExpressionFault
 */
export const tokensOf = (text: string): Token[] => {
	if (text.length > LONGEST) throw new ExpressionFault(`longer than ${LONGEST} characters`, LONGEST);
	const tokens: Token[] = [];
	for (let at = 0; ; ) {
		at += matchAt(BLANK, text, at)?.length ?? 0;
		if (at >= text.length) return [...tokens, { kind: 'end', text: '', at }];
		const { token, length } = tokenAt(text, at);
		tokens.push(token);
		at += length;
	}
};
