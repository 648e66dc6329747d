// waiting: says now and then for how long what is not delivered has been waiting, and when it is over

import type { Log } from '../log.ts';

/** What waits now: how many, and since when, on the monotonic clock (ms) that `now` is read from. */
export type WaitReport = (waiting: number, since: number, now: number) => void;

export type WaitOptions = {
	/** What waits, in the plural. */
	what: string;
	/** How often it is said, and from which age on; milliseconds. */
	everyMs: number;
	log: Log;
	/** Changes of a counter; these two may fall. */
	count: (name: string, by?: number) => void;
};

export const createWaitReport = ({ what, everyMs, log, count }: WaitOptions): WaitReport => {
	const shown = new Map<string, number>();
	let saidAt: number | undefined;

	const show = (name: string, value: number) => {
		count(name, value - (shown.get(name) ?? 0));
		shown.set(name, value);
	};
	return (waiting, since, now) => {
		const age = now - since;
		const seconds = Math.round(age / 1000);
		show('waiting', waiting);
		show('oldest_waits_s', seconds);
		// A wording of its own each time, so that the log does not take it for a repeat.
		if (age >= everyMs && (saidAt === undefined || now - saidAt >= everyMs)) {
			saidAt = now;
			log.warn(`${waiting} ${what} wait, the oldest for ${seconds} s`, {}, `waiting ${now}`);
		} else if (saidAt !== undefined && seconds === 0) {
			saidAt = undefined;
			log.info('nothing waits any more', {}, `recovered ${now}`);
		}
	};
};
