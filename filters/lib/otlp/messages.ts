// messages: points as a protobuf ExportMetricsServiceRequest

import protobuf, { type Writer } from 'protobufjs/minimal.js';
import {
	ANY_VALUE,
	EXPONENTIAL_BUCKETS,
	EXPONENTIAL_POINT,
	EXPORT,
	HISTOGRAM_POINT,
	KEY_VALUE,
	NUMBER_POINT,
	OTLP_DATA,
	OTLP_METRIC,
	RESOURCE,
	RESOURCE_METRICS,
	SCOPE,
	SCOPE_METRICS,
} from '../protobuf/fields.ts';
import { nested } from '../protobuf/nested.ts';
import { wide } from '../protobuf/numbers.ts';
import { type Exact, exact } from '../record.ts';
import { groupsOf, type MetricGroup, type ResourceGroup } from './grouping.ts';
import { type Origin, resourceAttributes, TEMPORALITY } from './origin.ts';
import type { ExplicitData, ExponentialData, Metric, NumberData, Point, Run } from './point.ts';

/** The writer takes halves of 64 bits as well, which its types do not say. */
const bits = (value: Exact): number => wide(value) as number;

const { utf8 } = protobuf.util;
/** A field of one of these messages: its tag, which is below 128, its length, and so many bytes. */
const fieldSize = (bytes: number): number => {
	let size = 2 + bytes;
	for (let rest = bytes; rest > 127; rest >>>= 7) size += 1;
	return size;
};

/** Half of a body is attributes: their lengths are told beforehand, where a nested message would be moved to make room. */
const writeAttribute = (writer: Writer, tag: number, key: string, value: string | true) => {
	const inner = value === true ? 2 : fieldSize(utf8.length(value));
	writer.uint32(tag).uint32(fieldSize(utf8.length(key)) + fieldSize(inner));
	writer.uint32(KEY_VALUE.key).string(key).uint32(KEY_VALUE.value).uint32(inner);
	if (value === true) writer.uint32(ANY_VALUE.flag).bool(true);
	else writer.uint32(ANY_VALUE.text).string(value);
};

const writeNumber = (writer: Writer, data: NumberData) => {
	if (data.kind === 'number') writer.uint32(NUMBER_POINT.asInt).sfixed64(bits(data.whole));
	else writer.uint32(NUMBER_POINT.asDouble).double(data.float);
};

const HALF = 2 ** 32;
let halves = new DataView(new ArrayBuffer(512));

/** Counts as a packed list of 64 bits each, without an object for the halves of each. */
const writeCounts = (writer: Writer, tag: number, counts: readonly Exact[]) => {
	if (halves.byteLength < 8 * counts.length) halves = new DataView(new ArrayBuffer(16 * counts.length));
	for (let at = 0; at < counts.length; at++) {
		const count = counts[at]!;
		// Digits beyond 2^53 are rare; then all go the long way.
		if (typeof count !== 'number') return void writer.uint32(tag).fixed64s(counts.map(bits));
		halves.setUint32(8 * at, count % HALF, true);
		halves.setUint32(8 * at + 4, count / HALF, true);
	}
	writer.uint32(tag).bytes(new Uint8Array(halves.buffer, 0, 8 * counts.length));
};

const writeExplicit = (writer: Writer, { count, bounds, counts }: ExplicitData) => {
	writer.uint32(HISTOGRAM_POINT.count).fixed64(bits(count));
	writeCounts(writer, HISTOGRAM_POINT.bucketCounts, counts);
	if (bounds.length > 0) writer.uint32(HISTOGRAM_POINT.explicitBounds).doubles(bounds);
};

const writeRun = (writer: Writer, tag: number, { offset, counts }: Run) => {
	if (counts.length === 0) return;
	nested(writer, tag, () => {
		writer.uint32(EXPONENTIAL_BUCKETS.offset).sint32(offset);
		writer.uint32(EXPONENTIAL_BUCKETS.counts).uint64s(counts.map(bits));
	});
};

const writeExponential = (writer: Writer, data: ExponentialData) => {
	writer.uint32(EXPONENTIAL_POINT.count).fixed64(bits(data.count));
	writer.uint32(EXPONENTIAL_POINT.scale).sint32(data.scale);
	writer.uint32(EXPONENTIAL_POINT.zeroCount).fixed64(bits(data.zero));
	writeRun(writer, EXPONENTIAL_POINT.positive, data.positive);
	writeRun(writer, EXPONENTIAL_POINT.negative, data.negative);
	writer.uint32(EXPONENTIAL_POINT.zeroThreshold).double(data.threshold);
};

const FIELDS = {
	number: NUMBER_POINT,
	float: NUMBER_POINT,
	explicit: HISTOGRAM_POINT,
	exponential: EXPONENTIAL_POINT,
};

/** Points of one print have one time. */
let lastTime = { ms: 0, ns: bits(0) };
const nanoseconds = (ms: number): number => {
	if (lastTime.ms !== ms) lastTime = { ms, ns: bits(exact(BigInt(ms) * 1_000_000n)) };
	return lastTime.ns;
};

const writePoint = (writer: Writer, { attributes, synthetic, start, ts, data }: Point) =>
	nested(writer, OTLP_DATA.dataPoints, () => {
		const fields = FIELDS[data.kind];
		for (const [key, value] of attributes) writeAttribute(writer, fields.attributes, key, value);
		if (synthetic) writeAttribute(writer, fields.attributes, 'synthetic', true);
		if (start !== undefined) writer.uint32(fields.start).fixed64(nanoseconds(start));
		writer.uint32(fields.time).fixed64(nanoseconds(ts));
		if (data.kind === 'explicit') writeExplicit(writer, data);
		else if (data.kind === 'exponential') writeExponential(writer, data);
		else writeNumber(writer, data);
	});

const writeMetric = (writer: Writer, { metric, points }: MetricGroup) =>
	nested(writer, SCOPE_METRICS.metrics, () => {
		const { name, unit, type, temporality, monotonic }: Metric = metric;
		writer.uint32(OTLP_METRIC.name).string(name);
		if (unit !== '') writer.uint32(OTLP_METRIC.unit).string(unit);
		nested(writer, OTLP_METRIC[type], () => {
			for (const point of points) writePoint(writer, point);
			if (temporality) writer.uint32(OTLP_DATA.temporality).int32(TEMPORALITY[temporality]);
			if (monotonic) writer.uint32(OTLP_DATA.isMonotonic).bool(true);
		});
	});

const writeResource = (writer: Writer, { host, metrics }: ResourceGroup, origin: Origin) =>
	nested(writer, EXPORT.resourceMetrics, () => {
		nested(writer, RESOURCE_METRICS.resource, () => {
			for (const [key, value] of resourceAttributes(origin, host))
				writeAttribute(writer, RESOURCE.attributes, key, value);
		});
		nested(writer, RESOURCE_METRICS.scopeMetrics, () => {
			nested(writer, SCOPE_METRICS.scope, () => {
				writer
					.uint32(SCOPE.name)
					.string(origin.scope.name)
					.uint32(SCOPE.version)
					.string(origin.scope.version);
			});
			for (const group of metrics.values()) writeMetric(writer, group);
		});
	});

/** A body with all the points. */
export const exportMessage = (points: readonly Point[], origin: Origin): Uint8Array => {
	const writer = protobuf.Writer.create();
	for (const group of groupsOf(points)) writeResource(writer, group, origin);
	return writer.finish();
};
