// identity: how a log is known again after a restart, when names have moved on and inodes may be reused
// The inode and the time of its birth say which file; its first bytes, and those before a place, that it still holds
// what it held. The device is no part of it: after a reboot a disk may have another number.

import { createHash } from 'node:crypto';

/** How many of the first bytes are hashed; fewer while the file is shorter. */
export const HEAD_BYTES = 256;

/** How many bytes before a place are hashed; fewer near the start of a file, where they prove little. */
export const TRAIL_BYTES = 4096;

const NEWLINE = 10;

/** A log: device, inode and birth (ns, '0' = unknown) in digits, and the hash of its first `hashed` bytes (0 = it was empty). */
export type Identity = { dev: string; ino: string; born?: string; hash: string; hashed: number };

/** The hash of the `trailed` bytes before a place. Positions of earlier releases have none. */
export type Trail = { trail?: string; trailed?: number };

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32);

/** The identity of the file with this device, inode and birth that begins with `head`. */
export const identityOf = (file: { dev: string; ino: string; born: bigint }, head: Buffer): Identity => {
	const seen = head.subarray(0, HEAD_BYTES);
	const { dev, ino, born } = file;
	return { dev, ino, born: String(born), hash: hashOf(seen), hashed: seen.length };
};

/** Whether content that begins with `head` is, as far as was hashed, the content of `identity`. */
export const sameContent = ({ hash, hashed }: Identity, head: Buffer): boolean =>
	head.length >= hashed && hashOf(head.subarray(0, hashed)) === hash;

/** The bytes that stand before a place when `more` has come behind `trail`. A copy, so that nothing larger is kept. */
export const trailAfter = (trail: Buffer, more: Buffer): Buffer => {
	if (more.length >= TRAIL_BYTES) return Buffer.from(more.subarray(-TRAIL_BYTES));
	return Buffer.concat([trail.subarray(-(TRAIL_BYTES - more.length)), more]);
};

/** The trail of a place before which these bytes stand. */
export const trailOf = (before: Buffer): Trail => ({ trail: hashOf(before), trailed: before.length });

/**
 * Whether `before`, which stands before a place now, is what stood there then. A place of which only its offset is
 * known must at least be the start of a line.
 */
export const sameTrail = (place: Trail & { offset: number }, before: Buffer): boolean => {
	const { offset, trail, trailed = 0 } = place;
	if (trailed === 0) return offset === 0 || before.at(-1) === NEWLINE;
	return before.length >= trailed && hashOf(before.subarray(-trailed)) === trail;
};

/** Whether two things are one inode of one device, at one time. */
export const sameInode = (a: { dev: string; ino: string }, b: { dev: string; ino: string }): boolean =>
	a.ino === b.ino && a.dev === b.dev;

/** Whether a file is the one that was identified at any time before: another one may have got its inode since. */
export const sameFile = (
	{ ino, born = '0' }: Pick<Identity, 'ino' | 'born'>,
	file: { ino: string; born: bigint },
): boolean => ino === file.ino && (born === '0' || file.born === 0n || BigInt(born) === file.born);
