// pace: at which step of time a print is counted, so that prints that come a little early or late leave no holes
// Prints at 1.003, 2.001 and 2.998 s are three steps, although two of them lie in the same second.

/** Less of a step is no pace to keep. */
const KEPT = 0.7;
// How far off an interval may be and still be the usual one; as many others in a row are a new one.
const ODD = 0.5;
const MOST_ODD = 3;
const LEARN = 1 / 8;

export class Pace {
	/** The usual time between two prints, ms; 0 until it is known. */
	interval = 0;
	readonly step: number;
	private odd = 0;
	private ts = -1;
	private slot = -1;

	constructor(step: number) {
		this.step = step;
	}

	private learn(length: number): void {
		const isUsual = Math.abs(length - this.interval) <= ODD * this.interval;
		if (isUsual) this.interval += LEARN * (length - this.interval);
		this.odd = isUsual ? 0 : this.odd + 1;
		if (this.interval === 0 || this.odd >= MOST_ODD) [this.interval, this.odd] = [length, 0];
	}

	/**
	 * The number of the step in which what was counted from `start` to `ts` is shown: where the middle of its last usual
	 * interval lies, or beside that, when the steps between two prints are as many as the time between them says.
	 */
	place(start: number, ts: number): number {
		const { step } = this;
		const length = Math.max(0, ts - start);
		if (length > 0) this.learn(length);
		const usual = Math.min(length, this.interval);
		const middle = Math.max(0, ts - usual / 2);
		const expected = this.slot + Math.round((ts - this.ts) / step);
		const isKept =
			this.slot >= 0 &&
			ts >= this.ts &&
			usual >= KEPT * step &&
			middle >= (expected - 0.5) * step &&
			middle < (expected + 1.5) * step;
		const slot = isKept ? expected : Math.floor(middle / step);
		if (ts >= this.ts) [this.ts, this.slot] = [ts, slot];
		return slot;
	}

	/** Time was set back; the interval stays. */
	startOver(): void {
		[this.ts, this.slot] = [-1, -1];
	}
}
