// retention: which files in a folder of blobs may go: what a crash left behind, and versions that are old enough
// Pure: names in, names out, in the order in which they are to be removed.

import { EXIT, Failure } from '../../failure.ts';
import { whole } from '../../options.ts';
import { ascending, isAbove, type Version } from '../version.ts';
import { ANNOUNCED } from './announcement.ts';
import { type BlobName, parseBlobName } from './blob-name.ts';

/** The blobs among the names of files. */
const blobsIn = (files: readonly string[]): BlobName[] => files.flatMap((file) => parseBlobName(file) ?? []);

const lower = ({ from, to }: BlobName): Version => (isAbove(from, to) ? to : from);
const upper = ({ from, to }: BlobName): Version => (isAbove(from, to) ? from : to);

/** Every version that a blob mentions, ascending. */
export const versionsIn = (files: readonly string[]): Version[] =>
	[...new Set(blobsIn(files).flatMap(({ from, to }) => [from, to]))].sort(ascending);

/** Files that were being written when their writer died. */
export const unfinishedIn = (files: readonly string[]): string[] =>
	files.filter((file) => {
		const [, name] = /^\.(.+)\.tmp$/.exec(file) ?? [];
		return name !== undefined && (name === ANNOUNCED || parseBlobName(name) !== undefined);
	});

/** The blobs that lead above the announced version: Java takes any one delta of a version for the right one. */
export const unannouncedIn = (files: readonly string[], announced: Version | undefined): string[] =>
	blobsIn(files)
		.filter((blob) => announced === undefined || isAbove(upper(blob), announced))
		.map(({ file }) => file);

// Nobody starts at a version that goes once its snapshot is gone; then its header, and the ways to it and from it.
const ORDER = { snapshot: 0, header: 1, reversedelta: 2, delta: 3 };

/**
 * The blobs of all but the newest `keep` versions (0 = all are kept), oldest first. A version that is kept and has
 * no snapshot of its own keeps what leads to it; nothing from `needed` on goes.
 */
export const expiredIn = (files: readonly string[], keep: number, needed?: Version): string[] => {
	const versions = versionsIn(files);
	const least = keep === 0 ? undefined : versions.at(-keep);
	if (least === undefined || versions.length <= keep) return [];
	const wanted = needed !== undefined && isAbove(least, needed) ? needed : least;
	const blobs = blobsIn(files);
	const start = blobs
		.filter(({ kind, from }) => kind === 'snapshot' && !isAbove(from, wanted))
		.map(({ from }) => from)
		.sort(ascending)
		.at(-1);
	if (start === undefined) return [];
	return blobs
		.filter((blob) => isAbove(start, lower(blob)))
		.sort((a, b) => ascending(lower(a), lower(b)) || ORDER[a.kind] - ORDER[b.kind])
		.map(({ file }) => file);
};

/**
 * How many versions stay in a folder, 0 = all; with one alone no consumer could ever take a delta.
 * @throws Failure(64)
 */
export const keepOf = (text: string, where: string): number => {
	const keep = whole(text, where);
	if (keep === 1)
		throw new Failure(EXIT.usage, `${where}: "1" leaves no delta; write 2 or more, or 0 for all`);
	return keep;
};
