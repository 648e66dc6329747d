// json: a state as JSON text: its top-level records fully expanded, or every record by its ordinal
// LONG is a string, BYTES {"hex":...}, a float that is no number its name in a string; nothing is rounded.

import { Budget } from '../blob/budget.ts';
import { type AnyTable, checksum, checksumOf, hex, type State } from '../blob/state.ts';
import { HashedTable } from '../blob/type/hashed-table.ts';
import { ListTable } from '../blob/type/list-table.ts';
import type { ObjectTable } from '../blob/type/object-table.ts';
import { targetsOf } from '../blob/type/schema.ts';
import { checkDepth, entriesOf, ordinalsOf, tableOf } from '../blob/values.ts';

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

/** The field at `at` of a record as JSON text; a reference as its ordinal. */
export const scalarText = (table: ObjectTable, at: number, ordinal: number): string => {
	const column = table.columns[at]!;
	const value = column.get(ordinal);
	if (value === null) return 'null';
	if (value instanceof Uint8Array) return `{"hex":"${Buffer.from(value).toString('hex')}"}`;
	if (column.field.type === 'FLOAT') return floatText(value as number);
	if (column.field.type === 'DOUBLE') return doubleText(value as number);
	return typeof value === 'bigint' ? `"${value}"` : JSON.stringify(value);
};

const objectText = (
	state: State,
	table: ObjectTable,
	ordinal: number,
	depth: number,
	budget: Budget,
): string => {
	const { fields } = table.schema;
	let inner = 0;
	const texts = fields.map(({ target }, at) => {
		const value = target === undefined ? null : table.columns[at]!.get(ordinal);
		if (value === null) return scalarText(table, at, ordinal);
		const text = expandedText(state, target!, value as number, budget, depth + 1);
		inner += text.length;
		return text;
	});
	const isBare = fields.length === 1 && fields[0]!.name === 'value';
	const text = isBare
		? texts[0]!
		: `{${fields.map(({ name }, at) => `${JSON.stringify(name)}:${texts[at]}`).join(',')}}`;
	budget.take(text.length - inner);
	return text;
};

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, escaped);

const byCode = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** As the texts compare when everything beyond ASCII is escaped, which is how Java's side sorts them. */
const sortedBy = <Item>(items: Item[], textOf: (item: Item) => string): Item[] =>
	items
		.map((item) => ({ item, key: ascii(textOf(item)) }))
		.sort((a, b) => byCode(a.key, b.key))
		.map(({ item }) => item);

const mapText = (pairs: [key: string, value: string][]): string => {
	const sorted = sortedBy(pairs, ([key]) => key);
	if (sorted.every(([key]) => key.startsWith('"')))
		return `{${sorted.map(([key, value]) => `${key}:${value}`).join(',')}}`;
	return `{"entries":[${sorted.map(([key, value]) => `[${key},${value}]`).join(',')}]}`;
};

// Brackets and commas; also what a record takes from the budget at least, however short its text is.
const AROUND = 4;

/**
 * A record with everything it refers to, as JSON text. Maps and sets are sorted by their text.
 * @throws StateError when something is not there, records contain each other, or the text exceeds the budget.
 */
export const expandedText = (
	state: State,
	type: string,
	ordinal: number,
	budget: Budget,
	depth = 0,
): string => {
	checkDepth(depth, type);
	const table = tableOf(state, type, ordinal);
	const inner = (target: string, one: number) => expandedText(state, target, one, budget, depth + 1);
	budget.take(AROUND);
	if (table instanceof ListTable)
		return `[${Array.from(table.elements(ordinal), (one) => inner(table.schema.element, one)).join(',')}]`;
	if (!(table instanceof HashedTable)) return objectText(state, table, ordinal, depth, budget);
	const { schema } = table;
	const entries = entriesOf(table, ordinal);
	if (schema.kind === 'set') {
		const texts = Array.from(entries, (one) => inner(schema.element, one));
		return `[${sortedBy(texts, (text) => text).join(',')}]`;
	}
	const pairs: [string, string][] = [];
	for (let at = 0; at < entries.length; at += 2)
		pairs.push([inner(schema.keyType, entries[at]!), inner(schema.valueType, entries[at + 1]!)]);
	return mapText(pairs);
};

/** One record as it stands: references as ordinals, sets and maps in the order of their buckets. */
const plain = (table: AnyTable, ordinal: number, budget: Budget): string => {
	if (!('columns' in table)) budget.take(AROUND * Math.max(0, table.runs.length[ordinal]!));
	if (table instanceof ListTable) return `[${table.elements(ordinal).join(',')}]`;
	if (table instanceof HashedTable) {
		const entries = entriesOf(table, ordinal);
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

/** Adds to `contained` the types that a type contains, be it through others; the type itself is left out. */
export const reach = (state: State, from: string, contained: Set<string>): void => {
	const waiting = [from];
	for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
		for (const target of targetsOf(state.tables.get(type)!.schema)) {
			if (target === from || contained.has(target) || !state.tables.has(target)) continue;
			contained.add(target);
			waiting.push(target);
		}
	}
};

/** The object types that no other object type contains, be it through collections: where reading begins. */
export const rootsOf = (state: State): string[] => {
	const contained = new Set<string>();
	const objects = [...state.tables.values()].flatMap(({ schema }) =>
		schema.kind === 'object' ? [schema.name] : [],
	);
	for (const type of objects) reach(state, type, contained);
	return objects.filter((type) => !contained.has(type));
};

/** Texts between brackets, each on a line of its own. */
function* lines(open: string, texts: Iterable<string>, indent: string, close: string): Generator<string> {
	yield open;
	let before = '';
	for (const text of texts) {
		yield `${before}\n${indent}${text}`;
		before = ',';
	}
	yield before === '' ? close : `\n${indent.slice(1)}${close}`;
}

function* rootPieces(state: State, budget: Budget): Generator<string> {
	let before = '';
	for (const type of rootsOf(state)) {
		const texts = function* () {
			for (const ordinal of ordinalsOf(state, type)) {
				budget.begin(type, ordinal);
				yield expandedText(state, type, ordinal, budget);
			}
		};
		yield* lines(`${before}\n  ${JSON.stringify(type)}:[`, texts(), '   ', ']');
		before = ',';
	}
}

function* typePieces(state: State, budget: Budget): Generator<string> {
	let before = '';
	for (const [name, table] of sortedBy([...state.tables], ([type]) => type)) {
		const ordinals = table.current.list();
		const texts = function* () {
			for (const ordinal of ordinals) {
				budget.begin(name, ordinal);
				const text = plain(table, ordinal, budget);
				yield `"${ordinal}":${text}`;
			}
		};
		const counts = `"numShards":${table.shards},"checksum":"${hex(checksumOf(table))}","count":${ordinals.length}`;
		yield* lines(`${before}\n  ${JSON.stringify(name)}:{${counts},"records":{`, texts(), '    ', '}}');
		before = ',';
	}
}

/**
 * The whole state in pieces, no larger than a record: version, checksum and roots, with `ordinals` also every record
 * by type and ordinal. Newlines with the spaces behind them are layout; no text has one.
 * @throws StateError on the way, when records do not fit together or exceed the budget.
 */
export function* statePieces(
	state: State,
	version: string,
	ordinals = false,
	budget = new Budget(),
): Generator<string> {
	const tag = ordinals ? `\n "stateTag":"${state.tag}",` : '';
	yield `{\n "version":"${version}",${tag}\n "checksum":"${hex(checksum(state))}",\n "roots":{`;
	yield* rootPieces(state, budget);
	yield '\n }';
	if (ordinals) {
		yield ',\n "types":{';
		yield* typePieces(state, budget);
		yield '\n }';
	}
	yield '\n}\n';
}

/** The same as one text, for a state that is known to be small. */
export const stateText = (state: State, version: string, ordinals = false): string =>
	[...statePieces(state, version, ordinals)].join('');
