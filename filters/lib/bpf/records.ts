// records: what a map holds at one time, as records: one a series, what counts for the same series added up

import { exact, type KnownRecord } from '../record.ts';
import type { Metric } from './annotations.ts';
import { type Field, numberIn } from './field.ts';
import type { FittedMetric, FittedTrouble, MapPlan } from './plan.ts';
import { bucketsOf } from './slots.ts';

/** One entry of a map; a per-CPU map has a value for each processor, any other one. */
export type Entry = { key: Buffer; values: Buffer[] };

/** What all records of a print share. */
export type Moment = { ts: number; start: number; host: string };

/** A number added up over processors, exact. */
const total = (values: Buffer[], field: Field, index = 0): bigint => {
	let sum = 0n;
	for (const value of values) sum += numberIn(value, field, index);
	return sum;
};

/** `beyond` counts what stands under a slot that there is not. */
type Series = {
	attributes: Record<string, string>;
	value: bigint;
	counts: Map<number, bigint>;
	beyond: bigint;
};

/** The slot that a key names: one above the last is in the last when that is open. */
const placeOf = ({ slots, slotCount }: Metric, slot: number): number | undefined => {
	const last = slotCount! - 1;
	if (slot < 0 || (slot > last && !slots!.isOpen)) return undefined;
	return Math.min(slot, last);
};

/** What the entries of a map count for one metric, by series. */
const seriesOf = ({ metric, labels, value, slot }: FittedMetric, entries: Entry[]): Series[] => {
	const all = new Map<string, Series>();
	for (const { key, values } of entries) {
		const attributes = Object.fromEntries(labels.map(({ name, of }) => [name, of(key)]));
		const name = JSON.stringify(attributes);
		const series = all.get(name) ?? { attributes, value: 0n, counts: new Map(), beyond: 0n };
		all.set(name, series);
		const add = (index: number, count: bigint) => {
			if (count !== 0n) series.counts.set(index, (series.counts.get(index) ?? 0n) + count);
		};
		if (metric.kind !== 'histogram') series.value += total(values, value);
		else if (slot) {
			const place = placeOf(metric, Number(numberIn(key, slot)));
			if (place === undefined) series.beyond += total(values, value);
			else add(place, total(values, value));
		} else for (let i = 0; i < value.count; i++) add(i, total(values, value, i));
	}
	return [...all.values()];
};

const recordsOf = (fitted: FittedMetric, series: Series, moment: Moment): KnownRecord[] => {
	const record = recordOf(fitted, series, moment);
	if (series.beyond === 0n) return [record];
	const { ts, host } = moment;
	const { attributes } = series;
	const detail = `counted under slots that the annotations of map "${fitted.metric.map}" do not have; left out`;
	const count = exact(series.beyond);
	return [
		record,
		{ type: 'notice', ts, host, metric: fitted.metric.name, attributes, kind: 'layout', count, detail },
	];
};

const recordOf = ({ metric, value, slot }: FittedMetric, series: Series, moment: Moment): KnownRecord => {
	const { ts, start, host } = moment;
	const common = { host, metric: metric.name, unit: metric.unit, attributes: series.attributes };
	if (metric.kind === 'gauge') return { type: 'gauge', ts, ...common, value: exact(series.value) };
	const since = { ts, start, ...common, temporality: 'cumulative' as const };
	if (metric.kind === 'sum') return { type: 'sum', ...since, monotonic: true, value: exact(series.value) };
	const length = slot ? metric.slotCount! : value.count;
	return { type: 'histogram', ...since, buckets: bucketsOf(metric.slots!, length, series.counts) };
};

/** Makes records of one map's entries, print for print. Trouble is told once; that of an old map, before the first print, was. */
export const createRecords = ({ metrics, troubles }: MapPlan, isOld = false) => {
	const told = new Map<FittedTrouble, bigint>();
	let isKnown = isOld;
	const notice = (one: FittedTrouble, entries: Entry[], { ts, host }: Moment): KnownRecord[] => {
		const { kind, metric, detail } = one.trouble;
		let now = 0n;
		for (const { values } of entries) now += total(values, one.value);
		const rise = now - (told.get(one) ?? 0n);
		told.set(one, now);
		if (rise <= 0n || isKnown) return [];
		return [{ type: 'notice', ts, host, ...(metric && { metric }), kind, count: exact(rise), detail }];
	};
	return (entries: Entry[], moment: Moment): KnownRecord[] => {
		const records = [
			...metrics.flatMap((one) => seriesOf(one, entries).flatMap((series) => recordsOf(one, series, moment))),
			...troubles.flatMap((one) => notice(one, entries, moment)),
		];
		isKnown = false;
		return records;
	};
};
