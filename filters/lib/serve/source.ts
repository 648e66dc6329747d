// source: whether what feeds us lives: since when nothing has come, and whether anything will

import type { SourceState } from '../history/answers.ts';

export type Source = {
	/** A record came. */
	heard: () => void;
	/** The input has ended. */
	end: () => void;
	state: () => SourceState;
	/** How long ago the last record came, ms; since the start when none has. */
	silentMs: () => number;
};

// Silence of a source that prints each second is told after so long; of a slower one after so many of its intervals.
const LEAST_MS = 15_000;
const INTERVALS = 3;

/** `interval` is the usual time between two prints, ms, 0 when it is not known; `now` a clock that only goes on. */
export const createSource = (interval: () => number, now: () => number): Source => {
	let heardAt = now();
	let hasHeard = false;
	let isOver = false;
	const silentMs = () => now() - heardAt;
	const state = (): SourceState => {
		if (isOver) return 'ended';
		if (!hasHeard) return 'waiting';
		return silentMs() > Math.max(LEAST_MS, INTERVALS * interval()) ? 'silent' : 'flowing';
	};
	return {
		heard: () => {
			heardAt = now();
			hasHeard = true;
		},
		end: () => {
			isOver = true;
		},
		state,
		silentMs,
	};
};
