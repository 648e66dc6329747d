// state: a data set at one version, and the version before it, as far as deltas between the two need it

import { sumInt } from './bytes/hash.ts';
import { NO_TAG, type Tags } from './header.ts';
import { HashedTable } from './type/hashed-table.ts';
import { ListTable } from './type/list-table.ts';
import { ObjectTable } from './type/object-table.ts';
import type { Schema } from './type/schema.ts';
import type { Table } from './type/table.ts';

export type AnyTable = ObjectTable | ListTable | HashedTable;

/** A data set. `tag` names the state, `previousTag` the one before; both are random 64-bit numbers. */
export type State = {
	tag: bigint;
	previousTag: bigint;
	tags: Tags;
	previousTags: Tags;
	/** By type name, in the order in which the types stand in a blob. */
	tables: Map<string, AnyTable>;
};

export const tableFor = (schema: Schema): AnyTable => {
	if (schema.kind === 'object') return new ObjectTable(schema);
	return schema.kind === 'list' ? new ListTable(schema) : new HashedTable(schema);
};

/** A data set without records. */
export const emptyState = (schemas: Schema[]): State => ({
	tag: NO_TAG,
	previousTag: NO_TAG,
	tags: [],
	previousTags: [],
	tables: new Map(schemas.map((schema) => [schema.name, tableFor(schema)])),
});

/** The ordinals of shard `shard` of `shards`, ascending, out of ascending ordinals. */
export const shardOf = (ordinals: Int32Array, shard: number, shards: number): Int32Array =>
	shards === 1 ? ordinals : ordinals.filter((ordinal) => (ordinal & (shards - 1)) === shard);

/** Hollow's checksum of one type in the current state, a signed 32-bit number. */
export const checksumOf = (table: Table): number => {
	const ordinals = table.current.list();
	let sum = 0;
	for (let shard = 0; shard < table.shards; shard++) {
		for (const ordinal of shardOf(ordinals, shard, table.shards))
			sum = table.checksum(ordinal, sumInt(sum, ordinal));
	}
	return sum;
};

/** Hollow's checksum of the current state, a signed 32-bit number: equal on every path to the state. */
export const checksum = (state: State): number => {
	const names = [...state.tables.keys()].sort();
	return names.reduce((sum, name) => sumInt(sum, checksumOf(state.tables.get(name)!)), 0);
};

/** A checksum as Hollow prints it. */
export const hex = (sum: number): string => (sum >>> 0).toString(16);

/** Every record that is alive in the current state or in the one before, ascending. */
export const unionOf = (table: Table): Int32Array => table.current.or(table.previous).list();

/** Begin the next state: the current one becomes the one before, and what only that one held is forgotten. */
export const turn = (state: State): void => {
	state.previousTag = state.tag;
	state.previousTags = state.tags;
	for (const table of state.tables.values()) {
		table.previous = table.current.copy();
		table.previousShards = table.shards;
		table.tidy(table.previous.list());
	}
};
