// records: the lines that leave this stage, with their keys in one fixed order
// A histogram's line is put together from text: its buckets are never made into objects.

import type { Exact, Gauge, Notice, Sum } from '../record.ts';
import { exact } from '../record.ts';
import type { Series, Settings } from './naming.ts';

/** What stands between the time and the buckets of a histogram: `,"host":"web1", ... "buckets":[`. */
export const histogramMiddle = (settings: Settings, series: Series): string => {
	const { metric, unit, attributes } = series;
	const { host, temporality } = settings;
	return `,${JSON.stringify({ host, metric, unit, attributes, temporality }).slice(1, -1)},"buckets":[`;
};

/** What stands in front of the time. */
export const HISTOGRAM_START = '{"type":"histogram","ts":';

/** A histogram's line; `buckets` is the list's content. */
export const histogramLine = (ts: number, middle: string, buckets: string): string =>
	`${HISTOGRAM_START}${ts}${middle}${buckets}]}`;

export const sumLine = (settings: Settings, ts: number, series: Series, value: bigint): string => {
	const { host, temporality } = settings;
	const { metric, unit, attributes } = series;
	const tail = { temporality, monotonic: true, value: exact(value) };
	return JSON.stringify({ type: 'sum', ts, host, metric, unit, attributes, ...tail } satisfies Sum);
};

export const gaugeLine = (settings: Settings, ts: number, series: Series, value: bigint): string => {
	const { metric, unit, attributes } = series;
	const { host } = settings;
	return JSON.stringify({
		type: 'gauge',
		ts,
		host,
		metric,
		unit,
		attributes,
		value: exact(value),
	} satisfies Gauge);
};

/** What a notice says; `series` names the one that is tainted, where that is known. */
export type Remark = { kind: string; count: Exact; detail: string };

export const noticeLine = (
	settings: Settings,
	ts: number,
	{ kind, count, detail }: Remark,
	series?: Pick<Series, 'metric' | 'attributes'>,
): string => {
	const { host } = settings;
	const named = series && { metric: series.metric };
	const keyed = series && Object.keys(series.attributes).length > 0 && { attributes: series.attributes };
	return JSON.stringify({
		type: 'notice',
		ts,
		host,
		...named,
		...keyed,
		kind,
		count,
		detail,
	} satisfies Notice);
};
