// announcement: the version that a folder announces, for those who can wait until there is one

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../failure.ts';
import { ANNOUNCED, type Version } from './folder.ts';

// A version has 19 digits at most; whatever else stands there need not be read.
const MOST_BYTES = 64;

/** Whether a system error says that something is not there (yet, or any more). */
export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errnoOf(error));

/** Why there is no announced version; `isGarbage`: something else stands there. */
export type Unannounced = { why: string; isGarbage: boolean };

/**
 * The announced version, or why there is none.
 * @throws the system's error when it may not be read.
 */
export const announcement = (folder: string): Version | Unannounced => {
	const path = join(folder, ANNOUNCED);
	let file: number;
	try {
		// A FIFO with such a name must not stop us.
		file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	} catch (error) {
		if (isMissing(error)) return { why: `${path} is not there`, isGarbage: false };
		throw error;
	}
	try {
		const bytes = Buffer.alloc(MOST_BYTES);
		const text = bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0)).trim();
		if (/^\d{1,19}$/.test(text)) return text;
		return { why: `${path}: ${JSON.stringify(text.slice(0, 40))} is no version`, isGarbage: true };
	} finally {
		closeSync(file);
	}
};
