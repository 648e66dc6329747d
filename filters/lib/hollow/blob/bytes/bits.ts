// bits: a set of ordinals, one bit each: which records of a type are populated in a state

const popcount = (word: number): number => {
	const pairs = word - ((word >>> 1) & 0x55555555);
	const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
	return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** A growing set of whole numbers from 0. */
export class Bits {
	/** Ordinal o is bit `o mod 32` of word `o div 32`. */
	words: Uint32Array;
	constructor(words: Uint32Array = new Uint32Array(8)) {
		this.words = words;
	}

	has(ordinal: number): boolean {
		return ordinal >>> 5 < this.words.length && (this.words[ordinal >>> 5]! & (1 << (ordinal & 31))) !== 0;
	}

	add(ordinal: number): void {
		const word = ordinal >>> 5;
		if (word >= this.words.length) {
			const words = new Uint32Array(Math.max(word + 1, this.words.length * 2));
			words.set(this.words);
			this.words = words;
		}
		this.words[word]! |= 1 << (ordinal & 31);
	}

	remove(ordinal: number): void {
		if (ordinal >>> 5 < this.words.length) this.words[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
	}

	/** The greatest member, or -1. */
	max(): number {
		for (let word = this.words.length - 1; word >= 0; word--) {
			if (this.words[word] !== 0) return word * 32 + 31 - Math.clz32(this.words[word]!);
		}
		return -1;
	}

	/** How many members there are. */
	size(): number {
		let size = 0;
		for (const word of this.words) size += popcount(word);
		return size;
	}

	/** Every member, ascending. */
	list(): Int32Array {
		const list = new Int32Array(this.size());
		let at = 0;
		for (let word = 0; word < this.words.length; word++) {
			for (let rest = this.words[word]!; rest !== 0; rest &= rest - 1) {
				list[at++] = word * 32 + 31 - Math.clz32(rest & -rest);
			}
		}
		return list;
	}

	/** The least number from `from` on that is no member. */
	nextFree(from: number): number {
		let ordinal = from;
		while (this.has(ordinal)) {
			ordinal = this.words[ordinal >>> 5] === 0xffffffff ? ((ordinal >>> 5) + 1) * 32 : ordinal + 1;
		}
		return ordinal;
	}

	copy(): Bits {
		return new Bits(this.words.slice());
	}

	/** What is in this set or in the other. */
	or(other: Bits): Bits {
		const [long, short] = this.words.length < other.words.length ? [other, this] : [this, other];
		const words = long.words.slice();
		for (let word = 0; word < short.words.length; word++) words[word]! |= short.words[word]!;
		return new Bits(words);
	}

	/** What is in this set and not in the other. */
	without(other: Bits): Bits {
		const words = this.words.slice();
		const both = Math.min(words.length, other.words.length);
		for (let word = 0; word < both; word++) words[word]! &= ~other.words[word]!;
		return new Bits(words);
	}

	equals(other: Bits): boolean {
		return this.without(other).max() < 0 && other.without(this).max() < 0;
	}
}
