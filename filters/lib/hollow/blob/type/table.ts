// table: all records of one type, by ordinal: what every kind of type can do
// The same table serves reading and writing; it holds the records of the current state and of the one before.

import type { Bits } from '../bytes/bits.ts';
import type { ByteReader, ByteWriter } from '../bytes/bytes.ts';
import type { Schema } from './schema.ts';

/** A shard's packed part, parsed but not decoded: `at` is where it begins, `slots` how many records it has. */
export type ShardBody = {
	at: number;
	/** Bits that one record takes, and bits that all of them have. */
	stride: number;
	bits: number;
	/** Decode the records at these ordinals. */
	load: (ordinals: Int32Array) => void;
};

/** Both states' records of a type. `current` and `previous` say which ordinals are populated. */
export interface Table {
	readonly schema: Schema;
	/** How many shards the type has in the current and in the previous state's blobs. */
	shards: number;
	previousShards: number;
	current: Bits;
	previous: Bits;
	/** Make room for ordinals below `count`. */
	reserve(count: number): void;
	/** Read over a shard's body; `schema` is the one that stands in the blob. */
	parse(reader: ByteReader, schema: Schema): ShardBody;
	/** What a blob must know of the records of both states; `shards` decides who shares a pointer's range. */
	measure(union: Int32Array, shards: number): Layout;
	hash(ordinal: number): number;
	same(a: number, b: number): boolean;
	/** Give up a record that was just put in. */
	release(ordinal: number): void;
	checksum(ordinal: number, sum: number): number;
	/** Forget what records no longer alive left behind. */
	tidy(union: Int32Array): void;
}

/** A type measured for a blob: writes one shard with the records at `ordinals`. */
export type Layout = {
	/** Bits of every part, for statistics. */
	widths: Record<string, number>;
	/** In a delta the arrays hold these records only; in a snapshot they have room for both states'. */
	store: (writer: ByteWriter, shard: number, ordinals: Int32Array, isDelta: boolean) => void;
};
