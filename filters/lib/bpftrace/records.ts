// records: the lines that leave this stage, with their keys in one fixed order
// A histogram's line is put together from text: its buckets are never made into objects.

import type { Exact, Notice } from '../record.ts';
import { exact } from '../record.ts';
import type { Series, Settings } from './naming.ts';

/** A series' members in the order of the record. */
const ordered = ({ metric, unit, attributes, synthetic }: Series) => ({
	metric,
	unit,
	attributes,
	synthetic,
});

/** What stands between the time and the buckets of a histogram: `,"host":"web1", ... "buckets":[`. */
export const histogramMiddle = (settings: Settings, series: Series): string => {
	const { host, temporality } = settings;
	return `,${JSON.stringify({ host, ...ordered(series), temporality }).slice(1, -1)},"buckets":[`;
};

/** What stands in front of the time. */
export const HISTOGRAM_START = '{"type":"histogram","ts":';

/** A histogram's line; `buckets` is the list's content. */
export const histogramLine = (ts: number, middle: string, buckets: string): string =>
	`${HISTOGRAM_START}${ts}${middle}${buckets}]}`;

/** What stands between the time and the value of a sum, and of a gauge. */
export const sumMiddle = (settings: Settings, series: Series): string => {
	const { host, temporality } = settings;
	const fixed = { host, ...ordered(series), temporality, monotonic: true };
	return `,${JSON.stringify(fixed).slice(1, -1)},"value":`;
};
export const gaugeMiddle = ({ host }: Settings, series: Series): string =>
	`,${JSON.stringify({ host, ...ordered(series) }).slice(1, -1)},"value":`;

/** The line of a sum or a gauge. */
export const numberLine = (type: 'sum' | 'gauge', ts: number, middle: string, value: bigint): string =>
	`{"type":"${type}","ts":${ts}${middle}${JSON.stringify(exact(value))}}`;

/** What a notice says; `series` names the one that is tainted, where that is known. */
export type Remark = { kind: string; count: Exact; detail: string };

export const noticeLine = (
	settings: Settings,
	ts: number,
	{ kind, count, detail }: Remark,
	synthetic: true | undefined,
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
		...(synthetic && { synthetic }),
	} satisfies Notice);
};
