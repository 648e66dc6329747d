// base-unit: which unit Prometheus would rather have, and how much of it one of ours is: us is 10^-6 seconds
// What is no whole multiple of a decimal fraction (an hour below "per") and what two people read in two ways (KB) stays.

import type { Scale } from './scale.ts';

/** A unit, and what a value has to be multiplied by to be in it; nothing where it is so already. */
export type BaseUnit = { unit: string; scale: Scale | undefined };

type Part = { base: string; times: bigint; power: number };

const SMALL: Record<string, number> = { n: -9, u: -6, '\u00b5': -6, '\u03bc': -6, m: -3 };
const LARGE: Record<string, number> = { k: 3, M: 6, G: 9, T: 12, P: 15 };
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi'];
const BYTES = ['B', 'By'];

const parts = new Map<string, Part>();
const add = (unit: string, base: string, times: bigint, power: number) =>
	parts.set(unit, { base, times, power });

// Nobody counts in thousands of seconds, and Ms, Gs are other things.
for (const symbol of ['s', 'Hz', 'V', 'A', 'J', 'W', 'm', 'g'])
	for (const [prefix, power] of Object.entries({ ...SMALL, ...LARGE }))
		if (symbol !== 's' || power < 0) add(prefix + symbol, symbol, 1n, power);
for (const [prefix, power] of Object.entries(LARGE)) {
	for (const symbol of BYTES) add(prefix + symbol, 'By', 1n, power);
	add(`${prefix}bit`, 'By', 125n, power - 3);
}
for (const [at, prefix] of BINARY.entries()) {
	const times = 1024n ** BigInt(at + 1);
	for (const symbol of BYTES) add(prefix + symbol, 'By', times, 0);
	add(`${prefix}bit`, 'By', times * 125n, -3);
}
add('bit', 'By', 125n, -3);
add('%', 'ratio', 1n, -2);
add('percent', 'ratio', 1n, -2);
add('min', 's', 60n, 0);
add('h', 's', 3600n, 0);
add('d', 's', 86_400n, 0);
for (const [word, unit] of [
	['nanoseconds', 'ns'],
	['nsecs', 'ns'],
	['microseconds', 'us'],
	['usecs', 'us'],
	['milliseconds', 'ms'],
	['msecs', 'ms'],
	['minutes', 'min'],
	['hours', 'h'],
	['days', 'd'],
	['bits', 'bit'],
	['kilobytes', 'kB'],
	['megabytes', 'MB'],
	['gigabytes', 'GB'],
	['kibibytes', 'KiB'],
	['mebibytes', 'MiB'],
	['gibibytes', 'GiB'],
] as const)
	parts.set(word, parts.get(unit)!);

/** Below "per" only what a decimal fraction can be divided by: a power of ten. */
const isTen = ({ times, power }: Part): boolean => times === 1n && power < 0;

/** The base unit of a unit; the unit itself where there is none. */
export const baseUnitOf = (unit: string): BaseUnit => {
	const [over = '', ...under] = unit.split('/');
	const first = parts.get(over);
	const times = first?.times ?? 1n;
	let power = first?.power ?? 0;
	const names = [first?.base ?? over];
	for (const name of under) {
		const part = parts.get(name);
		const isScaled = part !== undefined && isTen(part);
		names.push(isScaled ? part.base : name);
		if (isScaled) power -= part.power;
	}
	const isSame = times === 1n && power === 0;
	return { unit: names.join('/'), scale: isSame ? undefined : { times, power } };
};
