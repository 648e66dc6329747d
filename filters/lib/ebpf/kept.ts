// kept: what came, a print at a time, for as long as questions about a range of time may look back, in bounded number

import type { Measure } from '../record.ts';
import { seriesKey } from '../record.ts';
import { SET_BACK } from '../series/delta.ts';
import { createSetBack } from '../series/set-back.ts';

/** All records of one module, host and time. */
export type KeptPrint = { module: string; host: string; ts: number; records: Map<string, Measure> };

export type KeptOptions = {
	/** How far back, ms of the stream's time. */
	spanMs: number;
	/** Records at most; the oldest prints go first. */
	mostRecords: number;
	moduleOf: (metric: string) => string;
	/** Prints had to go before their time. */
	onCut: () => void;
};

export type Kept = {
	take: (record: Measure) => void;
	/** Prints of these times, `from` inclusive, `to` exclusive, the oldest first. */
	range: (from: number, to: number) => KeptPrint[];
	/** Of each module and host the newest. */
	newest: () => KeptPrint[];
	/** Records held. */
	size: () => number;
};

const sourceOf = ({ module, host }: KeptPrint): string => JSON.stringify([module, host]);

export const createKept = ({ spanMs, mostRecords, moduleOf, onCut }: KeptOptions): Kept => {
	/** In the order in which they came; of one source also in that of their times, but for what came late. */
	const prints: KeptPrint[] = [];
	const latest = new Map<string, KeptPrint>();
	const isSetBack = createSetBack(SET_BACK);
	let size = 0;
	let now = Number.NEGATIVE_INFINITY;

	const dropOldest = () => {
		const gone = prints.shift()!;
		size -= gone.records.size;
		if (latest.get(sourceOf(gone)) === gone) latest.delete(sourceOf(gone));
	};
	const bound = () => {
		while (prints.length > 1 && prints[0]!.ts <= now - spanMs) dropOldest();
		if (size <= mostRecords || prints.length < 2) return;
		while (size > mostRecords && prints.length > 1) dropOldest();
		onCut();
	};
	const printFor = (record: Measure): KeptPrint => {
		const made = { module: moduleOf(record.metric), host: record.host, ts: record.ts, records: new Map() };
		const known = latest.get(sourceOf(made));
		if (known?.ts === record.ts) return known;
		const late = prints.findLast((one) => one.ts === made.ts && sourceOf(one) === sourceOf(made));
		if (late) return late;
		prints.push(made);
		if (!known || known.ts < made.ts) latest.set(sourceOf(made), made);
		return made;
	};
	return {
		take: (record) => {
			if (isSetBack(record.ts, now)) {
				while (prints.length > 0) dropOldest();
				now = record.ts;
			}
			const { records } = printFor(record);
			const key = `${record.synthetic ? '~' : ''}${seriesKey(record)}`;
			size += records.has(key) ? 0 : 1;
			records.set(key, record);
			now = Math.max(now, record.ts);
			bound();
		},
		range: (from, to) =>
			prints.filter(({ ts }) => ts >= from && ts < to).sort((left, right) => left.ts - right.ts),
		newest: () => [...latest.values()],
		size: () => size,
	};
};
