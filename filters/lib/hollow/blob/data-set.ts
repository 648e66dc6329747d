// data-set: plain JavaScript values in, records with stable ordinals out, one cycle a version
//
//   const data = createDataSet(parseSchemas('Host { string name; long since; }'));
//   data.add('Host', { name: 'web1', since: 1763712000000n });
//   const blobs = data.publish({ tag: 42n });      // undefined: nothing changed since the state before
//   blobs?.snapshot(); blobs?.delta();

import { type Add, adderFor, adderOf, element } from './adders.ts';
import { type Blobs, blobsOf, isChanged } from './blobs.ts';
import { ValueError } from './bytes/errors.ts';
import type { Tags } from './header.ts';
import { type AnyTable, emptyState, type State, turn } from './state.ts';
import { Ordinals } from './type/ordinals.ts';
import type { Schema } from './type/schema.ts';

/** A random tag, different from `other`: a positive 63-bit number whose high half is not all zeros. */
const randomTag = (other: bigint): bigint => {
	const half = () => BigInt(Math.floor(Math.random() * 0x7fffffff) + 1);
	const tag = (half() << 32n) | half();
	return tag === other ? randomTag(other) : tag;
};

/** A data set that is written, cycle after cycle. */
export class DataSet {
	/** What has been added in this cycle, or was published last. */
	readonly state: State;
	private readonly numbers = new Map<string, Ordinals>();
	private readonly adders = new Map<string, Add>();
	private isOpen = true;

	/** Write on from a state, which from now on belongs to this data set. */
	constructor(state: State) {
		this.state = state;
		this.begin();
		for (const [name, table] of state.tables) {
			const own = new Ordinals(table);
			this.numbers.set(name, own);
			this.adders.set(name, adderFor(table, own, this.adders, state.tables));
		}
	}

	private begin(): void {
		turn(this.state);
		for (const table of this.state.tables.values()) table.current.words.fill(0);
		for (const one of this.numbers.values()) one.restart();
	}

	/** Begin a cycle, unless one is begun; the first `add` does it too. */
	open(): void {
		if (!this.isOpen) this.begin();
		this.isOpen = true;
	}

	/**
	 * Add a record of a type and everything in it; returns its ordinal. An object is a plain object by field name;
	 * a list an array; a set an array or Set; a map a Map, an array of pairs or a plain object. Where a record of a
	 * type with one field is wanted, the field's bare value will do. A missing field is null. LONG takes bigints.
	 * @throws ValueError when a value does not fit; then `abandon` the cycle.
	 */
	add(type: string, value: unknown): number {
		this.open();
		return element(adderOf(this.adders, type), value, type);
	}

	/** Numbers of a type, for adding records by its table's columns, without an object for each. */
	ordinals(type: string): Ordinals {
		this.open();
		const own = this.numbers.get(type);
		if (!own) throw new ValueError(type, 'there is no such type');
		return own;
	}

	/** The records of a type. */
	table(type: string): AnyTable {
		const table = this.state.tables.get(type);
		if (!table) throw new ValueError(type, 'there is no such type');
		return table;
	}

	/**
	 * From this cycle on, a type is written in `count` shards. Older Java consumers want that to stay as it was.
	 * @throws RangeError when it is no power of two.
	 */
	shard(type: string, count: number): void {
		this.open();
		if (count < 1 || (count & (count - 1)) !== 0) throw new RangeError(`${count} shards: no power of two`);
		this.table(type).shards = count;
	}

	/**
	 * End the cycle. The blobs must be taken before the next `add`. `tag` must differ from the one before.
	 * @returns undefined when the records are those of the state before; nothing is to be published then.
	 */
	publish({ tag, tags = [] }: { tag?: bigint; tags?: Tags } = {}): Blobs | undefined {
		const { state } = this;
		this.open();
		this.isOpen = false;
		if (![...state.tables.values()].some(isChanged)) return undefined;
		state.tag = tag ?? randomTag(state.previousTag);
		state.tags = tags;
		return blobsOf(state);
	}

	/** Take back the last `publish`, whose blobs went nowhere: the state before is the last one again. */
	rollBack(): void {
		if (!this.isOpen) {
			this.state.tag = this.state.previousTag;
			this.state.tags = this.state.previousTags;
			this.isOpen = true;
		}
		this.abandon();
	}

	/** Forget what was added since the last `publish`. */
	abandon(): void {
		this.open();
		for (const [name, table] of this.state.tables) {
			table.current.words.fill(0);
			table.shards = table.previousShards;
			this.numbers.get(name)!.restart();
		}
	}
}

/** Write on from a state that was published: records keep their ordinals, and its next blobs are deltas from it. */
export const continueFrom = (state: State): DataSet => new DataSet(state);

/** A data set without records. */
export const createDataSet = (schemas: Schema[]): DataSet => new DataSet(emptyState(schemas));
