// answer: what Kea says to a command, every number exact, and the ways in which it cannot be had

import { type Json, member, readJson } from '../json/json.ts';

/** `away`: it may come back by itself. `denied`: somebody has to let us in first. */
export type Trouble = 'away' | 'denied';

/** Kea could not be had, or said something that is no answer; the message says why. */
export class KeaError extends Error {
	readonly trouble: Trouble;
	constructor(trouble: Trouble, message: string) {
		super(message);
		this.name = 'KeaError';
		this.trouble = trouble;
	}
}

/** `result` as Kea's manual has it: 0 success, 1 error, 2 unsupported, 3 empty. */
export type Answer = { result: number; text: string; args: Json | undefined };

/** Of Kea's results. */
export const RESULT = { success: 0, unsupported: 2 } as const;

// What Kea says stands in the log and in a notice.
const LONGEST_TEXT = 300;

const textOf = (value: Json | undefined): string =>
	typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : '';

const SAMPLE = /\[\s*-?[\d.eE+-]+\s*,\s*"[^"\\]*"\s*\]/.source;
const OLDER = new RegExp(`(${SAMPLE})(?:\\s*,\\s*${SAMPLE})+`, 'g');

/**
 * Statistics without the older samples of each, of which there are twenty in Kea 2.2: reading those would be nearly all of
 * the work. A quotation mark within a name has a backslash before it, so no name looks like a sample.
 */
export const newestIn = (statistics: string): string => statistics.replace(OLDER, '$1');

/**
 * An answer as the text that came; whoever speaks HTTP has it in a list.
 * @throws KeaError when it is cut off, or something else.
 */
export const answerIn = (text: string): Answer => {
	let json: Json;
	try {
		json = readJson(text);
	} catch (error) {
		const what = text === '' ? 'the answer is empty' : `the answer is broken: ${(error as Error).message}`;
		throw new KeaError('away', what);
	}
	const one = Array.isArray(json) ? json[0] : json;
	const result = member(one, 'result');
	if (typeof result !== 'bigint') throw new KeaError('away', 'the answer has no "result"; is this Kea?');
	return { result: Number(result), text: textOf(member(one, 'text')), args: member(one, 'arguments') };
};
