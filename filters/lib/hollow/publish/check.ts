// check: whether blobs lead where they say, read back from the disk before anyone is told of them
// Consumers check next to nothing: a wrong blob would reach them as wrong data.

import { EXIT, Failure } from '../../failure.ts';
import { BlobError } from '../blob/bytes/errors.ts';
import { applyDelta, readSnapshot } from '../blob/reader.ts';
import { type AnyTable, checksum, hex, type State } from '../blob/state.ts';

/** The blobs of a version as they lie on the disk, read when they are wanted; without deltas for a first one. */
export type WrittenBlobs = {
	snapshot: () => Uint8Array;
	delta?: () => Uint8Array;
	reverse?: () => Uint8Array;
};

/** What the writer has in memory, the state before included, and the checksum of the new one. */
export type WriterState = { state: State; sum: number };

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

/** The first ordinal of those that a delta brought into `read` whose record is not the one that the writer has. */
const differingIn = (read: AnyTable, own: AnyTable): number | undefined =>
	read.current
		.without(read.previous)
		.list()
		.find((ordinal) => read.checksum(ordinal, 0) !== own.checksum(ordinal, 0));

/**
 * That a delta led to the current or the previous state of the writer: the same ordinals, and the same records where it
 * brought any. What it did not touch was compared as the snapshot.
 */
const mustLead = (what: string, read: State, own: State, to: 'current' | 'previous'): void => {
	for (const [name, table] of own.tables) {
		const found = read.tables.get(name);
		if (!found?.current.equals(table[to])) throw wrong(what, `leads to other records of ${name}`);
		const differing = differingIn(found, table);
		if (differing !== undefined) throw wrong(what, `leads to another ${name} ${differing}`);
	}
};

/**
 * Read the blobs back: the snapshot is the state, the reverse delta leads to the one before, and the delta on again.
 * @throws Failure(70) saying which of them is wrong, and how.
 */
export const checkBlobs = (
	{ snapshot, delta, reverse }: WrittenBlobs,
	{ state: own, sum }: WriterState,
): void => {
	const state = attempt('snapshot', () => readSnapshot(snapshot()));
	const found = checksum(state);
	if (found !== sum) throw wrong('snapshot', `leads to the checksum ${hex(found)}, not ${hex(sum)}`);
	if (!delta || !reverse) return;
	attempt('reverse delta', () => applyDelta(state, reverse()));
	mustLead('reverse delta', state, own, 'previous');
	attempt('delta', () => applyDelta(state, delta()));
	mustLead('delta', state, own, 'current');
};
