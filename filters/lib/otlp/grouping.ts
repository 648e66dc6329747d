// grouping: points by the resource that they are of, and by their metric

import type { Metric, Point } from './point.ts';

/** The points of one metric, in the order in which they came. */
export type MetricGroup = { metric: Metric; points: Point[] };
/** The metrics of one host; '' is none. */
export type ResourceGroup = { host: string; metrics: Map<string, MetricGroup> };

const keyOf = ({ name, unit, type, temporality, monotonic }: Metric): string =>
	JSON.stringify([name, unit, type, temporality, monotonic]);

export const groupsOf = (points: readonly Point[]): ResourceGroup[] => {
	const hosts = new Map<string, ResourceGroup>();
	for (const point of points) {
		const resource = hosts.get(point.host) ?? { host: point.host, metrics: new Map<string, MetricGroup>() };
		hosts.set(point.host, resource);
		const key = keyOf(point.metric);
		const group = resource.metrics.get(key) ?? { metric: point.metric, points: [] };
		resource.metrics.set(key, group);
		group.points.push(point);
	}
	return [...hosts.values()];
};
