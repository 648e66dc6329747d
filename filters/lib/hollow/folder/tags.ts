// tags: what a writer noted of a state in the header tags of its blobs, and whether a state that was read is that one
// Hollow itself keeps no checksum: a blob that was damaged behind its header would pass for data.

import { EXIT, Failure } from '../../failure.ts';
import { sumInt } from '../blob/bytes/hash.ts';
import { checksum, hex, type State } from '../blob/state.ts';
import { ObjectTable } from '../blob/type/object-table.ts';
import { schemaHash } from '../blob/type/schema-text.ts';

/** Header tags that we read again; ours are the name of the data set, the checksum of the state, and sample data. */
export const TAG = {
	dataset: 'bpfpipe.dataset',
	checksum: 'bpfpipe.checksum',
	synthetic: 'bpfpipe.synthetic',
	version: 'hollow.blob.to.version',
	schema: 'hollow.schema.hash',
	counter: 'hollow.delta.chain.version.counter',
} as const;

/**
 * Hollow's checksum passes over the ends of lists, sets and maps: this one is of the sizes of all of them, type by type
 * in the order of their names. Their order in a blob is the writer's own, and Java's producer may have another.
 */
const sizesSum = (state: State): number => {
	let sum = 0;
	for (const name of [...state.tables.keys()].sort()) {
		const table = state.tables.get(name)!;
		if (table instanceof ObjectTable) continue;
		for (const ordinal of table.current.list()) sum = sumInt(sum, table.runs.length[ordinal]!);
	}
	return sum;
};

/** What is noted of a state whose checksum is `sum`: two numbers in hex, with a dot between them. */
export const checksumTag = (state: State, sum: number): string => `${hex(sum)}.${hex(sizesSum(state))}`;

// Before, a hyphen stood there and the sizes were summed in the order of the blob, which only its writer knows.
const FORMER = /^[0-9a-f]+-[0-9a-f]+$/;

/** What the state would have to be noted as, in the form of `noted`. */
const checksumTagLike = (noted: string, state: State): string => {
	const sum = checksum(state);
	return FORMER.test(noted) ? noted.replace(/^[^-]+/, hex(sum)) : checksumTag(state, sum);
};

/**
 * Compare a state that was read as `version` with what its tags say; of other writers' states they say less. Tags speak
 * of what their writer wrote: where the types are others, as behind Java's filter, they say nothing of the records.
 * @throws Failure(65) when it is another version, or other data than were written.
 */
export const checkTags = (state: State, version: string, folder: string): void => {
	const tags = new Map(state.tags);
	const own = tags.get(TAG.version);
	if (own !== undefined && own !== version)
		throw new Failure(EXIT.data, `${folder}: what should lead to ${version} leads to ${own}`);
	const noted = tags.get(TAG.checksum);
	if (noted === undefined) return;
	const hash = schemaHash([...state.tables.values()].map(({ schema }) => schema));
	if (hash !== tags.get(TAG.schema)) return;
	const found = checksumTagLike(noted, state);
	if (found !== noted)
		throw new Failure(EXIT.data, `${folder}: ${version} has the checksum ${found}, not ${noted}`);
};
