// fold: of the series of one group at one time the heaviest as they are, and one series that holds all others
// A fold is only a sum, so light series can go into it before the rest of the group has come.

import { add, compare } from '../exact.ts';
import { align, sum } from '../histogram/layout.ts';
import { totalOf } from '../histogram/total.ts';
import type { Bucket, Exact, Histogram, KnownRecord, Measure, Notice, Sum } from '../record.ts';
import { seriesKey } from '../record.ts';
import { isDelta } from './step-series.ts';

/** The value of every attribute of a fold. */
const OTHER = 'other';
// Of the gauges that are left out. A notice is a line, and a line has an end.
const MOST_NAMED = 20;
const LONGEST_NAME = 200;

type Entry = { key: string; record: Measure; weight: Exact };

/** The series of one group at one time. */
export type Group = {
	/** Increments of one series are added up; of anything else the last record counts. */
	take: (record: Measure) => void;
	/** How many series are held one by one. */
	size: () => number;
	/** Fold what is too light so far. A series of the fold that comes again is weighed by what comes then. */
	shrink: () => void;
	/** Notices, then the heaviest series in the order in which they came, then the fold. */
	close: () => KnownRecord[];
};

/** One name for one group. Levels and increments, what may fall and what may not, real and replayed never mix. */
export const groupKey = (record: Measure): string => {
	const { type, host, metric, unit, synthetic } = record;
	const kind = type === 'gauge' ? '' : record.temporality;
	const mayFall = type === 'sum' && !record.monotonic;
	return JSON.stringify([type, host, metric, unit, kind, mayFall, synthetic === true]);
};

const weightOf = (record: Measure): Exact =>
	record.type === 'histogram' ? totalOf(record.buckets) : record.value;

/** Whether the record is a fold already, of this stage or of whoever else calls the rest "other". */
const isFold = ({ type, attributes }: Measure): boolean => {
	const values = Object.values(attributes);
	return type !== 'gauge' && values.length > 0 && values.every((value) => value === OTHER);
};

/** The heaviest first; of two that weigh the same the one whose key comes first. */
const byWeight = (a: Entry, b: Entry): number => compare(b.weight, a.weight) || (a.key < b.key ? -1 : 1);

/** The time since which all of both was counted, as far as they say so. */
const sinceBoth = (a: Measure, b: Measure): { start?: number } => {
	const starts = [a.start, b.start].filter((start) => start !== undefined);
	return starts.length > 0 ? { start: Math.min(...starts) } : {};
};

/** A series of the same group without what is only said of this one. */
const otherOf = (record: Histogram | Sum): Histogram | Sum => {
	const { ts, host, metric, unit, temporality, start, synthetic } = record;
	const common = { ts, host, metric, unit, attributes: {}, temporality };
	const rest = { ...(start !== undefined && { start }), ...(synthetic && { synthetic }) };
	return record.type === 'histogram'
		? { type: 'histogram', ...common, buckets: record.buckets, ...rest }
		: { type: 'sum', ...common, monotonic: record.monotonic, value: record.value, ...rest };
};

/** An empty group for records like `first`, of which `most` series stay as they are. */
export const createGroup = (first: Measure, most: number): Group => {
	const entries = new Map<string, Entry>();
	// Those of every series, so that the name of the fold does not depend on who is in it.
	const attributes = new Set<string>();
	const leftOut: string[] = [];
	let fold: Histogram | Sum | undefined;
	let folded = 0;
	let crossed = 0;

	const addBuckets = (a: Bucket[], b: Bucket[]): Bucket[] => {
		if (!align(a, b)) crossed += 1;
		return sum(a, b);
	};
	/** `b` with what `a` has added to it. */
	const added = <Record extends Measure>(a: Measure, b: Record): Record => {
		const since = sinceBoth(a, b);
		if (b.type === 'histogram')
			return { ...b, ...since, buckets: addBuckets((a as Histogram).buckets, b.buckets) };
		return { ...b, ...since, value: add((a as Sum).value, b.value) };
	};
	const take = (record: Measure) => {
		for (const name of Object.keys(record.attributes)) attributes.add(name);
		const key = seriesKey(record);
		const before = entries.get(key);
		const now = before && isDelta(record) ? added(before.record, record) : record;
		entries.set(key, { key, record: now, weight: weightOf(now) });
	};
	const foldIn = ({ key, record }: Entry) => {
		entries.delete(key);
		folded += 1;
		if (record.type !== 'gauge') fold = fold ? added(fold, otherOf(record)) : otherOf(record);
		else if (leftOut.length < MOST_NAMED)
			leftOut.push(JSON.stringify(record.attributes).slice(0, LONGEST_NAME));
	};
	const shrink = () => {
		const all = [...entries.values()];
		const folds = all.filter(({ record }) => isFold(record));
		// One that is a fold already stands for itself while nothing else has to go into it.
		if (folded === 0 && folds.length <= 1 && all.length - folds.length <= most) return;
		const others = all.filter(({ record }) => !isFold(record)).sort(byWeight);
		for (const entry of [...folds, ...others.slice(most)]) foldIn(entry);
	};
	const noticeOf = (kind: string, count: number, detail: string): Notice => {
		const { ts, host, metric, synthetic } = first;
		const notice: Notice = { type: 'notice', ts, host, metric, kind, count, detail };
		return synthetic ? { ...notice, synthetic } : notice;
	};
	/** What became of the series that did not pass. */
	const detail = (): string => {
		const { type, unit } = first;
		const which = `${folded} of ${folded + entries.size} series (${type}, ${unit})`;
		if (!fold) {
			const more = folded > leftOut.length ? ` and ${folded - leftOut.length} more` : '';
			return `${which} are left out, for gauges do not add up: ${leftOut.join(', ')}${more}`;
		}
		let total = weightOf(fold);
		for (const { weight } of entries.values()) total = add(total, weight);
		return `${which} are in "${OTHER}", with ${weightOf(fold)} of ${total}`;
	};
	const close = (): KnownRecord[] => {
		shrink();
		const out: KnownRecord[] = [];
		if (folded > 0) out.push(noticeOf('folded', folded, detail()));
		if (crossed > 0) out.push(noticeOf('layout', crossed, 'bucket bounds cross; those buckets are merged'));
		for (const { record } of entries.values()) out.push(record);
		const names = Object.fromEntries([...attributes].map((name) => [name, OTHER]));
		if (fold) out.push({ ...fold, attributes: names });
		return out;
	};
	return { take, size: () => entries.size, shrink, close };
};
