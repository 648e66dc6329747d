// replace: a file that is replaced whole, so that a crash leaves the old content or the new one and never half of it

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { about } from '../failure.ts';

/** What a file is to hold; pieces are written one after the other and need not be in memory together. */
export type Content = string | Uint8Array | Iterable<string>;

const isWhole = (data: Content): data is string | Uint8Array =>
	typeof data === 'string' || data instanceof Uint8Array;

/**
 * Write `data` to the file `aside`, down to the disk; a rename then gives it its name.
 * Throws the system's error, and leaves nothing behind then: on a full disk half a file is in the way.
 */
export const writeAside = (aside: string, data: Content, mode = 0o666): void => {
	const file = openSync(aside, 'w', mode);
	try {
		about(aside, () => {
			// Not writeSync, which may write a part where little room is left.
			for (const piece of isWhole(data) ? [data] : data) writeFileSync(file, piece);
			fsyncSync(file);
		});
	} catch (error) {
		rmSync(aside, { force: true });
		throw error;
	} finally {
		closeSync(file);
	}
};

/** Bring the names in a folder down to the disk: until then a loss of power may undo a rename. */
export const syncFolder = (folder: string): void => {
	const directory = openSync(folder, 'r');
	try {
		about(folder, () => fsyncSync(directory));
	} finally {
		closeSync(directory);
	}
};

/** `aside` is where the new content is written first, on the same disk; PATH.new when it is not given. */
export type ReplaceOptions = { aside?: string; mode?: number };

/** Put `data` into the file at `path`, durably. When this throws the system's error, the old content may still be there. */
export const replaceFile = (path: string, data: Content, options: ReplaceOptions = {}): void => {
	const { aside = `${path}.new`, mode } = options;
	writeAside(aside, data, mode);
	renameSync(aside, path);
	syncFolder(dirname(path));
};
