// native: a histogram as Prometheus' native one, in the messages of a scrape and of a remote write alike

import type { Writer } from 'protobufjs';
import { add, subtract } from '../exact.ts';
import { type Cell, exponentialOf } from '../histogram/exponential.ts';
import { totalOf } from '../histogram/total.ts';
import { SPAN } from '../protobuf/fields.ts';
import { isSigned64, writeCount, writeDifferences } from '../protobuf/numbers.ts';
import type { Bucket, Exact } from '../record.ts';

type Span = { offset: number; length: number };
/** The runs of neighbouring buckets on one side of zero, and where their counts stand in the list. */
type Side = { spans: Span[]; at: number[] };

/** What of a native histogram stays while its bounds stay. */
export type Native = { schema: number; threshold: number; zero: number[]; positive: Side; negative: Side };

// What the client libraries take where no bucket begins at zero: with it a histogram without a bucket is a native one too.
const LEAST_THRESHOLD = 2 ** -128;

const sideOf = (cells: Cell[]): Side => {
	const spans: Span[] = [];
	let end: number | undefined;
	for (const { index } of cells) {
		// Theirs is numbered by its upper bound.
		const number = index + 1;
		if (number === end) spans.at(-1)!.length += 1;
		else spans.push({ offset: number - (end ?? 0), length: 1 });
		end = number + 1;
	}
	return { spans, at: cells.map(({ at }) => at) };
};

/** The buckets as a native histogram's; undefined where they are not spaced like its. */
export const nativeOf = (buckets: readonly Bucket[]): Native | undefined => {
	const found = exponentialOf(buckets);
	if (!found) return undefined;
	const { schema, threshold, zero, positive, negative } = found;
	return {
		schema,
		threshold: threshold || LEAST_THRESHOLD,
		zero,
		positive: sideOf(positive),
		negative: sideOf(negative),
	};
};

/** The tags of one message type. */
export type NativeTags = {
	count: number;
	countFloat: number;
	sum: number;
	schema: number;
	zeroThreshold: number;
	zeroCount: number;
	zeroCountFloat: number;
	negativeSpan: number;
	negativeDelta: number;
	negativeCount: number;
	positiveSpan: number;
	positiveDelta: number;
	positiveCount: number;
};
type SideTags = { span: number; delta: number; count: number };

const countAt = (buckets: readonly Bucket[], at: number): Exact => buckets[at]![2];

const writeSide = (
	writer: Writer,
	tags: SideTags,
	{ spans, at }: Side,
	buckets: readonly Bucket[],
	isWhole: boolean,
) => {
	if (at.length === 0) return;
	for (const { offset, length } of spans) {
		writer.uint32(tags.span).fork();
		writer.uint32(SPAN.offset).sint32(offset).uint32(SPAN.length).uint32(length);
		writer.ldelim();
	}
	if (!isWhole) {
		writer.uint32(tags.count).doubles(at.map((place) => Number(countAt(buckets, place))));
		return;
	}
	let before: Exact = 0;
	const deltas = at.map((place) => {
		const count = countAt(buckets, place);
		const delta = subtract(count, before);
		before = count;
		return delta;
	});
	writeDifferences(writer, tags.delta, deltas);
};

/**
 * The content of a native histogram. Counts are whole numbers; beyond 63 bits, where the format has none, all are floats.
 * The sum is not known: NaN says so, where 0 would pass for one.
 */
export const writeNative = (
	writer: Writer,
	tags: NativeTags,
	native: Native,
	buckets: readonly Bucket[],
): void => {
	const total = totalOf(buckets);
	const isWhole = isSigned64(total);
	const zero = native.zero.reduce<Exact>((sum, at) => add(sum, countAt(buckets, at)), 0);
	if (isWhole) writeCount(writer, tags.count, total);
	else writer.uint32(tags.countFloat).double(Number(total));
	writer.uint32(tags.sum).double(Number.NaN);
	writer.uint32(tags.schema).sint32(native.schema);
	writer.uint32(tags.zeroThreshold).double(native.threshold);
	if (isWhole) writeCount(writer, tags.zeroCount, zero);
	else writer.uint32(tags.zeroCountFloat).double(Number(zero));
	const { positive, negative } = native;
	const below = { span: tags.negativeSpan, delta: tags.negativeDelta, count: tags.negativeCount };
	const above = { span: tags.positiveSpan, delta: tags.positiveDelta, count: tags.positiveCount };
	writeSide(writer, below, negative, buckets, isWhole);
	writeSide(writer, above, positive, buckets, isWhole);
};
