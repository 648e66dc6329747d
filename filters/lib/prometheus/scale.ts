// scale: values and bounds in another unit, exactly: decimal digits are moved and multiplied, no float comes near them

import { type Edge, edgesOf } from '../histogram/edges.ts';
import { type Bucket, type Exact, exact } from '../record.ts';
import { type Native, nativeOf } from './native.ts';

/** What a number is multiplied by: `times` x 10^`power`; from microseconds to seconds 1 x 10^-6. */
export type Scale = { times: bigint; power: number };

// Further from the point than that, digits are written with an exponent: a gauge of 1e300 is no line of 300 digits.
const MOST_ZEROS = 24;
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/;

/** Whole digits x 10^power, as text that reads back the same. */
const decimalText = (sign: string, whole: bigint, power: number): string => {
	if (whole === 0n) return '0';
	const all = whole.toString();
	const digits = all.replace(/0+$/, '');
	const exponent = power + all.length - digits.length;
	const places = -exponent;
	if (exponent > MOST_ZEROS || places > digits.length + MOST_ZEROS) return `${sign}${digits}e${exponent}`;
	if (places <= 0) return sign + digits + '0'.repeat(exponent);
	const padded = digits.padStart(places + 1, '0');
	return `${sign}${padded.slice(0, -places)}.${padded.slice(-places)}`;
};

/** A number as the text of that many of the other unit; without a scale it stays as it is. */
export const scaledText = (value: Exact, scale: Scale | undefined): string => {
	const text = String(value);
	if (!scale) return text;
	const match = DECIMAL.exec(text);
	if (!match) return text;
	const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
	const digits = BigInt(whole + fraction) * scale.times;
	return decimalText(sign, digits, Number(exponent) - fraction.length + scale.power);
};

/** The same as the nearest float. */
export const scaledNumber = (value: Exact, scale: Scale | undefined): number =>
	Number(scale ? scaledText(value, scale) : value);

/** The rows of the buckets, as they are told to readers whose bounds are inclusive: of whole numbers [2,4) ends at 3. */
export const scaledEdges = (buckets: readonly Bucket[], scale: Scale | undefined): Edge[] => {
	const edges = edgesOf(buckets);
	if (!scale) return edges;
	const scaled = (digits: string | undefined) => digits && scaledText(digits, scale);
	return edges.map(({ below, at }) => ({ below: scaled(below), at: scaled(at) }));
};

/**
 * The native form of the buckets; undefined where there is none. Powers of two stay so only when they are multiplied by one
 * (KiB to bytes): divided by a million they lie between the bounds that native histograms have.
 */
export const scaledNative = (buckets: readonly Bucket[], scale: Scale | undefined): Native | undefined => {
	if (!scale) return nativeOf(buckets);
	if (scale.power < 0) return undefined;
	const factor = scale.times * 10n ** BigInt(scale.power);
	const scaled = (bound: Exact | null) => (bound === null ? null : exact(BigInt(bound) * factor));
	return nativeOf(buckets.map(([lower, upper, count]) => [scaled(lower), scaled(upper), count]));
};
