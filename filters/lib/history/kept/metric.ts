// metric: all series of one metric, what tells them apart, and what was counted in the last minutes over all of them

import type { Measure, Sample } from '../../record.ts';
import { Ring } from './ring.ts';
import { createRows, type Rows } from './rows.ts';
import type { Counted, Series } from './series.ts';

/**
 * What tells one metric from another; the three stand in links as they are. A sum that goes up and down has the type
 * `gauge`, for it is looked at as one; samples are counted into log2 buckets and have `histogram`.
 */
export type MetricName = { metric: string; unit: string; type: 'histogram' | 'sum' | 'gauge' };

/** The steps of a thumbnail. */
export const RECENT_STEP = 5000;
export const RECENT_COLUMNS = 60;
// Of which the newest may be ahead of what is asked for.
const RECENT_SLACK = 6;

// Far more than any layout has; bounds that are made up fill a table and then nothing more.
const MOST_ROWS = 2000;
const OVERHEAD = 4000;

/** A sum that rises and falls is looked at as a gauge is, and samples are counted into buckets. */
export const nameOf = (record: Measure | Sample): MetricName => {
	const { metric, unit, type } = record;
	if (type === 'sample') return { metric, unit, type: 'histogram' };
	return { metric, unit, type: type === 'sum' && !record.monotonic ? 'gauge' : type };
};

export const keyOfName = ({ metric, unit, type }: MetricName): string => JSON.stringify([metric, unit, type]);

/** How many series have each value. */
type Values = Map<string, number>;

const change = (values: Values, value: string, by: number): void => {
	const count = (values.get(value) ?? 0) + by;
	if (count > 0) values.set(value, count);
	else values.delete(value);
};

export class Metric {
	readonly name: MetricName;
	readonly rows: Rows = createRows(MOST_ROWS);
	readonly series = new Set<Series>();
	readonly hosts: Values = new Map();
	readonly attributes = new Map<string, Values>();
	synthetic = 0;
	/** The time of the oldest and the newest record, and when, by our own clock, the newest came. */
	first = Number.POSITIVE_INFINITY;
	newest = Number.NEGATIVE_INFINITY;
	arrivedAt = Number.NEGATIVE_INFINITY;
	/** Records since somebody set this to zero. */
	arrivals = 0;
	/** What was counted of late, by the numbers of the rows. */
	readonly recent = new Ring(RECENT_STEP, RECENT_COLUMNS + RECENT_SLACK, 1);

	constructor(name: MetricName) {
		this.name = name;
	}

	bytes(): number {
		return OVERHEAD + this.recent.bytes() + 200 * this.rows.all.length;
	}

	private note(one: Series, by: 1 | -1): void {
		change(this.hosts, one.host, by);
		this.synthetic += one.isSynthetic ? by : 0;
		for (const [name, value] of Object.entries(one.attributes)) {
			const values = this.attributes.get(name) ?? new Map();
			this.attributes.set(name, values);
			change(values, value, by);
			if (values.size === 0) this.attributes.delete(name);
		}
	}

	join(one: Series): void {
		this.series.add(one);
		this.note(one, 1);
	}

	leave(one: Series): void {
		this.series.delete(one);
		this.note(one, -1);
	}

	/** A record came, of this time. */
	meet(ts: number, now: number): void {
		this.first = Math.min(this.first, ts);
		this.newest = Math.max(this.newest, ts);
		this.arrivedAt = now;
		this.arrivals += 1;
	}

	/** Count what a series has just counted at the time `at`. */
	count({ start, ts, rows, counts }: Counted, at: number): void {
		const { recent } = this;
		const slot = Math.floor(at / RECENT_STEP);
		const last = Math.max(slot, Math.floor(ts / RECENT_STEP - 0.5));
		if (!recent.open(last)) return;
		const first = Math.max(Math.ceil(start / RECENT_STEP - 0.5), recent.newest - recent.length + 1);
		for (let one = first; one <= last; one++) recent.look(one, 0);
		if (!recent.has(slot)) return;
		recent.look(slot, 0);
		for (let one = 0; one < rows.length; one++)
			if (counts[one] !== 0) recent.add(slot, rows[one]!, counts[one]!);
	}

	setBack(ts: number): void {
		this.recent.cut(Math.floor(ts / RECENT_STEP));
		this.newest = Math.min(this.newest, ts);
		this.first = Math.min(this.first, ts);
	}

	/** The usual time between two records, of the host that has the longest; 0 when no host has one yet. */
	interval(of: Iterable<Series> = this.series): number {
		const byHost = new Map<string, number[]>();
		for (const { host, pace } of of) {
			if (pace.interval === 0) continue;
			const known = byHost.get(host);
			if (known) known.push(pace.interval);
			else byHost.set(host, [pace.interval]);
		}
		const usual = [...byHost.values()].map((all) => all.sort((a, b) => a - b)[all.length >> 1]!);
		return usual.reduce((most, one) => Math.max(most, one), 0);
	}
}
