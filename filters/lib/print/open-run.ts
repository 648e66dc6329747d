// open-run: what is held of the map, or of the tables, that are being printed, with what a short cut wrote of it

import type { Item, Run } from './run.ts';
import type { ShortCut } from './short-cut.ts';

// bpftrace holds 4096 keys in a map by default. What is beyond this bound leaves early.
const MOST_HELD_CHARS = 16 * 1024 * 1024;

export type OpenRun = {
	/** The name of the run, '' while none is open. */
	name: () => string;
	/** Whether what comes for the run `wanted` goes on with this one. */
	isWithin: (wanted: string) => boolean;
	/** The run `wanted` goes on, or begins; '' for what belongs to none. */
	enter: (wanted: string) => void;
	/** The run is over: let go of it. */
	end: () => void;
	/** Whether some of it has left before its end. */
	isTorn: () => boolean;
	add: (item: Item) => void;
	/** Let go of what is held so far; the run goes on. */
	release: () => void;
	/** Forget what is held. */
	forget: () => void;
	/** Hand the short cut's output on. */
	sync: () => void;
};

/** `ts` is the time of what the short cut writes. */
export const createOpenRun = (
	run: Run,
	shortCut: ShortCut,
	ts: () => number,
	put: (text: string) => void,
): OpenRun => {
	let name = '';
	let isTorn = false;

	const keepBounds = () => {
		if (run.size() < MOST_HELD_CHARS) return;
		isTorn = true;
		run.releaseAll();
	};
	const sync = () => {
		if (!shortCut.pending()) return;
		const { free, held } = shortCut.release();
		put(free);
		if (held.text === '') return;
		run.add({ ...held, ts: ts() });
		keepBounds();
	};
	const end = () => {
		if (name === '') return;
		shortCut.free();
		// What is held came before what the short cut still has.
		run.releaseAll();
		name = '';
		isTorn = false;
	};
	return {
		name: () => name,
		isWithin: (wanted) => wanted === name && name !== '',
		enter: (wanted) => {
			if (wanted !== name) end();
			name = wanted;
		},
		end,
		isTorn: () => isTorn,
		add: (item) => {
			sync();
			run.add(item);
			keepBounds();
		},
		release: () => {
			sync();
			run.releaseAll();
		},
		forget: () => {
			sync();
			run.clear();
		},
		sync,
	};
};
