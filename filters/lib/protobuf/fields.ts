// fields: the numbers of the protobuf fields that are written, as tags, in the one place where they stand
// A tag is (number << 3 | how it is written). The tests decode what is written with the official message types.

/** A whole number, or one of a list of names. */
export const varint = (number: number): number => number << 3;
/** Eight bytes: a double, or a whole number of fixed size. */
export const fixed = (number: number): number => (number << 3) | 1;
/** Text, bytes, a message, or a packed list: all begin with their length. */
export const sized = (number: number): number => (number << 3) | 2;

/** io.prometheus.client: what a scrape reads. */
export const FAMILY = { name: sized(1), help: sized(2), type: varint(3), metric: sized(4), unit: sized(5) };
export const FAMILY_TYPE = { counter: 0, gauge: 1, histogram: 4 } as const;
export const METRIC = {
	label: sized(1),
	gauge: sized(2),
	counter: sized(3),
	timestamp: varint(6),
	histogram: sized(7),
};
/** Also prometheus.Label of remote write 1.0. */
export const LABEL = { name: sized(1), value: sized(2) };
export const GAUGE = { value: fixed(1) };
export const COUNTER = { value: fixed(1), created: sized(3) };
export const HISTOGRAM = {
	count: varint(1),
	sum: fixed(2),
	bucket: sized(3),
	countFloat: fixed(4),
	schema: varint(5),
	zeroThreshold: fixed(6),
	zeroCount: varint(7),
	zeroCountFloat: fixed(8),
	negativeSpan: sized(9),
	negativeDelta: sized(10),
	negativeCount: sized(11),
	positiveSpan: sized(12),
	positiveDelta: sized(13),
	positiveCount: sized(14),
	created: sized(15),
};
export const BUCKET = { count: varint(1), upper: fixed(2), countFloat: fixed(4) };
/** The same in both packages. */
export const SPAN = { offset: varint(1), length: varint(2) };
/** google.protobuf.Timestamp. */
export const TIMESTAMP = { seconds: varint(1), nanos: varint(2) };

/** opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest, and what is below it. */
export const EXPORT = { resourceMetrics: sized(1) };
export const RESOURCE_METRICS = { resource: sized(1), scopeMetrics: sized(2) };
export const RESOURCE = { attributes: sized(1) };
export const SCOPE_METRICS = { scope: sized(1), metrics: sized(2) };
export const SCOPE = { name: sized(1), version: sized(2) };
export const OTLP_METRIC = {
	name: sized(1),
	description: sized(2),
	unit: sized(3),
	gauge: sized(5),
	sum: sized(7),
	histogram: sized(9),
	exponentialHistogram: sized(10),
};
/** Of a gauge, a sum and both histograms, as far as each has it. */
export const OTLP_DATA = { dataPoints: sized(1), temporality: varint(2), isMonotonic: varint(3) };
export const NUMBER_POINT = {
	attributes: sized(7),
	start: fixed(2),
	time: fixed(3),
	asDouble: fixed(4),
	asInt: fixed(6),
};
export const HISTOGRAM_POINT = {
	attributes: sized(9),
	start: fixed(2),
	time: fixed(3),
	count: fixed(4),
	bucketCounts: sized(6),
	explicitBounds: sized(7),
};
export const EXPONENTIAL_POINT = {
	attributes: sized(1),
	start: fixed(2),
	time: fixed(3),
	count: fixed(4),
	scale: varint(6),
	zeroCount: fixed(7),
	positive: sized(8),
	negative: sized(9),
	zeroThreshold: fixed(14),
};
export const EXPONENTIAL_BUCKETS = { offset: varint(1), counts: sized(2) };
export const KEY_VALUE = { key: sized(1), value: sized(2) };
export const ANY_VALUE = { text: sized(1), flag: varint(2) };

/** prometheus.WriteRequest, remote write 1.0. Its labels are `LABEL`. */
export const WRITE_1 = { timeseries: sized(1), metadata: sized(3) };
export const SERIES_1 = { labels: sized(1), samples: sized(2), histograms: sized(4) };
export const METADATA_1 = { type: varint(1), name: sized(2), help: sized(4), unit: sized(5) };
/** io.prometheus.write.v2.Request, remote write 2.0. */
export const WRITE_2 = { symbols: sized(4), timeseries: sized(5) };
export const SERIES_2 = { labels: sized(1), samples: sized(2), histograms: sized(3), metadata: sized(5) };
export const METADATA_2 = { type: varint(1), help: varint(3), unit: varint(4) };
export const METADATA_TYPE = { counter: 1, gauge: 2, histogram: 3 } as const;
/** The same in both, but that `start` is of 2.0 only. */
export const SAMPLE = { value: fixed(1), timestamp: varint(2), start: varint(3) };
export const NATIVE = {
	count: varint(1),
	countFloat: fixed(2),
	sum: fixed(3),
	schema: varint(4),
	zeroThreshold: fixed(5),
	zeroCount: varint(6),
	zeroCountFloat: fixed(7),
	negativeSpan: sized(8),
	negativeDelta: sized(9),
	negativeCount: sized(10),
	positiveSpan: sized(11),
	positiveDelta: sized(12),
	positiveCount: sized(13),
	timestamp: varint(15),
	start: varint(17),
};
