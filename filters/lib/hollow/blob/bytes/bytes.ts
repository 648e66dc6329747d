// bytes: the primitives of a Hollow blob, read and written: fixed integers, vint, vlong, utf, long arrays
// Everything is big-endian; every read is checked against the end of the blob before it allocates.

import { BlobError } from './errors.ts';
import { bytesOf, type PackedArray, wordsFor } from './packed-array.ts';

/** A stretch of bytes inside a blob that is looked at later: `count` bytes or words from `at`. */
export type Region = { at: number; count: number };

/** A blob and how far it has been read. Every method throws BlobError when the blob ends too soon. */
export class ByteReader {
	readonly bytes: Buffer;
	at = 0;
	constructor(bytes: Uint8Array) {
		this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	/** How many bytes are left. */
	left(): number {
		return this.bytes.length - this.at;
	}

	/** The start of the next `count` bytes, which are then behind us. */
	skip(count: number, what: string): number {
		const at = this.at;
		if (count > this.left())
			throw new BlobError(at, `${what} of ${count} bytes, but ${this.left()} are left`);
		this.at += count;
		return at;
	}

	u8(what: string): number {
		return this.bytes[this.skip(1, what)]!;
	}
	i16(what: string): number {
		return this.bytes.readInt16BE(this.skip(2, what));
	}
	i32(what: string): number {
		return this.bytes.readInt32BE(this.skip(4, what));
	}
	i64(what: string): bigint {
		return this.bytes.readBigInt64BE(this.skip(8, what));
	}

	/** A 32-bit number in groups of seven bits, most significant first; may be negative. */
	vint(what: string): number {
		const start = this.at;
		let byte = this.u8(what);
		if (byte === 0x80) throw new BlobError(start, `${what}, not a null`);
		let value = byte & 0x7f;
		for (let more = 4; byte & 0x80; more--) {
			if (more === 0) throw new BlobError(start, `${what} in at most five bytes`);
			byte = this.u8(what);
			value = (value << 7) | (byte & 0x7f);
		}
		return value;
	}

	/** A vint that counts something. */
	count(what: string): number {
		const start = this.at;
		const value = this.vint(what);
		if (value < 0) throw new BlobError(start, `${what}, 0 or more, not ${value}`);
		return value;
	}

	/** A vlong that counts something; beyond 2^53 nothing can be counted. */
	long(what: string): number {
		const start = this.at;
		let byte = this.u8(what);
		if (byte === 0x80) throw new BlobError(start, `${what}, not a null`);
		let value = byte & 0x7f;
		while (byte & 0x80) {
			byte = this.u8(what);
			value = value * 128 + (byte & 0x7f);
			if (value > Number.MAX_SAFE_INTEGER) throw new BlobError(start, `${what} below 2^53`);
		}
		return value;
	}

	/** Java's modified UTF-8 behind a 16-bit length; lone surrogates and U+0000 survive. */
	utf(what: string): string {
		const end = this.bytes.readUInt16BE(this.skip(2, what)) + this.at;
		let from = this.skip(end - this.at, what);
		let text = '';
		while (from < end) {
			const lead = this.bytes[from]!;
			const size = lead < 0x80 ? 1 : lead >> 5 === 6 ? 2 : lead >> 4 === 14 ? 3 : 0;
			if (size === 0 || from + size > end) throw new BlobError(from, `${what} in modified UTF-8`);
			text += String.fromCharCode(this.unit(from, size, what));
			from += size;
		}
		return text;
	}

	private unit(from: number, size: number, what: string): number {
		let unit = size === 1 ? this.bytes[from]! : this.bytes[from]! & (0xff >> (size + 1));
		for (let at = from + 1; at < from + size; at++) {
			const byte = this.bytes[at]!;
			if (byte >> 6 !== 2) throw new BlobError(at, `${what} in modified UTF-8`);
			unit = (unit << 6) | (byte & 0x3f);
		}
		return unit;
	}

	/** Where a long array's words are; they are not read yet. `count` is in 64-bit words. */
	words(what: string): Region {
		const count = this.long(`the number of words of ${what}`);
		return { at: this.skip(count * 8, what), count };
	}

	/** Bytes behind a vlong length; not read yet. */
	sized(what: string): Region {
		const count = this.long(`the length of ${what}`);
		return { at: this.skip(count, what), count };
	}
}

const groupsOf = (value: number): number => {
	if (value < 0) return 5;
	let groups = 1;
	for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) groups++;
	return groups;
};

/** How many bytes `value` takes as a vint or vlong. */
export const vintSize = (value: number): number => groupsOf(value);

/** One UTF-16 unit in modified UTF-8. */
const utfUnit = (unit: number): number[] => {
	if (unit > 0 && unit < 0x80) return [unit];
	if (unit < 0x800) return [0xc0 | (unit >> 6), 0x80 | (unit & 0x3f)];
	return [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)];
};

/** A blob in the making: small things are gathered, big arrays are kept as they are. */
export class ByteWriter {
	private readonly pieces: Uint8Array[] = [];
	private small: number[] = [];

	u8(value: number): void {
		this.small.push(value & 0xff);
	}
	i16(value: number): void {
		this.small.push((value >> 8) & 0xff, value & 0xff);
	}
	i32(value: number): void {
		this.i16(value >> 16);
		this.i16(value);
	}
	i64(value: bigint): void {
		const raw = Buffer.alloc(8);
		raw.writeBigInt64BE(value);
		this.small.push(...raw);
	}

	/** A vint, or a vlong that is not negative and below 2^53. */
	vint(value: number): void {
		const unsigned = value < 0 ? value + 4294967296 : value;
		for (let left = groupsOf(value) - 1; left >= 0; left--) {
			const group = Math.floor(unsigned / 128 ** left) % 128;
			this.small.push(left > 0 ? group | 0x80 : group);
		}
	}

	/** @throws RangeError for more than 65,535 bytes. */
	utf(text: string): void {
		const units: number[] = [];
		for (let at = 0; at < text.length; at++) units.push(...utfUnit(text.charCodeAt(at)));
		if (units.length > 65535) throw new RangeError(`a name of ${units.length} bytes; at most 65535 fit`);
		this.i16(units.length);
		for (const unit of units) this.small.push(unit);
	}

	/** Bytes as they are; they must not change until `done`. */
	raw(bytes: Uint8Array): void {
		this.flush();
		this.pieces.push(bytes);
	}

	/** A long array of `bits` bits, its number of words in front. */
	packed(array: PackedArray, bits: number): void {
		const words = wordsFor(bits);
		this.vint(words);
		this.raw(bytesOf(array.lanes, words));
	}

	private flush(): void {
		if (this.small.length > 0) this.pieces.push(Uint8Array.from(this.small));
		this.small = [];
	}

	/** Everything that was written. */
	done(): Buffer {
		this.flush();
		return Buffer.concat(this.pieces);
	}
}
