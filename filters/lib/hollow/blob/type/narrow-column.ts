// narrow-column: the fields that are stored in at most 32 bits: INT, BOOLEAN, FLOAT, REFERENCE

import { BlobError, ValueError } from '../bytes/errors.ts';
import { enlarge } from '../bytes/growth.ts';
import { sumInt, sumLong } from '../bytes/hash.ts';
import { bitLength, ones } from '../bytes/packed-array.ts';
import { type Column, type FieldValue, NULL_SUM, type Slots, show } from './column.ts';
import type { Field } from './schema.ts';

const NULL_FLOAT = 0x7fc00001;
const NONE = -1;

const floats = new Float32Array(1);
const floatBits = new Int32Array(floats.buffer);

/** INT, BOOLEAN, FLOAT and REFERENCE: at most 32 bits as stored. -1 is null, but a FLOAT has its own null. */
export class NarrowColumn implements Column {
	readonly field: Field;
	raw = new Int32Array(0);
	constructor(field: Field) {
		this.field = field;
	}

	reserve(count: number): void {
		this.raw = enlarge(this.raw, count);
	}

	get(ordinal: number): FieldValue {
		const raw = this.raw[ordinal]!;
		const { type } = this.field;
		if (type === 'FLOAT') {
			floatBits[0] = raw;
			return raw === NULL_FLOAT ? null : floats[0]!;
		}
		if (raw === NONE) return null;
		if (type === 'INT') return (raw >>> 1) ^ -(raw & 1);
		return type === 'BOOLEAN' ? raw === 1 : raw;
	}

	set(ordinal: number, value: unknown, path: string): void {
		if (value === null || value === undefined) this.clear(ordinal);
		else this.raw[ordinal] = this.encode(value, path);
	}

	private encode(value: unknown, path: string): number {
		const { type } = this.field;
		if (type === 'BOOLEAN') {
			if (typeof value === 'boolean') return value ? 1 : 0;
			throw new ValueError(path, `${show(value)} is not true or false`);
		}
		if (type === 'FLOAT') {
			if (typeof value !== 'number') throw new ValueError(path, `${show(value)} is not a number`);
			floats[0] = value;
			// A NaN would not survive a restart of a Java producer; its object mapper writes null too.
			return Number.isNaN(value) ? NULL_FLOAT : floatBits[0]!;
		}
		const number = typeof value === 'bigint' ? Number(value) : value;
		if (typeof number !== 'number' || !Number.isInteger(number))
			throw new ValueError(path, `${show(value)} is not a whole number`);
		if (number < -2147483647 || number > 2147483647)
			throw new ValueError(path, `${value} does not fit an Integer (-2147483647 to 2147483647)`);
		return type === 'INT' ? (number << 1) ^ (number >> 31) : number;
	}

	clear(ordinal: number): void {
		this.raw[ordinal] = this.field.type === 'FLOAT' ? NULL_FLOAT : NONE;
	}

	width(ordinals: Int32Array): number {
		const { type } = this.field;
		if (ordinals.length === 0) return 0;
		if (type === 'BOOLEAN' || type === 'FLOAT') return type === 'FLOAT' ? 32 : 2;
		const { raw } = this;
		let most = 0;
		for (let at = 0; at < ordinals.length; at++) {
			// Null is -1, which this makes 0.
			const next = (raw[ordinals[at]!]! + 1) >>> 0;
			if (next > most) most = next;
		}
		return Math.max(1, bitLength(most));
	}

	load({ packed, first, stride, width, ordinals, offset }: Slots): void {
		const { raw, field } = this;
		if (width > 32) return this.loadWide({ packed, first, stride, width, ordinals, offset } as Slots);
		const none = field.type === 'FLOAT' ? -1 : ones(width);
		if (field.type === 'FLOAT' && width !== 32) throw new BlobError(offset, `${field.name} 32 bits wide`);
		for (let at = 0, bit = first; at < ordinals.length; at++, bit += stride) {
			const ordinal = ordinals[at]!;
			if (ordinal < 0) continue;
			const value = packed.get(bit, width);
			raw[ordinal] = value === none ? NONE : value;
		}
		if (field.type === 'REFERENCE' || field.type === 'BOOLEAN') this.check(ordinals, offset);
	}

	// Nobody needs more than 32 bits here, but a writer may choose one generous width for ever.
	private loadWide({ packed, first, stride, width, ordinals, offset }: Slots): void {
		for (let at = 0, bit = first; at < ordinals.length; at++, bit += stride) {
			const ordinal = ordinals[at]!;
			if (ordinal < 0) continue;
			const isNull = packed.full(bit, width);
			const value = packed.wide(bit, width);
			if (!isNull && value > 4294967294) throw new BlobError(offset, `${this.field.name} in 32 bits`);
			this.raw[ordinal] = isNull ? NONE : value;
		}
		if (this.field.type !== 'INT') this.check(ordinals, offset);
	}

	private check(ordinals: Int32Array, offset: number): void {
		const most = this.field.type === 'BOOLEAN' ? 1 : 2147483646;
		for (const ordinal of ordinals) {
			if (ordinal < 0) continue;
			const raw = this.raw[ordinal]!;
			if (raw !== NONE && (raw < 0 || raw > most))
				throw new BlobError(offset, `${this.field.name} of 0 to ${most}, not ${raw >>> 0}`);
		}
	}

	store({ packed, first, stride, width, ordinals }: Slots): undefined {
		const { raw, field } = this;
		const none = field.type === 'FLOAT' || width === 0 ? NONE : ones(width);
		for (let at = 0, bit = first; at < ordinals.length; at++, bit += stride) {
			const ordinal = ordinals[at]!;
			if (ordinal < 0) continue;
			const value = raw[ordinal]!;
			packed.put(bit, width, value === NONE ? none : value);
		}
	}

	hash(ordinal: number): number {
		return this.raw[ordinal]!;
	}

	same(a: number, b: number): boolean {
		return this.raw[a] === this.raw[b];
	}

	keyHash(ordinal: number): number {
		const raw = this.raw[ordinal]!;
		const { type } = this.field;
		if (type === 'FLOAT') return raw;
		if (type === 'REFERENCE') return raw;
		if (raw === NONE) return 0;
		if (type === 'BOOLEAN') return raw === 1 ? 1231 : 1237;
		return (raw >>> 1) ^ -(raw & 1);
	}

	checksum(ordinal: number, sum: number): number {
		const raw = this.raw[ordinal]!;
		return raw === NONE && this.field.type !== 'FLOAT' ? sumInt(sum, NULL_SUM) : sumLong(sum, raw, 0);
	}
}
