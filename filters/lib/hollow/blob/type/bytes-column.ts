// bytes-column: the fields of variable length, STRING and BYTES: an end offset in the record, the bytes behind it

import { Arena } from '../bytes/arena.ts';
import { BlobError, ValueError } from '../bytes/errors.ts';
import { javaHash, murmur3, sumInt } from '../bytes/hash.ts';
import { bitLength } from '../bytes/packed-array.ts';
import { decodeText, putText, textSize } from '../bytes/text.ts';
import { type Column, type FieldValue, type Slots, show } from './column.ts';
import type { Field } from './schema.ts';

/** STRING and BYTES. Strings are held as the blob spells them. */
export class BytesColumn implements Column {
	readonly field: Field;
	readonly arena = new Arena(new Uint8Array(0));
	constructor(field: Field) {
		this.field = field;
	}

	reserve(count: number): void {
		this.arena.reserve(count);
	}

	/** The bytes of a record's value as they are stored; empty for null. Do not keep: they may move. */
	bytes(ordinal: number): Uint8Array {
		const { entries, start, length } = this.arena;
		return entries.subarray(start[ordinal]!, start[ordinal]! + Math.max(0, length[ordinal]!));
	}

	get(ordinal: number): FieldValue {
		const { entries, start, length } = this.arena;
		if (length[ordinal]! < 0) return null;
		const from = start[ordinal]!;
		if (this.field.type === 'BYTES') return entries.slice(from, from + length[ordinal]!);
		const text = decodeText(entries, from, from + length[ordinal]!);
		if (text === undefined) throw new ValueError(this.field.name, 'the last character is cut short');
		return text;
	}

	set(ordinal: number, value: unknown, path: string): void {
		const { arena, field } = this;
		if (value === null || value === undefined) return this.clear(ordinal);
		if (field.type === 'STRING') {
			if (typeof value !== 'string') throw new ValueError(path, `${show(value)} is not a string`);
			const size = textSize(value);
			const at = arena.claim(size);
			putText(value, arena.entries, at);
			return arena.place(ordinal, at, size);
		}
		if (!(value instanceof Uint8Array)) throw new ValueError(path, `${show(value)} is not a Uint8Array`);
		const at = arena.claim(value.length);
		arena.entries.set(value, at);
		arena.place(ordinal, at, value.length);
	}

	clear(ordinal: number): void {
		this.arena.place(ordinal, 0, -1);
	}

	/** The bits of an end offset that may reach the bytes of all these records, and the bit for null. */
	width(ordinals: Int32Array): number {
		let total = 0;
		for (const ordinal of ordinals) total += Math.max(0, this.arena.length[ordinal]!);
		return bitLength(total + 1) + 1;
	}

	load({ packed, first, stride, width, ordinals, data, offset }: Slots): void {
		const { arena, field } = this;
		const base = arena.claim(data.length);
		arena.entries.set(data, base);
		let start = 0;
		for (let at = 0, bit = first; at < ordinals.length; at++, bit += stride) {
			const isNull = packed.get(bit + width - 1, 1) === 1;
			const end = packed.wide(bit, width - 1);
			if (end < start || end > data.length)
				throw new BlobError(offset, `an end of ${field.name} from ${start} to ${data.length}, not ${end}`);
			const ordinal = ordinals[at]!;
			if (ordinal >= 0) arena.place(ordinal, base + start, isNull ? -1 : end - start);
			start = end;
		}
	}

	store({ packed, first, stride, width, ordinals }: Slots): Uint8Array {
		const { length } = this.arena;
		let total = 0;
		for (const ordinal of ordinals) if (ordinal >= 0) total += Math.max(0, length[ordinal]!);
		const data = new Uint8Array(total);
		let end = 0;
		for (let at = 0, bit = first; at < ordinals.length; at++, bit += stride) {
			const ordinal = ordinals[at]!;
			const size = ordinal < 0 ? 0 : length[ordinal]!;
			if (size > 0) end = this.copy(ordinal, size, data, end);
			packed.putWide(bit, width - 1, end);
			if (size < 0) packed.put(bit + width - 1, 1, 1);
		}
		return data;
	}

	// Most values are short, where a loop is faster than a call.
	private copy(ordinal: number, size: number, to: Uint8Array, at: number): number {
		const { entries, start } = this.arena;
		const from = start[ordinal]!;
		if (size > 64) to.set(entries.subarray(from, from + size), at);
		else for (let byte = 0; byte < size; byte++) to[at + byte] = entries[from + byte]!;
		return at + size;
	}

	hash(ordinal: number): number {
		const { entries, start, length } = this.arena;
		const size = length[ordinal]!;
		return size < 0 ? -1 : murmur3(entries, start[ordinal]!, start[ordinal]! + size);
	}

	same(a: number, b: number): boolean {
		return this.arena.same(a, b);
	}

	/** @throws ValueError for null, which a Java producer refuses in a hash key too. */
	keyHash(ordinal: number): number {
		const value = this.get(ordinal);
		if (value === null) throw new ValueError(this.field.name, 'null in a hash key');
		return typeof value === 'string' ? javaHash(value) : this.hash(ordinal);
	}

	checksum(ordinal: number, sum: number): number {
		return sumInt(sum, this.hash(ordinal));
	}
}
