// json: a state as JSON text: its top-level records fully expanded, or every record by its ordinal
// LONG is a string, BYTES {"hex":...}, a float that is no number its name in a string; nothing is rounded.

import { HashedTable } from './hashed-table.ts';
import { ListTable } from './list-table.ts';
import type { ObjectTable } from './object-table.ts';
import { targetsOf } from './schema.ts';
import { type AnyTable, checksum, checksumOf, hex, type State } from './state.ts';
import { checkDepth, filled, ordinalsOf, tableOf } from './values.ts';

/** The fewest digits, two at least, that make the same FLOAT. */
const floatText = (value: number): string => {
	if (value === 0) return doubleText(value);
	for (let digits = 2; digits < 9; digits++) {
		const short = Number(value.toPrecision(digits));
		if (Math.fround(short) === value) return doubleText(short);
	}
	return doubleText(Number(value.toPrecision(9)));
};

const doubleText = (value: number): string => {
	if (!Number.isFinite(value)) return `"${value}"`;
	const text = Object.is(value, -0) ? '-0' : String(value);
	return /^-?\d+$/.test(text) ? `${text}.0` : text;
};

const scalarText = (table: ObjectTable, at: number, ordinal: number): string => {
	const column = table.columns[at]!;
	const value = column.get(ordinal);
	if (value === null) return 'null';
	if (value instanceof Uint8Array) return `{"hex":"${Buffer.from(value).toString('hex')}"}`;
	if (column.field.type === 'FLOAT') return floatText(value as number);
	if (column.field.type === 'DOUBLE') return doubleText(value as number);
	return typeof value === 'bigint' ? `"${value}"` : JSON.stringify(value);
};

const objectText = (state: State, table: ObjectTable, ordinal: number, depth: number): string => {
	const { fields } = table.schema;
	const texts = fields.map(({ target }, at) => {
		const value = target === undefined ? null : table.columns[at]!.get(ordinal);
		return value === null
			? scalarText(table, at, ordinal)
			: expanded(state, target!, value as number, depth + 1);
	});
	if (fields.length === 1 && fields[0]!.name === 'value') return texts[0]!;
	return `{${fields.map(({ name }, at) => `${JSON.stringify(name)}:${texts[at]}`).join(',')}}`;
};

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, escaped);

// As the texts compare when everything beyond ASCII is escaped, which is how Java's side sorts them.
const byText = (a: string, b: string): number => {
	const [first, second] = [ascii(a), ascii(b)];
	return first < second ? -1 : first > second ? 1 : 0;
};

const mapText = (pairs: [key: string, value: string][]): string => {
	pairs.sort(([a], [b]) => byText(a, b));
	if (pairs.every(([key]) => key.startsWith('"')))
		return `{${pairs.map(([key, value]) => `${key}:${value}`).join(',')}}`;
	return `{"entries":[${pairs.map(([key, value]) => `[${key},${value}]`).join(',')}]}`;
};

/**
 * A record with everything it refers to, as JSON text. Maps and sets are sorted by their text.
 * @throws StateError when something is not there, or records contain each other.
 */
export const expanded = (state: State, type: string, ordinal: number, depth = 0): string => {
	checkDepth(depth, type);
	const table = tableOf(state, type, ordinal);
	const inner = (target: string, one: number) => expanded(state, target, one, depth + 1);
	if (table instanceof ListTable)
		return `[${Array.from(table.elements(ordinal), (one) => inner(table.schema.element, one)).join(',')}]`;
	if (!(table instanceof HashedTable)) return objectText(state, table, ordinal, depth);
	const { schema } = table;
	const entries = filled(table, ordinal);
	if (schema.kind === 'set')
		return `[${Array.from(entries, (one) => inner(schema.element, one))
			.sort(byText)
			.join(',')}]`;
	const pairs: [string, string][] = [];
	for (let at = 0; at < entries.length; at += 2)
		pairs.push([inner(schema.keyType, entries[at]!), inner(schema.valueType, entries[at + 1]!)]);
	return mapText(pairs);
};

/** One record as it stands: references as ordinals, sets and maps in the order of their buckets. */
const plain = (table: AnyTable, ordinal: number): string => {
	if (table instanceof ListTable) return `[${table.elements(ordinal).join(',')}]`;
	if (table instanceof HashedTable) {
		const entries = filled(table, ordinal);
		if (table.step === 1) return `{"set":[${entries.join(',')}]}`;
		const pairs = Array.from(
			{ length: entries.length / 2 },
			(_, at) => `[${entries[at * 2]},${entries[at * 2 + 1]}]`,
		);
		return `{"map":[${pairs.join(',')}]}`;
	}
	const texts = table.schema.fields.map(({ name, target }, at) => {
		const value = target === undefined ? null : table.columns[at]!.get(ordinal);
		return `${JSON.stringify(name)}:${value === null ? scalarText(table, at, ordinal) : `{"ref":${value}}`}`;
	});
	return `{${texts.join(',')}}`;
};

/** The object types that no other object type contains, be it through collections: where reading begins. */
export const rootsOf = (state: State): string[] => {
	const contained = new Set<string>();
	const reach = (type: string, from: string) => {
		for (const target of targetsOf(state.tables.get(type)!.schema)) {
			if (target === from || contained.has(target) || !state.tables.has(target)) continue;
			contained.add(target);
			reach(target, from);
		}
	};
	const objects = [...state.tables.values()].flatMap(({ schema }) =>
		schema.kind === 'object' ? [schema.name] : [],
	);
	for (const type of objects) reach(type, type);
	return objects.filter((type) => !contained.has(type));
};

const list = (entries: Iterable<string>): string => [...entries].join(',\n');

const rootsText = (state: State): string =>
	list(
		rootsOf(state).map((type) => {
			const records = Array.from(
				ordinalsOf(state, type),
				(ordinal) => `   ${expanded(state, type, ordinal)}`,
			);
			return `  ${JSON.stringify(type)}:[${records.length > 0 ? `\n${list(records)}\n  ` : ''}]`;
		}),
	);

const typesText = (state: State): string => {
	const tables = [...state.tables].sort(([a], [b]) => byText(a, b));
	return list(
		tables.map(([name, table]) => {
			const ordinals = table.current.list();
			const records = Array.from(ordinals, (ordinal) => `    "${ordinal}":${plain(table, ordinal)}`);
			const counts = `"numShards":${table.shards},"checksum":"${hex(checksumOf(table))}","count":${ordinals.length}`;
			const body = records.length > 0 ? `\n${list(records)}\n   ` : '';
			return `  ${JSON.stringify(name)}:{${counts},"records":{${body}}}`;
		}),
	);
};

/** The whole state: version, checksum and roots, with `ordinals` also every record by type and ordinal. */
export const stateText = (state: State, version: string, ordinals = false): string => {
	const head = ` "version":"${version}",${ordinals ? `\n "stateTag":"${state.tag}",` : ''}\n "checksum":"${hex(checksum(state))}"`;
	const types = ordinals ? `,\n "types":{\n${typesText(state)}\n }` : '';
	return `{\n${head},\n "roots":{\n${rootsText(state)}\n }${types}\n}\n`;
};
