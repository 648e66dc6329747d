// number: counts and rates as people read them: 35,210; 16k; 0.25

import type { Exact } from '../record.ts';

/** At most three significant digits, without zeros at the end: 4.1, 1.02, 65.5, 262. */
export const threeDigits = (value: number): string => {
	const digits = Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
	return digits.includes('.') && !digits.includes('e') ? digits.replace(/\.?0+$/, '') : digits;
};

/** A whole number with all its digits, in groups of three. Fractions keep three digits. */
export const countText = (count: Exact): string => {
	if (typeof count === 'number' && !Number.isInteger(count)) return rateText(count);
	// Above 2^53 a plain number is not exact, and never comes as a count; 1e21 and more would be no digits.
	const digits = typeof count === 'number' ? BigInt(count).toString() : count;
	return digits.replace(/\B(?=(\d{3})+$)/g, ',');
};

const SHORT: [number, string][] = [
	[1e18, 'E'],
	[1e15, 'P'],
	[1e12, 'T'],
	[1e9, 'G'],
	[1e6, 'M'],
	[1e3, 'k'],
];

/** A count in little room: 950, 1.2k, 16k, 3.4M. Rounded, so never where the exact one belongs. */
export const shortCount = (count: Exact): string => {
	const value = Number(count);
	const size = Math.abs(value);
	if (!Number.isFinite(value)) return String(count);
	if (size < 1000) return Number.isInteger(value) ? String(value) : threeDigits(value);
	for (const [factor, suffix] of SHORT) {
		// 999,950 is 1M, not 1000k.
		if (size < factor * 0.99995 && factor > 1e3) continue;
		const scaled = value / factor;
		return `${Math.abs(scaled) >= 9.95 ? scaled.toFixed(0) : scaled.toFixed(1).replace(/\.0$/, '')}${suffix}`;
	}
	return String(value);
};

/** A rate: whole from 100 on, three significant digits below. */
export const rateText = (value: number): string => {
	if (!Number.isFinite(value)) return '\u2013';
	if (Math.abs(value) >= 99.95) return countText(Math.round(value));
	return Math.abs(value) < 0.001 && value !== 0 ? value.toExponential(1) : threeDigits(value);
};

/** A part of a whole in per cent; what is not nothing never reads as 0 %. */
export const shareText = (part: number): string => {
	const percent = part * 100;
	if (percent > 0 && percent < 0.01) return '< 0.01 %';
	return `${percent >= 99.995 ? 100 : threeDigits(percent)} %`;
};
