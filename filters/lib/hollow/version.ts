// version: what a version of a data set is, in which order versions come, and which time one stands for
//
//   Version         up to 19 digits: what Hollow's producers and consumers call a version, a positive long of Java's
//   CycleVersion    the 17 digits that our own stages write: a time in UTC, yyyyMMddHHmmssSSS
//
// Versions compare as bigints: 17 digits are beyond 2^53.

/** A version as its digits. */
export type Version = string;

/** Whether a text is a version, whoever wrote it. */
export const isVersion = (text: string | undefined): text is Version => /^\d{1,19}$/.test(text ?? '');

/** Whether `a` is the newer version. */
export const isAbove = (a: Version, b: Version): boolean => BigInt(a) > BigInt(b);

const byDigits = (a: Version, b: Version): number => Number(a > b) - Number(a < b);

/** The older version first. Digits tell versions apart that differ in leading zeros alone. */
export const ascending = (a: Version, b: Version): number =>
	Number(isAbove(a, b)) - Number(isAbove(b, a)) || byDigits(a, b);

/** A version of a cycle: 17 digits, because Java's reader of folders wants all of one length. */
export type CycleVersion = Version;

/** Whether a value is a version as our stages write it. */
export const isCycleVersion = (value: unknown): value is CycleVersion =>
	typeof value === 'string' && /^[1-9]\d{16}$/.test(value);

/** The last millisecond whose year has four digits. */
export const LATEST_MS = 253402300799999;

const stampOf = (ms: number): CycleVersion => new Date(ms).toISOString().replace(/\D+/g, '');

/** The version for a time in milliseconds since the epoch; one more than `last` where it is not above that. */
export const versionAt = (ms: number, last: Version = '0'): CycleVersion => {
	const stamp = stampOf(ms);
	return isAbove(stamp, last) ? stamp : String(BigInt(last) + 1n);
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
