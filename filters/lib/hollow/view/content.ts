// content: numbers for records by what they hold, so that records of two states are compared without their ordinals
// Everything is visited once, however often it is referred to.

import { createHash } from 'node:crypto';
import { StateError } from '../blob/bytes/errors.ts';
import type { AnyTable, State } from '../blob/state.ts';
import { HashedTable } from '../blob/type/hashed-table.ts';
import { ListTable } from '../blob/type/list-table.ts';
import type { ObjectTable } from '../blob/type/object-table.ts';
import { checkDepth, entriesOf, tableOf } from '../blob/values.ts';

const UNKNOWN = 0;
const BEGUN = -1;

// Elements take a bit in a blob and ten characters in a text; of long collections only a digest is kept.
const LONG = 256;

const textOf = (ids: Float64Array): string =>
	ids.length <= LONG
		? ids.join(',')
		: createHash('sha256').update(new Uint8Array(ids.buffer)).digest('base64');

const scalarText = (value: unknown): string => {
	if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
	if (typeof value === 'string') return JSON.stringify(value);
	return Object.is(value, -0) ? '-0' : String(value);
};

/** The records of any number of states, numbered: records of one type have one number exactly when they are equal. */
export class Content {
	private readonly known = new Map<string, Map<string, number>>();
	private readonly numbers = new Map<AnyTable, Int32Array>();
	private count = 0;

	/**
	 * The number of a record. A field that is null counts as one that the type does not have.
	 * @throws StateError when something is not there, or records contain each other.
	 */
	of(state: State, type: string, ordinal: number, depth = 0): number {
		checkDepth(depth, type);
		const table = tableOf(state, type, ordinal);
		const numbers = this.numbersOf(table);
		if (numbers[ordinal] === BEGUN) throw new StateError(`${type} ${ordinal} contains itself`);
		if (numbers[ordinal] !== UNKNOWN) return numbers[ordinal]!;
		numbers[ordinal] = BEGUN;
		const number = this.numberFor(type, this.text(state, table, ordinal, depth));
		numbers[ordinal] = number;
		return number;
	}

	private numbersOf(table: AnyTable): Int32Array {
		const known = this.numbers.get(table) ?? new Int32Array(table.current.max() + 1);
		this.numbers.set(table, known);
		return known;
	}

	private numberFor(type: string, text: string): number {
		const known = this.known.get(type) ?? new Map<string, number>();
		this.known.set(type, known);
		const number = known.get(text) ?? ++this.count;
		known.set(text, number);
		return number;
	}

	private text(state: State, table: AnyTable, ordinal: number, depth: number): string {
		const inner = (type: string, one: number) => this.of(state, type, one, depth + 1);
		if (table instanceof ListTable)
			return textOf(Float64Array.from(table.elements(ordinal), (one) => inner(table.schema.element, one)));
		if (!(table instanceof HashedTable)) return this.objectText(table, ordinal, inner);
		const { schema } = table;
		const entries = entriesOf(table, ordinal);
		// Where an element lies depends on the ordinals, so the order of the buckets says nothing.
		if (schema.kind === 'set')
			return textOf(Float64Array.from(entries, (one) => inner(schema.element, one)).sort());
		const pairs: [number, number][] = [];
		for (let at = 0; at < entries.length; at += 2)
			pairs.push([inner(schema.keyType, entries[at]!), inner(schema.valueType, entries[at + 1]!)]);
		return textOf(Float64Array.from(pairs.sort(([a, b], [c, d]) => a - c || b - d).flat()));
	}

	private objectText(
		table: ObjectTable,
		ordinal: number,
		inner: (type: string, one: number) => number,
	): string {
		const texts: string[] = [];
		for (const column of table.sorted) {
			const value = column.get(ordinal);
			if (value === null) continue;
			const { name, type, target } = column.field;
			const text = target === undefined ? scalarText(value) : inner(target, value as number);
			texts.push(`${JSON.stringify(name)}${type}${text}`);
		}
		return texts.join();
	}
}
