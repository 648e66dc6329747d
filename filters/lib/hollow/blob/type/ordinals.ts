// ordinals: which number a record gets: the one an equal record has, else the lowest that is free
// Ordinals of records that were in the state before stay taken, so a delta never removes and adds the same one.

import type { Table } from './table.ts';

const EMPTY = -1;
const SMALLEST = 16;
// One record that is another than the last time is a change; so many in a row are a place that was missed.
const MOST_CHANGES = 4;

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
	/** What came in the cycle before, in order; and in this one, as far as it has come. */
	private before: Int32Array;
	private order = new Int32Array(SMALLEST);
	private length = 0;
	/** Where in `before` an ordinal stands, how far there we are, and how many in a row were others than there. */
	private places = new Int32Array(0);
	private cursor = 0;
	private changes = 0;

	constructor(table: Table) {
		this.table = table;
		const kept = table.previous.list();
		this.reserve((kept.at(-1) ?? -1) + 1);
		for (const ordinal of kept) this.hashes[ordinal] = mix(table.hash(ordinal));
		this.rehash();
		this.before = kept;
		this.next = table.previous.nextFree(0);
		this.place();
	}

	/**
	 * Begin a cycle: the table's previous state is what is kept, everything else is free. Records that are no more stay in
	 * the buckets until these are made anew: to take them out of a million each time would take longer than to pass them.
	 */
	restart(): void {
		this.next = this.table.previous.nextFree(0);
		this.before = this.order.slice(0, this.length);
		this.length = 0;
		this.place();
	}

	private place(): void {
		const { before } = this;
		if (this.places.length < this.room) this.places = new Int32Array(this.room);
		this.places.fill(EMPTY);
		for (let at = before.length - 1; at >= 0; at--) this.places[before[at]!] = at;
		this.cursor = 0;
		this.changes = 0;
	}

	private note(ordinal: number): void {
		if (this.length === this.order.length) {
			const order = new Int32Array(this.length * 2);
			order.set(this.order);
			this.order = order;
		}
		this.order[this.length++] = ordinal;
	}

	/** A record came that is another than the cycle before had in its place; it had the one at `ordinal`, if any, then. */
	private change(ordinal: number): void {
		if (++this.changes < MOST_CHANGES) return;
		const there = this.places[ordinal] ?? EMPTY;
		if (there === EMPTY) return;
		this.cursor = there + 1;
		this.changes = 0;
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
		const likely = this.cursor < this.before.length ? this.before[this.cursor]! : EMPTY;
		this.cursor++;
		if (likely !== EMPTY && table.previous.has(likely) && table.same(likely, slot)) {
			this.changes = 0;
			return this.found(likely);
		}
		const hash = mix(table.hash(slot));
		const mask = buckets.length - 1;
		for (let at = hash & mask; buckets[at] !== EMPTY; at = (at + 1) & mask) {
			const ordinal = buckets[at]!;
			if (hashes[ordinal] !== hash || !this.isAlive(ordinal) || !table.same(ordinal, slot)) continue;
			this.change(ordinal);
			return this.found(ordinal);
		}
		this.changes++;
		this.note(slot);
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
		this.note(ordinal);
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
