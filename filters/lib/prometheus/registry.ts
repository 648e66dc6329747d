// registry: who is in an exposition: families with names of their own, and series with labels of their own
// Two names or two sets of labels that come to one never meet: the first keeps it, the other is refused.

import type { Measure } from '../record.ts';
import { counterKey, isCounter } from '../series/delta.ts';
import { isDelta } from '../series/step-series.ts';
import { type BaseUnit, baseUnitOf } from './base-unit.ts';
import { estimateFor, type Family, familyFor, type Kind, type Named } from './family.ts';
import { labelsOf } from './labels.ts';
import { createSeries, type Series } from './series.ts';

/** One name for one series; what is counted in different ways never mixes. */
export const keyOf = (record: Measure): string => {
	if (record.type !== 'gauge' && isCounter(record)) return counterKey(record);
	const way = `${isDelta(record) ? 'd' : ''}${record.type === 'sum' && !record.monotonic ? 'n' : ''}`;
	return `${way}${counterKey(record)}`;
};

export type RegistryOptions = {
	prefix: string;
	maxSeries: number;
	/** Whether there is no room for more, though it be fewer. */
	isFull?: () => boolean;
	/** A family of estimated sums beside each histogram's. */
	estimates: boolean;
	/** Units are those that Prometheus would rather have. */
	isBase?: boolean;
	/** Names that are taken for good. */
	claimed: string[];
};

/** Why a series has no place: the kind of the notice that says so. */
export type Refusal = 'max_series' | 'name_collision' | 'label_collision';

export type Registry = {
	get: (key: string) => Series | undefined;
	/** A place for a series that has none yet. */
	admit: (key: string, record: Measure) => Series | Refusal;
	remove: (key: string) => void;
	all: ReadonlyMap<string, Series>;
	/** Every family that has a series, by name. */
	families: () => Family[];
};

type Entry = { family: Family; estimates: Family | undefined; labels: Set<string> };

const kindOf = (record: Measure): Kind => {
	if (record.type === 'histogram') return 'histogram';
	return record.type === 'sum' && record.monotonic ? 'counter' : 'gauge';
};

export const createRegistry = (options: RegistryOptions): Registry => {
	const { prefix, maxSeries, estimates, isBase = false, isFull = () => false, claimed } = options;
	const all = new Map<string, Series>();
	const entries = new Map<string, Entry>();
	const homes = new Map<Series, string>();
	const claims = new Set(claimed);
	let sorted: Family[] | undefined;

	const familiesOf = ({ family, estimates: more }: Entry): Family[] => [family, ...(more ? [more] : [])];
	// A metric that is called ..._percent stays one: its name is a contract, and no linter minds it.
	const unitFor = ({ metric, unit }: Measure): BaseUnit =>
		isBase && !(unit === '%' && metric.endsWith('_percent')) ? baseUnitOf(unit) : { unit, scale: undefined };
	const namedAs = (record: Measure): Named => {
		const { metric, unit } = record;
		return { metric, unit, base: unitFor(record).unit, prefix };
	};
	// Where all are in seconds, one host may count in us and another in ms.
	const entryKey = (record: Measure): string =>
		JSON.stringify([kindOf(record), record.metric, unitFor(record).unit]);

	const openEntry = (record: Measure): Entry | undefined => {
		const named = namedAs(record);
		const kind = kindOf(record);
		const entry: Entry = {
			family: familyFor(named, kind),
			estimates: estimates && kind === 'histogram' ? estimateFor(named) : undefined,
			labels: new Set(),
		};
		return familiesOf(entry).some((one) => one.claims.some((name) => claims.has(name))) ? undefined : entry;
	};
	const keep = (key: string, entry: Entry) => {
		entries.set(key, entry);
		for (const name of familiesOf(entry).flatMap((one) => one.claims)) claims.add(name);
		sorted = undefined;
	};
	const drop = (key: string, entry: Entry) => {
		entries.delete(key);
		for (const name of familiesOf(entry).flatMap((one) => one.claims)) claims.delete(name);
		sorted = undefined;
	};

	const admit = (key: string, record: Measure): Series | Refusal => {
		if (all.size >= maxSeries || isFull()) return 'max_series';
		const known = entries.get(entryKey(record));
		const entry = known ?? openEntry(record);
		if (!entry) return 'name_collision';
		const labels = labelsOf(record);
		if (labels === undefined || entry.labels.has(labels.text)) return 'label_collision';
		if (!known) keep(entryKey(record), entry);
		const { family, estimates: more } = entry;
		const { scale } = unitFor(record);
		const series = createSeries({ family, estimates: more, labels, record, scale });
		entry.labels.add(labels.text);
		entry.family.members.add(series.member);
		entry.estimates?.members.add(series.estimate);
		homes.set(series, entryKey(record));
		all.set(key, series);
		return series;
	};
	const remove = (key: string) => {
		const series = all.get(key);
		if (!series) return;
		all.delete(key);
		const name = homes.get(series)!;
		const entry = entries.get(name)!;
		homes.delete(series);
		entry.labels.delete(series.labels);
		entry.family.members.delete(series.member);
		entry.estimates?.members.delete(series.estimate);
		if (entry.labels.size === 0) drop(name, entry);
	};
	const families = (): Family[] => {
		sorted ??= [...entries.values()].flatMap(familiesOf).sort((a, b) => (a.name < b.name ? -1 : 1));
		return sorted;
	};
	return { get: (key) => all.get(key), admit, remove, all, families };
};
