// cycle-state: the series of one source at one time as its state in a cycle
// What the data set cannot hold as it is stays out of it and is reported: nothing is rounded, wrapped or cut.

import { add, compare } from '../../exact.ts';
import { totalOf } from '../../histogram/total.ts';
import { LONGEST_LINE } from '../../lines.ts';
import { type Bucket, type Exact, exact, type Histogram, type Measure, toBigInt } from '../../record.ts';
import { nameOf } from '../../series/naming.ts';
import { type CycleMetric, type CycleState, fits, linesOf } from './cycle.ts';

/**
 * A series as a metric; `broken` says in words why it cannot be one. `text` are the buckets of the record where those
 * are not read.
 */
export type Series = { record: Measure; broken?: string; text?: SeriesText | undefined };

/** The buckets that counted something, as JSON without the list's brackets, and the sum of their counts; all of it fits. */
export type SeriesText = { counted: string; total: number };

/** `fault` is told of each metric, or aggregate, that is left out, and why. */
export type StateOptions = { wide: boolean; fault: (what: string) => void };

const EMPTY: Omit<CycleState, 'source'> = { timestamp: '', metrics: [], aggregates: [] };

/** What is wrong with a number, in words, or ''. */
const misfit = (value: Exact, wide: boolean): string => {
	if (typeof value === 'number' && !Number.isSafeInteger(value)) return `${value} is no exact whole number`;
	if (fits(value, wide)) return '';
	return `${value} does not fit ${wide ? 'a Long' : 'an Integer; --wide has Longs'}`;
};

/** The short form of a whole number. */
const short = (value: Exact): Exact => (typeof value === 'number' ? value : exact(toBigInt(value)));
const shortBound = (value: Exact | null): Exact | null => (value === null ? null : short(value));

const countedIn = ({ buckets }: Histogram): Bucket[] =>
	buckets
		.filter(([, , count]) => compare(count, 0) !== 0)
		.map(([lower, upper, count]) => [shortBound(lower), shortBound(upper), short(count)]);

/** What is wrong with the numbers of a metric, in words, or ''. */
const misfitIn = ({ total, buckets }: CycleMetric, wide: boolean): string => {
	for (const bucket of buckets) {
		for (const value of bucket) {
			const problem = value === null ? '' : misfit(value, wide);
			if (problem) return problem;
		}
	}
	const problem = misfit(total, wide);
	return problem && buckets.length > 0 ? `the total ${problem}` : problem;
};

/** A series as a metric; its numbers may yet be of any size, or with a fraction. */
const metricOf = (name: string, record: Measure): CycleMetric => {
	const { unit } = record;
	if (record.type !== 'histogram') return { name, total: record.value, unit, buckets: [] };
	const buckets = countedIn(record);
	return { name, total: totalOf(buckets), unit, buckets };
};

const textMetric = (name: string, { unit }: Measure, { total, counted }: SeriesText): CycleMetric => ({
	name,
	total,
	unit,
	buckets: [],
	text: counted,
});

// No unit of text takes more bytes in JSON than six, and no bucket, its numbers having been looked at, more than this.
const MOST_UNIT = 6;
const MOST_BUCKET = 80;
const MOST_HEAD = 512;

/** Whether the first line of a state, of one metric or else its own, is too long for the stages behind. */
const isTooLong = (state: CycleState): boolean => {
	const cycle = { version: '', dataset: '', wide: true, synthetic: true, states: [state] };
	for (const line of linesOf(cycle)) return Buffer.byteLength(line) + 1 > LONGEST_LINE;
	return false;
};

const isMetricTooLong = (source: string, metric: CycleMetric): boolean => {
	const { name, unit, buckets, text = '' } = metric;
	const units = source.length + name.length + unit.length;
	const most = MOST_HEAD + units * MOST_UNIT + buckets.length * MOST_BUCKET + text.length;
	return most > LONGEST_LINE && isTooLong({ ...EMPTY, source, metrics: [metric] });
};

const areTotalsTooLong = (source: string, aggregates: [string, Exact][]): boolean => {
	let most = MOST_HEAD + source.length * MOST_UNIT;
	for (const [name] of aggregates) most += name.length * MOST_UNIT + MOST_BUCKET;
	return most > LONGEST_LINE && isTooLong({ ...EMPTY, source, aggregates });
};

const TOO_LONG = `its line would be longer than ${LONGEST_LINE} bytes`;

type Totals = Map<string, Exact>;

const aggregatesOf = (source: string, totals: Totals, { wide, fault }: StateOptions): [string, Exact][] => {
	const all = [...totals].filter(([name, total]) => {
		const problem = misfit(total, wide);
		if (problem) fault(`${source}, the aggregate of ${name}: ${problem}`);
		return problem === '';
	});
	if (!areTotalsTooLong(source, all)) return all;
	fault(`${source}, all aggregates: ${TOO_LONG}`);
	return [];
};

/**
 * The state of a source, from its series by name. Aggregates add up histograms and sums by metric; one of which a
 * series is left out would be too small, and is left out too.
 */
export const cycleStateOf = (
	source: string,
	timestamp: string,
	all: Map<string, Series>,
	options: StateOptions,
): CycleState => {
	const totals: Totals = new Map();
	const spoiled = new Set<string>();
	const metrics: CycleMetric[] = [];
	for (const [name, { record, broken, text }] of all) {
		const made = text ? textMetric(name, record, text) : metricOf(name, record);
		const misfit = text ? '' : misfitIn(made, options.wide);
		const problem = broken ?? (misfit || (isMetricTooLong(source, made) ? TOO_LONG : ''));
		const group = nameOf(record.metric, {});
		if (problem) {
			options.fault(`${source} ${name}: ${problem}`);
			spoiled.add(group);
			continue;
		}
		const metric = { ...made, total: short(made.total) };
		metrics.push(metric);
		if (record.type !== 'gauge') totals.set(group, add(totals.get(group) ?? 0, metric.total));
	}
	for (const group of spoiled) totals.delete(group);
	return { source, timestamp, metrics, aggregates: aggregatesOf(source, totals, options) };
};
