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
	/** The sum of the counts, below 2^53, and the largest number in the buckets. */
	total: number;
	most: number;
	/** The buckets of the line just scanned that counted something, as they stand in it, without the list's brackets. */
	counted: (bytes: Buffer) => string;
};

const NULL = -1;
const NONE = -2;

// Byte by byte: a call out of JavaScript costs more than all of it.
const startsAt = (bytes: Buffer, from: number): boolean => {
	for (let index = 0; index < START.length; index++) if (bytes[from + index] !== START[index]) return false;
	return true;
};

export const createHistogramText = (): HistogramText => {
	let at = 0;
	// Where the buckets end, and those that counted nothing, each with the comma behind it.
	let end = 0;
	const empty: number[] = [];

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
		let [edge, hash, total, most] = [0, 0, 0, 0];
		empty.length = 0;
		for (let isFirst = true; bytes[at] !== CLOSE || !isFirst; isFirst = false) {
			const begin = at;
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
			total += count;
			most = Math.max(most, lower, upper, count);
			const isLast = bytes[at] !== COMMA;
			if (!isLast) at += 1;
			if (count === 0) empty.push(begin, at);
			if (isLast) break;
		}
		end = at;
		[text.layout, text.total, text.most] = [hash, total, most];
		return take(bytes, CLOSE) && take(bytes, END) && total <= Number.MAX_SAFE_INTEGER;
	};
	const text: HistogramText = {
		ts: 0,
		series: '',
		at: 0,
		layout: 0,
		total: 0,
		most: 0,
		counted: (bytes) => {
			let from = text.at;
			let pieces = '';
			for (let index = 0; index < empty.length; index += 2) {
				pieces += bytes.toString('latin1', from, empty[index]);
				from = empty[index + 1]!;
			}
			pieces += bytes.toString('latin1', from, end);
			return pieces.endsWith(',') ? pieces.slice(0, -1) : pieces;
		},
		scan: (bytes, from, to) => {
			if (to - from < START.length || !startsAt(bytes, from)) return false;
			at = from + START.length;
			text.ts = number(bytes);
			const begin = at;
			const list = bytes.indexOf(BUCKETS, begin);
			if (text.ts < 0 || bytes[begin] !== COMMA || list < 0 || list >= to) return false;
			text.series = bytes.toString('latin1', begin, list);
			at = list + BUCKETS.length;
			text.at = at;
			return buckets(bytes) && at === to;
		},
	};
	return text;
};
