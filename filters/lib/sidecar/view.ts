// view: what is seen of one host at one print: its counts now, and those a window before

import { subtract } from '../exact.ts';
import { align } from '../histogram/layout.ts';
import type { Bucket } from '../record.ts';

/** The counts of one print; times in ms. A total is missing while nothing has said that it can be had. */
export type Print = {
	ts: number;
	/** Since when it counts, where the source says so. */
	start: number | undefined;
	totals: ReadonlyMap<string, bigint>;
	/** Reads by how long they took, us. */
	reads: Bucket[];
};

export type View = {
	host: string;
	synthetic: boolean;
	now: Print;
	/** The newest print that is at least a window older, of the same start; undefined until there is one. */
	before: Print | undefined;
};

/** How much a total rose in the window; undefined where that cannot be known. */
export const risen = ({ now, before }: View, name: string): bigint | undefined => {
	const after = now.totals.get(name);
	// A counter whose first series comes within the window began at zero.
	return after === undefined || !before ? undefined : after - (before.totals.get(name) ?? 0n);
};

/** So many milliseconds lie between the two prints. */
export const windowOf = ({ now, before }: View): number => (before ? now.ts - before.ts : 0);

/** What a record of this view has in common with every other. */
export const commonOf = ({ host, synthetic, now }: View) => ({
	ts: now.ts,
	host,
	...(synthetic && { synthetic }),
});

/** The reads of the window by how long they took; undefined where there is no window, or where bounds do not fit. */
export const readsOf = ({ now, before }: View): Bucket[] | undefined => {
	const rows = before && align(before.reads, now.reads);
	return rows?.map(([lower, upper, early, late]) => [lower, upper, subtract(late, early)]);
};
