// loader: the state at the end of a route: a snapshot is read, then deltas are applied to it

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure, naming } from '../../failure.ts';
import { BlobError } from '../blob/bytes/errors.ts';
import { applyDelta, readSnapshot } from '../blob/reader.ts';
import type { State } from '../blob/state.ts';
import type { Version } from '../version.ts';
import { deltaName, snapshotName } from './blob-name.ts';
import { partsOf } from './contents.ts';
import { checkTags } from './tags.ts';

/** Read a blob; whatever is wrong with it names its file. */
const readBlob = <T>(
	folder: string,
	name: string,
	read: (bytes: Uint8Array, parts: Uint8Array[]) => T,
): T => {
	try {
		return read(readFileSync(join(folder, name)), partsOf(folder, name));
	} catch (error) {
		if (error instanceof BlobError) throw new Failure(EXIT.data, `${join(folder, name)}: ${error.message}`);
		throw naming(error, join(folder, name));
	}
};

/**
 * The state at the end of a route.
 * @throws Failure(65) naming the file that is broken, or the version when what was read is not what was written.
 */
export const loadAlong = (folder: string, [start, ...rest]: Version[]): State => {
	const state = readBlob(folder, snapshotName(start!), readSnapshot);
	let at = start!;
	for (const version of rest) {
		readBlob(folder, deltaName(at, version), (bytes, parts) => applyDelta(state, bytes, parts));
		at = version;
	}
	checkTags(state, at, folder);
	return state;
};
