// stay: when the input is over the page stays, until somebody ends it

import type { Log } from '../log.ts';

/** Whether a supervisor ends its stages by ending their input, so that nobody would tell them once more. */
const isSupervised = (): boolean => Number(process.env.BPFPIPE_LIFELINE) >= 3;

/** Resolves at TERM, and at INT, which was left to the source as long as there was one; at once below a supervisor. */
export const untilEnded = async ({ log, signal }: { log: Log; signal: AbortSignal }): Promise<void> => {
	if (signal.aborted || isSupervised()) return;
	log.info('the input has ended; the page stays, with what it has. TERM ends it, and so does Ctrl-C');
	await new Promise<unknown>((resolve) => {
		signal.addEventListener('abort', resolve);
		process.on('SIGINT', resolve);
	});
};
