// report: what a pipeline says of itself and of its stages, as far as it knows; no look at the system is in it

import type { PipelinePlan } from '../plan/plan.ts';
import type { HeldPipe } from '../process/pipes.ts';
import type { Complaint } from './complaint.ts';
import type { State } from './policy.ts';

/** When (ms since the epoch), how and with what last words; how often lately, and how long after the time before. */
export type Death = { at: number; why: string; times: number; lived: number };

export type StageReport = {
	name: string;
	state: State;
	pid: number;
	/** Whether the fallback runs in the stage's place. */
	fallback: boolean;
	/** Whether it was started in the fallback's place, and has not held for long yet. */
	trial: boolean;
	restarts: number;
	/** Milliseconds in this state. */
	for: number;
	/** How it last ended, be it on request, in words, or ''. */
	last: string;
	/** How it last died by itself. */
	died?: Death;
	/** What it says is wrong, until it says something better. */
	says?: Complaint;
	/** The stage behind it that is not ready yet, so that it was not started. */
	waits?: string;
};

export type PipelineReport = {
	plan: PipelinePlan;
	stages: StageReport[];
	/** The pipe behind each stage; a sink has none. */
	outputs: (HeldPipe | undefined)[];
	/** Where its position is kept, unless its source names another file. */
	ackFile: string;
	/** Why it cannot be started, while that is so, or ''. */
	trouble: string;
};
