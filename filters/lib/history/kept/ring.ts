// ring: the newest so many steps of one series: what was counted in each, and how much time that stands for
// A cell takes 1 byte until a count needs 2 or 4, then 8 while those are exact, then digits: nothing is ever rounded.

import { add } from '../../exact.ts';
import type { Exact } from '../../record.ts';

type Cells = Uint8Array | Uint16Array | Uint32Array | Float64Array | Exact[];

/** How wide the cells are. */
const [TINY, NARROW, WIDE, FLOAT, DIGITS] = [0, 1, 2, 3, 4] as const;
type Width = typeof TINY | typeof NARROW | typeof WIDE | typeof FLOAT | typeof DIGITS;
/** The largest whole number that is exact in each; digits have none. */
const MOST = [0xff, 0xffff, 0xffffffff, Number.MAX_SAFE_INTEGER, Number.NEGATIVE_INFINITY] as const;
const BYTES = [1, 2, 4, 8, 24] as const;
// The objects around the numbers.
const OVERHEAD = 400;
// Rows come one by one, and each time all cells are copied.
const MORE_ROWS = 3;

const emptyCells = (width: Width, length: number): Cells => {
	if (width === TINY) return new Uint8Array(length);
	if (width === NARROW) return new Uint16Array(length);
	if (width === WIDE) return new Uint32Array(length);
	return width === FLOAT ? new Float64Array(length) : new Array<Exact>(length).fill(0);
};

/** The narrowest width in which a value is exact. */
const widthFor = (value: Exact): Width => {
	if (typeof value === 'string') return DIGITS;
	if (Number.isInteger(value) && value >= 0 && value <= MOST[WIDE])
		return value <= MOST[TINY] ? TINY : value <= MOST[NARROW] ? NARROW : WIDE;
	return Number.isSafeInteger(value) || !Number.isInteger(value) ? FLOAT : DIGITS;
};

/** What several steps have, by the numbers of their slots: `slot` is the time from `slot * step` on, in ms. */
export class Ring {
	readonly step: number;
	readonly length: number;
	/** The newest slot that there is; those down to `newest - length + 1` may have something. */
	newest = -1;
	/** For each slot 0, when nobody looked, or one more than the milliseconds that were counted into it. */
	private time: Uint16Array | Uint32Array;
	private cells: Cells;
	private width: Width = TINY;
	private rows: number;

	constructor(step: number, length: number, rows: number) {
		this.step = step;
		this.length = length;
		this.rows = rows;
		this.time = new Uint16Array(length);
		this.cells = emptyCells(TINY, length * rows);
	}

	bytes(): number {
		return OVERHEAD + this.time.byteLength + BYTES[this.width] * this.cells.length;
	}

	has(slot: number): boolean {
		return slot <= this.newest && slot > this.newest - this.length;
	}

	/** Make room for a slot; false when it is older than all there are. */
	open(slot: number): boolean {
		if (slot <= this.newest) return slot > this.newest - this.length;
		const first = Math.max(this.newest + 1, slot - this.length + 1);
		for (let one = first; one <= slot; one++) this.clear(one % this.length);
		this.newest = slot;
		return true;
	}

	/** Whatever is newer than a slot never was. */
	cut(slot: number): void {
		const first = Math.max(slot + 1, this.newest - this.length + 1);
		for (let one = first; one <= this.newest; one++) this.clear(one % this.length);
		this.newest = Math.min(this.newest, slot);
	}

	private clear(index: number): void {
		this.time[index] = 0;
		this.cells.fill(0, index * this.rows, (index + 1) * this.rows);
	}

	/**
	 * Somebody looked at this slot, and counted so many more milliseconds into it. It is open. The answer is by how many
	 * bytes the ring has grown.
	 */
	look(slot: number, ms: number): number {
		const index = slot % this.length;
		const time = Math.min((this.time[index]! || 1) + ms, 0xffffffff);
		const isWider = time > 0xffff && this.time.BYTES_PER_ELEMENT === 2;
		if (isWider) this.time = Uint32Array.from(this.time);
		this.time[index] = time;
		return isWider ? 2 * this.length : 0;
	}

	/** The milliseconds counted into a slot; undefined when nobody looked. */
	lookedAt(slot: number): number | undefined {
		if (!this.has(slot)) return undefined;
		const time = this.time[slot % this.length]!;
		return time === 0 ? undefined : time - 1;
	}

	at(slot: number, row: number): Exact {
		return row < this.rows ? this.cells[(slot % this.length) * this.rows + row]! : 0;
	}

	/** Add to a cell of an open slot; the answer is by how many bytes the ring has grown. */
	add(slot: number, row: number, value: Exact): number {
		const at = (slot % this.length) * this.rows + row;
		if (this.width < DIGITS && row < this.rows && Number.isInteger(value) && (value as number) >= 0) {
			const sum = (this.cells[at] as number) + (value as number);
			if (sum <= MOST[this.width]) {
				this.cells[at] = sum;
				return 0;
			}
		}
		return this.put(slot, row, add(this.at(slot, row), value));
	}

	/** Set a cell of an open slot; the answer is by how many bytes the ring has grown. */
	put(slot: number, row: number, value: Exact): number {
		const before = row >= this.rows || this.width < DIGITS ? this.bytesFor(row, value) : 0;
		this.cells[(slot % this.length) * this.rows + row] = value as never;
		return before;
	}

	/** Make cells for a row and for a value of this size; the answer is by how many bytes the ring has grown. */
	private bytesFor(row: number, value: Exact): number {
		const width = Math.max(this.width, widthFor(value)) as Width;
		if (row < this.rows && width === this.width) return 0;
		const before = this.bytes();
		const rows = row < this.rows ? this.rows : row + MORE_ROWS;
		const cells = emptyCells(width, this.length * rows);
		for (let index = 0; index < this.length; index++)
			for (let one = 0; one < this.rows; one++)
				cells[index * rows + one] = this.cells[index * this.rows + one] as never;
		[this.cells, this.width, this.rows] = [cells, width, rows];
		return this.bytes() - before;
	}
}
