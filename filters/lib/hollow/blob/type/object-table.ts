// object-table: the records of an OBJECT type: one column a field

import { Bits } from '../bytes/bits.ts';
import type { ByteReader, ByteWriter, Region } from '../bytes/bytes.ts';
import { BlobError } from '../bytes/errors.ts';
import { lanesOf, PackedArray } from '../bytes/packed-array.ts';
import { BytesColumn } from './bytes-column.ts';
import type { Column } from './column.ts';
import { NarrowColumn } from './narrow-column.ts';
import type { Field, ObjectSchema } from './schema.ts';
import type { Layout, ShardBody, Table } from './table.ts';
import { WideColumn } from './wide-column.ts';

const columnFor = (field: Field): Column => {
	if (field.type === 'STRING' || field.type === 'BYTES') return new BytesColumn(field);
	return field.type === 'LONG' || field.type === 'DOUBLE' ? new WideColumn(field) : new NarrowColumn(field);
};

type Parsed = { at: number; widths: number[]; array: Region; data: Region[] };

const NO_BYTES = new Uint8Array(0);

export class ObjectTable implements Table {
	readonly schema: ObjectSchema;
	readonly columns: Column[];
	shards = 1;
	previousShards = 1;
	current = new Bits();
	previous = new Bits();
	private readonly byName: Map<string, Column>;
	/** By name. */
	readonly sorted: Column[];
	constructor(schema: ObjectSchema) {
		this.schema = schema;
		this.columns = schema.fields.map(columnFor);
		this.byName = new Map(this.columns.map((column) => [column.field.name, column]));
		this.sorted = [...this.columns].sort((a, b) => (a.field.name < b.field.name ? -1 : 1));
	}

	/** The column of a field, if there is one. */
	column(name: string): Column | undefined {
		return this.byName.get(name);
	}

	reserve(count: number): void {
		for (const column of this.columns) column.reserve(count);
	}

	parse(reader: ByteReader, schema: ObjectSchema): ShardBody {
		const { at } = reader;
		const widths = schema.fields.map(({ name }) => {
			const start = reader.at;
			const width = reader.count(`the width of ${name}`);
			if (width > 64) throw new BlobError(start, `a width of ${name} of 0 to 64 bits, not ${width}`);
			return width;
		});
		const array = reader.words(`the records of ${schema.name}`);
		const data = schema.fields.map(({ name }) => reader.sized(`the bytes of ${name}`));
		const stride = widths.reduce((sum, width) => sum + width, 0);
		const parsed = { at, widths, array, data };
		const load = (ordinals: Int32Array) => this.load(reader, schema, parsed, ordinals);
		return { at, stride, bits: array.count * 64, load };
	}

	/** Fields are matched by name: one that the blob lacks becomes null, one that only it has is left out. */
	private load(reader: ByteReader, schema: ObjectSchema, parsed: Parsed, ordinals: Int32Array): void {
		const { at, widths, array, data } = parsed;
		const packed = new PackedArray(lanesOf(reader.bytes, array.at, array.count));
		const stride = widths.reduce((sum, width) => sum + width, 0);
		const loaded = new Set<Column>();
		let first = 0;
		for (const [index, field] of schema.fields.entries()) {
			const width = widths[index]!;
			const column = this.byName.get(field.name);
			if (column) {
				const isSame = column.field.type === field.type && column.field.target === field.target;
				if (!isSame) throw new BlobError(at, `${schema.name}.${field.name} of the type it had`);
				const least = field.type === 'STRING' || field.type === 'BYTES' ? 2 : 1;
				if (width < least) throw new BlobError(at, `a width of ${field.name} of ${least} bits or more`);
				const { at: from, count } = data[index]!;
				const bytes = reader.bytes.subarray(from, from + count);
				column.load({ packed, first, stride, width, ordinals, data: bytes, offset: array.at });
				loaded.add(column);
			}
			first += width;
		}
		for (const column of this.columns) {
			if (loaded.has(column)) continue;
			for (const ordinal of ordinals) if (ordinal >= 0) column.clear(ordinal);
		}
	}

	measure(union: Int32Array): Layout {
		const widths = this.columns.map((column) => column.width(union));
		const named = Object.fromEntries(this.columns.map(({ field }, at) => [field.name, widths[at]!]));
		return { widths: named, store: (writer, _shard, ordinals) => this.store(writer, widths, ordinals) };
	}

	private store(writer: ByteWriter, widths: number[], ordinals: Int32Array): void {
		const stride = widths.reduce((sum, width) => sum + width, 0);
		const bits = stride * ordinals.length;
		const packed = PackedArray.zero(bits);
		let first = 0;
		const data = this.columns.map((column, index) => {
			const width = widths[index]!;
			const slots = { packed, first, stride, width, ordinals, data: NO_BYTES, offset: 0 };
			first += width;
			return column.store(slots) ?? NO_BYTES;
		});
		for (const width of widths) writer.vint(width);
		writer.packed(packed, bits);
		for (const bytes of data) {
			writer.vint(bytes.length);
			if (bytes.length > 0) writer.raw(bytes);
		}
	}

	hash(ordinal: number): number {
		let hash = 17;
		for (const column of this.columns)
			hash = Math.imul(hash ^ column.hash(ordinal), 0x9e3779b1) ^ (hash >>> 15);
		return hash;
	}

	same(a: number, b: number): boolean {
		for (const column of this.columns) if (!column.same(a, b)) return false;
		return true;
	}

	release(ordinal: number): void {
		for (const column of this.columns) if (column instanceof BytesColumn) column.arena.release(ordinal);
	}

	checksum(ordinal: number, sum: number): number {
		let next = sum;
		for (const column of this.sorted) next = column.checksum(ordinal, next);
		return next;
	}

	tidy(union: Int32Array): void {
		for (const column of this.columns) if (column instanceof BytesColumn) column.arena.tidy(union);
	}
}
