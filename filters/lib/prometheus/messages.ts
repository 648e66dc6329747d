// messages: families and their series as io.prometheus.client messages

import protobuf, { type Writer } from 'protobufjs/minimal.js';
import { type Edge, floatRows, isSameLayout, type Row } from '../histogram/edges.ts';
import { totalOf } from '../histogram/total.ts';
import { BUCKET, COUNTER, FAMILY, FAMILY_TYPE, GAUGE, HISTOGRAM, LABEL, METRIC } from '../protobuf/fields.ts';
import { isUnsigned64, writeCount } from '../protobuf/numbers.ts';
import { writeTime } from '../protobuf/time.ts';
import type { Bucket, Exact } from '../record.ts';
import {
	type Family,
	helpIn,
	type Kind,
	type Member,
	type MessageOptions,
	nameIn,
	unitOf,
} from './family.ts';
import type { Labels } from './labels.ts';
import { type Native, writeNative } from './native.ts';
import { type Scale, scaledEdges, scaledNative } from './scale.ts';
import { type MessageStyle, type Spelling, spellingOf } from './style.ts';

/** What all messages of one series have. */
export type Own = { labels: Labels; start?: number | undefined; ts?: () => number };

type InMessages = Required<Pick<Member, 'message'>> & Pick<Member, 'isNative'>;

const writeLabel = (writer: Writer, name: string, value: string) => {
	writer.uint32(METRIC.label).fork();
	writer.uint32(LABEL.name).string(name).uint32(LABEL.value).string(value);
	writer.ldelim();
};

/** The labels of a series as bytes, which are kept: they never change, and are most of a message. */
const labelBytes = ({ list }: Labels) => {
	const kept: Partial<Record<Spelling, Uint8Array>> = {};
	return (names: Spelling): Uint8Array => {
		const known = kept[names];
		if (known) return known;
		const writer = protobuf.Writer.create();
		for (const { name, utf8, value } of list) writeLabel(writer, names === 'utf8' ? utf8 : name, value);
		// A copy, for what a writer gives may be a part of something larger.
		const bytes = Uint8Array.from(writer.finish());
		kept[names] = bytes;
		return bytes;
	};
};

/** The labels and the time, and between them what `body` writes. */
const createMetric = ({ labels, ts }: Own) => {
	const bytesIn = labelBytes(labels);
	return (writer: Writer, { names, timestamps }: MessageOptions, body: () => void) => {
		writer.raw(bytesIn(names));
		body();
		if (timestamps && ts) writer.uint32(METRIC.timestamp).int64(ts());
	};
};

/** A counter's or a gauge's message. The format has floats only. */
export const valueMessage = (own: Own, kind: Exclude<Kind, 'histogram'>, value: () => number): InMessages => {
	const writeMetric = createMetric(own);
	const isCounter = kind === 'counter';
	return {
		message: (writer, how) =>
			writeMetric(writer, how, () => {
				writer.uint32(isCounter ? METRIC.counter : METRIC.gauge).fork();
				writer.uint32(isCounter ? COUNTER.value : GAUGE.value).double(value());
				if (isCounter && own.start !== undefined) writeTime(writer, COUNTER.created, own.start);
				writer.ldelim();
			}),
	};
};

const writeRow = (writer: Writer, [upper, count]: Row) => {
	writer.uint32(HISTOGRAM.bucket).fork();
	writer.uint32(BUCKET.upper).double(upper);
	if (isUnsigned64(count)) writeCount(writer, BUCKET.count, count);
	else writer.uint32(BUCKET.countFloat).double(Number(count));
	writer.ldelim();
};

/** The count, and the sum that is not known: NaN says so, where 0 would pass for one. */
const writeTotal = (writer: Writer, total: Exact) => {
	if (isUnsigned64(total)) writeCount(writer, HISTOGRAM.count, total);
	else writer.uint32(HISTOGRAM.countFloat).double(Number(total));
	writer.uint32(HISTOGRAM.sum).double(Number.NaN);
};

/** A histogram's message. What depends on its bounds is made again when they change. */
export const histogramMessage = (own: Own, bucketsNow: () => Bucket[], scale?: Scale): InMessages => {
	let layout: Bucket[] | undefined;
	let edges: Edge[] = [];
	let native: Native | undefined;
	const writeMetric = createMetric(own);
	const arranged = (): Bucket[] => {
		const buckets = bucketsNow();
		const isSame = layout === buckets || (layout && isSameLayout(layout, buckets));
		layout = buckets;
		if (isSame) return buckets;
		edges = scaledEdges(buckets, scale);
		native = scaledNative(buckets, scale);
		return buckets;
	};
	return {
		isNative: () => {
			arranged();
			return native !== undefined;
		},
		message: (writer, how) =>
			writeMetric(writer, how, () => {
				const buckets = arranged();
				writer.uint32(METRIC.histogram).fork();
				if (how.native) writeNative(writer, HISTOGRAM, native!, buckets);
				else writeTotal(writer, totalOf(buckets));
				// The last row, +Inf, is the count.
				if (how.classic) for (const row of floatRows(edges, buckets)) writeRow(writer, row);
				if (own.start !== undefined) writeTime(writer, HISTOGRAM.created, own.start);
				writer.ldelim();
			}),
	};
};

const isNative = (family: Family): boolean => {
	if (family.kind !== 'histogram') return false;
	for (const { isNative } of family.members) family.isClassic ||= !isNative!();
	return !family.isClassic;
};

/** A family with all its members as one message, behind its length. */
export const writeFamily = (writer: Writer, family: Family, style: MessageStyle): void => {
	const { histograms = 'both', timestamps } = style;
	const native = histograms !== 'classic' && isNative(family);
	const names = spellingOf(style);
	const how: MessageOptions = { names, timestamps, native, classic: !native || histograms === 'both' };
	const { kind } = family;
	const name = nameIn(family, names);
	const unit = unitOf(family, name);
	writer.fork();
	writer.uint32(FAMILY.name).string(`${name}${kind === 'counter' ? '_total' : ''}`);
	writer.uint32(FAMILY.help).string(helpIn(family, native));
	writer.uint32(FAMILY.type).int32(FAMILY_TYPE[kind]);
	for (const member of family.members) {
		if (member.isShown?.() === false) continue;
		writer.uint32(FAMILY.metric).fork();
		member.message(writer, how);
		writer.ldelim();
	}
	if (unit !== '') writer.uint32(FAMILY.unit).string(unit);
	writer.ldelim();
};
