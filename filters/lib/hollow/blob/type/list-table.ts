// list-table: the records of a LIST type: runs of element ordinals, in order

import { Arena } from '../bytes/arena.ts';
import { Bits } from '../bytes/bits.ts';
import type { ByteReader, ByteWriter, Region } from '../bytes/bytes.ts';
import { BlobError } from '../bytes/errors.ts';
import { hashInt, sumInt } from '../bytes/hash.ts';
import { bitLength, lanesOf, PackedArray } from '../bytes/packed-array.ts';
import type { ListSchema, Schema } from './schema.ts';
import type { Layout, ShardBody, Table } from './table.ts';

/** The width of something in a blob, refused when no number can be that wide. */
export const readWidth = (reader: ByteReader, what: string, most: number): number => {
	const { at } = reader;
	const width = reader.count(what);
	if (width > most) throw new BlobError(at, `${what} of 0 to ${most} bits, not ${width}`);
	return width;
};

/** The totals of `length` by shard: what a shard's pointers must reach. */
export const shardTotals = (union: Int32Array, length: Int32Array, shards: number): Float64Array => {
	const totals = new Float64Array(shards);
	for (const ordinal of union) totals[ordinal & (shards - 1)]! += length[ordinal]!;
	return totals;
};

/** The entries of these records together: what the array of a delta holds, while a snapshot's holds the total. */
export const lengthOf = (ordinals: Int32Array, length: Int32Array): number => {
	let sum = 0;
	for (const ordinal of ordinals) if (ordinal >= 0) sum += length[ordinal]!;
	return sum;
};

type Parsed = { at: number; pointer: number; element: number; pointers: Region; elements: Region };

export class ListTable implements Table {
	readonly schema: ListSchema;
	readonly runs = new Arena(new Int32Array(0));
	shards = 1;
	previousShards = 1;
	current = new Bits();
	previous = new Bits();
	constructor(schema: ListSchema) {
		this.schema = schema;
	}

	reserve(count: number): void {
		this.runs.reserve(count);
	}

	/** The element ordinals of a record. Do not keep: they may move. */
	elements(ordinal: number): Int32Array {
		const { entries, start, length } = this.runs;
		return entries.subarray(start[ordinal]!, start[ordinal]! + Math.max(0, length[ordinal]!));
	}

	/** Put a record in. */
	put(ordinal: number, elements: ArrayLike<number>): void {
		const { runs } = this;
		const at = runs.claim(elements.length);
		for (let index = 0; index < elements.length; index++) runs.entries[at + index] = elements[index]!;
		runs.place(ordinal, at, elements.length);
	}

	parse(reader: ByteReader, schema: Schema): ShardBody {
		const { at } = reader;
		const pointer = readWidth(reader, 'the width of list pointers', 53);
		const element = readWidth(reader, 'the width of list elements', 31);
		reader.long('the number of list elements');
		const pointers = reader.words(`the pointers of ${schema.name}`);
		const elements = reader.words(`the elements of ${schema.name}`);
		const parsed = { at, pointer, element, pointers, elements };
		const load = (ordinals: Int32Array) => this.load(reader, parsed, ordinals);
		return { at, stride: pointer, bits: pointers.count * 64, load };
	}

	private load(reader: ByteReader, parsed: Parsed, ordinals: Int32Array): void {
		const { at, pointer, element, pointers, elements } = parsed;
		const { runs } = this;
		const ends = new PackedArray(lanesOf(reader.bytes, pointers.at, pointers.count));
		const packed = new PackedArray(lanesOf(reader.bytes, elements.at, elements.count));
		if (element === 0 || pointer === 0)
			throw new BlobError(at, 'widths of list pointers and elements above 0');
		const most = Math.floor((elements.count * 64) / element);
		let start = 0;
		for (let slot = 0; slot < ordinals.length; slot++) {
			const end = ends.wide(slot * pointer, pointer);
			if (end < start || end > most)
				throw new BlobError(pointers.at, `the end of a list from ${start} to ${most}, not ${end}`);
			const ordinal = ordinals[slot]!;
			if (ordinal >= 0) {
				const to = runs.claim(end - start);
				const { entries } = runs;
				for (let index = start; index < end; index++)
					entries[to + index - start] = packed.get(index * element, element);
				runs.place(ordinal, to, end - start);
			}
			start = end;
		}
	}

	measure(union: Int32Array, shards: number): Layout {
		const { entries, start, length } = this.runs;
		let most = 0;
		for (const ordinal of union) {
			const end = start[ordinal]! + length[ordinal]!;
			for (let at = start[ordinal]!; at < end; at++) if (entries[at]! > most) most = entries[at]!;
		}
		const totals = shardTotals(union, length, shards);
		const pointer = Math.max(1, bitLength(Math.max(...totals)));
		const element = Math.max(1, bitLength(most));
		return {
			widths: { pointer, element },
			store: (writer, shard, ordinals, isDelta) => {
				const room = isDelta ? lengthOf(ordinals, length) : totals[shard]!;
				this.store(writer, [pointer, element, totals[shard]!, room], ordinals);
			},
		};
	}

	private store(
		writer: ByteWriter,
		[pointer, element, total, room]: [number, number, number, number],
		ordinals: Int32Array,
	): void {
		const { entries, start, length } = this.runs;
		const pointers = PackedArray.zero(pointer * ordinals.length);
		const elements = PackedArray.zero(element * room);
		let to = 0;
		for (let slot = 0; slot < ordinals.length; slot++) {
			const ordinal = ordinals[slot]!;
			const size = ordinal < 0 ? 0 : length[ordinal]!;
			const from = ordinal < 0 ? 0 : start[ordinal]!;
			for (let at = 0; at < size; at++) elements.put((to + at) * element, element, entries[from + at]!);
			to += size;
			pointers.putWide(slot * pointer, pointer, to);
		}
		writer.vint(pointer);
		writer.vint(element);
		writer.vint(total);
		writer.packed(pointers, pointer * ordinals.length);
		writer.packed(elements, element * room);
	}

	hash(ordinal: number): number {
		const { entries, start, length } = this.runs;
		let hash = length[ordinal]!;
		const end = start[ordinal]! + length[ordinal]!;
		for (let at = start[ordinal]!; at < end; at++) hash = hashInt(hash ^ entries[at]!);
		return hash;
	}

	same(a: number, b: number): boolean {
		return this.runs.same(a, b);
	}

	release(ordinal: number): void {
		this.runs.release(ordinal);
	}

	checksum(ordinal: number, sum: number): number {
		let next = sum;
		for (const element of this.elements(ordinal)) next = sumInt(next, element);
		return next;
	}

	tidy(union: Int32Array): void {
		this.runs.tidy(union);
	}
}
