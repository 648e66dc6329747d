// layout: the names of Hollow's blobs in an object store, and its index of snapshots
//
//   snapshot/HASH-V   delta/HASH-FROM   reversedelta/HASH-FROM   snapshot.index   announced.version
//
// As Netflix's hollow-reference-implementation has them (S3Publisher, S3BlobRetriever): HASH spreads the keys, the
// versions that a blob joins are in its metadata, and consumers compare a download with the MD5 in its ETag.

import { BlobError } from '../blob/bytes/errors.ts';
import { hashLong } from '../blob/bytes/hash.ts';
import type { Version } from '../version.ts';

export const INDEX = 'snapshot.index';

export type Kind = 'snapshot' | 'delta' | 'reversedelta';

/** The key of a blob below the prefix; a delta and a reverse delta go by the version that they start from. */
export const keyOf = (kind: Kind, version: Version): string => {
	const whole = BigInt(version);
	const hash = hashLong(Number(BigInt.asIntN(32, whole)), Number(BigInt.asIntN(32, whole >> 32n)));
	return `${kind}/${(hash >>> 0).toString(16)}-${version}`;
};

const vlong = (value: bigint): number[] => {
	const bytes = [Number(value & 127n)];
	for (let left = value >> 7n; left > 0n; left >>= 7n) bytes.unshift(Number(left & 127n) | 128);
	return bytes;
};

/** The index of the versions that have a snapshot: their gaps, ascending, as vlongs. */
export const encodeIndex = (versions: Iterable<Version>): Buffer => {
	const sorted = [...new Set(versions)].map(BigInt).sort((a, b) => (a < b ? -1 : 1));
	return Buffer.from(sorted.flatMap((one, at) => vlong(at === 0 ? one : one - sorted[at - 1]!)));
};

/**
 * The versions in an index.
 * @throws BlobError when it ends within a number, or a number is no version.
 */
export const decodeIndex = (bytes: Uint8Array): Version[] => {
	const versions: Version[] = [];
	let [at, last, gap] = [0, 0n, 0n];
	for (const [offset, byte] of bytes.entries()) {
		gap = (gap << 7n) | BigInt(byte & 127);
		if (offset - at > 9) throw new BlobError(at, 'a number of at most ten bytes');
		if (byte & 128) continue;
		last += gap;
		versions.push(String(last));
		[at, gap] = [offset + 1, 0n];
	}
	if (at < bytes.length) throw new BlobError(at, 'the end of a number');
	return versions;
};
