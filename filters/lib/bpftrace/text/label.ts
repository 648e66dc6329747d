// label: the range in front of a bucket row, `[512, 1K)`, turned into exact bounds
// Suffixes are powers of 1024 in every release, and each end of a range may or may not have one.

import { type Range, rangeFrom } from '../../print/range.ts';

// A 64-bit number has at most 20 digits; more of them are no number that bpftrace printed.
const NUMBER = '(-?\\d{1,20}[KMGTPE]?)';
const RANGE = new RegExp(`^\\[${NUMBER}(?:\\]|, (?:${NUMBER}|\\.\\.\\.)\\))$`);
const BELOW = new RegExp(`^\\(\\.\\.\\., ${NUMBER}\\)$`);

// Labels repeat from print to print; the bound keeps a stream of ever new ones from filling memory.
const MOST_CACHED = 20_000;
const cache = new Map<string, Range>();

/** `-5`, `512`, `1K`, `4E` as a whole number. */
const numberOf = (text: string): bigint => {
	const power = ' KMGTPE'.indexOf(text.at(-1)!);
	return power < 1 ? BigInt(text) : BigInt(text.slice(0, -1)) << BigInt(power * 10);
};

const parse = (label: string): Range | undefined => {
	// Release 0.8: one inclusive row for 0 and 1 (and, unseen in the label, everything below).
	if (label === '[0, 1]') return rangeFrom(0n, 2n);
	const below = BELOW.exec(label);
	if (below) return rangeFrom(null, numberOf(below[1]!));
	const match = RANGE.exec(label);
	if (!match) return undefined;
	const lower = numberOf(match[1]!);
	if (label.endsWith(']')) return rangeFrom(lower, lower + 1n);
	const upper = match[2] === undefined ? null : numberOf(match[2]);
	return upper !== null && upper <= lower ? undefined : rangeFrom(lower, upper);
};

/** The range that a label names, or undefined when it names none: `[4, 2)`, `[3,`, `[x]`. */
export const rangeOf = (label: string): Range | undefined => {
	const known = cache.get(label);
	if (known) return known;
	const range = parse(label);
	if (!range) return undefined;
	if (cache.size >= MOST_CACHED) cache.clear();
	cache.set(label, range);
	return range;
};
