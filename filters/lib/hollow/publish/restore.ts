// restore: what a writer finds in its folder when it starts: remains of a crash to remove, and the state to go on from

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, errnoOf, Failure } from '../../failure.ts';
import type { Log } from '../../log.ts';
import { BlobError } from '../blob/bytes/errors.ts';
import { peekHeader } from '../blob/reader.ts';
import type { State } from '../blob/state.ts';
import { announcedOrNone } from '../folder/announcement.ts';
import { snapshotName } from '../folder/blob-name.ts';
import { contentsOf } from '../folder/contents.ts';
import { loadAlong } from '../folder/loader.ts';
import { unannouncedIn, unfinishedIn, versionsIn } from '../folder/retention.ts';
import { routeTo } from '../folder/route.ts';
import { TAG } from '../folder/tags.ts';
import { isAbove, isCycleVersion, type Version } from '../version.ts';

/** `floor`: versions have to be above it. `head` is missing where there is nothing to go on from. */
export type Base = {
	floor: Version;
	/** The announced version, where it can be read. */
	announced?: Version;
	head?: { version: Version; state: State };
};

const isOurs = (folder: string, version: Version): boolean => {
	try {
		const { tags } = peekHeader(readFileSync(join(folder, snapshotName(version))));
		return tags.some(([key]) => key === TAG.dataset);
	} catch (error) {
		if (error instanceof BlobError || errnoOf(error) === 'ENOENT') return false;
		throw error;
	}
};

/** Remove what a crash left, and versions whose announcement was taken back; blobs of strangers are not touched. */
const clean = (folder: string, announced: Version | undefined, log: Log): void => {
	const files = readdirSync(folder);
	for (const file of unfinishedIn(files)) rmSync(join(folder, file), { force: true });
	const left = unannouncedIn(files, announced);
	const above = versionsIn(left).filter((one) => announced === undefined || isAbove(one, announced));
	const foreign = above.find((version) => !isOurs(folder, version));
	if (foreign !== undefined)
		throw new Failure(
			EXIT.config,
			`${folder} holds blobs of ${foreign}, which is not announced and not ours: another producer writes here; take a folder of its own`,
		);
	// By the snapshot a version is known as ours, so that goes last.
	const last = (file: string) => (file.startsWith('snapshot-') ? 1 : 0);
	for (const file of left.sort((a, b) => last(a) - last(b))) rmSync(join(folder, file), { force: true });
	if (above.length > 0)
		log.info(`removed the blobs of ${above.join(', ')}: never announced, or the announcement was taken back`);
};

const load = (folder: string, version: Version): NonNullable<Base['head']> => {
	if (!isCycleVersion(version))
		throw new Failure(
			EXIT.config,
			`${folder} announces ${version}: not 17 digits, and Java's reader mistakes versions of unequal length; take another folder`,
		);
	const state = loadAlong(folder, routeTo(contentsOf(folder), version));
	return { version, state };
};

const ANEW = 'mend it, move it away, or begin a new chain in it with hollow-publish --new-chain';
const isBroken = (error: unknown): error is Failure =>
	error instanceof Failure && (error.code === EXIT.data || error.code === EXIT.unavailable);

/**
 * Make a folder ready to be written on. With `newChain` a state that cannot be read is left behind, else it is fatal.
 * @throws Failure(65) or Failure(69) when the announced state cannot be read, Failure(78) for a folder of others.
 */
export const restore = (folder: string, newChain: boolean, log: Log): Base => {
	let announced: Version | undefined;
	try {
		announced = announcedOrNone(folder);
		clean(folder, announced, log);
		return announced === undefined
			? { floor: '0' }
			: { floor: announced, announced, head: load(folder, announced) };
	} catch (error) {
		if (!isBroken(error)) throw error;
		if (!newChain) throw new Failure(error.code, `${error.message}; ${ANEW}`);
		log.warn(`a new chain begins, every consumer loads a snapshot: ${error.message}`);
		return announced === undefined
			? { floor: versionsIn(readdirSync(folder)).at(-1) ?? '0' }
			: { floor: announced, announced };
	}
};
