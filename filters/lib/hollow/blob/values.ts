// values: records of a state as plain JavaScript values, everything they refer to included
// The counterpart of data-set: what is read here can be added there.

import { Budget } from './budget.ts';
import { StateError } from './bytes/errors.ts';
import type { AnyTable, State } from './state.ts';
import { HashedTable } from './type/hashed-table.ts';
import { ListTable } from './type/list-table.ts';

/** What a record is made of. LONG is a bigint, BYTES a Uint8Array, a list or set an array, a map a Map. */
export type Value =
	| null
	| number
	| bigint
	| boolean
	| string
	| Uint8Array
	| Value[]
	| Map<Value, Value>
	| { [field: string]: Value };

// Deeper than any real record, and far from the end of the stack.
const DEEPEST = 200;

/**
 * The table of a record that a record refers to.
 * @throws StateError when there is no such record.
 */
export const tableOf = (state: State, type: string, ordinal: number): AnyTable => {
	const table = state.tables.get(type);
	if (table?.current.has(ordinal)) return table;
	throw new StateError(`a record refers to ${type} ${ordinal}, which is not there`);
};

/** @throws StateError at a depth that no real record has. */
export const checkDepth = (depth: number, type: string): void => {
	if (depth > DEEPEST) throw new StateError(`records are nested deeper than ${DEEPEST}, the last a ${type}`);
};

/** The filled buckets of a set or map: element, or key and value by turns. */
export const entriesOf = (table: HashedTable, ordinal: number): Int32Array => {
	const buckets = table.buckets(ordinal);
	const kept = new Int32Array(table.size[ordinal]! * table.step);
	let size = 0;
	for (let at = 0; at < buckets.length; at += table.step) {
		if (buckets[at]! < 0) continue;
		for (let part = 0; part < table.step; part++) kept[size++] = buckets[at + part]!;
	}
	return kept;
};

// About what a record and a field cost as JavaScript values, in the budget's characters.
const COST = 4;

const costOf = (value: unknown): number =>
	typeof value === 'string' || value instanceof Uint8Array ? COST + value.length : COST;

/**
 * A record with everything it refers to. A type whose only field is called `value` is that bare value.
 * @throws StateError when something is not there, records contain each other, or they are more than the budget has.
 */
export const recordOf = (
	state: State,
	type: string,
	ordinal: number,
	budget = new Budget(),
	depth = 0,
): Value => {
	checkDepth(depth, type);
	const table = tableOf(state, type, ordinal);
	const inner = (target: string, one: number) => recordOf(state, target, one, budget, depth + 1);
	budget.take(COST);
	if (table instanceof ListTable)
		return Array.from(table.elements(ordinal), (one) => inner(table.schema.element, one));
	if (table instanceof HashedTable) {
		const { schema } = table;
		const entries = entriesOf(table, ordinal);
		if (schema.kind === 'set') return Array.from(entries, (one) => inner(schema.element, one));
		const map = new Map<Value, Value>();
		for (let at = 0; at < entries.length; at += 2)
			map.set(inner(schema.keyType, entries[at]!), inner(schema.valueType, entries[at + 1]!));
		return map;
	}
	const fields = table.columns.map(({ field, get }, at): [string, Value] => {
		const value = get.call(table.columns[at], ordinal);
		budget.take(costOf(value));
		const isRecord = field.target !== undefined && value !== null;
		return [field.name, isRecord ? inner(field.target!, value as number) : value];
	});
	return fields.length === 1 && fields[0]![0] === 'value' ? fields[0]![1] : Object.fromEntries(fields);
};

/** The ordinals of a type in the current state, ascending; none for a type that the state does not have. */
export const ordinalsOf = (state: State, type: string): Int32Array =>
	state.tables.get(type)?.current.list() ?? new Int32Array(0);
