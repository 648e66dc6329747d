// message: a record as metrics of banyandb.ebpf.v1, by the names that Prometheus has for them

import { edgesOf, floatRows } from '../histogram/edges.ts';
import { metricName } from '../prometheus/name.ts';
import type { Measure } from '../record.ts';

/** google.protobuf.Timestamp. */
export type Timestamp = { seconds: string; nanos: number };

export type MetricType = 'METRIC_TYPE_COUNTER' | 'METRIC_TYPE_GAUGE' | 'METRIC_TYPE_HISTOGRAM';
export type Metric = {
	name: string;
	value: number;
	type: MetricType;
	labels: Record<string, string>;
	timestamp: Timestamp;
};

/** `ms` since the epoch. */
export const timestampOf = (ms: number): Timestamp => ({
	seconds: String(Math.floor(ms / 1000)),
	nanos: (ms % 1000) * 1_000_000,
});

/** Milliseconds since the epoch; undefined for what is not there. */
export const millisOf = (time: Timestamp | null | undefined): number | undefined =>
	time ? Number(time.seconds) * 1000 + time.nanos / 1_000_000 : undefined;

const labelsOf = ({ host, attributes, synthetic }: Measure): Record<string, string> => ({
	...attributes,
	...(host !== '' && { host }),
	...(synthetic && { synthetic: 'true' }),
});

/** The metrics that a record is: one, or of a histogram one for each row and their count. Values are doubles there. */
export const metricsOf = (record: Measure): Metric[] => {
	const name = metricName(record.metric, record.unit);
	const labels = labelsOf(record);
	const timestamp = timestampOf(record.ts);
	if (record.type !== 'histogram') {
		const isCounter = record.type === 'sum' && record.monotonic;
		const type = isCounter ? 'METRIC_TYPE_COUNTER' : 'METRIC_TYPE_GAUGE';
		return [
			{ name: isCounter ? `${name}_total` : name, value: Number(record.value), type, labels, timestamp },
		];
	}
	const type = 'METRIC_TYPE_HISTOGRAM';
	const rows = floatRows(edgesOf(record.buckets), record.buckets);
	const total = record.buckets.reduce((sum, [, , count]) => sum + Number(count), 0);
	const row = (le: string, value: number): Metric => ({
		...{ name: `${name}_bucket`, value, type, labels: { ...labels, le }, timestamp },
	});
	return [
		...rows.map(([upper, count]) => row(String(upper), Number(count))),
		row('+Inf', total),
		{ name: `${name}_count`, value: total, type, labels, timestamp },
	];
};
