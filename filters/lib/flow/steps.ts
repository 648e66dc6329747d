// steps: something done at whole multiples of an interval, by the wall clock

import { setTimeout as sleep } from 'node:timers/promises';

// Longer than a timer on a busy machine is late; far below what any counter is read at.
const PUNCTUAL_MS = 250;

/** The first whole multiple of `stepMs` after `ms`. */
export const nextStep = (ms: number, stepMs: number): number => (Math.floor(ms / stepMs) + 1) * stepMs;

/**
 * Call `act` at each whole multiple of `stepMs` until `signal` is aborted, with the time that it is of: the step itself, or
 * now when that is long past. A step that passes while `act` is busy is left out.
 */
export const eachStep = async (
	stepMs: number,
	signal: AbortSignal,
	act: (ts: number) => Promise<void>,
): Promise<void> => {
	while (!signal.aborted) {
		const due = nextStep(Date.now(), stepMs);
		// A timer may be early by a millisecond; what it does would be of the step before.
		for (let left = due - Date.now(); left > 0 && !signal.aborted; left = due - Date.now())
			await sleep(Math.min(left, stepMs), undefined, { signal }).catch(() => {});
		const now = Date.now();
		// What was asked for just after the step is of the step, so that all that is made of it has whole times.
		if (!signal.aborted) await act(now - due < Math.min(PUNCTUAL_MS, stepMs) ? due : now);
	}
};
