// text: a histogram's line as bytes: its time, what names its series, and its buckets, without an object for each
// Only the form in which our own stages write it, with plain whole numbers; any other line is left to JSON.parse.

const START = Buffer.from('{"type":"histogram","ts":');
const BUCKETS = Buffer.from(',"buckets":[');
const [COMMA, ZERO, NINE, OPEN, CLOSE, END, N] = [44, 48, 57, 91, 93, 125, 110];
// Fifteen digits are below 2^53; more are left to those who know bigints.
const MOST_DIGITS = 15;

/** A line that was scanned. The fields hold until the next scan. */
export type HistogramText = {
	/**
	 * Whether `bytes` from `from` to `to`, without a newline, are a histogram in the usual form, its buckets in order and
	 * of whole numbers. The fields are those of the line then.
	 */
	scan: (bytes: Buffer, from: number, to: number) => boolean;
	/** Milliseconds since the epoch. */
	ts: number;
	/**
	 * All that names the series, `,"host":"web1", ... "temporality":"cumulative"`. It is not looked into: it is well when
	 * a line with the same text here was read as a whole.
	 */
	series: string;
	/** Where the list of buckets begins in the bytes, behind its bracket. */
	at: number;
	/** A hash of the bounds: equal bounds have equal ones. */
	layout: number;
};

const NULL = -1;
const NONE = -2;

export const createHistogramText = (): HistogramText => {
	let at = 0;
	/** The whole number or null that begins at `at`, which then is behind it; NONE when none does. */
	const number = (bytes: Buffer): number => {
		const first = at;
		let value = 0;
		for (let digit = bytes[at]!; digit >= ZERO && digit <= NINE; digit = bytes[++at]!)
			value = value * 10 + (digit - ZERO);
		const digits = at - first;
		if (digits > 0) return digits > MOST_DIGITS || (digits > 1 && bytes[first] === ZERO) ? NONE : value;
		if (bytes[at] !== N || bytes.toString('latin1', at, at + 4) !== 'null') return NONE;
		at += 4;
		return NULL;
	};
	const take = (bytes: Buffer, code: number): boolean => bytes[at++] === code;

	const mix = (hash: number, value: number): number =>
		Math.imul(hash ^ (value | 0), 0x01000193) ^ (value / 0x100000000);
	/** Read over the buckets and the end of the record. */
	const buckets = (bytes: Buffer): boolean => {
		let edge = 0;
		let hash = 0;
		for (let isFirst = true; bytes[at] !== CLOSE || !isFirst; isFirst = false) {
			if (!take(bytes, OPEN)) return false;
			const lower = number(bytes);
			if (!take(bytes, COMMA)) return false;
			const upper = number(bytes);
			if (!take(bytes, COMMA)) return false;
			const count = number(bytes);
			if (!take(bytes, CLOSE) || count < 0 || lower === NONE || upper === NONE) return false;
			if (edge === NULL || (lower === NULL ? !isFirst : lower < edge)) return false;
			if (upper !== NULL && upper <= lower) return false;
			edge = upper;
			hash = mix(mix(hash, lower), upper);
			if (bytes[at] !== COMMA) break;
			at += 1;
		}
		text.layout = hash;
		return take(bytes, CLOSE) && take(bytes, END);
	};
	const text: HistogramText = {
		ts: 0,
		series: '',
		at: 0,
		layout: 0,
		scan: (bytes, from, to) => {
			if (to - from < START.length || START.compare(bytes, from, from + START.length) !== 0) return false;
			at = from + START.length;
			text.ts = number(bytes);
			const begin = at;
			const end = bytes.indexOf(BUCKETS, begin);
			if (text.ts < 0 || bytes[begin] !== COMMA || end < 0 || end >= to) return false;
			text.series = bytes.toString('latin1', begin, end);
			at = end + BUCKETS.length;
			text.at = at;
			return buckets(bytes) && at === to;
		},
	};
	return text;
};
