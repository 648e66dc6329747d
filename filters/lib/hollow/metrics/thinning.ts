// thinning: fewer cycles than come, by the times in their versions

import { millisOf } from '../version.ts';
import type { Cycle } from './cycle.ts';

export type Thinning = {
	/** The cycle when enough time has passed since the last that went on; undefined when it is left out. */
	take: (cycle: Cycle) => Cycle | undefined;
	/** The newest cycle, if it was left out: at the end of input it is what counts. */
	last: () => Cycle | undefined;
};

/** At most one cycle every so many ms; 0 lets all pass, as do versions that are no times. */
export const createThinning = (everyMs: number): Thinning => {
	let passedAt = Number.NaN;
	let held: Cycle | undefined;
	return {
		take: (cycle) => {
			const ms = millisOf(cycle.version);
			const isEarly = everyMs > 0 && ms - passedAt < everyMs;
			held = isEarly ? cycle : undefined;
			if (!isEarly) passedAt = ms;
			return isEarly ? undefined : cycle;
		},
		last: () => held,
	};
};
