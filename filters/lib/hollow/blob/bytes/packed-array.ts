// packed-array: numbers of any width laid side by side in 64-bit words, as Hollow stores its records
// Held as 32-bit lanes, low lane first, because JavaScript's whole numbers are fast up to 32 bits only.

/** How many bits `value` takes, a whole number of 0 to 2^53; 0 takes none. */
export const bitLength = (value: number): number =>
	value < 4294967296 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 4294967296));

/** How many 64-bit words hold `bits` bits. */
export const wordsFor = (bits: number): number => Math.ceil(bits / 64);

/** All ones in `width` (1 to 32) bits, as an unsigned number. */
export const ones = (width: number): number => 0xffffffff >>> (32 - width);

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** The lanes of `words` big-endian words at `at`, and one spare lane so that a read may straddle the end. */
export const lanesOf = (bytes: Uint8Array, at: number, words: number): Uint32Array => {
	const lanes = new Uint32Array(words * 2 + 2);
	const raw = Buffer.from(lanes.buffer, 0, words * 8);
	raw.set(bytes.subarray(at, at + words * 8));
	swap(raw);
	return lanes;
};

/** The first `words` words of `lanes` as the bytes that stand in a blob. */
export const bytesOf = (lanes: Uint32Array, words: number): Buffer => {
	const raw = Buffer.from(Buffer.from(lanes.buffer, lanes.byteOffset, words * 8));
	swap(raw);
	return raw;
};

// On a big-endian machine the bytes of a lane are in order already, and only the lanes trade places.
const swap = (raw: Buffer): void => {
	raw.swap64();
	if (!isLittleEndian) raw.swap32();
};

/** An array of bits. Bit k is bit `k mod 64`, from the least significant, of word `k div 64`. */
export class PackedArray {
	readonly lanes: Uint32Array;
	constructor(lanes: Uint32Array) {
		this.lanes = lanes;
	}

	/** Room for `bits` bits, all zero. */
	static zero(bits: number): PackedArray {
		return new PackedArray(new Uint32Array(wordsFor(bits) * 2 + 2));
	}

	/** The unsigned number of `width` (0 to 32) bits at bit `at`. */
	get(at: number, width: number): number {
		if (width === 0) return 0;
		const lane = (at * 0.03125) | 0;
		const shift = at & 31;
		let value = this.lanes[lane]! >>> shift;
		if (shift + width > 32) value |= this.lanes[lane + 1]! << (32 - shift);
		return (value & ones(width)) >>> 0;
	}

	/** As `get`, for 0 to 64 bits; above 2^53 the low digits are lost. */
	wide(at: number, width: number): number {
		if (width <= 32) return this.get(at, width);
		return this.get(at + 32, width - 32) * 4294967296 + this.get(at, 32);
	}

	/** Whether all `width` (1 to 64) bits at bit `at` are ones. */
	full(at: number, width: number): boolean {
		if (width <= 32) return this.get(at, width) === ones(width);
		return this.get(at, 32) === 0xffffffff && this.get(at + 32, width - 32) === ones(width - 32);
	}

	/** Put a number of at most `width` (0 to 32) bits where so far all bits are zero. */
	put(at: number, width: number, value: number): void {
		if (width === 0) return;
		const lane = (at * 0.03125) | 0;
		const shift = at & 31;
		this.lanes[lane]! |= value << shift;
		if (shift + width > 32) this.lanes[lane + 1]! |= value >>> (32 - shift);
	}

	/** As `put`, for 0 to 64 bits and values up to 2^53. */
	putWide(at: number, width: number, value: number): void {
		this.put(at, Math.min(width, 32), value >>> 0);
		if (width > 32) this.put(at + 32, width - 32, Math.floor(value / 4294967296));
	}
}
