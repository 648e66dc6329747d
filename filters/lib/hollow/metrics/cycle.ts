// cycle: one version of the data set of metrics, and the lines as which it travels between stages
//
//   {"type":"hollow_metric","source":"web1","name":"cpu-lat","total":13,"unit":"us","buckets":[[0,1,5],[1,2,8]]}
//   {"type":"hollow_state","source":"web1","timestamp":"2025-11-21T00:00:00.000Z","aggregates":{"cpu-lat":13},"metrics":1}
//   {"type":"hollow_cycle","version":"20251121000000000","dataset":"ebpf_metrics","wide":false,"synthetic":false,"states":1}
//
// The metrics of a source, then its state, then the next source; the last line closes the cycle. The counts in the
// closing lines make a cycle of which a line was lost known as such: it is left out whole, never published in part.

import { type AnyRecord, type Bucket, type Exact, toBigInt } from '../../record.ts';
import { type CycleVersion, isCycleVersion } from '../version.ts';

/**
 * One series: `total` is the sum of the counts of its buckets or, without buckets, its value. `text` are buckets that
 * nobody has read, as JSON without the list's brackets; `buckets` is empty then.
 */
export type CycleMetric = { name: string; total: Exact; unit: string; buckets: Bucket[]; text?: string };

/** All of one source at one time; `timestamp` is ISO 8601 in UTC. */
export type CycleState = {
	source: string;
	timestamp: string;
	metrics: CycleMetric[];
	/** Totals by metric, over all its series. */
	aggregates: [name: string, total: Exact][];
};

/** A whole cycle. `wide`: its numbers are Longs, not Integers; `synthetic`: some of it is sample data. */
export type Cycle = {
	version: CycleVersion;
	dataset: string;
	wide: boolean;
	synthetic: boolean;
	states: CycleState[];
};

/** What a number may be: Java's smallest int and long stand for null and so cannot be stored. */
const MOST = { int: 2147483647n, long: 9223372036854775807n };

/** Whether a number can be stored as an Integer or, in a wide data set, as a Long. */
export const fits = (value: Exact, wide: boolean): boolean => {
	if (typeof value === 'number' && Number.isSafeInteger(value))
		return wide || (value >= -2147483647 && value <= 2147483647);
	try {
		const whole = toBigInt(value);
		const most = wide ? MOST.long : MOST.int;
		return whole <= most && whole >= -most;
	} catch {
		return false;
	}
};

/** A cycle as its lines, without newlines, in order. */
export function* linesOf({ states, ...cycle }: Cycle): Generator<string> {
	for (const { source, timestamp, aggregates, metrics } of states) {
		for (const { name, total, unit, buckets, text } of metrics) {
			const line = JSON.stringify({ type: 'hollow_metric', source, name, total, unit, buckets });
			yield text === undefined ? line : `${line.slice(0, -']}'.length)}${text}]}`;
		}
		const totals = Object.fromEntries(aggregates);
		const state = { source, timestamp, aggregates: totals, metrics: metrics.length };
		yield JSON.stringify({ type: 'hollow_state', ...state });
	}
	yield JSON.stringify({ type: 'hollow_cycle', ...cycle, states: states.length });
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isMap = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isWhole = (value: unknown): value is Exact => fits(value as Exact, true);
const isBucket = (value: unknown): value is Bucket =>
	Array.isArray(value) &&
	value.length === 3 &&
	isWhole(value[2]) &&
	(value[0] === null || isWhole(value[0])) &&
	(value[1] === null || isWhole(value[1]));

const metricOf = ({ source, name, total, unit, buckets }: AnyRecord): CycleMetric | undefined =>
	isText(source) && isText(name) && isWhole(total) && isText(unit)
		? Array.isArray(buckets) && buckets.every(isBucket)
			? { name, total, unit, buckets }
			: undefined
		: undefined;

const aggregatesOf = (value: unknown): [string, Exact][] | undefined => {
	if (!isMap(value)) return undefined;
	const pairs = Object.entries(value);
	return pairs.every((pair): pair is [string, Exact] => isWhole(pair[1])) ? pairs : undefined;
};

// The name stands in a header tag of at most 65,535 bytes, and in what is said about the data set.
const LONGEST_DATASET = 1000;

/** Whether a data set may be called so. */
export const isDatasetName = (name: string): boolean => name.length <= LONGEST_DATASET;

/** What `isDatasetName` asks for, in words. */
export const DATASET_NAME_RULE = `a name of at most ${LONGEST_DATASET} characters`;

/** Puts the lines of cycles together again. */
export type CycleReader = {
	/**
	 * Take a record; other types mean nothing here. Returns the cycle that it closes, when all of that is there.
	 * What is wrong with a line, or with a whole cycle that has to be left out, goes to `fault` in words.
	 */
	take: (record: AnyRecord) => Cycle | undefined;
	/** Whether lines of a cycle have come that is not closed yet. */
	isOpen: () => boolean;
};

export const createCycleReader = (fault: (what: string) => void): CycleReader => {
	let metrics: CycleMetric[] = [];
	let owner = '';
	let states: CycleState[] = [];
	let seen = new Set<string>();
	let broken = '';

	const spoil = (what: string) => {
		broken ||= what;
	};
	const takeMetric = (record: AnyRecord) => {
		const metric = metricOf(record);
		if (!metric) return spoil('a hollow_metric line is not what it should be');
		if (metrics.length > 0 && record.source !== owner)
			return spoil(`a line is missing: the state of ${owner} was not closed`);
		owner = record.source as string;
		metrics.push(metric);
	};
	const takeState = (record: AnyRecord) => {
		const { source, timestamp, metrics: count } = record;
		const aggregates = aggregatesOf(record.aggregates);
		const own = metrics;
		metrics = [];
		if (!isText(source) || !isText(timestamp) || !isCount(count) || !aggregates)
			return spoil('a hollow_state line is not what it should be');
		if (count !== own.length || (count > 0 && owner !== source))
			return spoil(`the state of ${source} has ${own.length} of its ${count} metrics`);
		if (new Set(own.map(({ name }) => name)).size < count) return spoil(`${source} has a metric twice`);
		if (seen.has(source)) return spoil(`the state of ${source} stands twice in it`);
		seen.add(source);
		states.push({ source, timestamp, metrics: own, aggregates });
	};
	const close = ({ version, dataset, wide, synthetic, states: count }: AnyRecord): Cycle | undefined => {
		const [own, left] = [states, metrics.length];
		const flaw =
			broken ||
			(left > 0 ? `the state of ${owner} is missing` : '') ||
			(count !== own.length ? `it has ${own.length} of its ${count} states` : '');
		[metrics, states, seen, broken] = [[], [], new Set(), ''];
		if (isText(dataset) && !isDatasetName(dataset)) {
			fault(`a data set has ${DATASET_NAME_RULE}, not ${dataset.length}; its cycle is left out`);
			return undefined;
		}
		if (
			!isCycleVersion(version) ||
			!isText(dataset) ||
			typeof wide !== 'boolean' ||
			typeof synthetic !== 'boolean'
		) {
			fault('a hollow_cycle line is not what it should be; its cycle is left out');
			return undefined;
		}
		if (flaw !== '') fault(`cycle ${version} is left out: ${flaw}`);
		return flaw === '' ? { version, dataset, wide, synthetic, states: own } : undefined;
	};
	return {
		take: (record) => {
			if (record.type === 'hollow_metric') takeMetric(record);
			if (record.type === 'hollow_state') takeState(record);
			return record.type === 'hollow_cycle' ? close(record) : undefined;
		},
		isOpen: () => metrics.length > 0 || states.length > 0 || broken !== '',
	};
};
