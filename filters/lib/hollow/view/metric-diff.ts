// metric-diff: what two states of the data set of metrics differ in, by source and name
// The time of a state is no difference: it is another one in every version.

import type { State } from '../blob/state.ts';
import type { HashedTable } from '../blob/type/hashed-table.ts';
import type { ObjectTable } from '../blob/type/object-table.ts';
import { entriesOf, ordinalsOf, recordOf, tableOf } from '../blob/values.ts';
import { boundOf, type StoredMetric, type Whole } from '../metrics/metrics-state.ts';
import { byCode, type Change, type Comparison, countsOf } from './comparison.ts';

/** A source (a MetricsState), or a metric or an aggregate of one. */
export type Subject = { source: string | null; kind: 'source' | 'metric' | 'aggregate'; name: string | null };

/** Where the value of something lies: the number of its content, its record, and the time of its state. */
type Place = { number: number; type?: string; ordinal: number; timestamp: string | null };

type Found = Map<string, { what: Subject; places: Place[] }>;

// About what a place costs, in the budget's characters: states that share a map of metrics cost no blob.
const COST = 64;

const textIn = (state: State, type: string, ordinal: number, name: string): string | null => {
	const column = (tableOf(state, type, ordinal) as ObjectTable).column(name)!;
	const value = column.get(ordinal);
	if (column.field.target === undefined || value === null) return value as string | null;
	return recordOf(state, column.field.target, value as number) as string | null;
};

/** The entries of a map of a MetricsState: key, type and ordinal of the value. */
function* mapEntries(
	state: State,
	ordinal: number,
	name: string,
): Generator<[string | null, string, number]> {
	const column = (tableOf(state, 'MetricsState', ordinal) as ObjectTable).column(name);
	const map = column?.get(ordinal) ?? null;
	if (!column || map === null) return;
	const table = tableOf(state, column.field.target!, map as number) as HashedTable;
	const { schema } = table;
	if (schema.kind !== 'map') return;
	const entries = entriesOf(table, map as number);
	for (let at = 0; at < entries.length; at += 2)
		yield [
			recordOf(state, schema.keyType, entries[at]!) as string | null,
			schema.valueType,
			entries[at + 1]!,
		];
}

const placesIn = (state: State, { content, budget }: Comparison): Found => {
	const found: Found = new Map();
	const put = (what: Subject, place: Place) => {
		const key = JSON.stringify(what);
		budget.take(COST + key.length + (place.timestamp?.length ?? 0));
		const known = found.get(key) ?? { what, places: [] };
		known.places.push(place);
		found.set(key, known);
	};
	for (const one of ordinalsOf(state, 'MetricsState')) {
		budget.begin('MetricsState', one);
		const source = textIn(state, 'MetricsState', one, 'source');
		const timestamp = textIn(state, 'MetricsState', one, 'timestamp');
		put({ source, kind: 'source', name: null }, { number: 0, ordinal: one, timestamp });
		for (const kind of ['metric', 'aggregate'] as const) {
			for (const [name, type, ordinal] of mapEntries(state, one, `${kind}s`)) {
				const number = content.of(state, type, ordinal);
				put({ source, kind, name }, { number, type, ordinal, timestamp });
			}
		}
	}
	return found;
};

/** What is at a place, without its time. */
const valueAt = (state: State, { type, ordinal }: Place, { budget }: Comparison): unknown => {
	if (type === undefined) return {};
	budget.begin(type, ordinal);
	const value = recordOf(state, type, ordinal, budget);
	if (typeof value !== 'object' || value === null) return { value: boundOf(value as Whole | null) };
	const { total, unit, buckets } = value as unknown as StoredMetric;
	const bounds = buckets?.map(({ lower, upper, count }) => [lower, upper, count].map(boundOf)) ?? null;
	return { total: boundOf(total), unit, buckets: bounds };
};

/** Take from both lists what they have in common. */
const withoutSame = (was: Place[], is: Place[]): [Place[], Place[]] => {
	const left = countsOf(is.map(({ number }) => number));
	const removed = was.filter(({ number }) => !left.take(number));
	return [removed, is.filter(({ number }) => left.take(number))];
};

const textOfPlace = (state: State, place: Place | undefined, both: Comparison) => {
	if (!place) return undefined;
	const value = JSON.stringify(valueAt(state, place, both));
	const timestamp = `{"timestamp":${JSON.stringify(place.timestamp)}`;
	return { value, text: value === '{}' ? `${timestamp}}` : `${timestamp},${value.slice(1)}` };
};

function* changesOf(was: Place[], is: Place[], both: Comparison): Generator<Change | 'same'> {
	const [removed, added] = withoutSame(was, is);
	for (let same = was.length - removed.length; same > 0; same--) yield 'same';
	for (let at = 0; at < Math.max(removed.length, added.length); at++) {
		const before = textOfPlace(both.before, removed[at], both);
		const after = textOfPlace(both.after, added[at], both);
		// Equal numbers of other types (Integer, Long) are no change.
		if (before?.value === after?.value) yield 'same';
		else yield { ...(before && { before: before.text }), ...(after && { after: after.text }) };
	}
}

const KINDS = ['source', 'metric', 'aggregate'];
const inOrder = (a: Subject, b: Subject): number =>
	byCode(a.source ?? '', b.source ?? '') ||
	KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
	byCode(a.name ?? '', b.name ?? '');

/**
 * What happened to each source, metric and aggregate, by source and name. Both states have metrics.
 * Where a name stands twice, equal ones belong together, then the first to the first.
 * @throws StateError when records do not fit together or exceed the budget.
 */
export function* metricChanges(both: Comparison): Generator<{ what: Subject; change: Change | 'same' }> {
	const [before, after] = [placesIn(both.before, both), placesIn(both.after, both)];
	const keys = [...new Set([...before.keys(), ...after.keys()])];
	const all = keys.map((key) => {
		const [was, is] = [before.get(key), after.get(key)];
		return { what: (was ?? is)!.what, was: was?.places ?? [], is: is?.places ?? [] };
	});
	for (const { what, was, is } of all.sort((a, b) => inOrder(a.what, b.what)))
		for (const change of changesOf(was, is, both)) yield { what, change };
}
