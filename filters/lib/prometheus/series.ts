// series: what one series has come to, and its lines: what stands before the labels' end is kept, the rest written each time

import { add } from '../exact.ts';
import { isSameLayout } from '../histogram/edges.ts';
import { filled, sum } from '../histogram/layout.ts';
import type { Bucket, Exact, Measure } from '../record.ts';
import { estimatedSum } from './estimate.ts';
import { type Family, type Member, nameIn } from './family.ts';
import { type Label, type Labels, labelText, named } from './labels.ts';
import { histogramMessage, valueMessage } from './messages.ts';
import { type Scale, scaledEdges, scaledNumber, scaledText } from './scale.ts';
import {
	type Format,
	leText,
	type Spelling,
	secondsText,
	spellingOf,
	type TextStyle,
	timeText,
} from './style.ts';
import { numberText } from './text.ts';

export type Series = {
	family: Family;
	labels: string;
	list: readonly Label[];
	/** What makes its numbers those of its family's unit. */
	scale: Scale | undefined;
	/** The time of the newest record taken. */
	ts: number;
	/** The oldest barrier that may still have to be read again for it, as a number of series/restart. */
	epoch: number;
	/** What it shows cannot be had from its newest record alone: increments were added up, or a reset carried on. */
	isCarried: boolean;
	/** Take what a record has in place of what was there; rows once shown stay. */
	set: (record: Measure) => void;
	/** Add an increment. */
	add: (record: Measure) => void;
	/** What it has come to. */
	state: Readonly<State>;
	/** Its lines in its family, and in that of the estimates. */
	member: Member;
	estimate: Member;
};

type State = { buckets: Bucket[]; value: Exact };

/** What stands between the labels and the values in the rows at one bucket. */
type Ends = { below: string | undefined; at: string | undefined };

// Hardly more than a few; bounds that are made up must not stay for good.
const MOST_LAYOUTS = 1000;
const layouts = new Map<string, Ends[]>();

/** The ends of the rows of these bounds: one list for all series that have them. */
const endsFor = (buckets: Bucket[], format: Format, scale: Scale | undefined): Ends[] => {
	const unit = scale ? `${scale.times} ${scale.power} ` : '';
	const key = `${format} ${unit}${buckets.map(([lower, upper]) => `${lower},${upper}`).join(' ')}`;
	const known = layouts.get(key);
	if (known) return known;
	const row = (digits: string | undefined) =>
		digits === undefined ? undefined : `${leText(digits, format)}} `;
	const ends = scaledEdges(buckets, scale).map(({ below, at }) => ({ below: row(below), at: row(at) }));
	if (layouts.size >= MOST_LAYOUTS) layouts.clear();
	layouts.set(key, ends);
	return ends;
};

/** The beginning of one histogram's lines, and their ends, looked up again when its bounds change. */
const createPrefixes = (name: string, labels: string, format: Format, scale: Scale | undefined) => {
	let layout: Bucket[] | undefined;
	let rows: Ends[] = [];
	const start = named(`${name}_bucket`, labels, 'le').slice(0, -'le}'.length);
	const count = `${named(`${name}_count`, labels)} `;
	const rowsFor = (buckets: Bucket[]) => {
		if (!layout || !isSameLayout(layout, buckets)) rows = endsFor(buckets, format, scale);
		layout = buckets;
		return rows;
	};
	return { rowsFor, start, count };
};

/** What `make` gives for a style, made once for each of the ways in which text is written. */
const perText = <Made>(make: (format: Format, spelling: Spelling) => Made): ((style: TextStyle) => Made) => {
	// Nearly always there is one style; ten thousand series would have as many maps.
	let last: TextStyle | undefined;
	let current: Made;
	let others: Map<string, Made> | undefined;
	return (style) => {
		if (last === style) return current;
		const keyOf = (one: TextStyle) => `${one.format} ${spellingOf(one)}`;
		if (last !== undefined) {
			others ??= new Map();
			others.set(keyOf(last), current);
		}
		current = others?.get(keyOf(style)) ?? make(style.format, spellingOf(style));
		last = style;
		return current;
	};
};

type Lines = (style: TextStyle, end: string) => string;

const histogramLines = (family: Family, labels: Labels, state: State, scale?: Scale): Lines => {
	const prefixesFor = perText((format, spelling) =>
		createPrefixes(nameIn(family, spelling), labelText(labels, spelling), format, scale),
	);
	return (style, end) => {
		const { rowsFor, start, count } = prefixesFor(style);
		const { buckets } = state;
		const rows = rowsFor(buckets);
		let text = '';
		let total: Exact = 0;
		for (let at = 0; at < buckets.length; at++) {
			const row = rows[at]!;
			if (row.below !== undefined) text += start + row.below + total + end;
			total = add(total, buckets[at]![2]);
			if (row.at !== undefined) text += start + row.at + total + end;
		}
		text += `${start}le="+Inf"} ${total}${end}`;
		// OpenMetrics forbids a count where there is no sum; its +Inf bucket says the same.
		return style.format === 'text' ? text + count + total + end : text;
	};
};

const startFor = (family: Family, labels: Labels, suffix: string) =>
	perText((_format, spelling) => {
		const name = `${nameIn(family, spelling)}${suffix}`;
		return `${named(name, labelText(labels, spelling))} `;
	});

const valueLines = (family: Family, labels: Labels, state: State, scale?: Scale): Lines => {
	const start = startFor(family, labels, family.kind === 'counter' ? '_total' : '');
	return (style, end) => {
		const { value } = state;
		if (scale) return start(style) + scaledText(value, scale) + end;
		return start(style) + (typeof value === 'number' ? value : numberText(value)) + end;
	};
};

const estimateLine = (family: Family, labels: Labels, state: State, scale?: Scale): Lines => {
	const start = startFor(family, labels, '');
	return (style, end) => {
		const value = estimatedSum(state.buckets);
		return value === undefined ? '' : start(style) + scaledText(value, scale) + end;
	};
};

export type SeriesOptions = {
	family: Family;
	estimates: Family | undefined;
	labels: Labels;
	record: Measure;
	/** What makes the record's numbers those of the family's unit. */
	scale: Scale | undefined;
};

/** A series that has taken nothing yet; `record` is its first. */
export const createSeries = ({ family, estimates, labels, record, scale }: SeriesOptions): Series => {
	const { kind } = family;
	const state: State = { buckets: [], value: 0 };
	const values = (kind === 'histogram' ? histogramLines : valueLines)(family, labels, state, scale);
	const estimated = estimates ? estimateLine(estimates, labels, state, scale) : () => '';
	const start = kind === 'gauge' ? undefined : record.start;
	const createdStart = start === undefined ? undefined : startFor(family, labels, '_created');

	// Nothing is kept of what is written: in old memory it would cost the collector more than writing it again.
	const endOf = (style: TextStyle) => (style.timestamps ? `${timeText(series.ts, style)}\n` : '\n');
	const lines = (style: TextStyle): string => {
		const end = endOf(style);
		const text = values(style, end);
		if (start === undefined || !createdStart || style.format !== 'openMetrics') return text;
		return `${text}${createdStart(style)}${secondsText(start)}${end}`;
	};
	const own = { labels, start, ts: () => series.ts };
	const series: Series = {
		family,
		labels: labels.text,
		list: labels.list,
		scale,
		state,
		ts: record.ts,
		epoch: 0,
		isCarried: false,
		set: (measure) => {
			if (measure.type === 'histogram') state.buckets = filled(measure.buckets, state.buckets);
			else state.value = measure.value;
		},
		add: (measure) => {
			if (measure.type === 'histogram') state.buckets = sum(state.buckets, measure.buckets);
			else state.value = add(state.value, measure.value);
		},
		member: {
			lines,
			...(kind === 'histogram'
				? histogramMessage(own, () => state.buckets, scale)
				: valueMessage(own, kind, () => scaledNumber(state.value, scale))),
		},
		estimate: {
			lines: (style) => estimated(style, endOf(style)),
			isShown: () => estimatedSum(state.buckets) !== undefined,
			...valueMessage(own, 'gauge', () => scaledNumber(estimatedSum(state.buckets) ?? 0, scale)),
		},
	};
	return series;
};
