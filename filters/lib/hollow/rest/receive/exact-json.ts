// exact-json: JSON from outside, every whole number exact and every mistake with its place
// A number that a double would round comes out as its digits in a string; what cannot be data is refused early.

import { faultIn } from './json-fault.ts';

/** Text that is no JSON, or too much of it. `offset` counts characters from 0; -1 where no place is known. */
export class JsonError extends Error {
	readonly offset: number;
	readonly line: number;
	readonly column: number;
	constructor(text: string, offset: number, problem: string) {
		const before = text.slice(0, Math.max(0, offset)).split('\n');
		const line = before.length;
		const column = before.at(-1)!.length + 1;
		super(offset < 0 ? problem : `line ${line}, column ${column}: ${problem}`);
		this.name = 'JsonError';
		this.offset = offset;
		this.line = line;
		this.column = column;
	}
}

// The deepest payload has 8 levels; a parsed level costs far more memory than the character that opened it.
const DEEPEST = 32;
// A bucket is one object of 30 characters or more, so this many fit no body that a receiver takes by default.
const MOST_CONTAINERS = 8_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isOpening = (code: number): boolean => code === 0x7b || code === 0x5b;
const isClosing = (code: number): boolean => code === 0x7d || code === 0x5d;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isInNumber = (code: number): boolean =>
	isDigit(code) || code === 0x2e || code === 0x2b || code === 0x2d || code === 0x65 || code === 0x45;

/** Where the string that opens at `from` has its closing quote; the end of the text when it has none. */
const endOfString = (text: string, from: number): number => {
	for (let at = from + 1; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code === QUOTE) return at;
		if (code === BACKSLASH) at += 1;
	}
	return text.length;
};

const endOfNumber = (text: string, from: number): number => {
	let at = from + 1;
	while (at < text.length && isInNumber(text.charCodeAt(at))) at += 1;
	return at;
};

const isRounded = (token: string): boolean =>
	/^-?[1-9]\d{15,}$/.test(token) && !Number.isSafeInteger(Number(token));

/** Whether a colon follows: a number there is no JSON, and must not become a key by being quoted. */
const isKey = (text: string, end: number): boolean => {
	let at = end;
	while (/\s/.test(text.charAt(at))) at += 1;
	return text.charAt(at) === ':';
};

/** The text with the whole numbers beyond 2^53 put in quotes; the bounds on depth and size are kept on the way. */
const quoteLarge = (text: string): string => {
	const pieces: string[] = [];
	let done = 0;
	let depth = 0;
	let containers = 0;
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code === QUOTE) at = endOfString(text, at);
		else if (isOpening(code)) {
			depth += 1;
			containers += 1;
			if (depth > DEEPEST) throw new JsonError(text, at, `nested deeper than ${DEEPEST} levels`);
			if (containers > MOST_CONTAINERS)
				throw new JsonError(text, at, `more than ${MOST_CONTAINERS} lists and objects`);
		} else if (isClosing(code)) depth -= 1;
		else if (isDigit(code) || code === 0x2d) {
			const end = endOfNumber(text, at);
			const token = text.slice(at, end);
			if (isRounded(token) && !isKey(text, end)) {
				pieces.push(text.slice(done, at), `"${token}"`);
				done = end;
			}
			at = end - 1;
		}
	}
	if (done === 0) return text;
	pieces.push(text.slice(done));
	return pieces.join('');
};

/**
 * The value that a JSON text stands for; whole numbers beyond 2^53 are strings of their digits.
 * @throws JsonError with line and column: no JSON, nested too deeply, or too many lists and objects.
 */
export const parseExact = (text: string): unknown => {
	const quoted = quoteLarge(text);
	try {
		return JSON.parse(quoted);
	} catch (error) {
		const { offset, problem } = faultIn(text) ?? { offset: -1, problem: (error as Error).message };
		throw new JsonError(text, offset, problem);
	}
};

/**
 * The text of a body.
 * @throws JsonError when it is not UTF-8.
 */
export const utf8Text = (bytes: Uint8Array): string => {
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		throw new JsonError('', -1, 'the body is not UTF-8');
	}
};
