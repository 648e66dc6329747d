// stay: when the input is over the page stays, until somebody ends it

import type { Log } from '../log.ts';

/** Whether a supervisor ends its stages by ending their input, so that nobody would tell them once more. */
const isSupervised = (): boolean => Number(process.env.BPFPIPE_LIFELINE) >= 3;

/** Tells when INT came last: Ctrl-C goes to the whole pipeline, and its source ends by it. */
export const watchInterrupts = (): (() => number) => {
	let last = Number.NEGATIVE_INFINITY;
	process.on('SIGINT', () => {
		last = performance.now();
	});
	return () => performance.now() - last;
};

// From Ctrl-C to the end of the input, through all the stages between.
const INTERRUPT_MS = 3000;

type Stay = { log: Log; signal: AbortSignal; sinceInterrupt: () => number };

/**
 * Resolves at TERM, and at INT, which was left to the source as long as there was one; at once when INT is what ended the
 * input, and below a supervisor.
 */
export const untilEnded = async ({ log, signal, sinceInterrupt }: Stay): Promise<void> => {
	if (signal.aborted || isSupervised() || sinceInterrupt() < INTERRUPT_MS) return;
	log.info('the input has ended; the page stays, with what it has. TERM ends it, and so does Ctrl-C');
	await new Promise<unknown>((resolve) => {
		signal.addEventListener('abort', resolve);
		process.on('SIGINT', resolve);
	});
};
