// stamps: when a line of the time has to be written into a log whose source prints none
// Runs of whole lines in, the same runs out, with a `#!ts` line before the first line of each burst.

import { timeLine } from '../record.ts';
import { lastTimeIn } from '../time-lines.ts';

/**
 * Silence that ends a burst, in ms. A program that prints a histogram in one go never pauses this long,
 * not even on a busy machine; programs that print every second or slower always do.
 */
export const QUIET_MS = 100;

/**
 * A source that never falls silent (a line per event) gets a new time after this many ms all the same:
 * after the next empty line, which is where a histogram ends, or after twice as long at any line.
 */
export const LONG_BURST_MS = 1000;

/** The moment of a call: `mono` from a clock that never steps, `wall` since the epoch, both in ms. */
export type Moment = { mono: number; wall: number };

/** The stamps of one run of a program. */
export type Stamps = {
	/** The run of whole lines with the stamps it needs. */
	take: (bytes: Buffer, now: Moment) => Buffer;
	/** Everything taken is written: silence is counted from here, since a slow disk is no silent source. */
	done: (mono: number) => void;
};

/** Where in `bytes` a burst that goes on too long gets a new time, or -1 for not in this run. */
const placeInBurst = (bytes: Buffer, age: number, afterEmptyLine: boolean): number => {
	if (age < LONG_BURST_MS) return -1;
	if (afterEmptyLine) return 0;
	const empty = bytes.indexOf('\n\n');
	if (empty >= 0 && empty + 2 < bytes.length) return empty + 2;
	return age < 2 * LONG_BURST_MS ? -1 : 0;
};

const withStamp = (bytes: Buffer, at: number, ms: number): Buffer =>
	Buffer.concat([bytes.subarray(0, at), Buffer.from(`${timeLine(ms)}\n`), bytes.subarray(at)]);

/** Stamps for a source that may or may not print its own; once it has printed one, there are no others. */
export const createStamps = (): Stamps => {
	let own = false;
	let burstFrom = Number.NEGATIVE_INFINITY;
	let silentSince = Number.NEGATIVE_INFINITY;
	let endedEmpty = false;

	const placeOf = (bytes: Buffer, mono: number): number =>
		mono - silentSince >= QUIET_MS ? 0 : placeInBurst(bytes, mono - burstFrom, endedEmpty);

	return {
		take: (bytes, { mono, wall }) => {
			own ||= lastTimeIn(bytes) !== undefined;
			if (own) return bytes;
			const at = placeOf(bytes, mono);
			endedEmpty = bytes.at(-1) === 10 && (bytes.length === 1 || bytes.at(-2) === 10);
			if (at < 0) return bytes;
			burstFrom = mono;
			return withStamp(bytes, at, wall);
		},
		done: (mono) => {
			silentSince = mono;
		},
	};
};
