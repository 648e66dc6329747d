// short-cut: what print and a short cut around it, which writes records of what it is let in with, know of each other

import type { Fixed } from './records.ts';

/** Who knows which series were printed already: the time for another histogram, or -1 for none; and that it was taken. */
export type Gate = {
	admit: (fixed: Fixed, run: string) => number;
	admitted: (fixed: Fixed, run: string) => void;
};

/** What a short cut wrote: what may leave, and the open run's, with the series of each line. */
export type Released = { free: string; held: { text: string; series: Fixed[] } };

export type ShortCut = {
	/** Whether there is output, which must leave before anything else does. */
	pending: () => boolean;
	/** The output so far, whole lines. */
	release: () => Released;
	/** The open run is over: its output may leave. */
	free: () => void;
};
