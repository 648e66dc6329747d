// adders: plain JavaScript values into records of a type, and of every type that it refers to
// Children come before their parent, fields in the schema's order: so the ordinals are those of a Java producer.

import { ValueError, within } from './bytes/errors.ts';
import { keyHashFor } from './hash-key.ts';
import type { AnyTable } from './state.ts';
import { HashedTable } from './type/hashed-table.ts';
import { ListTable } from './type/list-table.ts';
import type { ObjectTable } from './type/object-table.ts';
import type { Ordinals } from './type/ordinals.ts';
import type { MapSchema, SetSchema } from './type/schema.ts';

/** Adds one value, and what it refers to, and returns its ordinal. */
export type Add = (value: unknown) => number;

const isPlain = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/**
 * The adder of a type.
 * @throws ValueError when there is no such type.
 */
export const adderOf = (adders: Map<string, Add>, type: string): Add => {
	const add = adders.get(type);
	if (!add) throw new ValueError('', `there is no type ${type}`);
	return add;
};

/** The adder of a type, looked up when it is first wanted: types may refer to each other in a circle. */
const lazily = (adders: Map<string, Add>, type: string): Add => {
	let add: Add | undefined;
	return (value) => {
		add ??= adderOf(adders, type);
		return add(value);
	};
};

/** Add what a field refers to; null and undefined stay what they are. */
const addField = (add: Add, name: string, value: unknown): unknown => {
	if (value === null || value === undefined) return value;
	try {
		return add(value);
	} catch (error) {
		throw within(name, error);
	}
};

const objectAdder = (table: ObjectTable, ordinals: Ordinals, adders: Map<string, Add>): Add => {
	const { columns, schema } = table;
	const names = schema.fields.map(({ name }) => name);
	const inner = schema.fields.map(({ target }) =>
		target === undefined ? undefined : lazily(adders, target),
	);
	const [only] = names.length === 1 ? names : [];
	const put = (at: number, value: unknown): unknown => {
		const add = inner[at];
		return add ? addField(add, names[at]!, value) : value;
	};
	const addBare = (value: unknown): number => {
		if (only === undefined) throw new ValueError('', `${schema.name} wants an object`);
		const one = put(0, value);
		columns[0]!.set(ordinals.slot(), one, only);
		return ordinals.commit();
	};
	return (value) => {
		if (!isPlain(value)) return addBare(value);
		// Records that this one refers to come first, and may be of the same type; so its slot is taken after them.
		const values: unknown[] = [];
		for (let at = 0; at < names.length; at++) values.push(put(at, value[names[at]!]));
		const slot = ordinals.slot();
		for (let at = 0; at < names.length; at++) columns[at]!.set(slot, values[at], names[at]!);
		return ordinals.commit();
	};
};

/** Add what must not be null; `step` names it in errors. */
export const element = (add: Add, value: unknown, step: string | number): number => {
	const name = () => (typeof step === 'number' ? `[${step}]` : step);
	if (value === null || value === undefined) throw new ValueError(name(), 'null in a collection');
	try {
		return add(value);
	} catch (error) {
		throw within(name(), error);
	}
};

const listAdder = (table: ListTable, ordinals: Ordinals, adders: Map<string, Add>): Add => {
	const { element: type, name } = table.schema;
	const add = lazily(adders, type);
	return (value) => {
		if (!Array.isArray(value)) throw new ValueError('', `${name} wants an array`);
		const elements = value.map((one, at) => element(add, one, at));
		table.put(ordinals.slot(), elements);
		return ordinals.commit();
	};
};

const setAdder = (table: HashedTable, ordinals: Ordinals, adders: Map<string, Add>, tables: Tables): Add => {
	const schema = table.schema as SetSchema;
	const hash = keyHashFor(tables, schema.element, schema.key);
	const add = lazily(adders, schema.element);
	return (value) => {
		if (!Array.isArray(value) && !(value instanceof Set))
			throw new ValueError('', `${schema.name} wants a Set`);
		const elements = new Set([...value].map((one, at) => element(add, one, at)));
		table.put(ordinals.slot(), Int32Array.from(elements).sort(), hash);
		return ordinals.commit();
	};
};

const pairsOf = (value: unknown, name: string): [unknown, unknown][] => {
	if (value instanceof Map) return [...value];
	if (Array.isArray(value)) return value;
	if (isPlain(value)) return Object.entries(value);
	throw new ValueError('', `${name} wants a Map, pairs or an object`);
};

const mapAdder = (table: HashedTable, ordinals: Ordinals, adders: Map<string, Add>, tables: Tables): Add => {
	const schema = table.schema as MapSchema;
	const hash = keyHashFor(tables, schema.keyType, schema.key);
	const addKey = lazily(adders, schema.keyType);
	const addValue = lazily(adders, schema.valueType);
	return (value) => {
		const pairs = pairsOf(value, schema.name).map(([key, one]): [number, number] => [
			element(addKey, key, String(key)),
			element(addValue, one, String(key)),
		]);
		pairs.sort(([a], [b]) => a - b);
		const twice = pairs.findIndex(([key], at) => at > 0 && key === pairs[at - 1]![0]);
		if (twice >= 0) throw new ValueError('', `a key stands twice in ${schema.name}`);
		table.put(ordinals.slot(), pairs.flat(), hash);
		return ordinals.commit();
	};
};

type Tables = Map<string, AnyTable>;

/** How values become records of a table; `adders` has, or will have, those of the other types by name. */
export const adderFor = (
	table: AnyTable,
	ordinals: Ordinals,
	adders: Map<string, Add>,
	tables: Tables,
): Add => {
	if (table instanceof ListTable) return listAdder(table, ordinals, adders);
	if (!(table instanceof HashedTable)) return objectAdder(table, ordinals, adders);
	return table.step === 2
		? mapAdder(table, ordinals, adders, tables)
		: setAdder(table, ordinals, adders, tables);
};
