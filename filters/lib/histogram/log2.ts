// log2: the power-of-two buckets that bpftrace's hist() and bcc's log2 histograms use

import { EXIT, Failure } from '../failure.ts';
import { type Bucket, type Exact, exact } from '../record.ts';

const isPower = (value: bigint): boolean => value > 0n && (value & (value - 1n)) === 0n;

// Beyond 2^63 no kernel counter goes.
const MOST = 2n ** 63n;

/**
 * `0..1048576` as zero buckets `[0,1) [1,2) [2,4) ... [1048576,2097152)`, the numbers being lower bounds.
 * @throws Failure(64) when a bound is neither 0 nor a power of two up to 2^63, or they are the wrong way round.
 */
export const log2Range = (text: string, where: string): Bucket[] => {
	const match = /^(\d{1,20})\.\.(\d{1,20})$/.exec(text);
	const [first, last] = match ? [BigInt(match[1]!), BigInt(match[2]!)] : [1n, 0n];
	const isBound = (value: bigint) => value === 0n || (isPower(value) && value <= MOST);
	if (!match || first > last || !isBound(first) || !isBound(last)) {
		throw new Failure(
			EXIT.usage,
			`${where}: "${text}" is not FIRST..LAST, each 0 or a power of two; write 0..1048576`,
		);
	}
	const buckets: Bucket[] = [];
	for (let lower = first; lower <= last; ) {
		const upper = lower === 0n ? 1n : lower * 2n;
		buckets.push([exact(lower), exact(upper), 0]);
		lower = upper;
	}
	return buckets;
};

/** The bucket that a value falls into, with a count of one; what is below zero has one without a lower end. */
export const log2BucketOf = (value: Exact): Bucket => {
	if (Number(value) < 0) return [null, 0, 1];
	const whole = typeof value === 'string' ? BigInt(value) : BigInt(Math.floor(value));
	if (whole === 0n) return [0, 1, 1];
	const lower = 1n << BigInt(whole.toString(2).length - 1);
	return [exact(lower), exact(2n * lower), 1];
};
