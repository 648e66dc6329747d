// series: what is kept of one series: its rings, its newest record, and when somebody looked at it

import { add, compare } from '../../exact.ts';
import type { Exact, Measure, Sample } from '../../record.ts';
import { Pace } from './pace.ts';
import { Ring } from './ring.ts';
import type { Level } from './steps.ts';

/** The rows of what goes up and down. */
export const [LAST, LEAST, HIGHEST] = [0, 1, 2] as const;
/** One in a slot that has these three. */
export const IS_SET = 3;
const LEVEL_ROWS = 4;

/** What was counted from `start` to `ts`, in the rows of the metric; all of it at `ts` when it is a point of time. */
export type Counted = {
	start: number;
	ts: number;
	rows: readonly number[];
	counts: readonly Exact[];
	isPoint?: boolean;
};

/** The part of a slot of which there have to be data, for somebody to have looked at it. */
const SEEN = 0.5;
// The objects of a series: here, in the two that take increments, and in the exposition beside it. Measured.
const OVERHEAD = 4500;
const BUCKET_BYTES = 260;

/** How many rows to begin with: one to come, and those with a count or, unless most have none, between them. */
const rowsFor = (record: Measure | Sample): number => {
	if (record.type === 'sum' && record.monotonic) return 1;
	if (record.type !== 'histogram') return LEVEL_ROWS;
	const used = record.buckets.reduce((count, [, , one]) => count + (one === 0 ? 0 : 1), 0);
	return 1 + Math.min(record.buckets.length, 2 * used);
};

export class Series {
	readonly key: string;
	readonly host: string;
	readonly attributes: Record<string, string>;
	readonly isSynthetic: boolean;
	readonly pace: Pace;
	/** The finest first; those that were given up are undefined. */
	readonly rings: (Ring | undefined)[];
	/** Of the metric's rows the numbers of those that are in use, in the order of the rings' rows. */
	readonly numbers: number[] = [];
	newest: Measure | Sample;
	/** The time of the newest record, and by whichever clock the caller has, when somebody last asked for it. */
	ts: number;
	askedAt = Number.NEGATIVE_INFINITY;
	/** The value of increments that may fall, added up. */
	level: Exact = 0;
	bytes: number;
	/** Where what came last was counted: the number of a slot of the finest level. */
	slot = 0;
	private readonly places: number[] = [];
	private readonly step: number;

	constructor(key: string, record: Measure | Sample, levels: Level[], isLean: boolean) {
		const { host, attributes, synthetic = false } = record;
		this.key = key;
		this.host = host;
		this.attributes = attributes;
		this.isSynthetic = synthetic;
		this.newest = record;
		this.ts = record.ts;
		this.step = levels[0]!.step;
		this.pace = new Pace(this.step);
		const rows = rowsFor(record);
		this.rings = levels.map(({ step, length }, at) =>
			isLean && at === 0 && levels.length > 1 ? undefined : new Ring(step, length, rows),
		);
		const buckets = record.type === 'histogram' ? record.buckets.length : 0;
		this.bytes = OVERHEAD + 6 * key.length + BUCKET_BYTES * buckets + this.ringBytes();
	}

	private ringBytes(): number {
		return this.rings.reduce((sum, ring) => sum + (ring?.bytes() ?? 0), 0);
	}

	/** The place in the rings of a row of the metric, made if need be. */
	private placeOf(number: number): number {
		const known = this.places[number];
		if (known !== undefined) return known;
		this.places[number] = this.numbers.length;
		return this.numbers.push(number) - 1;
	}

	/** Add what was counted; the answer is whether any ring reached so far back. */
	count({ start, ts, rows, counts, isPoint = false }: Counted): boolean {
		const slot = isPoint ? Math.floor(ts / this.step) : this.pace.place(start, ts);
		this.slot = slot;
		const isKept = this.look(slot, start, ts);
		for (const ring of this.rings) if (ring) this.bytes += this.addIn(ring, slot, rows, counts);
		return isKept;
	}

	private addIn(ring: Ring, fine: number, rows: readonly number[], counts: readonly Exact[]): number {
		const slot = this.slotIn(ring, fine);
		if (!ring.has(slot)) return 0;
		let grown = 0;
		for (let at = 0; at < rows.length; at++)
			if (counts[at] !== 0) grown += ring.add(slot, this.placeOf(rows[at]!), counts[at]!);
		return grown;
	}

	/** Set what goes up and down. */
	set(value: Exact, start: number, ts: number, isNewest: boolean): boolean {
		// A value is one of its time; the pace is only to be learnt.
		this.pace.place(start, ts);
		const slot = Math.floor(ts / this.step);
		const isKept = this.look(slot, start, ts);
		for (const ring of this.rings) if (ring) this.bytes += this.setIn(ring, slot, value, isNewest);
		return isKept;
	}

	private setIn(ring: Ring, fine: number, value: Exact, isNewest: boolean): number {
		const slot = this.slotIn(ring, fine);
		if (!ring.has(slot)) return 0;
		const isFirst = ring.at(slot, IS_SET) === 0;
		let more = isFirst ? ring.put(slot, IS_SET, 1) : 0;
		if (isFirst || isNewest) more += ring.put(slot, LAST, value);
		if (isFirst || compare(value, ring.at(slot, LEAST)) < 0) more += ring.put(slot, LEAST, value);
		if (isFirst || compare(value, ring.at(slot, HIGHEST)) > 0) more += ring.put(slot, HIGHEST, value);
		return more;
	}

	private slotIn(ring: Ring, fine: number): number {
		return Math.floor((fine * this.step) / ring.step);
	}

	/** Note in every ring that the time from `start` to `ts` was looked at, and is counted at `slot`. */
	private look(slot: number, start: number, ts: number): boolean {
		let isKept = false;
		for (const ring of this.rings) {
			if (!ring) continue;
			const own = this.slotIn(ring, slot);
			const first = Math.ceil(start / ring.step - 1 + SEEN);
			const last = Math.floor(ts / ring.step - SEEN);
			if (!ring.open(Math.max(own, last))) continue;
			for (let one = Math.max(first, ring.newest - ring.length + 1); one <= last; one++)
				this.bytes += ring.look(one, 0);
			if (!ring.has(own)) continue;
			this.bytes += ring.look(own, ts - start);
			isKept = true;
		}
		return isKept;
	}

	/** Take up a level that rises and falls by `value`. */
	move(value: Exact): Exact {
		this.level = add(this.level, value);
		return this.level;
	}

	/** Give up the finest ring; the answer is how many bytes that frees. */
	shed(): number {
		const ring = this.rings[0];
		if (!ring || this.rings.length < 2) return 0;
		this.rings[0] = undefined;
		this.bytes -= ring.bytes();
		return ring.bytes();
	}

	/** Time was set back to `ts`: what is newer never was. */
	setBack(ts: number): void {
		for (const ring of this.rings) ring?.cut(Math.floor(ts / ring.step));
		this.ts = Math.min(this.ts, ts);
		this.pace.startOver();
	}
}
