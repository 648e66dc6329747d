// ledger: the barriers of a sink, each held until everything that came before it has been delivered
// What is delivered is counted: a barrier waits for the number that the next item will get when it comes.

import type { Position } from '../record.ts';

/** Barriers that wait. */
export type Ledger = {
	/** A barrier behind everything that has a number below `after`; `after` never falls from one barrier to the next. */
	barrier: (position: Position, after: number) => void;
	/**
	 * Everything that has a number below `upTo` is delivered. Confirms the last of the barriers that this frees; those
	 * before it are confirmed with it. A barrier by itself confirms nothing, so whoever settles by the clock writes one
	 * ack a tick, and whoever has nothing to deliver settles right after the barrier.
	 */
	settle: (upTo: number) => void;
};

/** `onConfirmed` hears positions in their order, each once: everything before that one has been delivered. */
export const createLedger = (onConfirmed: (position: Position) => void): Ledger => {
	const held: { position: Position; after: number }[] = [];
	return {
		barrier: (position, after) => {
			// Nothing came between the two, so the older one has nothing to say.
			if (held.at(-1)?.after === after) held.pop();
			held.push({ position, after });
		},
		settle: (upTo) => {
			const kept = held.findIndex(({ after }) => after > upTo);
			const freed = held.splice(0, kept < 0 ? held.length : kept);
			const last = freed.at(-1);
			if (last) onConfirmed(last.position);
		},
	};
};
