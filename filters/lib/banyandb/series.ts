// series: what BanyanDB calls one: the text by which it knows it, and the tags by which people find it

import { wellFormed } from '../protobuf/text.ts';
import { type Bucket, type Exact, type Measure, type Notice, seriesKey } from '../record.ts';

/** The one tag of every entity: it is all that makes a series, so that other tags may be added to a measure later on. */
export const SERIES = 'series';

/** Tags of ours; an attribute of such a name is `exported_NAME`. */
const OURS = new Set([
	SERIES,
	'host',
	'unit',
	'type',
	'temporality',
	'monotonic',
	'synthetic',
	'ge',
	'lt',
	'kind',
	'about',
]);

/** One series of one measure. `tags` are its columns beside `series`. */
export type Series = {
	measure: string;
	series: string;
	tags: [name: string, text: string][];
	/** Whether its values count whole things, as far as anybody knows before they come. */
	isCount: boolean;
	/** The time of its last point: a second one of the same time takes the place of the first. */
	lastMs: number;
};

const tagName = (name: string, taken: ReadonlySet<string>): string => {
	let spelled = wellFormed(name);
	while (spelled === '' || OURS.has(spelled) || taken.has(spelled)) spelled = `exported_${spelled}`;
	return spelled;
};

const attributeTags = (attributes: Record<string, string>): Series['tags'] => {
	const taken = new Set<string>();
	return Object.keys(attributes)
		.sort()
		.map((name) => {
			const spelled = tagName(name, taken);
			taken.add(spelled);
			return [spelled, wellFormed(attributes[name]!)];
		});
};

/** The measure of a metric: its name. */
export const measureOf = (metric: string): string => wellFormed(metric) || '_';
const boundText = (bound: Exact | null, open: string): string => (bound === null ? open : `${bound}`);

/** The text of a bucket's bounds, which is what tells the series of a histogram apart. */
export const boundsOf = ([lower, upper]: Bucket): [ge: string, lt: string] => [
	boundText(lower, '-inf'),
	boundText(upper, '+inf'),
];

/** What of a record is the same for all its points, the synthetic mark and the temporality included. */
export const keyOf = (record: Measure): string => {
	const mark = record.synthetic === true ? 's' : '';
	if (record.type === 'gauge') return `${mark}${seriesKey(record)}`;
	const monotonic = record.type === 'sum' && !record.monotonic ? 'n' : '';
	return `${mark}${record.temporality === 'delta' ? 'd' : ''}${monotonic}${seriesKey(record)}`;
};

/** A record's series; `bounds` those of one of its buckets. */
export const seriesOf = (record: Measure, bounds?: [ge: string, lt: string]): Series => {
	const { type, host, metric, unit, attributes } = record;
	const flags = [
		...(type === 'gauge' || record.temporality === 'cumulative' ? [] : ['delta']),
		...(type === 'sum' && !record.monotonic ? ['falls'] : []),
		...(record.synthetic === true ? ['synthetic'] : []),
	];
	const tags: Series['tags'] = [
		['host', wellFormed(host)],
		['unit', wellFormed(unit)],
		['type', type],
	];
	if (type !== 'gauge') tags.push(['temporality', record.temporality]);
	if (type === 'sum') tags.push(['monotonic', `${record.monotonic}`]);
	if (record.synthetic === true) tags.push(['synthetic', 'true']);
	if (bounds) tags.push(['ge', bounds[0]], ['lt', bounds[1]]);
	// The same names in any order are the same series.
	const sorted = Object.fromEntries(
		Object.keys(attributes)
			.sort()
			.map((name) => [name, attributes[name]]),
	);
	const what = { type, host, metric, unit, attributes: sorted, flags, bounds };
	return {
		measure: measureOf(metric),
		series: wellFormed(JSON.stringify(what)),
		tags: [...tags, ...attributeTags(attributes)],
		isCount: type === 'sum',
		lastMs: -1,
	};
};

/** The measure that all notices are in. */
const NOTICES = 'bpfpipe.notices';

/** A notice is a series of its own, with all that it says, so that none takes the place of another of the same time. */
export const noticeSeries = ({ ts: _ts, ...notice }: Notice): Series => {
	const { host, kind, metric, attributes, synthetic } = notice;
	const tags: Series['tags'] = [
		['host', wellFormed(String(host ?? ''))],
		['type', 'notice'],
		['kind', wellFormed(kind)],
	];
	if (metric !== undefined) tags.push(['about', wellFormed(String(metric))]);
	if (synthetic === true) tags.push(['synthetic', 'true']);
	const isMap = typeof attributes === 'object' && attributes !== null;
	const texts = Object.entries(isMap ? attributes : {}).filter(([, text]) => typeof text === 'string');
	return {
		measure: NOTICES,
		series: wellFormed(JSON.stringify({ ...notice, type: 'notice' })),
		tags: [...tags, ...attributeTags(Object.fromEntries(texts))],
		isCount: true,
		lastMs: -1,
	};
};
