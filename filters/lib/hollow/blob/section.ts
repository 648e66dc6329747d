// section: one type's part of a blob, parsed: its shards, and which ordinals come and go

import { Bits } from './bytes/bits.ts';
import type { ByteReader, Region } from './bytes/bytes.ts';
import { BlobError } from './bytes/errors.ts';
import { lanesOf } from './bytes/packed-array.ts';
import { readPrelude } from './header.ts';
import { type AnyTable, tableFor } from './state.ts';
import { readSchema, type Schema } from './type/schema.ts';
import type { ShardBody } from './type/table.ts';

/** One shard; `removed` and `added` are shard ordinals as they stand in a delta. */
export type Shard = { at: number; slots: number; removed: Int32Array; added: Int32Array; body: ShardBody };

/** One type, parsed for `target`; `populated` only in a snapshot. */
export type Section = {
	at: number;
	schema: Schema;
	shards: Shard[];
	populated: Bits;
	target: AnyTable;
};

const NONE = new Int32Array(0);

/** Ordinals as gaps between them, ascending. */
const readGaps = (reader: ByteReader, what: string, slots: number): Int32Array => {
	const { at, count }: Region = reader.sized(what);
	const end = reader.at;
	reader.at = at;
	const list = new Int32Array(count);
	let size = 0;
	let ordinal = 0;
	while (reader.at < end) {
		const start = reader.at;
		const gap = reader.count(what);
		ordinal += gap;
		if (reader.at > end || ordinal >= slots || (gap === 0 && size > 0))
			throw new BlobError(start, `${what} ascending, below ${slots}, not ${ordinal}`);
		list[size++] = ordinal;
	}
	return list.subarray(0, size);
};

const readShard = (reader: ByteReader, table: AnyTable, schema: Schema, isDelta: boolean): Shard => {
	const { at } = reader;
	const slots = reader.vint('the maximum ordinal') + 1;
	if (slots < 0) throw new BlobError(at, `a maximum ordinal of -1 or more, not ${slots - 1}`);
	const removed = isDelta ? readGaps(reader, 'removed ordinals', slots) : NONE;
	const added = isDelta ? readGaps(reader, 'added ordinals', slots) : NONE;
	return { at, slots, removed, added, body: table.parse(reader, schema as never) };
};

const readPopulated = (reader: ByteReader): Bits => {
	const { at } = reader;
	const words = reader.i32('the number of words of populated ordinals');
	if (words < 0) throw new BlobError(at, `a number of words of populated ordinals, not ${words}`);
	return new Bits(lanesOf(reader.bytes, reader.skip(words * 8, 'populated ordinals'), words));
};

/** The greatest ordinal that a shard promises, over the whole type. */
const readMax = (reader: ByteReader, shards: number): void => {
	if (shards > 1) reader.vint("the type's maximum ordinal");
};

/**
 * The section that begins here. `find` says which table it will be loaded into, if any.
 * @throws BlobError for what cannot be.
 */
export const readSection = (
	reader: ByteReader,
	isDelta: boolean,
	find: (schema: Schema) => AnyTable | undefined,
): Section => {
	const { at } = reader;
	const schema = readSchema(reader);
	const table = find(schema);
	if (table && table.schema.kind !== schema.kind)
		throw new BlobError(at, `${schema.name} of the kind it had`);
	const target = table ?? tableFor(schema);
	const count = readPrelude(reader);
	readMax(reader, count);
	const shards: Shard[] = [];
	for (let shard = 0; shard < count; shard++) shards.push(readShard(reader, target, schema, isDelta));
	const populated = isDelta ? new Bits() : readPopulated(reader);
	return { at, schema, shards, populated, target };
};
