// arena: values of variable length one behind the other, each found by its ordinal: bytes or ordinals
// What was replaced stays until `tidy`; a value that is given up while it is the last one leaves no trace.

import { enlarge } from './growth.ts';

// Below this many entries there is nothing worth tidying.
const SMALL = 65536;

/** Runs of entries by ordinal; a length of -1 is null. */
export class Arena<Entries extends Uint8Array | Int32Array> {
	entries: Entries;
	start = new Uint32Array(0);
	length = new Int32Array(0);
	used = 0;
	private floor = SMALL;
	constructor(entries: Entries) {
		this.entries = entries;
	}

	reserve(count: number): void {
		this.start = enlarge(this.start, count);
		this.length = enlarge(this.length, count);
	}

	/** Room for `count` more entries; the caller fills them from the returned start. */
	claim(count: number): number {
		this.entries = enlarge(this.entries, this.used + count);
		const at = this.used;
		this.used += count;
		return at;
	}

	/** Say that the record at `ordinal` has the entries from `start`. */
	place(ordinal: number, start: number, length: number): void {
		this.start[ordinal] = start;
		this.length[ordinal] = length;
	}

	/** Give up the run of `ordinal` if it is the last. */
	release(ordinal: number): void {
		const length = this.length[ordinal]!;
		if (length > 0 && this.start[ordinal]! + length === this.used) this.used -= length;
		this.length[ordinal] = -1;
	}

	same(a: number, b: number): boolean {
		const length = this.length[a]!;
		if (length !== this.length[b]) return false;
		const { entries, start } = this;
		const [from, other] = [start[a]!, start[b]!];
		for (let at = 0; at < length; at++) if (entries[from + at] !== entries[other + at]) return false;
		return true;
	}

	/** Once most entries are of nobody, keep only those of `ordinals`. */
	tidy(ordinals: Int32Array): void {
		if (this.used < this.floor * 2) return;
		let live = 0;
		for (const ordinal of ordinals) live += Math.max(0, this.length[ordinal]!);
		this.floor = Math.max(live, SMALL);
		if (this.used < this.floor * 2) return;
		const kept = this.entries.slice(0, live) as Entries;
		let at = 0;
		for (const ordinal of ordinals) {
			const length = Math.max(0, this.length[ordinal]!);
			const from = this.start[ordinal]!;
			kept.set(this.entries.subarray(from, from + length), at);
			this.start[ordinal] = at;
			at += length;
		}
		this.entries = kept;
		this.used = at;
	}
}
