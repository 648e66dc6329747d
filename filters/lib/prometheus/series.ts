// series: what one series has come to, and its lines, whose beginnings are kept and whose values are written each time

import { add } from '../exact.ts';
import { sum } from '../histogram/layout.ts';
import type { Bucket, Exact, Measure } from '../record.ts';
import { edgesOf, isSameLayout } from './edges.ts';
import { estimatedSum } from './estimate.ts';
import type { Family, Member } from './family.ts';
import { braced } from './labels.ts';
import { type Format, leText, type Style, secondsText, timeText } from './style.ts';
import { numberText } from './text.ts';

export type Series = {
	labels: string;
	/** The time of the newest record taken. */
	ts: number;
	/** The oldest barrier that may still have to be read again for it, as a number of series/restart. */
	epoch: number;
	/** What it shows cannot be had from its newest record alone: increments were added up, or a reset carried on. */
	isCarried: boolean;
	/** Take a value in place of what was there. */
	set: (value: Exact) => void;
	/** Add an increment. */
	add: (record: Measure) => void;
	/** Its lines in its family, and in that of the estimates. */
	member: Member;
	estimate: Member;
};

type State = { buckets: Bucket[]; value: Exact };

/** The prefixes of one histogram's lines, made again when its bounds change. */
const createPrefixes = ({ name }: Family, labels: string, format: Format) => {
	let layout: Bucket[] | undefined;
	let rows: { below: string | undefined; at: string | undefined }[] = [];
	const bucket = (le: string): string => `${name}_bucket${braced(labels, le)} `;
	const row = (digits: string | undefined) =>
		digits === undefined ? undefined : bucket(leText(digits, format));
	const infinite = bucket('le="+Inf"');
	const count = `${name}_count${braced(labels)} `;
	const rowsFor = (buckets: Bucket[]) => {
		if (layout && isSameLayout(layout, buckets)) return rows;
		layout = buckets;
		rows = edgesOf(buckets).map(({ below, at }) => ({ below: row(below), at: row(at) }));
		return rows;
	};
	return { rowsFor, infinite, count };
};

const histogramLines = (family: Family, labels: string, state: State) => {
	const prefixes = {
		text: createPrefixes(family, labels, 'text'),
		openMetrics: createPrefixes(family, labels, 'openMetrics'),
	};
	return ({ format }: Style, end: string): string => {
		const { rowsFor, infinite, count } = prefixes[format];
		const { buckets } = state;
		const rows = rowsFor(buckets);
		let text = '';
		let total: Exact = 0;
		for (let at = 0; at < buckets.length; at++) {
			const row = rows[at]!;
			if (row.below !== undefined) text += row.below + total + end;
			total = add(total, buckets[at]![2]);
			if (row.at !== undefined) text += row.at + total + end;
		}
		text += infinite + total + end;
		// OpenMetrics forbids a count where there is no sum; its +Inf bucket says the same.
		return format === 'text' ? text + count + total + end : text;
	};
};

const valueLines = ({ name, kind }: Family, labels: string, state: State) => {
	const prefix = `${name}${kind === 'counter' ? '_total' : ''}${braced(labels)} `;
	return (_style: Style, end: string): string => {
		const { value } = state;
		return prefix + (typeof value === 'number' ? value : numberText(value)) + end;
	};
};

const estimateLine = ({ name }: Family, labels: string, state: State) => {
	const prefix = `${name}${braced(labels)} `;
	return (_style: Style, end: string): string => {
		const value = estimatedSum(state.buckets);
		return value === undefined ? '' : prefix + value + end;
	};
};

export type SeriesOptions = {
	family: Family;
	estimates: Family | undefined;
	labels: string;
	record: Measure;
};

/** A series that has taken nothing yet; `record` is its first. */
export const createSeries = ({ family, estimates, labels, record }: SeriesOptions): Series => {
	const { name, kind } = family;
	const state: State = { buckets: [], value: 0 };
	const values = (kind === 'histogram' ? histogramLines : valueLines)(family, labels, state);
	const estimated = estimates ? estimateLine(estimates, labels, state) : () => '';
	const created =
		kind === 'gauge' || record.start === undefined
			? undefined
			: `${name}_created${braced(labels)} ${secondsText(record.start)}`;

	// Nothing is kept of what is written: in old memory it would cost the collector more than writing it again.
	const endOf = (style: Style) => (style.timestamps ? `${timeText(series.ts, style)}\n` : '\n');
	const lines = (style: Style): string => {
		const end = endOf(style);
		const text = values(style, end);
		return created !== undefined && style.format === 'openMetrics' ? text + created + end : text;
	};
	const series: Series = {
		labels,
		ts: record.ts,
		epoch: 0,
		isCarried: false,
		set: (value) => {
			state.value = value;
		},
		add: (measure) => {
			if (measure.type === 'histogram') state.buckets = sum(state.buckets, measure.buckets);
			else state.value = add(state.value, measure.value);
		},
		member: { lines },
		estimate: { lines: (style) => estimated(style, endOf(style)) },
	};
	return series;
};
