// sheet: the records of one print, no series twice, and notices that are said once while they hold

import {
	type Exact,
	type Gauge,
	type KnownRecord,
	type Measure,
	type Notice,
	type Sum,
	seriesKey,
} from '../record.ts';

type Attributes = Record<string, string>;

/** What a record is about. */
export type Series = { metric: string; unit: string; attributes: Attributes };

/** One print. */
export type Sheet = {
	ts: number;
	gauge: (series: Series, value: Exact) => void;
	/** A counter; `start` is when it began, where that is known. */
	sum: (series: Series, value: Exact, start: number | undefined) => void;
	notice: (kind: string, detail: string, more?: Pick<Notice, 'metric' | 'attributes' | 'count'>) => void;
	records: () => KnownRecord[];
};

/** Which notices the print before had; those are not said again. */
export type Said = Set<string>;

/** `twice` hears of a series that is there already; its second record is left out. */
export const createSheet = (
	ts: number,
	host: string,
	before: Said,
	twice: (series: Series) => void,
): Sheet & { said: Said } => {
	const records: KnownRecord[] = [];
	const known = new Set<string>();
	const said: Said = new Set();
	const add = (record: Measure) => {
		const key = seriesKey(record);
		if (known.has(key)) return twice(record);
		known.add(key);
		records.push(record);
	};
	return {
		ts,
		said,
		gauge: ({ metric, unit, attributes }, value) =>
			add({ type: 'gauge', ts, host, metric, unit, attributes, value } satisfies Gauge),
		sum: ({ metric, unit, attributes }, value, start) => {
			const began = start === undefined ? {} : { start };
			const kind = { temporality: 'cumulative', monotonic: true } as const;
			add({ type: 'sum', ts, ...began, host, metric, unit, attributes, ...kind, value } satisfies Sum);
		},
		notice: (kind, detail, more = {}) => {
			const key = JSON.stringify([kind, more.metric, more.attributes, detail]);
			const isNew = !before.has(key) && !said.has(key);
			said.add(key);
			if (isNew) records.push({ type: 'notice', ts, host, kind, count: 1, ...more, detail });
		},
		records: () => records,
	};
};
