// wide-column: the fields that are stored in up to 64 bits: LONG and DOUBLE

import { BlobError, ValueError } from '../bytes/errors.ts';
import { enlarge } from '../bytes/growth.ts';
import { hashLong, sumInt, sumLong } from '../bytes/hash.ts';
import { bitLength, ones } from '../bytes/packed-array.ts';
import { type Column, type FieldValue, NULL_SUM, type Slots, show } from './column.ts';
import type { Field } from './schema.ts';

const NULL_DOUBLE_HIGH = 0x7ff80000;
const NONE = -1;

const doubles = new Float64Array(1);
const longs = new BigInt64Array(doubles.buffer);
const halves = new Int32Array(doubles.buffer);
const LOW = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;
const MOST_LONG = 9223372036854775807n;

/** LONG and DOUBLE: up to 64 bits as stored, in two lanes, low first. A null LONG is all ones. */
export class WideColumn implements Column {
	readonly field: Field;
	raw = new Int32Array(0);
	constructor(field: Field) {
		this.field = field;
	}

	reserve(count: number): void {
		this.raw = enlarge(this.raw, count * 2);
	}

	private isNull(ordinal: number): boolean {
		const low = this.raw[ordinal * 2];
		const high = this.raw[ordinal * 2 + 1];
		return this.field.type === 'LONG'
			? low === NONE && high === NONE
			: low === 1 && high === NULL_DOUBLE_HIGH;
	}

	/** The lanes of the value itself into `halves`: the zig-zag of a LONG undone. */
	private unfold(ordinal: number): void {
		const low = this.raw[ordinal * 2]!;
		const high = this.raw[ordinal * 2 + 1]!;
		const sign = this.field.type === 'LONG' ? -(low & 1) : 0;
		halves[LOW] = this.field.type === 'LONG' ? ((low >>> 1) | (high << 31)) ^ sign : low;
		halves[HIGH] = this.field.type === 'LONG' ? (high >>> 1) ^ sign : high;
	}

	get(ordinal: number): FieldValue {
		if (this.isNull(ordinal)) return null;
		this.unfold(ordinal);
		return this.field.type === 'LONG' ? longs[0]! : doubles[0]!;
	}

	set(ordinal: number, value: unknown, path: string): void {
		if (value === null || value === undefined || Number.isNaN(value)) return this.clear(ordinal);
		if (this.field.type === 'DOUBLE') {
			if (typeof value !== 'number') throw new ValueError(path, `${show(value)} is not a number`);
			doubles[0] = value;
			this.put(ordinal, halves[LOW]!, halves[HIGH]!);
			return;
		}
		const long = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
		if (typeof long !== 'bigint')
			throw new ValueError(path, `${show(value)} is not a whole number that is exact; give a bigint`);
		if (long > MOST_LONG || long < -MOST_LONG)
			throw new ValueError(path, `${value} does not fit a Long (-(2^63 - 1) to 2^63 - 1)`);
		longs[0] = (long << 1n) ^ (long >> 63n);
		this.put(ordinal, halves[LOW]!, halves[HIGH]!);
	}

	private put(ordinal: number, low: number, high: number): void {
		this.raw[ordinal * 2] = low;
		this.raw[ordinal * 2 + 1] = high;
	}

	clear(ordinal: number): void {
		if (this.field.type === 'LONG') this.put(ordinal, NONE, NONE);
		else this.put(ordinal, 1, NULL_DOUBLE_HIGH);
	}

	width(ordinals: Int32Array): number {
		if (ordinals.length === 0) return 0;
		if (this.field.type === 'DOUBLE') return 64;
		let [mostHigh, mostLow] = [0, 0];
		for (const ordinal of ordinals) {
			if (this.isNull(ordinal)) continue;
			// One more than the value, so that all ones stay free for null.
			const low = (this.raw[ordinal * 2]! + 1) >>> 0;
			const high = (this.raw[ordinal * 2 + 1]! + (low === 0 ? 1 : 0)) >>> 0;
			if (high > mostHigh) mostHigh = high;
			if (high === 0 && low > mostLow) mostLow = low;
		}
		return Math.max(1, mostHigh > 0 ? 32 + bitLength(mostHigh) : bitLength(mostLow));
	}

	load({ packed, first, stride, width, ordinals, offset }: Slots): void {
		const isLong = this.field.type === 'LONG';
		if (!isLong && width !== 64) throw new BlobError(offset, `${this.field.name} 64 bits wide`);
		for (let at = 0, bit = first; at < ordinals.length; at++, bit += stride) {
			const ordinal = ordinals[at]!;
			if (ordinal < 0) continue;
			if (isLong && packed.full(bit, width)) this.put(ordinal, NONE, NONE);
			else
				this.put(
					ordinal,
					packed.get(bit, Math.min(width, 32)),
					width > 32 ? packed.get(bit + 32, width - 32) : 0,
				);
		}
	}

	store({ packed, first, stride, width, ordinals }: Slots): undefined {
		for (let at = 0, bit = first; at < ordinals.length; at++, bit += stride) {
			const ordinal = ordinals[at]!;
			if (ordinal < 0) continue;
			const isNull = this.field.type === 'LONG' && this.isNull(ordinal);
			packed.put(bit, Math.min(width, 32), isNull ? ones(Math.min(width, 32)) : this.raw[ordinal * 2]!);
			if (width > 32)
				packed.put(bit + 32, width - 32, isNull ? ones(width - 32) : this.raw[ordinal * 2 + 1]!);
		}
	}

	hash(ordinal: number): number {
		return hashLong(this.raw[ordinal * 2]!, this.raw[ordinal * 2 + 1]!);
	}

	same(a: number, b: number): boolean {
		return this.raw[a * 2] === this.raw[b * 2] && this.raw[a * 2 + 1] === this.raw[b * 2 + 1];
	}

	keyHash(ordinal: number): number {
		if (this.field.type === 'LONG' && this.isNull(ordinal)) return 0;
		this.unfold(ordinal);
		return halves[0]! ^ halves[1]!;
	}

	checksum(ordinal: number, sum: number): number {
		if (this.field.type === 'LONG' && this.isNull(ordinal)) return sumInt(sum, NULL_SUM);
		return sumLong(sum, this.raw[ordinal * 2]!, this.raw[ordinal * 2 + 1]!);
	}
}
