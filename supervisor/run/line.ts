// line: the pipes between the stages of one pipeline, from the first start to the last stage's end, and which ends are gone

import { type HeldPipe, makePipes } from '../process/pipes.ts';
import type { Ends } from './policy.ts';

export type Line = {
	/** Make the pipes. Throws the system's error when it has none to give; then nothing is open. */
	open: () => void;
	/** What the stage at `index` reads and writes; a source has nothing before it, a sink nothing behind it. */
	around: (index: number) => { input: HeldPipe | undefined; output: HeldPipe | undefined };
	/**
	 * The stage at `index` is gone for good: EPIPE for the one before it, end of file for the one behind it.
	 * `cut`: what lies in the pipe is read again, and an end of file would make a line of the half of one.
	 */
	closeAround: (index: number, cut?: 'cut') => void;
	/** Whether the stage at `index` is gone for good since the pipes were made. */
	isGone: (index: number) => boolean;
	/** What the stage at `index` has lost of its neighbours since the pipes were made. */
	ends: (index: number) => Ends;
	close: () => void;
};

/** The line of `stages` stages, closed. */
export const createLine = (stages: number, make = makePipes): Line => {
	let pipes: HeldPipe[] = [];
	const gone = new Set<number>();
	return {
		open: () => {
			pipes = make(stages - 1);
			gone.clear();
		},
		around: (index) => ({ input: pipes[index - 1], output: pipes[index] }),
		closeAround: (index, cut) => {
			gone.add(index);
			pipes[index - 1]?.close();
			if (!cut) pipes[index]?.closeWrite();
		},
		isGone: (index) => gone.has(index),
		ends: (index) => ({ inputEnded: index === 0 || gone.has(index - 1), outputGone: gone.has(index + 1) }),
		close: () => {
			for (const pipe of pipes) pipe.close();
			pipes = [];
		},
	};
};
