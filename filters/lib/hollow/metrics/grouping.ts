// grouping: records of one and the same time gathered into a cycle, again and again
// What was given out is kept until another time comes, so that a cycle to which more comes is given out whole again.

import type { Measure } from '../../record.ts';
import { merge, temporalityOf } from '../../series/merge.ts';
import { isSynthetic, nameOf, sourceOf } from '../../series/naming.ts';
import type { Version } from '../version.ts';
import { LATEST_MS, versionAt } from '../version.ts';
import type { Cycle } from './cycle.ts';
import { cycleStateOf, type Series, type SeriesText } from './cycle-state.ts';

export type GroupingOptions = {
	dataset: string;
	wide: boolean;
	/** In place of every host. */
	source: string | undefined;
	/** Told of what is left out, and why. */
	fault: (what: string) => void;
};

/** Records in, cycles out. */
export type Grouping = {
	/** Whether a cycle of another time than `ts` is there. */
	isOther: (ts: number) => boolean;
	/**
	 * Take a record into the cycle of its time; one of another time is forgotten. `text` are the buckets of a cumulative
	 * histogram which itself has none then.
	 */
	take: (record: Measure, text?: SeriesText) => void;
	/** Whether something has come since `close`. */
	isOpen: () => boolean;
	/** The cycle of everything of this time; undefined when nothing has come since, or nothing can be in it. */
	close: () => Cycle | undefined;
};

const isSameSeries = (a: Measure, b: Measure): boolean =>
	a.type === b.type && a.unit === b.unit && a.host === b.host && temporalityOf(a) === temporalityOf(b);

const wordsFor = (record: Measure): string =>
	`${[temporalityOf(record), record.type].filter(Boolean).join(' ')} in ${record.unit} of ${record.host}`;

const byText = (a: string, b: string): number => Number(a > b) - Number(a < b);

export const createGrouping = ({ dataset, wide, source, fault }: GroupingOptions): Grouping => {
	let time: number | undefined;
	let sources = new Map<string, Map<string, Series>>();
	let isOpen = false;
	let last: Version = '0';

	const seriesOf = (record: Measure): Map<string, Series> => {
		const isSample = record.synthetic === true || isSynthetic(record.host);
		const key = sourceOf(source ?? record.host, isSample);
		const known = sources.get(key) ?? new Map<string, Series>();
		sources.set(key, known);
		return known;
	};
	const take = (record: Measure, text?: SeriesText) => {
		if (record.ts > LATEST_MS)
			return fault(`${record.metric}: its time, ${record.ts}, is beyond the year 9999`);
		if (time !== record.ts) sources = new Map();
		time = record.ts;
		isOpen = true;
		const all = seriesOf(record);
		const name = nameOf(record.metric, record.attributes);
		const before = all.get(name);
		if (!before) all.set(name, { record, text });
		else if (isSameSeries(before.record, record)) all.set(name, { ...merge(before, record), text });
		else
			fault(
				`two series are called ${name}: the ${wordsFor(record)} comes behind the ${wordsFor(before.record)}`,
			);
	};
	const close = (): Cycle | undefined => {
		if (!isOpen || time === undefined) return undefined;
		isOpen = false;
		const timestamp = new Date(time).toISOString();
		const states = [...sources]
			.sort(([a], [b]) => byText(a, b))
			.map(([key, all]) => cycleStateOf(key, timestamp, all, { wide, fault }))
			.filter(({ metrics }) => metrics.length > 0);
		if (states.length === 0) return undefined;
		last = versionAt(time, last);
		const synthetic = states.some((state) => isSynthetic(state.source));
		return { version: last, dataset, wide, synthetic, states };
	};
	return {
		isOther: (ts) => time !== undefined && ts !== time,
		take,
		isOpen: () => isOpen,
		close,
	};
};
