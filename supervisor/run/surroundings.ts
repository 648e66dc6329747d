// surroundings: what a pipeline needs of its supervisor

import type { Log } from '../../filters/lib/log.ts';
import type { Ground } from '../process/launch.ts';
import type { makePipes } from '../process/pipes.ts';

/** All of it; the defaults are for what only tests and some supervisors set. */
export type Surroundings = Ground & {
	/** The log about a pipeline, or about `pipeline/stage`. */
	logOf: (name: string) => Log;
	fallbacks: boolean;
	/** The first stage that fails ends the pipeline, with its code. */
	failFast?: boolean;
	/** Called when the pipeline is over: `over()` has its code. */
	onOver?: () => void;
	/** Called before each start of the whole; what it throws is tried again. */
	prepare?: () => void;
	makePipes?: typeof makePipes;
};
