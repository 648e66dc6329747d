// barriers: those that wait until nothing from before them is needed any more
// A restart at a barrier reads again what lies behind it. So that it comes to the same alerts, windows that reach back
// beyond the barrier must be over, alerts from before it must be over or kept in a file, and what was to be delivered
// must be.

import type { Position } from '../record.ts';

export type Held = { line: string; position: Position; at: number; pushed: number };

export type BarriersOptions = {
	/** How far back rules look, in ms. */
	reachMs: () => number;
	/** Whether alerts outlive a restart. */
	isKept: boolean;
	now: () => number;
	/** Since when the oldest alert has been on. */
	oldest: () => number;
	/** How many alerts were given to be delivered, and how many of the first of them are settled. */
	pushed: () => number;
	settled: () => number;
};

// An increment is of the time between two prints, and the first print after a restart is only where it begins.
const PRINT_MS = 60_000;
const MOST = 1000;

export class Barriers {
	private readonly options: BarriersOptions;
	private held: Held[] = [];

	constructor(options: BarriersOptions) {
		this.options = options;
	}

	hold(line: string, position: Position): void {
		const { now, pushed } = this.options;
		this.held.push({ line, position, at: now(), pushed: pushed() });
		// Fewer may go on than came.
		if (this.held.length > MOST) this.held = this.held.filter((_, at) => at % 2 === 1);
	}

	/** The newest that may go on now. */
	release(): Held | undefined {
		const { now, reachMs, isKept, oldest } = this.options;
		const upTo = now() - reachMs() - PRINT_MS;
		const since = isKept ? Number.POSITIVE_INFINITY : oldest();
		return this.free(({ at }) => at <= upTo && at < since);
	}

	/** The newest of all, where nothing comes after it. */
	last(): Held | undefined {
		return this.free(() => true);
	}

	private free(isFree: (one: Held) => boolean): Held | undefined {
		const settled = this.options.settled();
		const freed = this.held.filter((one) => isFree(one) && one.pushed <= settled);
		const newest = freed.at(-1);
		if (newest) this.held = this.held.slice(this.held.indexOf(newest) + 1);
		return newest;
	}
}
