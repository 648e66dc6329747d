// announcement: the file that tells consumers which version to take: announced.version, the digits of V

import { closeSync, constants, openSync, readSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { writeAside } from '../../disk/replace.ts';
import { about, EXIT, errnoOf, Failure } from '../../failure.ts';
import { isVersion, type Version } from '../version.ts';
import { asideOf, unveil } from './aside.ts';

export const ANNOUNCED = 'announced.version';

// A version has 19 digits at most; whatever else stands there need not be read.
const MOST_BYTES = 64;

/** Whether a system error says that something is not there (yet, or any more). */
export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errnoOf(error));

const textAt = (path: string): string =>
	about(path, () => {
		// A FIFO with such a name must not stop us.
		const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
		try {
			const bytes = Buffer.alloc(MOST_BYTES);
			return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, null)).trim();
		} finally {
			closeSync(file);
		}
	});

/** What is wrong with the text of an announcement. */
export const noVersion = (path: string, text: string): string =>
	`${path}: ${JSON.stringify(text.slice(0, 40))} is no version`;

/**
 * The version that a folder announces.
 * @throws the system's error when nothing is announced, Failure(65) when it is no version.
 */
export const announcedIn = (folder: string): Version => {
	const path = join(folder, ANNOUNCED);
	const text = textAt(path);
	if (isVersion(text)) return text;
	throw new Failure(EXIT.data, noVersion(path, text));
};

/** The version that a folder announces, or undefined where it announces none. Throws as `announcedIn`. */
export const announcedOrNone = (folder: string): Version | undefined => {
	try {
		return announcedIn(folder);
	} catch (error) {
		if (errnoOf(error) === 'ENOENT') return undefined;
		throw error;
	}
};

/** Why there is no announced version; `isGarbage`: something else stands there. */
export type NoAnnouncement = { why: string; isGarbage: boolean };

/**
 * The announced version, or why there is none, for those who can wait until there is one.
 * @throws the system's error when it may not be read.
 */
export const announcement = (folder: string): Version | NoAnnouncement => {
	try {
		return announcedIn(folder);
	} catch (error) {
		if (error instanceof Failure) return { why: error.message, isGarbage: true };
		if (isMissing(error)) return { why: `${join(folder, ANNOUNCED)} is not there`, isGarbage: false };
		throw error;
	}
};

/** Tell consumers to go to a version; every blob on the way must be there already. When this throws, nobody was told. */
export const announce = (folder: string, version: Version): void => {
	const before = Math.floor(statSync(join(folder, ANNOUNCED), { throwIfNoEntry: false })?.mtimeMs ?? 0);
	const aside = asideOf(folder, ANNOUNCED);
	writeAside(aside, version);
	// Java's watcher looks into the file only when its time has grown, in milliseconds; clocks are set back.
	const later = (before + 1.5) / 1000;
	if (statSync(aside).mtimeMs < before + 1) utimesSync(aside, later, later);
	unveil(folder, ANNOUNCED);
};
