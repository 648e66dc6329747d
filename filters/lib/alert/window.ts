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

export class Window {
	private readonly rangeMs: number;
	private slots: Slot[] = [];

	constructor(rangeMs: number) {
		this.rangeMs = rangeMs;
	}

	/** An increment of time `ts`, however late. */
	push(ts: number, counted: Counted): void {
		const slot = Math.floor((ts * SLOTS) / this.rangeMs);
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
		this.slots = first < 0 ? [] : first > 0 ? this.slots.slice(first) : this.slots;
		if (this.slots.length === 0) return undefined;
		return this.slots.slice(1).reduce((so, { counted }) => together(so, counted), this.slots[0]!.counted);
	}

	/** Whether what is of time `ts` is too late to be seen by anybody from `now` on. */
	isPast(ts: number, now: number): boolean {
		return ts <= now - this.rangeMs;
	}

	/** The clock was set by so much; what was counted keeps its age. */
	shift(ms: number): void {
		for (const one of this.slots) {
			one.ts += ms;
			one.slot = Math.floor((one.ts * SLOTS) / this.rangeMs);
		}
	}
}
