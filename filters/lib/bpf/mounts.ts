// mounts: where a device, or a mount by its id, stands in the tree of files

import { readFileSync } from 'node:fs';

export type Mounts = {
	/** By MAJOR:MINOR. */
	devices: Map<string, string>;
	ids: Map<string, string>;
};

// Names are read again when they are this old, for what is mounted can change.
const FRESH_MS = 1000;

/** Blanks and the like are written as three octal digits. */
const plain = (text: string): string =>
	text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/**
 * The lines of /proc/PID/mountinfo. A device can be mounted at several places: it has the shortest of those where it is
 * mounted whole, the first of equal ones, before any of a part of it.
 */
export const mountsOf = (text: string): Mounts => {
	const mounts: Mounts = { devices: new Map(), ids: new Map() };
	const rank = new Map<string, number>();
	for (const line of text.split('\n').filter(Boolean)) {
		const [id, , device, root, point] = line.split(' ').map(plain) as [
			string,
			string,
			string,
			string,
			string,
		];
		mounts.ids.set(id, point);
		const own = point.length + (root === '/' ? 0 : 1 << 20);
		if (own >= (rank.get(device) ?? Number.POSITIVE_INFINITY)) continue;
		rank.set(device, own);
		mounts.devices.set(device, point);
	}
	return mounts;
};

/** What is mounted now, at most a second old. */
export const createMounts = (file = '/proc/self/mountinfo', now: () => number = Date.now) => {
	let [mounts, at] = [mountsOf(''), Number.NEGATIVE_INFINITY];
	return (): Mounts => {
		if (now() - at >= FRESH_MS) [mounts, at] = [mountsOf(readFileSync(file, 'utf8')), now()];
		return mounts;
	};
};
