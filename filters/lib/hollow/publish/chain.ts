// chain: the versions of a data set one after another, as their writer has them in memory

import { continueFrom, createDataSet, type DataSet } from '../blob/data-set.ts';
import type { Tags } from '../blob/header.ts';
import type { State } from '../blob/state.ts';
import { schemaHash } from '../blob/type/schema-text.ts';
import { checksumTag, TAG } from '../folder/tags.ts';
import { addCycle } from '../metrics/adder.ts';
import type { Cycle } from '../metrics/cycle.ts';
import { schemaFor } from '../metrics/schema.ts';
import type { Version } from '../version.ts';
import type { Base } from './restore.ts';

/** The last published version, with its data set, ready for the next cycle. */
export type Chain = {
	data: DataSet;
	hash: string;
	dataset?: string;
	counter: number;
	version?: Version;
};

/** Whether a schema is that of metrics as we write it, with Integers or with Longs. */
export const isMetrics = (hash: string): boolean =>
	[true, false].some((wide) => schemaHash(schemaFor(wide)) === hash);

const hashOf = (state: State): string => schemaHash([...state.tables.values()].map(({ schema }) => schema));

/** The chain that ends in a restored state. */
export const chainFrom = ({ head }: Base): Chain | undefined => {
	if (!head) return undefined;
	const tags = new Map(head.state.tags);
	return {
		hash: hashOf(head.state),
		dataset: tags.get(TAG.dataset),
		counter: Number(tags.get(TAG.counter) ?? 1),
		data: continueFrom(head.state),
		version: head.version,
	};
};

/** A chain that has no version yet. */
export const emptyChain = (wide: boolean, dataset: string): Chain => {
	const schemas = schemaFor(wide);
	return { data: createDataSet(schemas), hash: schemaHash(schemas), dataset, counter: 0 };
};

/**
 * Put a cycle into a data set.
 * @throws ValueError when something of it does not fit; nothing of it is left then.
 */
export const populate = (data: DataSet, cycle: Cycle): void => {
	data.open();
	try {
		addCycle(data, cycle);
	} catch (error) {
		data.abandon();
		throw error;
	}
};

/** What Java's producer notes, as far as it is true here, and what we do. */
export const tagsOf = (cycle: Cycle, { data, hash, counter }: Chain, sum: number, began: number): Tags => [
	['hollow.metric.cycle.start', String(began)],
	[TAG.schema, hash],
	[TAG.version, cycle.version],
	['hollow.partitioned.ordinal.map', 'false'],
	[TAG.counter, String(counter + 1)],
	[TAG.dataset, cycle.dataset],
	[TAG.checksum, checksumTag(data.state, sum)],
	...((cycle.synthetic ? [[TAG.synthetic, 'true']] : []) as Tags),
];
