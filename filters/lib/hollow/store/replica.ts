// replica: what an object store has of a data set, and how one version more gets there

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { about, EXIT, Failure } from '../../failure.ts';
import { BlobError } from '../blob/bytes/errors.ts';
import { ANNOUNCED, noVersion } from '../folder/announcement.ts';
import { deltaName, snapshotName } from '../folder/blob-name.ts';
import { isVersion, type Version } from '../version.ts';
import { decodeIndex, encodeIndex, INDEX, keyOf } from './layout.ts';
import type { Store } from './store.ts';

/** A version, with the one that its delta starts from unless a new chain begins. */
export type Addition = { version: Version; from?: Version };

export type Replica = {
	/** Ask the store what it has, once: nobody else writes there. Throws Failure. */
	contact: () => Promise<void>;
	/** Whether the store has said what it has. */
	isKnown: () => boolean;
	/** The version that the store announces, once that is known. */
	announced: () => Version | undefined;
	/** Put the blobs of a version there, then announce it. Throws Failure. */
	add: (addition: Addition) => Promise<void>;
};

/** The replica of the data set in `folder`. */
export const createReplica = (folder: string, store: Store): Replica => {
	let isKnown = false;
	let announced: Version | undefined;
	let index: Version[] = [];

	const versionsIn = (bytes: Buffer | undefined): Version[] => {
		try {
			return bytes ? decodeIndex(bytes) : [];
		} catch (error) {
			if (!(error instanceof BlobError)) throw error;
			throw new Failure(
				EXIT.data,
				`${store.name}/${INDEX}: ${error.message}; remove it to begin a new index`,
			);
		}
	};
	const bytesOf = (name: string) => about(join(folder, name), () => readFileSync(join(folder, name)));
	return {
		isKnown: () => isKnown,
		announced: () => announced,
		contact: async () => {
			if (isKnown) return;
			const text = (await store.get(ANNOUNCED))?.toString();
			if (text !== undefined && !isVersion(text))
				throw new Failure(EXIT.data, noVersion(`${store.name}/${ANNOUNCED}`, text));
			index = versionsIn(await store.get(INDEX));
			announced = text;
			isKnown = true;
		},
		add: async ({ version, from }) => {
			const snapshot = bytesOf(snapshotName(version));
			await store.put(keyOf('snapshot', version), snapshot, { to_state: version });
			const versions = [...index, version];
			await store.put(INDEX, encodeIndex(versions));
			index = versions;
			if (from !== undefined) {
				const delta = bytesOf(deltaName(from, version));
				await store.put(keyOf('delta', from), delta, { from_state: from, to_state: version });
				const reverse = bytesOf(deltaName(version, from));
				await store.put(keyOf('reversedelta', version), reverse, { from_state: version, to_state: from });
			}
			await store.put(ANNOUNCED, Buffer.from(version));
			announced = version;
		},
	};
};
