// document: what has one time as the JSON document of ebpf_to_json.py, with correct values

import { totalOf } from '../histogram/total.ts';
import type { Json } from '../json/json.ts';
import { objectOf } from '../json/text.ts';
import { type Exact, type Histogram, type Measure, type Notice, toBigInt } from '../record.ts';
import { type Merged, temporalityOf } from '../series/merge.ts';
import { nameOf, sourceOf } from '../series/naming.ts';
import type { Moment } from './gathering.ts';
import { rowJson, type Style } from './row.ts';
import { guessedUnit, titleOf, unitOf, wordOf } from './title.ts';

export type DocumentOptions = Style & {
	/** What `metadata.source_file` says. */
	sourceFile: string;
	/** Told of what is left out, and why. */
	fault: (what: string) => void;
};

const numberJson = (value: Exact): Json =>
	typeof value === 'number' && !Number.isSafeInteger(value) ? { number: String(value) } : toBigInt(value);

const boundJson = (bound: Exact | null, less: bigint): bigint | null =>
	bound === null ? null : toBigInt(bound) - less;

/** The entries of one part of the document, no two of one name. */
type Part = { members: [string, Json][]; names: Set<string> };

const createPart = (): Part => ({ members: [], names: new Set() });

/** A series, with the attributes by which it is told from others in this document. */
type Labelled = { record: Measure; attributes: Record<string, string> };

/** Where records of several hosts, or real and sample data, are in one document, `host` is an attribute of each. */
const labelled = (series: Merged[]): { hosts: string[]; all: Labelled[] } => {
	const hostOf = ({ host, synthetic }: Measure) => sourceOf(host, synthetic === true);
	const hosts = [...new Set(series.map(({ record }) => hostOf(record)))];
	if (hosts.length < 2)
		return { hosts, all: series.map(({ record }) => ({ record, attributes: record.attributes })) };
	const all = series.map(({ record }) => {
		const key = Object.hasOwn(record.attributes, 'host') ? 'of_host' : 'host';
		return { record, attributes: { ...record.attributes, [key]: hostOf(record) } };
	});
	return { hosts, all };
};

const histogramJson = (record: Histogram, title: string, { asBefore }: Style): Json[] => {
	const unit = asBefore ? guessedUnit(title) : unitOf(title, record.unit);
	return record.buckets.map(([lower, upper, count]) => {
		const bounds = { lower: boundJson(lower, 0n), upper: boundJson(upper, 1n) };
		return rowJson({ ...bounds, count: toBigInt(count), unit }, { asBefore });
	});
};

const entryOf = ({ record, attributes }: Labelled, title: string, style: Style): Json => {
	const marks = {
		attributes: Object.keys(attributes).length > 0 ? objectOf(attributes) : undefined,
		temporality: temporalityOf(record) === 'delta' ? 'delta' : undefined,
		synthetic: record.synthetic === true ? true : undefined,
	};
	if (record.type !== 'histogram')
		return objectOf({ value: numberJson(record.value), unit: wordOf(record.unit), ...marks });
	const data = histogramJson(record, title, style);
	return objectOf({ data, total: toBigInt(totalOf(record.buckets)), ...marks });
};

const noticeJson = ({ ts, host, kind, count, metric, attributes, detail, synthetic }: Notice): Json =>
	objectOf({
		timestamp: new Date(ts).toISOString(),
		kind,
		count: count === undefined ? undefined : numberJson(count),
		metric,
		attributes: attributes && objectOf(attributes),
		host,
		detail,
		synthetic,
	});

/** Notices, and one of what had to be left out of this document; undefined when there are none. */
export const noticesJson = (notices: Json[], left: string[]): Json | undefined => {
	if (left.length === 0) return notices.length > 0 ? notices : undefined;
	const notice = { kind: 'left_out', count: BigInt(left.length), detail: left[0]! };
	return [...notices, objectOf(notice)];
};

const temporalityIn = (series: Merged[]): string | undefined => {
	const words = new Set(series.map(({ record }) => temporalityOf(record)).filter((word) => word !== ''));
	if (!words.has('delta')) return undefined;
	return words.size > 1 ? 'mixed' : 'delta';
};

/** `cpu_usage_total`, as parse-histogram calls the predecessor's aggregate, beside a histogram of that name. */
const plainOf = (metric: string): string => metric.replace(/(?<=.)_total$/, '');

/**
 * The document of a moment. A series is called by its title, with its attributes behind it where it has some; where two
 * are called alike, the second is called by its metric, and the third is left out.
 */
export const documentOf = ({ ts, series, notices }: Moment, options: DocumentOptions): Json => {
	const { sourceFile } = options;
	const left: string[] = [];
	const fault = (what: string) => {
		left.push(what);
		options.fault(what);
	};
	const [metrics, aggregates, gauges] = [createPart(), createPart(), createPart()];
	const put = (part: Part, metric: string, one: Labelled, valueFor: (title: string) => Json) => {
		const title = titleOf(metric);
		const names = [title, one.record.metric].map((name) => nameOf(name, one.attributes));
		const name = names.find((each) => !part.names.has(each));
		if (name === undefined) return fault(`${names[1]}: another series has this name`);
		part.names.add(name);
		part.members.push([name, valueFor(title)]);
	};
	const { hosts, all } = labelled(series.filter(({ broken }) => broken === undefined));
	for (const { record, broken } of series) if (broken !== undefined) fault(`${record.metric}: ${broken}`);
	for (const one of all) {
		const { record } = one;
		if (record.type === 'histogram')
			put(metrics, record.metric, one, (title) => entryOf(one, title, options));
		else if (record.type === 'gauge')
			put(gauges, record.metric, one, (title) => entryOf(one, title, options));
		else put(aggregates, plainOf(record.metric), one, () => numberJson(record.value));
	}
	const isSynthetic = series.some(({ record }) => record.synthetic) || notices.some((one) => one.synthetic);
	return objectOf({
		metadata: objectOf({
			timestamp: new Date(ts).toISOString(),
			source_file: sourceFile,
			host: hosts.length === 1 ? hosts[0]! : undefined,
			hosts: hosts.length > 1 ? hosts : undefined,
			temporality: temporalityIn(series),
			synthetic: isSynthetic ? true : undefined,
		}),
		metrics,
		aggregates: aggregates.members.length > 0 ? aggregates : undefined,
		gauges: gauges.members.length > 0 ? gauges : undefined,
		notices: noticesJson(notices.map(noticeJson), left),
	});
};
