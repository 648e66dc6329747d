// fields: the numbers of the protobuf fields that are written, as tags, in the one place where they stand
// A tag is (number << 3 | how it is written). The tests decode what is written with the official message types.

const varint = (number: number): number => number << 3;
const double = (number: number): number => (number << 3) | 1;
/** Text, bytes, a message, or a packed list: all begin with their length. */
const sized = (number: number): number => (number << 3) | 2;

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
export const GAUGE = { value: double(1) };
export const COUNTER = { value: double(1), created: sized(3) };
export const HISTOGRAM = {
	count: varint(1),
	sum: double(2),
	bucket: sized(3),
	countFloat: double(4),
	schema: varint(5),
	zeroThreshold: double(6),
	zeroCount: varint(7),
	zeroCountFloat: double(8),
	negativeSpan: sized(9),
	negativeDelta: sized(10),
	negativeCount: sized(11),
	positiveSpan: sized(12),
	positiveDelta: sized(13),
	positiveCount: sized(14),
	created: sized(15),
};
export const BUCKET = { count: varint(1), upper: double(2), countFloat: double(4) };
/** The same in both packages. */
export const SPAN = { offset: varint(1), length: varint(2) };
/** google.protobuf.Timestamp. */
export const TIMESTAMP = { seconds: varint(1), nanos: varint(2) };
