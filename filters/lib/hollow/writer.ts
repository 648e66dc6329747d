// writer: plain JavaScript values in, records with stable ordinals out, one cycle a version
//
//   const data = createDataSet(parseSchemas('Host { string name; long since; }'));
//   data.add('Host', { name: 'web1', since: 1763712000000n });
//   const blobs = data.publish({ tag: 42n });      // undefined: nothing changed since the state before
//   blobs?.snapshot(); blobs?.delta();

import { ValueError, within } from './errors.ts';
import { keyHashFor } from './hash-key.ts';
import { HashedTable } from './hashed-table.ts';
import type { Tags } from './header.ts';
import { ListTable } from './list-table.ts';
import type { ObjectTable } from './object-table.ts';
import { Ordinals } from './ordinals.ts';
import type { MapSchema, Schema, SetSchema } from './schema.ts';
import { type AnyTable, emptyState, type State, turn } from './state.ts';
import { type Blobs, blobsOf, isChanged } from './write.ts';

/** Adds one value, and what it refers to, and returns its ordinal. */
type Add = (value: unknown) => number;

/** A data set that is written, cycle after cycle. */
export type DataSet = {
	readonly state: State;
	/**
	 * Add a record of a type and everything in it; returns its ordinal. An object is a plain object by field name;
	 * a list an array; a set an array or Set; a map a Map, an array of pairs or a plain object. Where a record of a
	 * type with one field is wanted, the field's bare value will do. A missing field is null. LONG takes bigints.
	 * @throws ValueError when a value does not fit; then `abandon` the cycle.
	 */
	add: (type: string, value: unknown) => number;
	/** Numbers and columns of a type, for adding records without an object for each. */
	ordinals: (type: string) => Ordinals;
	/**
	 * From this cycle on, a type is written in `count` shards. Older Java consumers want that to stay as it was.
	 * @throws RangeError when it is no power of two.
	 */
	shard: (type: string, count: number) => void;
	/**
	 * End the cycle. The blobs must be taken before the next `add`.
	 * @returns undefined when the records are those of the state before; nothing is to be published then.
	 */
	publish: (as: { tag?: bigint; tags?: Tags }) => Blobs | undefined;
	/** Forget what was added since the last `publish`. */
	abandon: () => void;
};

const isPlain = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

const adderOf = (adders: Map<string, Add>, type: string): Add => {
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

const element = (add: Add, value: unknown, step: string | number): number => {
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

const adderFor = (table: AnyTable, ordinals: Ordinals, adders: Map<string, Add>, tables: Tables): Add => {
	if (table instanceof ListTable) return listAdder(table, ordinals, adders);
	if (!(table instanceof HashedTable)) return objectAdder(table, ordinals, adders);
	return table.step === 2
		? mapAdder(table, ordinals, adders, tables)
		: setAdder(table, ordinals, adders, tables);
};

/** A random tag, different from `other`: a positive 63-bit number whose high half is not all zeros. */
const randomTag = (other: bigint): bigint => {
	const half = () => BigInt(Math.floor(Math.random() * 0x7fffffff) + 1);
	const tag = (half() << 32n) | half();
	return tag === other ? randomTag(other) : tag;
};

/** Write on from a state: an empty one, or what was published last, whose ordinals are then kept. */
export const continueFrom = (state: State): DataSet => {
	const ordinals = new Map<string, Ordinals>();
	const adders = new Map<string, Add>();
	const begin = () => {
		turn(state);
		for (const table of state.tables.values()) table.current.words.fill(0);
		for (const one of ordinals.values()) one.restart();
	};
	begin();
	for (const [name, table] of state.tables) {
		const own = new Ordinals(table);
		ordinals.set(name, own);
		adders.set(name, adderFor(table, own, adders, state.tables));
	}
	let isOpen = true;
	const open = () => {
		if (!isOpen) begin();
		isOpen = true;
	};
	const publish: DataSet['publish'] = ({ tag, tags = [] }) => {
		open();
		isOpen = false;
		if (![...state.tables.values()].some(isChanged)) return undefined;
		state.tag = tag ?? randomTag(state.previousTag);
		state.tags = tags;
		return blobsOf(state);
	};
	return {
		state,
		add: (type, value) => {
			open();
			return element(adderOf(adders, type), value, type);
		},
		ordinals: (type) => {
			open();
			const own = ordinals.get(type);
			if (!own) throw new ValueError(type, 'there is no such type');
			return own;
		},
		shard: (type, count) => {
			open();
			const table = state.tables.get(type);
			if (!table) throw new ValueError(type, 'there is no such type');
			if (count < 1 || (count & (count - 1)) !== 0) throw new RangeError(`${count} shards: no power of two`);
			table.shards = count;
		},
		publish,
		abandon: () => {
			open();
			for (const [name, table] of state.tables) {
				table.current = table.previous.copy();
				table.current.words.fill(0);
				table.shards = table.previousShards;
				ordinals.get(name)!.restart();
			}
		},
	};
};

/** A data set without records. */
export const createDataSet = (schemas: Schema[]): DataSet => continueFrom(emptyState(schemas));
