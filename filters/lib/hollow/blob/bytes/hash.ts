// hash: the hash functions of Hollow, and the checksum made of them
// All are on 32-bit words; the 64-bit one works on two lanes, low and high, without BigInt.

/** Bucket hash of a 32-bit number. */
export const hashInt = (value: number): number => {
	let k = (~value + (value << 15)) | 0;
	k ^= k >>> 12;
	k = (k + (k << 2)) | 0;
	k ^= k >>> 4;
	k = Math.imul(k, 2057);
	return k ^ (k >>> 16);
};

const carry = (a: number, b: number): number => ((a >>> 0) + (b >>> 0) > 0xffffffff ? 1 : 0);

/** Bucket hash of a 64-bit number given as two 32-bit lanes: the low 32 bits of the mix. */
export const hashLong = (low: number, high: number): number => {
	// One statement a lane: pairs in arrays would cost an allocation each.
	let a = low << 18;
	let lo = (~low + a) | 0;
	let hi = (~high + ((high << 18) | (low >>> 14)) + carry(~low, a)) | 0;
	lo ^= (lo >>> 31) | (hi << 1);
	hi ^= hi >>> 31;
	// Twenty-one times, by halves that stay below 2^32.
	const bottom = (lo & 0xffff) * 21;
	const top = (lo >>> 16) * 21 + (bottom >>> 16);
	hi = (Math.imul(hi, 21) + (top >>> 16)) | 0;
	lo = (top << 16) | (bottom & 0xffff);
	lo ^= (lo >>> 11) | (hi << 21);
	hi ^= hi >>> 11;
	a = lo << 6;
	hi = (hi + ((hi << 6) | (lo >>> 26)) + carry(lo, a)) | 0;
	lo = (lo + a) | 0;
	return lo ^ ((lo >>> 22) | (hi << 10));
};

const SEED = 0xeab524b9 | 0;

const scramble = (block: number): number => {
	const k = Math.imul(block, 0xcc9e2d51);
	return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
};

/** MurmurHash3 (x86, 32 bits, Hollow's seed) of `bytes[from..to)`. */
export const murmur3 = (bytes: Uint8Array, from = 0, to = bytes.length): number => {
	let h = SEED;
	let at = from;
	for (; at + 4 <= to; at += 4) {
		const block = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
		h ^= scramble(block);
		h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
	}
	let tail = 0;
	for (let last = to - 1; last >= at; last--) tail = (tail << 8) | bytes[last]!;
	if (at < to) h ^= scramble(tail);
	h ^= to - from;
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
	return h ^ (h >>> 16);
};

/** Java's hash of a string, over UTF-16 units. */
export const javaHash = (text: string): number => {
	let h = 0;
	for (let at = 0; at < text.length; at++) h = (Math.imul(h, 31) + text.charCodeAt(at)) | 0;
	return h;
};

/** Buckets of the open-addressed table for a set or map of `size` entries: a power of two, never full. */
export const tableSize = (size: number): number => {
	if (size < 3) return 1 << size;
	const least = Math.floor((size * 10) / 7);
	return 2 ** (32 - Math.clz32(least - 1));
};

/** A checksum with one 32-bit number more. */
export const sumInt = (sum: number, value: number): number => hashInt(sum ^ hashInt(value));

/** A checksum with one 64-bit number more, given as two lanes. */
export const sumLong = (sum: number, low: number, high: number): number => hashInt(sum ^ hashLong(low, high));
