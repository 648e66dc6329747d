// route: how to get from the state that one has to another version: by deltas, or by the nearest snapshot

import { EXIT, Failure } from '../../failure.ts';
import { type Contents, type Version, wayTo } from './folder.ts';

/** The way, or the reason why there is none. */
const tried = (find: () => Version[]): Version[] | Failure => {
	try {
		return find();
	} catch (error) {
		if (error instanceof Failure && error.code === EXIT.unavailable) return error;
		throw error;
	}
};

/**
 * Versions to pass through, a snapshot first: the nearest at or below `to`, or else the nearest above it and reverse
 * deltas, for retention leaves the oldest versions without what is before them.
 * @throws Failure when no blobs lead there, saying where the way from below ends.
 */
export const wayFromSnapshot = (contents: Contents, to: Version): Version[] => {
	const up = tried(() => wayTo(contents, to));
	if (!(up instanceof Failure)) return up;
	const above = contents.snapshots.find((one) => BigInt(one) > BigInt(to));
	const down = above === undefined ? up : tried(() => wayTo(contents, to, above));
	if (down instanceof Failure) throw up;
	return down;
};

/** Versions after `at` to pass through by deltas or, when `to` is an older one, reverse deltas; undefined: none lead there. */
export const wayByDeltas = (contents: Contents, at: Version, to: Version): Version[] | undefined => {
	const way = tried(() => wayTo({ ...contents, snapshots: [at] }, to, at));
	return way instanceof Failure ? undefined : way.slice(1);
};
