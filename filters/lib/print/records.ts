// records: the lines that leave this stage, with their keys in one fixed order
// A histogram's line is put together from text: its buckets are never made into objects.

import type { Exact, Notice } from '../record.ts';
import type { Series, Settings } from './naming.ts';

/** A series' members in the order of the record. */
const ordered = ({ metric, unit, attributes, synthetic }: Series) => ({
	metric,
	unit,
	attributes,
	synthetic,
});

/** What stands between the time and the buckets of a histogram: `,"start":1,"host":"web1", ... "buckets":[`. */
const histogramMiddle = (settings: Settings, series: Series, start: number | undefined): string => {
	const { host, temporality } = settings;
	return `,${JSON.stringify({ start, host, ...ordered(series), temporality }).slice(1, -1)},"buckets":[`;
};

/** What stands in front of the time. */
export const HISTOGRAM_START = '{"type":"histogram","ts":';

/** What stands between the time and the value of a sum, and of a gauge. */
const sumMiddle = (settings: Settings, series: Series, start: number | undefined): string => {
	const { host, temporality } = settings;
	const fixed = { start, host, ...ordered(series), temporality, monotonic: true };
	return `,${JSON.stringify(fixed).slice(1, -1)},"value":`;
};
const gaugeMiddle = ({ host }: Settings, series: Series): string =>
	`,${JSON.stringify({ host, ...ordered(series) }).slice(1, -1)},"value":`;

/** What the records of one series have in common: the text between time and value, and a name that no other has. */
export type Fixed = { id: string; middle: string; series: Series };

const MIDDLES = { histogram: histogramMiddle, sum: sumMiddle, gauge: gaugeMiddle };

/**
 * The fixed text of a series that counts since `start`, where that is known. Its name leaves out the type, which a map of
 * numbers may change.
 */
export const fixedOf = (
	type: keyof typeof MIDDLES,
	settings: Settings,
	series: Series,
	start?: number,
): Fixed => {
	const { metric, unit, attributes } = series;
	const id = JSON.stringify([metric, unit, attributes]);
	return { id, middle: MIDDLES[type](settings, series, start), series };
};

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
