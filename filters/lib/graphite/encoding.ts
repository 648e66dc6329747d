// encoding: one record as the lines that Graphite takes, `PATH VALUE EPOCH`
// HOST.METRIC.ATTRIBUTE....LOWER, a line for each bucket; with tags HOST.METRIC.LOWER;name=value.

import { percentile } from '../histogram/percentile.ts';
import type { Bucket, Exact, Gauge, Histogram, Notice, Sum } from '../record.ts';
import {
	type Escape,
	escapeNode,
	escapeNodes,
	escapeTag,
	type HostDots,
	joinNodes,
	joinTags,
	ownNodes,
} from './path.ts';

export type EncodeOptions = {
	/** A name for every metric instead of its own; dots separate nodes. */
	metric?: string | undefined;
	/** Nodes before everything else. */
	prefix?: string | undefined;
	escape: Escape;
	hostDots: HostDots;
	/** Attributes as tags instead of nodes. */
	tags: boolean;
	/** Percentiles (0-100) of each histogram, beside its buckets. */
	percentiles: number[];
	/** Values per second of `start` to `ts` instead of the values themselves. */
	rate: boolean;
	/** Told when a name had to be cut. */
	onCut: () => void;
};

/** The lines of a record. `undefined`: a rate was asked for, and the record does not say how long it counted. */
export type Encoder = {
	measure: (record: Histogram | Sum | Gauge) => string[] | undefined;
	notice: (record: Notice) => string;
};

const signed = (value: Exact): string => String(value).replace(/^-/, 'neg_');

/** The node of a bucket: its lower bound; `neg_8` below zero; `lt_0` without a lower bound; `all` without any. */
export const bucketNode = ([lower, upper]: Bucket): string => {
	if (lower !== null) return signed(lower);
	return upper === null ? 'all' : `lt_${signed(upper)}`;
};

const seconds = (ms: number): number => Math.floor(ms / 1000);

type Named = {
	host: string;
	metric?: string | undefined;
	attributes: Record<string, string>;
	synthetic?: boolean;
};

/** Names and paths out of records, every one of them safe. */
const createPaths = ({ metric, prefix, escape: how, hostDots, tags, onCut }: EncodeOptions) => {
	const nodes = (text: string) => escapeNodes(text, how, onCut);
	const before = prefix ? ownNodes(prefix, how, onCut) : [];
	const renamed = metric ? ownNodes(metric, how, onCut) : undefined;

	const hostNodes = (host: string): string[] => {
		const found = hostDots === 'keep' ? nodes(host) : [hostNode(host)];
		// So that no real host can pass for the mark of a replay.
		if (found[0] === 'synthetic') found[0] = escapeTag('synthetic', how);
		return found;
	};
	const hostNode = (host: string): string =>
		escapeNode(hostDots === 'underscore' ? host.replaceAll('.', '_') : host, how, onCut);
	const tagText = (attributes: Record<string, string>, synthetic: boolean): string => {
		const named = Object.entries(attributes).map(
			([name, value]) => `${escapeTag(name, how, onCut)}=${escapeNode(value, how, onCut)}`,
		);
		return joinTags(synthetic ? [...named, 'synthetic=true'] : named, onCut);
	};
	/** What goes before the last node of a series, and what goes behind it. */
	return (record: Named, ...more: string[]) => {
		const { host, metric: own, attributes, synthetic = false } = record;
		const named = [...hostNodes(host), ...(renamed ?? (own === undefined ? [] : nodes(own)))];
		const values = tags ? [] : Object.values(attributes).map((value) => escapeNode(value, how, onCut));
		const mark = synthetic && !tags ? ['synthetic'] : [];
		return {
			path: joinNodes([...before, ...mark, ...named, ...values, ...more], onCut),
			tail: tags ? tagText(attributes, synthetic) : '',
		};
	};
};

const isNumber = (value: unknown): boolean =>
	Number.isFinite(value) || (typeof value === 'string' && /^-?\d+$/.test(value));

/** The names on a notice; it promises no more than its kind and its time. */
const plain = ({ host, metric, attributes, synthetic }: Notice): Named => ({
	host: typeof host === 'string' ? host : '',
	metric: typeof metric === 'string' ? metric : undefined,
	attributes: Object.fromEntries(
		Object.entries(attributes ?? {}).map(([name, value]) => [name, String(value)]),
	),
	synthetic: synthetic === true,
});

export const createEncoder = (options: EncodeOptions): Encoder => {
	const { percentiles, rate } = options;
	const pathOf = createPaths(options);

	/** How a count is written, or undefined when it cannot be. */
	const scaleOf = (record: Histogram | Sum | Gauge): ((value: Exact) => Exact) | undefined => {
		if (!rate || record.type === 'gauge' || record.temporality !== 'delta') return (value) => value;
		const passed = record.ts - (record.start ?? record.ts);
		return passed > 0 ? (value) => (Number(value) * 1000) / passed : undefined;
	};
	const measure = (record: Histogram | Sum | Gauge): string[] | undefined => {
		const scale = scaleOf(record);
		if (!scale) return undefined;
		const { path, tail } = pathOf(record);
		const end = ` ${seconds(record.ts)}`;
		if (record.type !== 'histogram') return [`${path}${tail} ${scale(record.value)}${end}`];
		const { buckets } = record;
		const lines = buckets.map((bucket) => `${path}.${bucketNode(bucket)}${tail} ${scale(bucket[2])}${end}`);
		for (const percent of percentiles) {
			const value = percentile(buckets, percent);
			if (value !== undefined)
				lines.push(`${path}.p${String(percent).replace('.', '_')}${tail} ${value}${end}`);
		}
		return lines;
	};
	const notice = (record: Notice): string => {
		const { path, tail } = pathOf(
			plain(record),
			'notice',
			escapeNode(record.kind, options.escape, options.onCut),
		);
		return `${path}${tail} ${isNumber(record.count) ? record.count : 1} ${seconds(record.ts)}`;
	};
	return { measure, notice };
};
