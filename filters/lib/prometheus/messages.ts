// messages: families and their series as io.prometheus.client messages

import type { Writer } from 'protobufjs';
import { add } from '../exact.ts';
import { totalOf } from '../histogram/total.ts';
import { BUCKET, COUNTER, FAMILY, FAMILY_TYPE, GAUGE, HISTOGRAM, LABEL, METRIC } from '../protobuf/fields.ts';
import { isUnsigned64, wide } from '../protobuf/numbers.ts';
import { writeTime } from '../protobuf/time.ts';
import type { Bucket, Exact } from '../record.ts';
import { edgesOf, isSameLayout } from './edges.ts';
import { type Family, type Kind, type Member, type MessageOptions, nameIn, unitOf } from './family.ts';
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

type Row = { below: number | undefined; at: number | undefined };
const asNumber = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));

const writeRow = (writer: Writer, upper: number, count: Exact) => {
	writer.uint32(HISTOGRAM.bucket).fork();
	writer.uint32(BUCKET.upper).double(upper);
	if (isUnsigned64(count)) writer.uint32(BUCKET.count).uint64(wide(count) as number);
	else writer.uint32(BUCKET.countFloat).double(Number(count));
	writer.ldelim();
};

/** The rows of a classic histogram; the last, +Inf, is its count. */
const writeRows = (writer: Writer, rows: Row[], buckets: readonly Bucket[]) => {
	let total: Exact = 0;
	for (const [at, row] of rows.entries()) {
		if (row.below !== undefined) writeRow(writer, row.below, total);
		total = add(total, buckets[at]![2]);
		if (row.at !== undefined) writeRow(writer, row.at, total);
	}
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
	let rows: Row[] = [];
	let native: Native | undefined;
	const arranged = (): Bucket[] => {
		const buckets = bucketsNow();
		if (layout && isSameLayout(layout, buckets)) return buckets;
		layout = buckets;
		rows = edgesOf(buckets).map(({ below, at }) => ({ below: asNumber(below), at: asNumber(at) }));
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
				if (how.classic) writeRows(writer, rows, buckets);
				if (own.start !== undefined) writeTime(writer, HISTOGRAM.created, own.start);
				writer.ldelim();
			}),
	};
};

const NATIVE_HELP =
	'; native: [2,4) is in (2,4], so what lies on a power of two counts one bucket higher; the sum NaN stands for unknown';

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
	const { kind, help } = family;
	const name = nameIn(family, names);
	const unit = unitOf(family, name);
	writer.fork();
	writer.uint32(FAMILY.name).string(`${name}${kind === 'counter' ? '_total' : ''}`);
	writer.uint32(FAMILY.help).string(`${help}${native ? NATIVE_HELP : ''}`);
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
