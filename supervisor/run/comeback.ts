// comeback: when a whole pipeline is started again, and the timer until then

import type { Delays } from '../plan/plan.ts';
import { delayAfter, type Escalations, escalate } from './policy.ts';
import { createTimers } from './timers.ts';

export type Comeback = {
	/** A stage died too often: how long to wait, and whether the pipeline is DEGRADED by now. */
	escalate: () => { degraded: boolean; ms: number };
	/** It could not even be started, and why: how long to wait. */
	failed: (why: string) => number;
	/** Why it cannot be started, while that is so, or ''. */
	trouble: () => string;
	/** It is up; whether it could not be started before. */
	started: () => boolean;
	/** It has run well for long. */
	recovered: () => void;
	/** Call `work` after `ms`, and forget what was to be called before. */
	after: (ms: number, work: () => void) => void;
	cancel: () => void;
};

export const createComeback = (delays: Delays): Comeback => {
	let escalations: Escalations = [];
	let failures = 0;
	const timers = createTimers();
	let trouble = '';
	const cancel = () => {
		timers.clear();
		trouble = '';
	};
	return {
		escalate: () => {
			const next = escalate(escalations, performance.now(), Math.random(), delays);
			escalations = next.escalations;
			return next;
		},
		failed: (why) => {
			trouble = why;
			return delayAfter(++failures, Math.random(), delays);
		},
		trouble: () => trouble,
		started: () => {
			const before = failures;
			failures = 0;
			return before > 0;
		},
		recovered: () => {
			escalations = [];
		},
		after: (ms, work) => {
			timers.clear();
			timers.after(ms, work);
		},
		cancel,
	};
};
