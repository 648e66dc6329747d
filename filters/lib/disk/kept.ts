// kept: a small file in which a program keeps what it needs after a restart, read at its start

import { readFileSync } from 'node:fs';
import { about, EXIT, errnoOf, Failure } from '../failure.ts';

/**
 * What `read` makes of the text of the file at `path`, or undefined when there is no such file yet.
 * @throws Failure(78) with `refusal` behind the path when `read` gives undefined or throws: beginning anyhow would lose or
 * repeat something unasked; and the system's error when the file cannot be read.
 */
export const readKept = <Value>(
	path: string,
	read: (text: string) => Value | undefined,
	refusal: string,
): Value | undefined => {
	let text: string;
	try {
		text = about(path, () => readFileSync(path, 'utf8'));
	} catch (error) {
		if (errnoOf(error) === 'ENOENT') return undefined;
		throw error;
	}
	try {
		const value = read(text);
		if (value !== undefined) return value;
	} catch {}
	throw new Failure(EXIT.config, `${path} ${refusal}`);
};
