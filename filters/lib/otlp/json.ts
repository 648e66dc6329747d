// json: points as an ExportMetricsServiceRequest in JSON: 64-bit numbers are strings, enums are numbers

import type { Exact } from '../record.ts';
import { groupsOf, type MetricGroup, type ResourceGroup } from './grouping.ts';
import { type Origin, resourceAttributes, TEMPORALITY } from './origin.ts';
import type { Point, Run } from './point.ts';

const digits = (value: Exact): string =>
	typeof value === 'number' ? String(value) : BigInt(value).toString();
const nanoseconds = (ms: number): string => (ms === 0 ? '0' : `${ms}000000`);
const attribute = (key: string, value: string | true) => ({
	key,
	value: value === true ? { boolValue: true } : { stringValue: value },
});

const sideOf = (side: 'positive' | 'negative', { offset, counts }: Run) =>
	counts.length === 0 ? {} : { [side]: { offset, bucketCounts: counts.map(digits) } };

const dataOf = (data: Point['data']): object => {
	switch (data.kind) {
		case 'number':
			return { asInt: digits(data.whole) };
		case 'float':
			return { asDouble: data.float };
		case 'explicit':
			return {
				count: digits(data.count),
				bucketCounts: data.counts.map(digits),
				explicitBounds: data.bounds,
			};
		case 'exponential':
			return {
				count: digits(data.count),
				scale: data.scale,
				zeroCount: digits(data.zero),
				...sideOf('positive', data.positive),
				...sideOf('negative', data.negative),
				zeroThreshold: data.threshold,
			};
	}
};

const pointOf = ({ attributes, synthetic, start, ts, data }: Point): object => ({
	attributes: [
		...attributes.map(([key, value]) => attribute(key, value)),
		...(synthetic ? [attribute('synthetic', true)] : []),
	],
	...(start === undefined ? {} : { startTimeUnixNano: nanoseconds(start) }),
	timeUnixNano: nanoseconds(ts),
	...dataOf(data),
});

const metricOf = ({ metric: { name, unit, type, temporality, monotonic }, points }: MetricGroup): object => ({
	name,
	unit,
	[type]: {
		dataPoints: points.map(pointOf),
		...(temporality ? { aggregationTemporality: TEMPORALITY[temporality] } : {}),
		...(type === 'sum' ? { isMonotonic: monotonic } : {}),
	},
});

const resourceOf = ({ host, metrics }: ResourceGroup, origin: Origin): object => ({
	resource: { attributes: resourceAttributes(origin, host).map(([key, value]) => attribute(key, value)) },
	scopeMetrics: [{ scope: origin.scope, metrics: [...metrics.values()].map(metricOf) }],
});

/** A body with all the points. */
export const exportJson = (points: readonly Point[], origin: Origin): string =>
	JSON.stringify({ resourceMetrics: groupsOf(points).map((group) => resourceOf(group, origin)) });
