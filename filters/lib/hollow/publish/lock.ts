// lock: one writer of a folder at a time

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { holderOf, lockFile } from '../../disk/lock.ts';
import { EXIT, Failure } from '../../failure.ts';

/** The file that is locked. */
const LOCK = '.writer.lock';

/** A lock that is held; `check` throws a Failure when the folder is no longer the one that was locked. */
export type Lock = { check: () => void; release: () => void };

/**
 * Be the only writer of a folder, until `release` or death.
 * @throws Failure(75) naming the process that is.
 */
export const lockFolder = (folder: string): Lock => {
	const path = join(folder, LOCK);
	const lock = lockFile(path);
	if (!lock) throw new Failure(EXIT.again, `${folder} has a writer already: ${holderOf(path)}`);
	return {
		check: () => {
			statSync(folder);
			if (!lock.isInPlace())
				throw new Failure(EXIT.again, `${folder} or its ${LOCK} was replaced or removed; start again`);
		},
		release: lock.release,
	};
};
