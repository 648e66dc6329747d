// hashed-table: the records of a SET or MAP type: each an open-addressed table of buckets
// Buckets are held as the blob lays them out (empty ones are -1), because where an element lies is part of the format.

import { Arena } from '../bytes/arena.ts';
import { Bits } from '../bytes/bits.ts';
import type { ByteReader, ByteWriter, Region } from '../bytes/bytes.ts';
import { BlobError } from '../bytes/errors.ts';
import { enlarge } from '../bytes/growth.ts';
import { hashInt, sumInt, tableSize } from '../bytes/hash.ts';
import { bitLength, lanesOf, ones, PackedArray } from '../bytes/packed-array.ts';
import { lengthOf, readWidth, shardTotals } from './list-table.ts';
import type { MapSchema, Schema, SetSchema } from './schema.ts';
import type { Layout, ShardBody, Table } from './table.ts';

/** Bit widths of a shard: a slot is pointer and size, a bucket is key (or element) and value. */
type Widths = { pointer: number; size: number; key: number; value: number };
type Parsed = { at: number; widths: Widths; slots: Region; buckets: Region };

export class HashedTable implements Table {
	readonly schema: SetSchema | MapSchema;
	/** Entries of one bucket: the element, or key and value. */
	readonly step: 1 | 2;
	readonly runs = new Arena(new Int32Array(0));
	/** How many buckets of a record are filled. */
	size = new Int32Array(0);
	shards = 1;
	previousShards = 1;
	current = new Bits();
	previous = new Bits();
	constructor(schema: SetSchema | MapSchema) {
		this.schema = schema;
		this.step = schema.kind === 'map' ? 2 : 1;
	}

	reserve(count: number): void {
		this.runs.reserve(count);
		this.size = enlarge(this.size, count);
	}

	/** The buckets of a record, empty ones -1, `step` entries each. Do not keep: they may move. */
	buckets(ordinal: number): Int32Array {
		const { entries, start, length } = this.runs;
		return entries.subarray(start[ordinal]!, start[ordinal]! + Math.max(0, length[ordinal]!));
	}

	/** Put a record in: element ordinals, or key and value by turns, ascending by key; `hash` places a key. */
	put(ordinal: number, sorted: ArrayLike<number>, hash: (key: number) => number): void {
		const { runs, step } = this;
		const size = sorted.length / step;
		const buckets = tableSize(size);
		const base = runs.claim(buckets * step);
		const { entries } = runs;
		entries.fill(-1, base, base + buckets * step);
		for (let at = 0; at < sorted.length; at += step) {
			let bucket = hash(sorted[at]!) & (buckets - 1);
			while (entries[base + bucket * step] !== -1) bucket = (bucket + 1) & (buckets - 1);
			for (let part = 0; part < step; part++) entries[base + bucket * step + part] = sorted[at + part]!;
		}
		runs.place(ordinal, base, buckets * step);
		this.size[ordinal] = size;
	}

	parse(reader: ByteReader, schema: Schema): ShardBody {
		const { at } = reader;
		const widths: Widths = {
			pointer: readWidth(reader, 'the width of bucket pointers', 53),
			size: readWidth(reader, 'the width of sizes', 31),
			key: readWidth(reader, 'the width of elements', 31),
			value: this.step === 2 ? readWidth(reader, 'the width of values', 31) : 0,
		};
		reader.long('the number of buckets');
		const slots = reader.words(`the pointers of ${schema.name}`);
		const buckets = reader.words(`the buckets of ${schema.name}`);
		const parsed = { at, widths, slots, buckets };
		const load = (ordinals: Int32Array) => this.load(reader, parsed, ordinals);
		return { at, stride: widths.pointer + widths.size, bits: slots.count * 64, load };
	}

	private load(reader: ByteReader, { at, widths, slots, buckets }: Parsed, ordinals: Int32Array): void {
		const { pointer, size, key, value } = widths;
		const ends = new PackedArray(lanesOf(reader.bytes, slots.at, slots.count));
		const packed = new PackedArray(lanesOf(reader.bytes, buckets.at, buckets.count));
		if (pointer === 0 || key === 0) throw new BlobError(at, 'widths of bucket pointers and elements above 0');
		const most = Math.floor((buckets.count * 64) / (key + value));
		let start = 0;
		for (let slot = 0; slot < ordinals.length; slot++) {
			const bit = slot * (pointer + size);
			const end = ends.wide(bit, pointer);
			const ordinal = ordinals[slot]!;
			const isRun = end === start ? ordinal < 0 : ((end - start) & (end - start - 1)) === 0;
			if (end < start || end > most || !isRun)
				throw new BlobError(
					slots.at,
					`a power of two of buckets from ${start}, up to ${most}, not to ${end}`,
				);
			if (ordinal >= 0) {
				this.size[ordinal] = ends.get(bit + pointer, size);
				this.loadRun(packed, widths, ordinal, start, end, buckets.at);
			}
			start = end;
		}
	}

	private loadRun(
		packed: PackedArray,
		widths: Widths,
		ordinal: number,
		from: number,
		end: number,
		at: number,
	): void {
		const { key, value } = widths;
		const { runs, step } = this;
		const empty = ones(key);
		const to = runs.claim((end - from) * step);
		const { entries } = runs;
		let filled = 0;
		for (let bucket = from; bucket < end; bucket++) {
			const bit = bucket * (key + value);
			const element = packed.get(bit, key);
			const index = to + (bucket - from) * step;
			entries[index] = element === empty ? -1 : element;
			if (step === 2) entries[index + 1] = element === empty ? -1 : packed.get(bit + key, value);
			if (element !== empty) filled++;
		}
		if (filled !== this.size[ordinal])
			throw new BlobError(at, `${this.size[ordinal]} filled buckets in a record, not ${filled}`);
		runs.place(ordinal, to, (end - from) * step);
	}

	measure(union: Int32Array, shards: number): Layout {
		const { step, runs, size } = this;
		const { entries, start, length } = runs;
		let [keys, values, sizes] = [-1, 0, 0];
		for (const ordinal of union) {
			if (size[ordinal]! > sizes) sizes = size[ordinal]!;
			const end = start[ordinal]! + length[ordinal]!;
			for (let at = start[ordinal]!; at < end; at += step) {
				if (entries[at]! > keys) keys = entries[at]!;
				if (step === 2 && entries[at + 1]! > values) values = entries[at + 1]!;
			}
		}
		const totals = shardTotals(union, length, shards).map((total) => total / step);
		const widths: Widths = {
			pointer: bitLength(Math.max(...totals)),
			size: bitLength(sizes),
			key: Math.max(1, bitLength(keys + 1)),
			value: step === 2 ? Math.max(1, bitLength(values)) : 0,
		};
		const store: Layout['store'] = (writer, shard, ordinals, isDelta) => {
			const room = isDelta ? lengthOf(ordinals, length) / step : totals[shard]!;
			this.store(writer, widths, [totals[shard]!, room], ordinals);
		};
		return { widths, store };
	}

	private store(
		writer: ByteWriter,
		widths: Widths,
		[total, room]: [number, number],
		ordinals: Int32Array,
	): void {
		const { pointer, size, key, value } = widths;
		const { step, runs } = this;
		const slots = PackedArray.zero((pointer + size) * ordinals.length);
		const buckets = PackedArray.zero((key + value) * room);
		let to = 0;
		for (let slot = 0; slot < ordinals.length; slot++) {
			const ordinal = ordinals[slot]!;
			const count = ordinal < 0 ? 0 : runs.length[ordinal]! / step;
			const from = ordinal < 0 ? 0 : runs.start[ordinal]!;
			for (let bucket = 0; bucket < count; bucket++)
				this.storeBucket(buckets, (to + bucket) * (key + value), from + bucket * step, widths);
			to += count;
			slots.putWide(slot * (pointer + size), pointer, to);
			if (ordinal >= 0) slots.put(slot * (pointer + size) + pointer, size, this.size[ordinal]!);
		}
		writer.vint(pointer);
		writer.vint(size);
		writer.vint(key);
		if (step === 2) writer.vint(value);
		writer.vint(total);
		writer.packed(slots, (pointer + size) * ordinals.length);
		writer.packed(buckets, (key + value) * room);
	}

	private storeBucket(buckets: PackedArray, bit: number, from: number, { key, value }: Widths): void {
		const element = this.runs.entries[from]!;
		buckets.put(bit, key, element < 0 ? ones(key) : element);
		if (this.step === 2 && element >= 0) buckets.put(bit + key, value, this.runs.entries[from + 1]!);
	}

	hash(ordinal: number): number {
		let hash = this.size[ordinal]!;
		for (const entry of this.buckets(ordinal)) hash = hashInt(hash ^ entry);
		return hash;
	}

	same(a: number, b: number): boolean {
		return this.runs.same(a, b);
	}

	release(ordinal: number): void {
		this.runs.release(ordinal);
	}

	checksum(ordinal: number, sum: number): number {
		const { step } = this;
		const buckets = this.buckets(ordinal);
		let next = sum;
		for (let at = 0; at < buckets.length; at += step) {
			if (buckets[at]! < 0) continue;
			next = sumInt(sumInt(next, at / step), buckets[at]!);
			if (step === 2) next = sumInt(next, buckets[at + 1]!);
		}
		return next;
	}

	tidy(union: Int32Array): void {
		this.runs.tidy(union);
	}
}
