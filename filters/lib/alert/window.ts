// window: what one series counted in the last so many minutes, in bounded memory
// Increments are kept by the time at which they were printed. Those that lie closer together than a thousandth of the
// range are one, which goes when the later of them goes; all others are exact.

import { add } from '../exact.ts';
import { sum } from '../histogram/layout.ts';
import type { Bucket, Exact } from '../record.ts';

/** What was counted: a number, or buckets. */
export type Counted = { value: Exact } | { buckets: Bucket[] };

const SLOTS = 1024;

type Slot = { ts: number; slot: number; counted: Counted };

const together = (left: Counted, right: Counted): Counted => {
	if ('buckets' in left && 'buckets' in right) return { buckets: sum(left.buckets, right.buckets) };
	if ('value' in left && 'value' in right) return { value: add(left.value, right.value) };
	return right;
};

const BLOCK = 32;
const blockOf = (slot: number): number => Math.floor(slot / BLOCK);

const addedUp = ([first, ...rest]: readonly Slot[]): Counted =>
	rest.reduce((so, { counted }) => together(so, counted), first!.counted);

export class Window {
	private readonly rangeMs: number;
	private slots: Slot[] = [];
	/** What blocks of slots come to, as far as that is known; and all of them. */
	private blocks = new Map<number, Counted>();
	private total: Counted | undefined;

	constructor(rangeMs: number) {
		this.rangeMs = rangeMs;
	}

	/** An increment of time `ts`, however late. */
	push(ts: number, counted: Counted): void {
		const slot = Math.floor((ts * SLOTS) / this.rangeMs);
		this.blocks.delete(blockOf(slot));
		this.total = undefined;
		let at = this.slots.length;
		while (at > 0 && this.slots[at - 1]!.slot > slot) at -= 1;
		const known = this.slots[at - 1];
		if (known?.slot !== slot) {
			this.slots.splice(at, 0, { ts, slot, counted });
			return;
		}
		known.ts = Math.max(known.ts, ts);
		known.counted = together(known.counted, counted);
	}

	/** What was counted in the range that ends at `now`, which only grows; undefined when nothing was printed in it. */
	at(now: number): Counted | undefined {
		const first = this.slots.findIndex(({ ts }) => ts > now - this.rangeMs);
		if (first !== 0) {
			this.slots = first < 0 ? [] : this.slots.slice(first);
			if (this.slots.length > 0) this.blocks.delete(blockOf(this.slots[0]!.slot));
		}
		if (first !== 0 || this.total === undefined) this.total = this.summed();
		return this.total;
	}

	/** Whole blocks are added up once, so a look costs some dozens of sums however many increments there are. */
	private summed(): Counted | undefined {
		let total: Counted | undefined;
		const blocks = new Map<number, Counted>();
		for (let at = 0; at < this.slots.length; ) {
			const block = blockOf(this.slots[at]!.slot);
			const begin = at;
			while (at < this.slots.length && blockOf(this.slots[at]!.slot) === block) at += 1;
			const counted = this.blocks.get(block) ?? addedUp(this.slots.slice(begin, at));
			blocks.set(block, counted);
			total = total ? together(total, counted) : counted;
		}
		this.blocks = blocks;
		return total;
	}

	/** Whether what is of time `ts` is too late to be seen by anybody from `now` on. */
	isPast(ts: number, now: number): boolean {
		return ts <= now - this.rangeMs;
	}

	/** The clock was set by so much; what was counted keeps its age. */
	shift(ms: number): void {
		this.blocks.clear();
		this.total = undefined;
		for (const one of this.slots) {
			one.ts += ms;
			one.slot = Math.floor((one.ts * SLOTS) / this.rangeMs);
		}
	}
}
