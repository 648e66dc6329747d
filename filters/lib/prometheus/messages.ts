// messages: families and their series as io.prometheus.client messages

import type { Writer } from 'protobufjs';
import { type Edge, edgesOf, floatRows, isSameLayout, type Row } from '../histogram/edges.ts';
import { totalOf } from '../histogram/total.ts';
import { BUCKET, COUNTER, FAMILY, FAMILY_TYPE, GAUGE, HISTOGRAM, LABEL, METRIC } from '../protobuf/fields.ts';
import { isUnsigned64, wide } from '../protobuf/numbers.ts';
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
import type { Label, Labels } from './labels.ts';
import { type Native, nativeOf, writeNative } from './native.ts';
import { type MessageStyle, spellingOf } from './style.ts';

/** What all messages of one series have. */
export type Own = { labels: Labels; start?: number | undefined; ts?: () => number };

type InMessages = Required<Pick<Member, 'message'>> & Pick<Member, 'isNative'>;

const writeLabel = (writer: Writer, name: string, value: string) => {
	writer.uint32(METRIC.label).fork();
	writer.uint32(LABEL.name).string(name).uint32(LABEL.value).string(value);
	writer.ldelim();
};

/** The labels and the time, and between them what `body` writes. */
const writeMetric = (writer: Writer, own: Own, how: MessageOptions, body: () => void) => {
	const nameOf = ({ name, utf8 }: Label) => (how.names === 'utf8' ? utf8 : name);
	for (const label of own.labels.list) writeLabel(writer, nameOf(label), label.value);
	body();
	if (how.timestamps && own.ts) writer.uint32(METRIC.timestamp).int64(own.ts());
};

/** A counter's or a gauge's message. The format has floats only. */
export const valueMessage = (
	own: Own,
	kind: Exclude<Kind, 'histogram'>,
	value: () => number,
): InMessages => ({
	message: (writer, how) =>
		writeMetric(writer, own, how, () => {
			const isCounter = kind === 'counter';
			writer.uint32(isCounter ? METRIC.counter : METRIC.gauge).fork();
			writer.uint32(isCounter ? COUNTER.value : GAUGE.value).double(value());
			if (isCounter && own.start !== undefined) writeTime(writer, COUNTER.created, own.start);
			writer.ldelim();
		}),
});

const writeRow = (writer: Writer, [upper, count]: Row) => {
	writer.uint32(HISTOGRAM.bucket).fork();
	writer.uint32(BUCKET.upper).double(upper);
	if (isUnsigned64(count)) writer.uint32(BUCKET.count).uint64(wide(count) as number);
	else writer.uint32(BUCKET.countFloat).double(Number(count));
	writer.ldelim();
};

/** The count, and the sum that is not known: NaN says so, where 0 would pass for one. */
const writeTotal = (writer: Writer, total: Exact) => {
	if (isUnsigned64(total)) writer.uint32(HISTOGRAM.count).uint64(wide(total) as number);
	else writer.uint32(HISTOGRAM.countFloat).double(Number(total));
	writer.uint32(HISTOGRAM.sum).double(Number.NaN);
};

/** A histogram's message. What depends on its bounds is made again when they change. */
export const histogramMessage = (own: Own, bucketsNow: () => Bucket[]): InMessages => {
	let layout: Bucket[] | undefined;
	let edges: Edge[] = [];
	let native: Native | undefined;
	const arranged = (): Bucket[] => {
		const buckets = bucketsNow();
		if (layout && isSameLayout(layout, buckets)) return buckets;
		layout = buckets;
		edges = edgesOf(buckets);
		native = nativeOf(buckets);
		return buckets;
	};
	return {
		isNative: () => {
			arranged();
			return native !== undefined;
		},
		message: (writer, how) =>
			writeMetric(writer, own, how, () => {
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
