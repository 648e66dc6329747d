// blob-name: how the files of a data set are called
//
//   snapshot-V   delta-FROM-TO   reversedelta-FROM-TO   header-V
//
// An optional part of a blob, with some of its types, lies beside it: snapshot_PART-V.

import { isAbove, type Version } from '../version.ts';

export const snapshotName = (version: Version): string => `snapshot-${version}`;
export const headerName = (version: Version): string => `header-${version}`;
/** The blob that leads from one version to the next or, when `to` is the lower one, back. */
export const deltaName = (from: Version, to: Version): string =>
	isAbove(to, from) ? `delta-${from}-${to}` : `reversedelta-${from}-${to}`;

/** What the name of a blob says. A snapshot and a header are of one version: `from` and `to` are equal. */
export type BlobName = {
	file: string;
	kind: 'snapshot' | 'header' | 'delta' | 'reversedelta';
	from: Version;
	to: Version;
};

const BLOB = /^(snapshot|header|delta|reversedelta)-(\d{1,19})(?:-(\d{1,19}))?$/;

/** The name of a blob in its parts; undefined for other files, which are none of our business. */
export const parseBlobName = (file: string): BlobName | undefined => {
	const [, kind, from, to] = BLOB.exec(file) ?? [];
	const isStep = kind === 'delta' || kind === 'reversedelta';
	if (kind === undefined || isStep !== (to !== undefined)) return undefined;
	return { file, kind: kind as BlobName['kind'], from: from!, to: to ?? from! };
};

/** Whether a file is an optional part of a blob. */
export const isPartOf = (file: string, blob: string): boolean => {
	const dash = blob.indexOf('-');
	return file.startsWith(`${blob.slice(0, dash)}_`) && file.endsWith(blob.slice(dash));
};
