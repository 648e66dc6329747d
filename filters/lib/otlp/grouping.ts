// grouping: points by the resource that they are of, and by their metric

import type { Metric, Point } from './point.ts';

/** The points of one metric, in the order in which they came. */
export type MetricGroup = { metric: Metric; points: Point[] };
/** The metrics of one host; '' is none. */
export type ResourceGroup = { host: string; metrics: Map<string, MetricGroup> };

const keyOf = ({ name, unit, type, temporality, monotonic }: Metric): string =>
	JSON.stringify([name, unit, type, temporality, monotonic]);

const isSame = (a: Metric, b: Metric): boolean =>
	a === b ||
	(a.name === b.name &&
		a.unit === b.unit &&
		a.type === b.type &&
		a.temporality === b.temporality &&
		a.monotonic === b.monotonic);

export const groupsOf = (points: readonly Point[]): ResourceGroup[] => {
	const hosts = new Map<string, ResourceGroup>();
	// Points of one metric come one after the other, nearly always.
	let last: { host: string; group: MetricGroup } | undefined;
	for (const point of points) {
		if (last && last.host === point.host && isSame(last.group.metric, point.metric)) {
			last.group.points.push(point);
			continue;
		}
		const resource = hosts.get(point.host) ?? { host: point.host, metrics: new Map<string, MetricGroup>() };
		hosts.set(point.host, resource);
		const key = keyOf(point.metric);
		const group = resource.metrics.get(key) ?? { metric: point.metric, points: [] };
		resource.metrics.set(key, group);
		group.points.push(point);
		last = { host: point.host, group };
	}
	return [...hosts.values()];
};
