// payload: a cycle as the JSON that ebpf_to_hollow.py pushes, and that JSON from outside as a cycle
//
//   {"types":{"MetricsState":{"fields":{...}},...},"data":{"MetricsState":[{"timestamp":"2025-11-21T00:00:00.000Z",
//    "source":"web1","metrics":{"cpu-lat":{"name":"cpu-lat","total":13,"unit":"us",
//    "buckets":[{"lower":0,"upper":1,"count":5},{"lower":1,"upper":null,"count":8}]}},"aggregates":{"cpu-lat":13}}]}}
//
// A wide cycle's types say Long in place of Integer. A number beyond 2^53 is its decimal digits in a string.

import { totalOf } from '../../histogram/total.ts';
import { excerpt } from '../../log.ts';
import { type Bucket, type Exact, exact, toBigInt } from '../../record.ts';
import { isSynthetic } from '../../series/naming.ts';
import type { Version } from '../version.ts';
import { type Cycle, type CycleMetric, type CycleState, fits } from './cycle.ts';

/** A payload that is not what it should be; the message begins with the path of what is wrong. */
export class PayloadError extends Error {
	readonly path: string;
	constructor(path: string, problem: string) {
		super(path === '' ? `the payload: ${problem}` : `${path}: ${problem}`);
		this.name = 'PayloadError';
		this.path = path;
	}
}

const typesFor = (isWide: boolean) => {
	const number = isWide ? 'Long' : 'Integer';
	return {
		MetricsState: {
			fields: {
				timestamp: 'String',
				source: 'String',
				metrics: 'Map<String, Metric>',
				aggregates: `Map<String, ${number}>`,
			},
		},
		Metric: { fields: { name: 'String', total: number, unit: 'String', buckets: 'List<MetricBucket>' } },
		MetricBucket: { fields: { lower: number, upper: number, count: number } },
	};
};

const bucketText = ([lower, upper, count]: Bucket): string => JSON.stringify({ lower, upper, count });

// So many buckets make about 50 KiB of text.
const BUCKETS_AT_ONCE = 1000;
const PIECE_CHARS = 64 * 1024;

function* metricJson({ name, total, unit, buckets }: CycleMetric): Generator<string> {
	const head = JSON.stringify({ name, total, unit }).slice(0, -1);
	yield `${JSON.stringify(name)}:${head},"buckets":[`;
	for (let at = 0; at < buckets.length; at += BUCKETS_AT_ONCE) {
		const run = buckets.slice(at, at + BUCKETS_AT_ONCE);
		yield (at > 0 ? ',' : '') + run.map(bucketText).join(',');
	}
	yield ']}';
}

function* stateJson({ timestamp, source, metrics, aggregates }: CycleState): Generator<string> {
	yield `${JSON.stringify({ timestamp, source }).slice(0, -1)},"metrics":{`;
	for (const [at, metric] of metrics.entries()) {
		if (at > 0) yield ',';
		yield* metricJson(metric);
	}
	yield `},"aggregates":${JSON.stringify(Object.fromEntries(aggregates))}}`;
}

function* payloadJson({ wide, states }: Cycle): Generator<string> {
	yield `{"types":${JSON.stringify(typesFor(wide))},"data":{"MetricsState":[`;
	for (const [at, state] of states.entries()) {
		if (at > 0) yield ',';
		yield* stateJson(state);
	}
	yield ']}}';
}

/** A cycle as the predecessor's JSON, in pieces of about 64 KiB: a million buckets never become one string. */
export function* payloadText(cycle: Cycle): Generator<string> {
	let piece = '';
	for (const text of payloadJson(cycle)) {
		piece += text;
		if (piece.length < PIECE_CHARS) continue;
		yield piece;
		piece = '';
	}
	if (piece !== '') yield piece;
}

// As long as the longest line between stages: nothing that is longer could travel on.
const LONGEST_TEXT = 1024 * 1024;

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

/** A value in a message, cut short: it may be as large, and as deep, as it likes. */
const excerptOf = (value: unknown): string => {
	if (Array.isArray(value)) return 'a list';
	if (typeof value === 'object' && value !== null) return 'an object';
	return typeof value === 'string' ? excerpt(value) : String(value);
};

const at = (path: string, key: string): string => `${path}[${excerpt(key)}]`;

const fieldsOf = (path: string, value: unknown): Fields => {
	if (isFields(value)) return value;
	throw new PayloadError(path, isAbsent(value) ? 'is missing' : `${excerptOf(value)} is no object`);
};

const listOf = (path: string, value: unknown): unknown[] => {
	if (Array.isArray(value)) return value;
	throw new PayloadError(path, isAbsent(value) ? 'is missing' : `${excerptOf(value)} is no list`);
};

const textOf = (path: string, value: unknown, missing: string): string => {
	if (isAbsent(value)) return missing;
	if (typeof value !== 'string') throw new PayloadError(path, `${excerptOf(value)} is no text`);
	if (value.length > LONGEST_TEXT)
		throw new PayloadError(path, `a text of ${value.length} characters is longer than ${LONGEST_TEXT}`);
	return value;
};

const numberOf = (path: string, value: unknown, isWide: boolean): Exact => {
	if (isAbsent(value)) throw new PayloadError(path, 'is missing');
	if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && isWide)
		throw new PayloadError(path, `${value} may have been rounded; beyond 2^53, give the digits as a string`);
	const isDigits = typeof value === 'string' && /^-?\d{1,40}$/.test(value);
	if (!isDigits && !Number.isInteger(value))
		throw new PayloadError(path, `${excerptOf(value)} is no whole number`);
	const number = value as Exact;
	if (!fits(number, isWide))
		throw new PayloadError(path, `${excerptOf(value)} does not fit ${isWide ? 'a Long' : 'an Integer'}`);
	return exact(toBigInt(number));
};

const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?$/;

/** A time as ISO 8601 in UTC. One without a zone, as the predecessor wrote it, is taken to be in UTC. */
const timestampOf = (path: string, value: unknown, missing: string | undefined): string => {
	if (isAbsent(value) && missing === undefined) throw new PayloadError(path, 'is missing');
	const text = textOf(path, value, missing ?? '');
	const [, day, time, zone = 'Z'] = TIME.exec(text) ?? [];
	const date = new Date(`${day}T${time}${zone}`);
	const iso = Number.isNaN(date.getTime()) ? '' : date.toISOString();
	if (/^\d{4}-/.test(iso)) return iso;
	throw new PayloadError(path, `${excerptOf(text)} is no time; write 2025-11-21T00:00:00.000Z`);
};

const bucketOf = (path: string, value: unknown, isWide: boolean): Bucket => {
	const { lower, upper, count } = fieldsOf(path, value);
	const bound = (name: string, one: unknown) =>
		isAbsent(one) ? null : numberOf(`${path}.${name}`, one, isWide);
	return [bound('lower', lower), bound('upper', upper), numberOf(`${path}.count`, count, isWide)];
};

const metricOf = (path: string, key: string, value: unknown, isWide: boolean): CycleMetric => {
	const metric = fieldsOf(path, value);
	const name = textOf(`${path}.name`, metric.name, key);
	if (name !== key)
		throw new PayloadError(`${path}.name`, `${excerptOf(name)} is not the key that it stands under`);
	const list = isAbsent(metric.buckets) ? [] : listOf(`${path}.buckets`, metric.buckets);
	const buckets = list.map((bucket, index) => bucketOf(`${path}.buckets[${index}]`, bucket, isWide));
	const isCounted = isAbsent(metric.total) && buckets.length > 0;
	const total = isCounted ? totalOf(buckets) : metric.total;
	const unit = textOf(`${path}.unit`, metric.unit, 'count');
	return { name, total: numberOf(`${path}.total`, total, isWide), unit, buckets };
};

type Defaults = { wide: boolean; timestamp: string | undefined };

const stateOf = (path: string, value: unknown, { wide, timestamp }: Defaults): CycleState => {
	const state = fieldsOf(path, value);
	const source = textOf(`${path}.source`, state.source, 'unknown');
	const metrics = Object.entries(fieldsOf(`${path}.metrics`, state.metrics));
	const totals = isAbsent(state.aggregates) ? {} : fieldsOf(`${path}.aggregates`, state.aggregates);
	const keyOf = (key: string, where: string) => textOf(at(where, key), key, '');
	return {
		source,
		timestamp: timestampOf(`${path}.timestamp`, state.timestamp, timestamp),
		metrics: metrics.map(([key, one]) => {
			const where = at(`${path}.metrics`, keyOf(key, `${path}.metrics`));
			return metricOf(where, key, one, wide);
		}),
		aggregates: Object.entries(totals).map(([key, one]) => [
			keyOf(key, `${path}.aggregates`),
			numberOf(at(`${path}.aggregates`, key), one, wide),
		]),
	};
};

/** Whether the numbers are Longs. Types that are not given, or leave a field out, say Integer. */
const wideOf = (types: unknown): boolean => {
	if (isAbsent(types)) return false;
	const all = fieldsOf('types', types);
	const isLong = (type: string, field: string, [narrow, wide]: [string, string]): boolean | undefined => {
		if (isAbsent(all[type])) return undefined;
		const path = `types.${type}`;
		const word = fieldsOf(`${path}.fields`, fieldsOf(path, all[type]).fields)[field];
		if (isAbsent(word)) return undefined;
		const plain = typeof word === 'string' ? word.slice(0, 100).replaceAll(' ', '') : '';
		if (plain === narrow || plain === wide) return plain === wide;
		throw new PayloadError(`${path}.fields.${field}`, `${excerptOf(word)} is neither ${narrow} nor ${wide}`);
	};
	const found = [
		isLong('MetricsState', 'aggregates', ['Map<String,Integer>', 'Map<String,Long>']),
		isLong('Metric', 'total', ['Integer', 'Long']),
		...['lower', 'upper', 'count'].map((field) => isLong('MetricBucket', field, ['Integer', 'Long'])),
	].filter((one) => one !== undefined);
	if (new Set(found).size > 1)
		throw new PayloadError('types', 'some numbers are Integers and some are Longs');
	return found[0] ?? false;
};

/**
 * A payload from outside as a cycle. Unknown keys are ignored; a missing unit is `count`, a missing source `unknown`, a
 * missing total the sum of the buckets, a missing bound open. A missing timestamp is `timestamp` (ISO 8601) when that
 * is given: the predecessor put the time of the push there.
 * @throws PayloadError for everything else that is not as it should be.
 */
export const cycleFromPayload = (
	payload: unknown,
	version: Version,
	dataset: string,
	timestamp?: string,
): Cycle => {
	const { types, data } = fieldsOf('', payload);
	const wide = wideOf(types);
	const list = listOf('data.MetricsState', fieldsOf('data', data).MetricsState);
	const states = list.map((one, index) => stateOf(`data.MetricsState[${index}]`, one, { wide, timestamp }));
	const seen = new Set<string>();
	for (const [index, { source }] of states.entries()) {
		if (seen.has(source))
			throw new PayloadError(`data.MetricsState[${index}].source`, `${excerptOf(source)} stands twice`);
		seen.add(source);
	}
	return { version, dataset, wide, synthetic: states.some(({ source }) => isSynthetic(source)), states };
};
