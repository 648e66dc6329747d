// records: points of a measure as the records that they were written from

import { add, compare } from '../exact.ts';
import type { AnyRecord, Bucket, Exact } from '../record.ts';
import { faultIn } from '../record.ts';
import type { Found } from './query.ts';
import { SERIES } from './series.ts';

/** What `series` says, as far as it has to be told apart; all of it may be somebody else's. */
type Identity = {
	type?: unknown;
	kind?: unknown;
	host?: unknown;
	metric?: unknown;
	unit?: unknown;
	attributes?: unknown;
	flags?: unknown;
	bounds?: unknown;
};

/** Records, the oldest first, and how many points are not of ours. */
export type Restored = { records: AnyRecord[]; foreign: number };

/** The points of one histogram. */
type Parts = { identity: Identity; ts: number; whole: Found | undefined; buckets: Bucket[] };

const identityOf = (text: string | undefined): Identity | undefined => {
	try {
		const value = JSON.parse(text ?? '');
		return typeof value === 'object' && value !== null ? value : undefined;
	} catch {
		return undefined;
	}
};

const exactOf = (text: string): Exact => {
	const number = Number(text);
	return Number.isSafeInteger(number) ? number : text;
};
const boundOf = (text: unknown): Exact | null =>
	text === '-inf' || text === '+inf' ? null : exactOf(String(text));

const has = ({ flags }: Identity, flag: string): boolean => Array.isArray(flags) && flags.includes(flag);

/** The keys in their usual order. */
const recordOf = (identity: Identity, ts: number, start: Exact | undefined, own: object): AnyRecord => {
	const { type, host, metric, unit, attributes } = identity;
	return {
		type: String(type),
		ts,
		...(start === undefined ? {} : { start }),
		host,
		metric,
		unit,
		attributes,
		...(type === 'gauge' ? {} : { temporality: has(identity, 'delta') ? 'delta' : 'cumulative' }),
		...(type === 'sum' ? { monotonic: !has(identity, 'falls') } : {}),
		...own,
		...(has(identity, 'synthetic') ? { synthetic: true } : {}),
	};
};

const scalarOf = ({ fields }: Found): Exact | undefined =>
	fields.get('value') ?? fields.get('value_int') ?? fields.get('value_float');

const byBound = ([a]: Bucket, [b]: Bucket): number => {
	if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
	return compare(a, b);
};

/** A histogram, or a notice that it is not whole: its parts are written one after the other. */
const histogramOf = ({ identity, ts, whole, buckets }: Parts): AnyRecord => {
	let total: Exact = 0;
	for (const [, , count] of buckets) total = add(total, count);
	const isWhole =
		whole?.fields.get('buckets') === buckets.length && compare(whole.fields.get('total') ?? -1, total) === 0;
	if (isWhole) return recordOf(identity, ts, whole.fields.get('start'), { buckets: buckets.sort(byBound) });
	const { host, metric, attributes } = identity;
	const detail = `${buckets.length} buckets, with ${total} in them, are not the ${whole?.fields.get('buckets') ?? '?'} with ${whole?.fields.get('total') ?? '?'}`;
	return { type: 'notice', ts, host, metric, attributes, kind: 'incomplete', count: 1, detail };
};

/** Whether a record is what it says it is: what is made of somebody else's points need not be. */
const isSound = (record: AnyRecord): boolean => faultIn(record) === '';

/** The records of points, the oldest first; all points of a time have to be among them. */
export const restore = (points: readonly Found[]): Restored => {
	const found: (AnyRecord | Parts)[] = [];
	const open = new Map<string, Parts>();
	let foreign = 0;
	const partsOf = (identity: Identity, ts: number): Parts => {
		const { bounds: _bounds, ...rest } = identity;
		const key = `${ts} ${JSON.stringify(rest)}`;
		const parts = open.get(key) ?? { identity: rest, ts, whole: undefined, buckets: [] };
		if (!open.has(key)) {
			open.set(key, parts);
			found.push(parts);
		}
		return parts;
	};
	for (const point of points) {
		const { ts, tags, fields } = point;
		const identity = identityOf(tags.get(SERIES));
		const value = scalarOf(point);
		if (identity?.type === 'histogram') {
			const parts = partsOf(identity, ts);
			const count = fields.get('count');
			if (!Array.isArray(identity.bounds)) parts.whole = point;
			else if (count !== undefined)
				parts.buckets.push([boundOf(identity.bounds[0]), boundOf(identity.bounds[1]), count]);
		} else if (identity?.type === 'notice') {
			const { type, ...rest } = identity;
			found.push({ type: String(type), ts, ...rest });
		} else if ((identity?.type === 'sum' || identity?.type === 'gauge') && value !== undefined) {
			found.push(recordOf(identity, ts, fields.get('start'), { value }));
		} else foreign += 1;
	}
	const records = found.map((one) => ('buckets' in one && 'whole' in one ? histogramOf(one as Parts) : one));
	const sound = (records as AnyRecord[]).filter(isSound);
	return { records: sound, foreign: foreign + records.length - sound.length };
};
