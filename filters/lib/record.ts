// record: the one line format that flows between stages, and the control lines beside it
// NDJSON with `type` first; the meaning is the OpenTelemetry metrics data model's, the spelling is short.

/** A whole number: a JSON number up to 2^53 - 1 in size, beyond that its decimal digits in a string. */
export type Exact = number | string;

/** `[lower, upper, count]`, half-open; `null` = unbounded. Sorted, no overlap, zero buckets may be left out. */
export type Bucket = [lower: Exact | null, upper: Exact | null, count: Exact];

/** Whether values count from a fixed start (`cumulative`) or since the record before (`delta`). */
export type Temporality = 'cumulative' | 'delta';

/** What every record carries. `ts` and `start` are whole milliseconds since the Unix epoch. */
export type Common = {
	ts: number;
	start?: number;
	host: string;
	metric: string;
	unit: string;
	attributes: Record<string, string>;
	/** True when the data came from a replay or a generator; every sink and page must show it. */
	synthetic?: boolean;
};

export type Histogram = { type: 'histogram' } & Common & {
		temporality: Temporality;
		buckets: Bucket[];
	};
export type Sum = { type: 'sum' } & Common & {
		temporality: Temporality;
		monotonic: boolean;
		value: Exact;
	};
export type Gauge = { type: 'gauge' } & Common & { value: Exact };
/** A record that a series is made of. */
export type Measure = Histogram | Sum | Gauge;
export type Sample = { type: 'sample' } & Common & { value: Exact };

/** Data quality, beside the series that it taints: what happened (`kind`), how often, in words. */
export type Notice = {
	type: 'notice';
	ts: number;
	host: string;
	metric?: string;
	attributes?: Record<string, string>;
	kind: string;
	count?: Exact;
	detail?: string;
	synthetic?: boolean;
};

/** The records that bpfpipe's own stages write. */
export type KnownRecord = Histogram | Sum | Gauge | Sample | Notice;

/** A record of any type, as it came off the line. */
export type AnyRecord = { type: string; [key: string]: unknown };

/** The short form of a whole number: a JSON number where that is exact, else its digits. */
export const exact = (value: bigint): Exact =>
	value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value.toString();

/**
 * A whole number off a record as a bigint.
 * @throws RangeError when it is neither a safe whole number nor a string of decimal digits.
 */
export const toBigInt = (value: Exact): bigint => {
	if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
	if (typeof value === 'string' && /^-?\d{1,40}$/.test(value)) return BigInt(value);
	throw new RangeError(`${JSON.stringify(value)} is not a whole number`);
};

/** One name for one series: equal exactly when host, metric, unit, type and attributes are equal. */
export const seriesKey = (
	record: Pick<Common, 'host' | 'metric' | 'unit' | 'attributes'> & { type: string },
) => {
	const { type, host, metric, unit, attributes } = record;
	const names = Object.keys(attributes);
	if (names.length > 1) names.sort();
	const parts = [type, host, metric, unit];
	for (const name of names) parts.push(name, attributes[name]!);
	return JSON.stringify(parts);
};

const TYPE = /^\{"type":"([a-z][a-z0-9_-]*)"/;

/** The type of a record line without reading the whole of it; '' when the line is no record. */
export const typeOf = (line: string): string => {
	const quick = TYPE.exec(line);
	if (quick) return quick[1]!;
	return parseRecord(line)?.type ?? '';
};

/** A record line as an object, or undefined when it is not a JSON object with a `type`. */
export const parseRecord = (line: string): AnyRecord | undefined => {
	try {
		const value = JSON.parse(line);
		const isRecord = typeof value === 'object' && value !== null && typeof value.type === 'string';
		return isRecord ? value : undefined;
	} catch {
		return undefined;
	}
};

const isText = (value: unknown): value is string => typeof value === 'string';
const isWhole = (value: unknown): value is Exact =>
	Number.isSafeInteger(value) || (isText(value) && /^-?\d{1,40}$/.test(value));
const isBound = (value: unknown): value is Exact | null => value === null || isWhole(value);
const isMillis = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** What is wrong with a record's common part, in words, or '' when all is well. */
const commonFault = (record: AnyRecord): string => {
	if (!isMillis(record.ts)) return '"ts" is not whole milliseconds since the epoch';
	if (record.start !== undefined && !isMillis(record.start)) return '"start" is not whole milliseconds';
	for (const key of ['host', 'metric', 'unit']) if (!isText(record[key])) return `"${key}" is not a string`;
	const { attributes } = record;
	const isMap = typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes);
	if (!isMap || !Object.values(attributes).every(isText)) return '"attributes" is not a map of strings';
	return '';
};

const isBelow = (a: Exact, b: Exact): boolean =>
	typeof a === 'number' && typeof b === 'number' ? a < b : toBigInt(a) < toBigInt(b);

const bucketsFault = (buckets: unknown): string => {
	if (!Array.isArray(buckets)) return '"buckets" is not a list';
	let edge: Exact | null | undefined;
	for (const bucket of buckets) {
		if (!Array.isArray(bucket) || bucket.length !== 3) return 'a bucket is not [lower, upper, count]';
		const [lower, upper, count] = bucket;
		if (!isBound(lower) || !isBound(upper) || !isWhole(count)) return 'a bucket is not of whole numbers';
		if (edge === null || (lower === null && edge !== undefined)) return 'buckets are not in order';
		if (lower !== null && edge !== undefined && isBelow(lower, edge)) return 'buckets overlap';
		if (lower !== null && upper !== null && !isBelow(lower, upper)) return 'a bucket is empty';
		edge = upper;
	}
	return '';
};

const isNumeric = (value: unknown): boolean => Number.isFinite(value) || isWhole(value);

/**
 * What is wrong with a record, in words, or '' when it is what its type promises.
 * Types that bpfpipe does not know are never wrong.
 */
export const faultIn = (record: AnyRecord): string => {
	switch (record.type) {
		case 'histogram':
			return commonFault(record) || temporalityFault(record) || bucketsFault(record.buckets);
		case 'sum':
			if (typeof record.monotonic !== 'boolean') return '"monotonic" is not true or false';
			return commonFault(record) || temporalityFault(record) || valueFault(record);
		case 'gauge':
		case 'sample':
			return commonFault(record) || valueFault(record);
		case 'notice':
			return isMillis(record.ts) && isText(record.kind) ? '' : '"ts" or "kind" is missing';
		default:
			return '';
	}
};

const temporalityFault = ({ temporality }: AnyRecord): string =>
	temporality === 'cumulative' || temporality === 'delta' ? '' : '"temporality" is not cumulative or delta';
const valueFault = ({ value }: AnyRecord): string => (isNumeric(value) ? '' : '"value" is not a number');

/** A barrier: everything before it came from before `position` of the source, whatever that holds. */
export type Position = Record<string, unknown>;

/**
 * What a source that is at the end of a finite input prints behind its last barrier. An end of input without it says
 * only that the source was stopped: what is still held will be read again.
 */
export const END_LINE = '#!end';

/**
 * A control line: the time of what follows, since when all of that print counts (behind its time), a barrier, or one of a
 * kind this release does not know.
 */
export type Control =
	| { kind: 'ts'; ms: number; synthetic: boolean }
	| { kind: 'start'; ms: number }
	| { kind: 'pos'; position: Position }
	| { kind: 'other' };

/** Whether a line is a control line, to be passed on in order by every stage. */
export const isControl = (line: string): boolean => line.startsWith('#!');

// Ten digits of seconds reach the year 2286; fourteen keep milliseconds exact.
const TS = /^#!ts (\d{1,13})(?:\.(\d{1,9}))?( synthetic)?\s*$/;
const START = /^#!start (\d{1,13})(?:\.(\d{1,9}))?\s*$/;

const millisOf = ([, seconds, fraction = '']: RegExpExecArray): number =>
	Number(seconds) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));

/** A control line read; a malformed one is `other`, so it passes on like one of a later release. */
export const parseControl = (line: string): Control => {
	const time = TS.exec(line);
	if (time) return { kind: 'ts', ms: millisOf(time), synthetic: time[3] !== undefined };
	const start = START.exec(line);
	if (start) return { kind: 'start', ms: millisOf(start) };
	if (line.startsWith('#!pos ')) {
		try {
			const position = JSON.parse(line.slice(6));
			if (typeof position === 'object' && position !== null) return { kind: 'pos', position };
		} catch {}
	}
	return { kind: 'other' };
};

/**
 * The control line for a time in milliseconds: `#!ts 1763712000` or `#!ts 1763712000.250`.
 * With `synthetic` at its end, what follows is sample data, and every record made of it says so.
 */
export const timeLine = (ms: number, synthetic = false): string =>
	`#!ts ${secondsOf(ms)}${synthetic ? ' synthetic' : ''}`;

/** The control line that says since when a print counts; it stands behind the `#!ts` of each print. */
export const startLine = (ms: number): string => `#!start ${secondsOf(ms)}`;

const secondsOf = (ms: number): string => {
	const rest = ms % 1000;
	return `${Math.floor(ms / 1000)}${rest === 0 ? '' : `.${String(rest).padStart(3, '0')}`}`;
};

/** The control line for a barrier. */
export const barrierLine = (position: Position): string => `#!pos ${JSON.stringify(position)}`;
