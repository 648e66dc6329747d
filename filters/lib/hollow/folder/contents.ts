// contents: which versions a folder has blobs of, and where those lead

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ascending, type Version } from '../version.ts';
import { isPartOf, parseBlobName } from './blob-name.ts';

/** What a folder holds, versions ascending. `next` and `back` say where a delta from a version leads. */
export type Contents = { snapshots: Version[]; next: Map<Version, Version>; back: Map<Version, Version> };

/** The blobs in a folder. Throws the system's error. */
export const contentsOf = (folder: string): Contents => {
	const contents: Contents = { snapshots: [], next: new Map(), back: new Map() };
	for (const file of readdirSync(folder)) {
		const blob = parseBlobName(file);
		if (blob?.kind === 'snapshot') contents.snapshots.push(blob.from);
		if (blob?.kind === 'delta') contents.next.set(blob.from, blob.to);
		if (blob?.kind === 'reversedelta') contents.back.set(blob.from, blob.to);
	}
	contents.snapshots.sort(ascending);
	return contents;
};

/** The optional parts of a blob. Throws the system's error. */
export const partsOf = (folder: string, blob: string): Uint8Array[] =>
	readdirSync(folder)
		.filter((file) => isPartOf(file, blob))
		.sort()
		.map((file) => readFileSync(join(folder, file)));
