// diff-report: two versions of a folder are read and what differs between them is printed

import type { Output } from '../../output.ts';
import { Budget } from '../blob/budget.ts';
import { announcedIn } from '../folder/announcement.ts';
import { contentsOf } from '../folder/contents.ts';
import { loadAlong } from '../folder/loader.ts';
import { routeFromSnapshot } from '../folder/route.ts';
import type { Version } from '../version.ts';
import { compare } from './comparison.ts';
import { diffLines, tallies, talliesText } from './diff.ts';
import { asData, print } from './pieces.ts';

/** `to` is the announced version when it is not given; `limit` the most text in characters; `stats`: only counts. */
export type DiffRequest = { folder: string; from: Version; to?: Version; limit: number; stats: boolean };

/**
 * Print what changed from one version to another.
 * @throws Failure(69) when no blobs lead to one of them, Failure(65) for a broken blob or what exceeds the limit.
 */
export const printDiff = async (request: DiffRequest, output: Output): Promise<void> => {
	const { folder, from, to = announcedIn(folder), limit, stats } = request;
	const load = (version: Version) => loadAlong(folder, routeFromSnapshot(contentsOf(folder), version));
	const both = compare(load(from), load(to), new Budget(limit));
	await asData(() => print(stats ? talliesText(tallies(both)) : diffLines(both, { from, to }), output));
};
