// hash-key: in which bucket an element of a set or map is looked for: by its ordinal, or by fields reached from it

import { SchemaError, ValueError } from './bytes/errors.ts';
import { hashInt } from './bytes/hash.ts';
import type { AnyTable } from './state.ts';
import { ObjectTable } from './type/object-table.ts';

/** The bucket hash of an element's ordinal. */
export type KeyHash = (ordinal: number) => number;

type Tables = Map<string, AnyTable>;

/** The only field of a type, when it is an object of one field. */
const onlyField = (table: AnyTable | undefined): string | undefined =>
	table instanceof ObjectTable && table.columns.length === 1 ? table.columns[0]!.field.name : undefined;

/** The field names of a path; one that ends on a reference to a type of one field goes on to that field. */
const stepsOf = (tables: Tables, type: string, path: string): string[] => {
	const steps = path.replace(/!$/, '').split('.');
	if (path.endsWith('!')) return steps;
	let table = tables.get(type);
	for (let at = 0; at < steps.length; at++) {
		if (!(table instanceof ObjectTable)) return steps;
		const target = table.column(steps[at]!)?.field.target;
		table = target === undefined ? undefined : tables.get(target);
		const next = at === steps.length - 1 ? onlyField(table) : undefined;
		if (next !== undefined) steps.push(next);
	}
	return steps;
};

/** The hash of the field at the end of `steps`, starting at a record of `type`. */
const follow = (tables: Tables, type: string, [step, ...rest]: string[]): KeyHash => {
	const table = tables.get(type);
	const column = table instanceof ObjectTable ? table.column(step!) : undefined;
	if (!column) throw new SchemaError(`hash key: ${type} has no field "${step}"`);
	if (rest.length === 0) return (ordinal) => column.keyHash(ordinal);
	const { target } = column.field;
	if (target === undefined) throw new SchemaError(`hash key: ${type}.${step} is no reference`);
	const inner = follow(tables, target, rest);
	return (ordinal) => {
		const next = column.get(ordinal) as number | null;
		if (next === null) throw new ValueError(`${type}.${step}`, 'null in a hash key');
		return inner(next);
	};
};

/**
 * How elements of `type` are hashed under a hash key; an empty key means by ordinal.
 * @throws SchemaError for a path that leads nowhere.
 */
export const keyHashFor = (tables: Tables, type: string, key: string[]): KeyHash => {
	const parts = key.map((path) => follow(tables, type, stepsOf(tables, type, path)));
	if (parts.length === 0) return hashInt;
	if (parts.length === 1) return (ordinal) => hashInt(parts[0]!(ordinal));
	return (ordinal) => {
		let hash = 0;
		for (const part of parts) hash = Math.imul(hash, 31) ^ hashInt(part(ordinal));
		return hash;
	};
};
