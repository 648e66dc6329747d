// quantity: values with their unit: microseconds as 16 µs and 1.02 ms, bytes as 4 KiB, intervals with both edges

import type { Exact } from '../record.ts';
import { shownName } from './name.ts';
import { countText, rateText, shortCount, threeDigits } from './number.ts';

type Row = readonly [lower: Exact | null, upper: Exact | null];
type Step = [size: number, name: string];

const TIME: Step[] = [
	[86_400e9, 'd'],
	[3600e9, 'h'],
	[60e9, 'min'],
	[1e9, 's'],
	[1e6, 'ms'],
	[1e3, 'µs'],
	[1, 'ns'],
];
const BYTES: Step[] = [
	[2 ** 60, 'EiB'],
	[2 ** 50, 'PiB'],
	[2 ** 40, 'TiB'],
	[2 ** 30, 'GiB'],
	[2 ** 20, 'MiB'],
	[2 ** 10, 'KiB'],
	[1, 'B'],
];

/** Units with larger and smaller ones: how many of the smallest one is, and the ladder. */
const LADDERS: Record<string, [factor: number, steps: Step[]]> = {
	ns: [1, TIME],
	us: [1e3, TIME],
	µs: [1e3, TIME],
	μs: [1e3, TIME],
	ms: [1e6, TIME],
	s: [1e9, TIME],
	By: [1, BYTES],
	B: [1, BYTES],
	bytes: [1, BYTES],
	KiBy: [2 ** 10, BYTES],
	KiB: [2 ** 10, BYTES],
	MiBy: [2 ** 20, BYTES],
};

const WORDS: Record<string, string> = {
	ns: 'nanoseconds',
	us: 'microseconds',
	µs: 'microseconds',
	μs: 'microseconds',
	ms: 'milliseconds',
	s: 'seconds',
	By: 'bytes',
	B: 'bytes',
	KiBy: 'kibibytes',
	'1': '',
};

/** The unit in words: us is microseconds; a unit that is not known stands as it is. */
export const unitWords = (unit: string): string => (Object.hasOwn(WORDS, unit) ? WORDS[unit]! : unit);

const ladderOf = (unit: string) => (Object.hasOwn(LADDERS, unit) ? LADDERS[unit] : undefined);

const MOST_UNIT = 24;

/** A unit that is not known, as a name from outside; `/s` is ours. */
const shownUnit = (unit: string): string => {
	if (unit === '/s') return unit;
	return unit.endsWith('/s') ? `${shownName(unit.slice(0, -2), MOST_UNIT)}/s` : shownName(unit, MOST_UNIT);
};

const split = (value: Exact, unit: string): [digits: string, unit: string] => {
	if (unit.length > 2 && unit.endsWith('/s') && ladderOf(unit.slice(0, -2))) {
		const [digits, name] = split(value, unit.slice(0, -2));
		return [digits, `${name}/s`];
	}
	const ladder = ladderOf(unit);
	if (!ladder) {
		const size = Math.abs(Number(value));
		const digits = size < 100_000 ? countText(value) : shortCount(value);
		return [digits, unit === '1' ? '' : shownUnit(unit)];
	}
	const [factor, steps] = ladder;
	const smallest = Number(value) * factor;
	const own = steps.find(([size]) => size === factor)!;
	// Whole minutes and more are easier as such only from two of them on.
	const step =
		smallest === 0
			? own
			: (steps.find(([size, name]) => Math.abs(smallest) >= size * (/^(min|h|d)$/.test(name) ? 2 : 0.9995)) ??
				steps.at(-1)!);
	return [threeDigits(smallest / step[0]), step[1]];
};

const joined = (digits: string, unit: string): string => (unit === '' ? digits : `${digits} ${unit}`);

/** A value with its unit, three significant digits: `1.02 ms`. */
export const valueText = (value: Exact, unit: string): string => joined(...split(value, unit));

/** The unit of what comes by the second. */
export const perSecond = (unit: string): string => (unit === '1' ? '/s' : `${unit}/s`);

/** A rate with its unit: `3,412 /s`, `1.2 MiB/s`. */
export const rateOfUnit = (value: number, unit: string): string =>
	ladderOf(unit) ? valueText(value, perSecond(unit)) : `${rateText(value)} ${shownUnit(perSecond(unit))}`;

/** Whether larger units are powers of two, so that round values are those of 1024 and not of 1000. */
export const isBinary = (unit: string): boolean => ladderOf(unit.replace(/\/s$/, ''))?.[1] === BYTES;

/** A bucket as an interval: `32 – 64 µs`, `512 µs – 1.02 ms`, `≥ 1.05 s`, `< 1 µs`. */
export const intervalText = ([lower, upper]: Row, unit: string): string => {
	if (lower === null && upper === null) return 'anything';
	if (upper === null) return `≥ ${valueText(lower!, unit)}`;
	if (lower === null) return `< ${valueText(upper, unit)}`;
	const [low, lowUnit] = split(lower, unit);
	const [high, highUnit] = split(upper, unit);
	// A zero has no unit of its own.
	const isSame = lowUnit === highUnit || Number(lower) === 0;
	return `${isSame ? low : joined(low, lowUnit)} – ${joined(high, highUnit)}`;
};

/** A bucket as what it is in figures: `[2.05 ms, 4.1 ms)`. */
export const bucketText = ([lower, upper]: Row, unit: string): string =>
	`${lower === null ? '(-∞' : `[${valueText(lower, unit)}`}, ${upper === null ? '∞' : valueText(upper, unit)})`;
