// identity: how a log is known again after a restart, when names have moved on and inodes may be reused
// Device and inode say which file, the hash of its first bytes says that it is still the same content.

import { createHash } from 'node:crypto';

/** How many of the first bytes are hashed; fewer while the file is shorter. */
export const HEAD_BYTES = 256;

/** A log: device and inode in digits, and the hash of its first `hashed` bytes (0 = it was empty). */
export type Identity = { dev: string; ino: string; hash: string; hashed: number };

const hashOf = (head: Buffer): string => createHash('sha256').update(head).digest('hex').slice(0, 32);

/** The identity of the file with this device and inode that begins with `head`. */
export const identityOf = (dev: string, ino: string, head: Buffer): Identity => {
	const seen = head.subarray(0, HEAD_BYTES);
	return { dev, ino, hash: hashOf(seen), hashed: seen.length };
};

/** Whether content that begins with `head` is, as far as was hashed, the content of `identity`. */
export const sameContent = ({ hash, hashed }: Identity, head: Buffer): boolean =>
	head.length >= hashed && hashOf(head.subarray(0, hashed)) === hash;

/** Whether two things are one inode of one device. */
export const sameInode = (a: { dev: string; ino: string }, b: { dev: string; ino: string }): boolean =>
	a.ino === b.ino && a.dev === b.dev;
