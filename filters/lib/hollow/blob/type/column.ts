// column: one field of every record of a type, by ordinal: what every kind of column can do
// Held in the form that the blob stores (zig-zag numbers, float bits), so that reading and writing only move bits.

import type { PackedArray } from '../bytes/packed-array.ts';
import type { Field } from './schema.ts';

/** A value of a field: LONG is a bigint, BYTES a Uint8Array, a REFERENCE the ordinal in its target. */
export type FieldValue = number | bigint | boolean | string | Uint8Array | null;

/** Where one field lies in the packed records of a shard: `width` bits, first at `first`, then every `stride`. */
export type Slots = {
	packed: PackedArray;
	first: number;
	stride: number;
	width: number;
	/** The ordinal whose record is in each slot, -1 for a hole. */
	ordinals: Int32Array;
	/** The field's bytes of variable length, when reading. */
	data: Uint8Array;
	/** Where the records begin in the blob, for messages. */
	offset: number;
};

/** How wide a column must be stored, and what else the blob says of it. */
export type Column = {
	readonly field: Field;
	/** Make room for ordinals below `count`. */
	reserve: (count: number) => void;
	get: (ordinal: number) => FieldValue;
	/** @throws ValueError when the field's type cannot hold the value; `path` names it. */
	set: (ordinal: number, value: unknown, path: string) => void;
	clear: (ordinal: number) => void;
	/** Bits a value takes in a blob that covers these records. */
	width: (ordinals: Int32Array) => number;
	/** @throws BlobError for what the type cannot be. */
	load: (slots: Slots) => void;
	/** Write the slots; what is returned are the field's bytes of variable length. */
	store: (slots: Slots) => Uint8Array | undefined;
	hash: (ordinal: number) => number;
	same: (a: number, b: number) => boolean;
	/** The hash as part of a hash key. */
	keyHash: (ordinal: number) => number;
	checksum: (ordinal: number, sum: number) => number;
};

/** What a null INT, LONG, BOOLEAN or REFERENCE adds to a checksum. */
export const NULL_SUM = 2147483647;

/** A value in a message. */
export const show = (value: unknown): string =>
	typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
