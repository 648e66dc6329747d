// time: what time a print has, by `#!ts` lines or, before the first of them, by the clock
// Two prints in a row never have the same time.

// Without `#!ts` lines the clock is read anew after so long, for a stream that neither pauses nor repeats itself.
const LONGEST_PRINT_MS = 1000;

export type Time = {
	/** The time of the print that is read now; without `#!ts` it begins here. */
	ts: () => number;
	/** Whether a `#!ts` line is in force. */
	isTimed: () => boolean;
	/** A `#!ts` line: whether another print begins with it. */
	stamp: (ms: number) => boolean;
	/** Another print begins, without a `#!ts` line. */
	next: () => void;
	/** Without `#!ts` the time is over; whether it was. */
	pause: () => boolean;
	/** Whether a time without `#!ts` is in force, and whether it has been for too long. */
	isOpen: () => boolean;
	isOld: () => boolean;
};

export const createTime = (now: () => number): Time => {
	let stamped: number | undefined;
	let ts: number | undefined;
	let began = 0;

	const read = (): number => {
		if (ts === undefined) {
			ts = now();
			began = ts;
		}
		return ts;
	};
	const isOpen = () => stamped === undefined && ts !== undefined;
	return {
		ts: read,
		isTimed: () => stamped !== undefined,
		stamp: (ms) => {
			// Times that were given to prints behind the same `#!ts` are not given a second time.
			if (stamped !== undefined && ms >= stamped && ms <= read()) return false;
			stamped = ms;
			ts = ms;
			return true;
		},
		next: () => {
			const clock = now();
			const before = read();
			// A clock that was set back is followed, one that stands still is not.
			const isLater = clock > before || before - clock >= LONGEST_PRINT_MS;
			ts = stamped === undefined && isLater ? clock : before + 1;
			began = clock;
		},
		pause: () => {
			const wasOpen = isOpen();
			if (wasOpen) ts = undefined;
			return wasOpen;
		},
		isOpen,
		isOld: () => isOpen() && Math.abs(now() - began) >= LONGEST_PRINT_MS,
	};
};
