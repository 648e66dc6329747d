// route: how to get to a version: from a snapshot or from the state that one has, by deltas or by reverse deltas

import { EXIT, Failure } from '../../failure.ts';
import { isAbove, type Version } from '../version.ts';
import { deltaName } from './blob-name.ts';
import type { Contents } from './contents.ts';

/**
 * The versions to pass through, a snapshot first: from `from`, or else from the nearest snapshot at or below `to`.
 * @throws Failure when no blobs lead there, saying where the route ends.
 */
export const routeTo = ({ snapshots, next, back }: Contents, to: Version, from?: Version): Version[] => {
	const start = from ?? snapshots.findLast((one) => !isAbove(one, to));
	if (start === undefined || !snapshots.includes(start))
		throw new Failure(EXIT.unavailable, `no snapshot ${from ? `of ${from}` : `at or below ${to}`}`);
	const route = [start];
	const step = isAbove(start, to) ? back : next;
	const isBefore = (one: Version) => (step === next ? isAbove(to, one) : isAbove(one, to));
	for (let at = start; isBefore(at); ) {
		const following = step.get(at);
		if (following === undefined || (following !== to && !isBefore(following)))
			throw new Failure(EXIT.unavailable, `no way to ${to}: no ${deltaName(at, to)}, nor one in between`);
		if (step === next ? !isAbove(following, at) : !isAbove(at, following))
			throw new Failure(EXIT.data, `${deltaName(at, following)} leads the wrong way`);
		route.push(following);
		at = following;
	}
	return route;
};

/** The route, or the reason why there is none. */
const routeOrReason = (find: () => Version[]): Version[] | Failure => {
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
 * @throws Failure when no blobs lead there, saying where the route from below ends.
 */
export const routeFromSnapshot = (contents: Contents, to: Version): Version[] => {
	const up = routeOrReason(() => routeTo(contents, to));
	if (!(up instanceof Failure)) return up;
	const above = contents.snapshots.find((one) => isAbove(one, to));
	const down = above === undefined ? up : routeOrReason(() => routeTo(contents, to, above));
	if (down instanceof Failure) throw up;
	return down;
};

/** Versions after `at` to pass through by deltas or, when `to` is an older one, reverse deltas; undefined: none lead there. */
export const routeByDeltas = (contents: Contents, at: Version, to: Version): Version[] | undefined => {
	const route = routeOrReason(() => routeTo({ ...contents, snapshots: [at] }, to, at));
	return route instanceof Failure ? undefined : route.slice(1);
};
