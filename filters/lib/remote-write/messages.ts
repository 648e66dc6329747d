// messages: items as the messages of remote write 1.0 and 2.0

import protobuf, { type Writer } from 'protobufjs/minimal.js';
import { helpIn, unitOf } from '../prometheus/family.ts';
import { writeNative } from '../prometheus/native.ts';
import {
	LABEL,
	METADATA_1,
	METADATA_2,
	METADATA_TYPE,
	NATIVE,
	SAMPLE,
	SERIES_1,
	SERIES_2,
	WRITE_1,
	WRITE_2,
} from '../protobuf/fields.ts';
import { nested } from '../protobuf/nested.ts';
import type { Item, NativeSample, Sample } from './item.ts';
import { type Sheaf, sheavesOf, type Timed } from './sheaf.ts';
import type { Remote } from './target.ts';

// The one NaN by which Prometheus marks the end of a series; as a number of JavaScript it could lose its lowest bits.
const STALE = { low: 2, high: 0x7ff00000, unsigned: true };
const writeStale = (writer: Writer, tag: number) => writer.uint32(tag).fixed64(STALE as unknown as number);

const writeSample = (writer: Writer, { value, ts, start }: Timed<Sample['value']>, hasStart: boolean) => {
	if (value === 'stale') writeStale(writer, SAMPLE.value);
	else writer.uint32(SAMPLE.value).double(value);
	writer.uint32(SAMPLE.timestamp).int64(ts);
	if (hasStart && start !== undefined) writer.uint32(SAMPLE.start).int64(start);
};

const writeHistogram = (
	writer: Writer,
	{ value, ts, start }: Timed<NativeSample['value']>,
	hasStart: boolean,
) => {
	if (value === 'stale') writeStale(writer, NATIVE.sum);
	else writeNative(writer, NATIVE, value.native, value.buckets);
	writer.uint32(NATIVE.timestamp).int64(ts);
	if (hasStart && start !== undefined) writer.uint32(NATIVE.start).int64(start);
};

const isNative = ({ natives }: Sheaf): boolean => natives.length > 0;

/** What the family is called where its type, help and unit are told. */
const metadataOf = ({ family, name }: Remote) => {
	const { kind } = family;
	return {
		name: `${name}${kind === 'counter' ? '_total' : ''}`,
		type: METADATA_TYPE[kind],
		unit: unitOf(family, name),
	};
};

/** The labels of a series never change, and they are most of a message: their bytes are kept. */
const labelBytes = new WeakMap<Remote, Uint8Array>();
const bytesOf = (remote: Remote): Uint8Array => {
	const known = labelBytes.get(remote);
	if (known) return known;
	const writer = protobuf.Writer.create();
	const { labels } = remote;
	for (let at = 0; at < labels.length; at += 2)
		nested(writer, SERIES_1.labels, () => {
			writer
				.uint32(LABEL.name)
				.string(labels[at]!)
				.uint32(LABEL.value)
				.string(labels[at + 1]!);
		});
	// A copy, for what a writer gives may be a part of something larger.
	const bytes = Uint8Array.from(writer.finish());
	labelBytes.set(remote, bytes);
	return bytes;
};

const writeMetadata = (writer: Writer, sheaves: readonly Sheaf[]) => {
	const families = new Map(sheaves.map((sheaf) => [sheaf.remote.family, sheaf]));
	for (const [family, { remote }] of families) {
		const { name, type, unit } = metadataOf(remote);
		const hasNative = sheaves.some((one) => one.remote.family === family && isNative(one));
		nested(writer, WRITE_1.metadata, () => {
			writer.uint32(METADATA_1.type).int32(type).uint32(METADATA_1.name).string(name);
			writer.uint32(METADATA_1.help).string(helpIn(family, hasNative));
			if (unit !== '') writer.uint32(METADATA_1.unit).string(unit);
		});
	}
};

/** A prometheus.WriteRequest. */
export const writeRequest1 = (items: readonly Item[]): Uint8Array => {
	const writer = protobuf.Writer.create();
	const sheaves = sheavesOf(items);
	for (const { remote, samples, natives } of sheaves)
		nested(writer, WRITE_1.timeseries, () => {
			writer.raw(bytesOf(remote));
			for (const sample of samples)
				nested(writer, SERIES_1.samples, () => writeSample(writer, sample, false));
			for (const sample of natives)
				nested(writer, SERIES_1.histograms, () => writeHistogram(writer, sample, false));
		});
	writeMetadata(writer, sheaves);
	return writer.finish();
};

/** Texts by their place in the request; the first is the empty one. */
const createSymbols = () => {
	const places = new Map([['', 0]]);
	const of = (text: string): number => {
		const known = places.get(text);
		if (known !== undefined) return known;
		places.set(text, places.size);
		return places.size - 1;
	};
	return { of, all: () => places.keys() };
};

/** An io.prometheus.write.v2.Request. */
export const writeRequest2 = (items: readonly Item[]): Uint8Array => {
	const writer = protobuf.Writer.create();
	const symbols = createSymbols();
	for (const sheaf of sheavesOf(items))
		nested(writer, WRITE_2.timeseries, () => {
			const { remote, samples, natives } = sheaf;
			writer.uint32(SERIES_2.labels).uint32s(remote.labels.map(symbols.of));
			for (const sample of samples) nested(writer, SERIES_2.samples, () => writeSample(writer, sample, true));
			for (const sample of natives)
				nested(writer, SERIES_2.histograms, () => writeHistogram(writer, sample, true));
			nested(writer, SERIES_2.metadata, () => {
				const { type, unit } = metadataOf(remote);
				writer.uint32(METADATA_2.type).int32(type);
				writer.uint32(METADATA_2.help).uint32(symbols.of(helpIn(remote.family, isNative(sheaf))));
				if (unit !== '') writer.uint32(METADATA_2.unit).uint32(symbols.of(unit));
			});
		});
	for (const text of symbols.all()) writer.uint32(WRITE_2.symbols).string(text);
	return writer.finish();
};
