// link: the file that a name leads to, also while it is not there
// Whoever rotates a log and whoever follows it must look for its old files in one and the same folder.

import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

// As many as the kernel follows.
const MOST_LINKS = 40;

/** A folder without links, or as it was given when it is not there. */
const real = (folder: string): string => {
	try {
		return realpathSync(folder);
	} catch {
		return folder;
	}
};

const linkAt = (path: string): string | undefined => {
	try {
		return resolve(real(dirname(path)), readlinkSync(path));
	} catch {
		return undefined;
	}
};

/** The path, without links, of the file that `path` stands for. Of a file that is not there it is where it would be made. */
export const targetOf = (path: string): string => {
	let target = resolve(path);
	for (let links = 0; links < MOST_LINKS; links++) {
		const next = linkAt(target);
		if (next === undefined) break;
		target = next;
	}
	return join(real(dirname(target)), basename(target));
};
