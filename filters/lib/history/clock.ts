// clock: the stream's time, and what of it is not believed: a clock that was set back, and times that have not come yet

import { SET_BACK } from '../series/delta.ts';
import { createSetBack } from '../series/set-back.ts';

/** `back`: time was set back, and goes on from here; `early`: this is not believed, be it the first of many. */
export type Verdict = 'usual' | 'back' | 'early';

export type StreamClock = {
	/** A record of this time comes. */
	judge: (ts: number) => Verdict;
	/** Time has come to this. */
	time: (ms: number) => void;
	/** The newest time that was believed. */
	newest: () => number;
};

// What a clock may be ahead of ours; a single time beyond that would move the whole history out of reach.
const AHEAD_MS = 60_000;
// So much of a time of its own has to come without any other, to be believed all the same.
const INSISTS_MS = 15_000;

/** `now` is our own clock. */
export const createStreamClock = (now: () => number): StreamClock => {
	const isSetBack = createSetBack(SET_BACK);
	let newest = Number.NEGATIVE_INFINITY;
	let ahead: { first: number; last: number } | undefined;

	const isEarly = (ts: number): boolean => {
		const isUsual = newest < 0 || ts <= Math.max(newest, now()) + AHEAD_MS;
		if (isUsual) ahead = undefined;
		else if (!ahead || ts < ahead.first) ahead = { first: ts, last: ts };
		else ahead.last = Math.max(ahead.last, ts);
		return ahead !== undefined && ahead.last - ahead.first < INSISTS_MS;
	};
	const time = (ms: number) => {
		newest = Math.max(newest, ms);
	};
	const judge = (ts: number): Verdict => {
		if (isEarly(ts)) return 'early';
		ahead = undefined;
		const isBack = isSetBack(ts, newest);
		if (isBack) newest = ts;
		time(ts);
		return isBack ? 'back' : 'usual';
	};
	return {
		judge,
		time: (ms) => {
			// A time line is believed where a record would be.
			if (newest < 0 || ms <= Math.max(newest, now()) + AHEAD_MS) time(ms);
		},
		newest: () => newest,
	};
};
