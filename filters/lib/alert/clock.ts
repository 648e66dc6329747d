// clock: the time where no record tells it, and what a clock that was set does to it
// While records come, theirs is the time. Where nothing comes, it goes on by the clock of this machine, some seconds
// behind, so that silence is noticed. The monotonic clock tells a set clock, and a sleep of the machine, from silence.

import { createSilence } from '../flow/silence.ts';
import type { Engine } from './engine.ts';

export type ClockOptions = {
	engine: Pick<Engine, 'now' | 'advance' | 'shift'>;
	/** How long the way from the source to here may take. */
	graceMs: number;
	/** Whether we are held up ourselves. */
	isBlocked: () => boolean;
	wall?: () => number;
	monotonic?: () => number;
};

export type Clock = {
	/** Something comes; call it before that is taken. */
	heard: () => void;
	/** The time to believe a record of, which is not the future. */
	believed: (ts: number) => number;
	/** It was so quiet for so long. */
	quiet: (quietMs: number) => void;
};

// No clock is slewed by so much in a second.
const SET_MS = 60_000;
// Whoever reads old records is not moved by what this machine's clock does.
const LIVE_MS = 300_000;

export const createClock = (options: ClockOptions): Clock => {
	const { engine, graceMs, isBlocked, wall = Date.now, monotonic = () => performance.now() } = options;
	let [wallThen, monotonicThen] = [wall(), monotonic()];

	const look = () => {
		const [now, passed] = [wall(), monotonic() - monotonicThen];
		const jump = now - wallThen - passed;
		const time = engine.now();
		const isLive = time !== undefined && Math.abs(time - wallThen) < LIVE_MS + graceMs;
		[wallThen, monotonicThen] = [now, monotonic()];
		if (Math.abs(jump) <= SET_MS || !isLive) return;
		const how = jump > 0 ? 'forward' : 'back';
		engine.shift(jump, `this machine's clock was set ${how} by about ${Math.round(Math.abs(jump) / 1000)} s`);
	};
	const quiet = (quietMs: number) => {
		look();
		if (quietMs >= graceMs) engine.advance(wall() - graceMs);
	};
	const came = createSilence({ isBlocked, onQuiet: quiet });
	return {
		heard: () => {
			look();
			came();
		},
		believed: (ts) => (ts > wall() + SET_MS ? Math.max(wall(), engine.now() ?? 0) : ts),
		quiet,
	};
};
