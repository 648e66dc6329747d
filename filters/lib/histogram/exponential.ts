// exponential: buckets whose bounds grow by one factor, as Prometheus' native and OpenTelemetry's exponential histograms
// have them. Their buckets hold the upper bound where ours hold the lower: each of ours is taken for the one of theirs with
// the same bounds, so what lies exactly on a power of two counts one bucket higher than they would have counted it.

import { compare } from '../exact.ts';
import type { Bucket, Exact } from '../record.ts';

/** One bucket: which of the list (`at`), and of theirs the one whose bounds are base^index and base^(index + 1). */
export type Cell = { index: number; at: number };

/** A list of buckets as theirs, each side with its smallest values first. */
export type Exponential = {
	/** The base is 2^(2^-schema): 0 stands for 2, -1 for 4. */
	schema: number;
	/** No value of the zero bucket is further from zero; 0 when none of the buckets touches zero. */
	threshold: number;
	/** The buckets that touch zero. */
	zero: number[];
	positive: Cell[];
	negative: Cell[];
};

/** Half of what Prometheus' schemas reach: at -4 a bucket ends at 65,536 times its lower bound. */
const COARSEST = -4;

/** The exponent of a power of two; undefined for any other number. */
const exponentOf = (bound: Exact): number | undefined => {
	const value = BigInt(bound);
	if (value <= 0n || (value & (value - 1n)) !== 0n) return undefined;
	return value.toString(2).length - 1;
};

const negated = (bound: Exact): Exact => (typeof bound === 'number' ? -bound : (-BigInt(bound)).toString());

type Side = { from: number; to: number; at: number }[];

/** The exponents between which a bucket lies, on the side where its bounds are above zero. */
const spread = (lower: Exact, upper: Exact, at: number): Side[number] | undefined => {
	const [from, to] = [exponentOf(lower), exponentOf(upper)];
	return from === undefined || to === undefined ? undefined : { from, to, at };
};

const cellsOf = (side: Side, width: number): Cell[] =>
	side.map(({ from, at }) => ({ index: from / width, at }));

/**
 * The buckets, those that counted nothing too, as theirs; undefined when one of them has no end, or bounds of another kind.
 * Whole bounds that are powers of 2^(2^-n) are powers of two, so no schema is above 0.
 */
export const exponentialOf = (buckets: readonly Bucket[]): Exponential | undefined => {
	const [positive, negative]: [Side, Side] = [[], []];
	const zero: number[] = [];
	let threshold = 0;
	for (const [at, [lower, upper]] of buckets.entries()) {
		if (lower === null || upper === null) return undefined;
		if (compare(lower, 0) <= 0 && compare(upper, 0) >= 0) {
			for (const edge of [negated(lower), upper].filter((one) => compare(one, 0) > 0)) {
				if (exponentOf(edge) === undefined) return undefined;
				threshold = Math.max(threshold, Number(edge));
			}
			zero.push(at);
			continue;
		}
		const isAbove = compare(lower, 0) > 0;
		const one = isAbove ? spread(lower, upper, at) : spread(negated(upper), negated(lower), at);
		if (!one) return undefined;
		if (isAbove) positive.push(one);
		else negative.unshift(one);
	}
	const sides = [...positive, ...negative];
	const width = sides.length === 0 ? 1 : sides[0]!.to - sides[0]!.from;
	const schema = -Math.log2(width);
	if (!Number.isInteger(schema) || schema < COARSEST) return undefined;
	const isUneven = ({ from, to }: Side[number]) => to - from !== width || from % width !== 0;
	const isCovered = ({ from }: Side[number]) => 2 ** from < threshold;
	if (sides.some((one) => isUneven(one) || isCovered(one))) return undefined;
	return {
		// No minus zero.
		schema: schema + 0,
		threshold,
		zero,
		positive: cellsOf(positive, width),
		negative: cellsOf(negative, width),
	};
};
