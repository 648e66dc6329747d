// version: the 17 digits of a version as the time that they are, UTC yyyyMMddHHmmssSSS

import type { Version } from './folder/folder.ts';

/** The last millisecond whose year has four digits. */
export const LATEST_MS = 253402300799999;

const stampOf = (ms: number): Version => new Date(ms).toISOString().replace(/\D+/g, '');

/** The version for a time in milliseconds since the epoch; one more than `last` where it is not above that. */
export const versionAt = (ms: number, last: Version = '0'): Version => {
	const stamp = stampOf(ms);
	return BigInt(stamp) > BigInt(last) ? stamp : String(BigInt(last) + 1n);
};

const DIGITS = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/;

/** The instant that the digits of a version stand for, in milliseconds; NaN when they are no time. */
export const millisOf = (version: Version): number => {
	const ms = DIGITS.test(version) ? Date.parse(version.replace(DIGITS, '$1-$2-$3T$4:$5:$6.$7Z')) : Number.NaN;
	// A day that its month does not have would be taken for one of the next.
	return !Number.isNaN(ms) && stampOf(ms) === version ? ms : Number.NaN;
};

const DAY_MS = 86_400_000;
// A machine that believes in an earlier time than this has not been told the time yet.
const EARLIEST_MS = Date.UTC(2025, 0, 1);

/**
 * Whether a version is of a time more than a day after `now`. Once published it would stand in the way of every true
 * one until then, for versions only grow.
 */
export const isAhead = (version: Version, now: number): boolean =>
	now > EARLIEST_MS && millisOf(version) - now > DAY_MS;

/** What is said of a version that is ahead. */
export const AHEAD = 'is more than a day ahead of the clock of this machine, and no true one could follow it';
