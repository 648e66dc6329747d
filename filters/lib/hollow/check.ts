// check: whether blobs lead where they say, read back from the disk before anyone is told of them
// Consumers check next to nothing: a wrong blob would reach them as wrong data.

import { EXIT, Failure } from '../failure.ts';
import { BlobError } from './errors.ts';
import { applyDelta, readSnapshot } from './read.ts';
import { checksum, hex, type State } from './state.ts';

/** The blobs of a version as they lie on the disk, read when they are wanted; without deltas for a first one. */
export type Written = {
	snapshot: () => Uint8Array;
	delta?: () => Uint8Array;
	reverse?: () => Uint8Array;
};

/** What the states' checksums have to be: that of the new one and, unless it is the first, of the one before. */
export type Expected = { sum: number; previous?: number };

const wrong = (what: string, how: string): Failure =>
	new Failure(EXIT.bug, `the ${what} that was written ${how}: nothing is announced; please report it`);

const attempt = <Result>(what: string, work: () => Result): Result => {
	try {
		return work();
	} catch (error) {
		if (error instanceof BlobError) throw wrong(what, `cannot be read back (${error.message})`);
		throw error;
	}
};

const mustBe = (what: string, state: State, wanted: number): void => {
	const sum = checksum(state);
	if (sum !== wanted) throw wrong(what, `leads to the checksum ${hex(sum)}, not ${hex(wanted)}`);
};

/**
 * Read the blobs back: the snapshot is the state, the reverse delta leads to the one before, and the delta on again.
 * @throws Failure(70) saying which of them is wrong, and how.
 */
export const checkBlobs = ({ snapshot, delta, reverse }: Written, { sum, previous }: Expected): void => {
	const state = attempt('snapshot', () => readSnapshot(snapshot()));
	mustBe('snapshot', state, sum);
	if (previous === undefined || !delta || !reverse) return;
	attempt('reverse delta', () => applyDelta(state, reverse()));
	mustBe('reverse delta', state, previous);
	attempt('delta', () => applyDelta(state, delta()));
	mustBe('delta', state, sum);
};
