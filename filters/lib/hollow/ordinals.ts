// ordinals: which number a record gets: the one an equal record has, else the lowest that is free
// Ordinals of records that were in the state before stay taken, so a delta never removes and adds the same one.

import type { Table } from './table.ts';

const EMPTY = -1;
const SMALLEST = 16;

/**
 * Numbers for the records of one table. Use: `slot()`, put the record in there, `commit()`.
 * The record at a slot that is not committed does not exist.
 */
export class Ordinals {
	private readonly table: Table;
	private hashes = new Int32Array(SMALLEST);
	private buckets = new Int32Array(SMALLEST).fill(EMPTY);
	/** Buckets in use, by records that live or lived. */
	private size = 0;
	private next = 0;
	private room = 0;
	/** The record that would come now if the cycle before was added in the same order. */
	private likely = 0;

	constructor(table: Table) {
		this.table = table;
		const kept = table.previous.list();
		this.reserve((kept.at(-1) ?? -1) + 1);
		for (const ordinal of kept) this.hashes[ordinal] = mix(table.hash(ordinal));
		this.rehash();
		this.restart();
	}

	/**
	 * Begin a cycle: the table's previous state is what is kept, everything else is free. Records that are no more stay in
	 * the buckets until these are made anew: to take them out of a million each time would take longer than to pass them.
	 */
	restart(): void {
		this.next = this.table.previous.nextFree(0);
		this.likely = 0;
	}

	private reserve(count: number): void {
		if (count <= this.room) return;
		this.room = Math.max(count, Math.ceil(this.room * 1.5), SMALLEST);
		this.table.reserve(this.room);
		const hashes = new Int32Array(this.room);
		hashes.set(this.hashes.subarray(0, this.room));
		this.hashes = hashes;
	}

	/** Where to put the next record. */
	slot(): number {
		if (this.next >= this.room) this.reserve(this.next + 1);
		return this.next;
	}

	/** The ordinal of the record that was put at `slot()`: its own, or that of an equal one. */
	commit(): number {
		const { table, buckets, hashes } = this;
		const slot = this.next;
		// Most of a data set stays as it was, and in order: then no table of hashes need be searched.
		const likely = this.likely++;
		if (table.previous.has(likely) && table.same(likely, slot)) return this.found(likely);
		const hash = mix(table.hash(slot));
		const mask = buckets.length - 1;
		for (let at = hash & mask; buckets[at] !== EMPTY; at = (at + 1) & mask) {
			const ordinal = buckets[at]!;
			if (hashes[ordinal] !== hash || !this.isAlive(ordinal) || !table.same(ordinal, slot)) continue;
			this.likely = ordinal + 1;
			return this.found(ordinal);
		}
		hashes[slot] = hash;
		table.current.add(slot);
		this.next = table.previous.nextFree(slot + 1);
		this.size++;
		if (this.size * 2 > buckets.length) this.rehash();
		else this.insert(slot, hash);
		return slot;
	}

	private isAlive(ordinal: number): boolean {
		return this.table.previous.has(ordinal) || this.table.current.has(ordinal);
	}

	/** The record at `slot()` is that of `ordinal`. */
	private found(ordinal: number): number {
		this.table.release(this.next);
		this.table.current.add(ordinal);
		return ordinal;
	}

	private insert(ordinal: number, hash: number): void {
		const mask = this.buckets.length - 1;
		let at = hash & mask;
		while (this.buckets[at] !== EMPTY) at = (at + 1) & mask;
		this.buckets[at] = ordinal;
	}

	private rehash(): void {
		const all = this.table.current.or(this.table.previous).list();
		this.size = all.length;
		this.buckets = new Int32Array(bucketsFor(this.size)).fill(EMPTY);
		for (const ordinal of all) this.insert(ordinal, this.hashes[ordinal]!);
	}
}

const bucketsFor = (size: number): number => 2 ** (32 - Math.clz32(Math.max(SMALLEST, size * 3) - 1));

/** Spread a hash, so that its low bits depend on all of it. */
const mix = (hash: number): number => {
	let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
	return h ^ (h >>> 16);
};
