// blobs: a state as a snapshot, as the delta from the state before, back to it, and as a header alone
// Widths, totals and greatest ordinals are taken over both states, because a consumer keeps both for a while.

import type { Bits } from './bytes/bits.ts';
import { ByteWriter } from './bytes/bytes.ts';
import { bytesOf } from './bytes/packed-array.ts';
import { type Tags, writeHeader, writePrelude } from './header.ts';
import { type AnyTable, type State, shardOf, unionOf } from './state.ts';
import { writeSchema } from './type/schema.ts';
import type { Layout } from './type/table.ts';

/** The blobs that lead to and from a state. */
export type Blobs = {
	snapshot: () => Buffer;
	/** From the state before to this one. */
	delta: () => Buffer;
	/** From this state to the one before. */
	reverseDelta: () => Buffer;
	header: () => Buffer;
};

type Measured = { table: AnyTable; max: number; layout: (shards: number) => Layout };

// A populated set comes in steps of 256 words, as from Java, so that equal states make equal bytes.
const STEP_WORDS = 256;

const measure = (table: AnyTable): Measured => {
	const union = unionOf(table);
	const layouts = new Map<number, Layout>();
	const layout = (shards: number) => {
		const made = layouts.get(shards) ?? table.measure(union, shards);
		layouts.set(shards, made);
		return made;
	};
	return { table, max: union.at(-1) ?? -1, layout };
};

const writeStart = (writer: ByteWriter, { table, max }: Measured, shards: number): void => {
	writeSchema(writer, table.schema);
	writePrelude(writer, shards);
	if (shards > 1) writer.vint(max);
};

/** How many slots shard `shard` of `shards` has when the greatest ordinal is `max`. */
const slotsIn = (max: number, shard: number, shards: number): number =>
	Math.floor((max + 1) / shards) + (shard < (max + 1) % shards ? 1 : 0);

const writePopulated = (writer: ByteWriter, populated: Bits, max: number): void => {
	const words = Math.max(1, Math.ceil((max + 1) / (STEP_WORDS * 64))) * STEP_WORDS;
	const lanes = new Uint32Array(words * 2);
	lanes.set(populated.words.subarray(0, words * 2));
	writer.i32(words);
	writer.raw(bytesOf(lanes, words));
};

const writeWhole = (writer: ByteWriter, measured: Measured): void => {
	const { table, max, layout } = measured;
	const { shards, current } = table;
	writeStart(writer, measured, shards);
	for (let shard = 0; shard < shards; shard++) {
		const slots = slotsIn(max, shard, shards);
		const ordinals = new Int32Array(slots);
		for (let slot = 0; slot < slots; slot++) {
			const ordinal = slot * shards + shard;
			ordinals[slot] = current.has(ordinal) ? ordinal : -1;
		}
		writer.vint(slots - 1);
		layout(shards).store(writer, shard, ordinals, false);
	}
	writePopulated(writer, current, max);
};

const writeGaps = (writer: ByteWriter, ordinals: Int32Array, shards: number): void => {
	const gaps = new ByteWriter();
	let before = 0;
	for (const ordinal of ordinals) {
		const inShard = Math.floor(ordinal / shards);
		gaps.vint(inShard - before);
		before = inShard;
	}
	const bytes = gaps.done();
	writer.vint(bytes.length);
	writer.raw(bytes);
};

const writeChange = (writer: ByteWriter, measured: Measured, from: Bits, to: Bits, shards: number): void => {
	const { max, layout } = measured;
	const removed = from.without(to).list();
	const added = to.without(from).list();
	writeStart(writer, measured, shards);
	for (let shard = 0; shard < shards; shard++) {
		const ordinals = shardOf(added, shard, shards);
		writer.vint(slotsIn(max, shard, shards) - 1);
		writeGaps(writer, shardOf(removed, shard, shards), shards);
		writeGaps(writer, ordinals, shards);
		layout(shards).store(writer, shard, ordinals, true);
	}
};

/** Whether a type needs a section in a delta. */
export const isChanged = (table: AnyTable): boolean =>
	table.shards !== table.previousShards || !table.current.equals(table.previous);

/** The blobs of a state; they must be taken before the state moves on. */
export const blobsOf = (state: State): Blobs => {
	const all = [...state.tables.values()].map(measure);
	const { tag, previousTag, tags, previousTags } = state;

	const head = (writer: ByteWriter, list: Measured[], origin: bigint, destination: bigint, noted: Tags) => {
		writeHeader(writer, { origin, destination, schemas: list.map(({ table }) => table.schema), tags: noted });
		writer.vint(list.length);
	};
	const change = (isReverse: boolean): Buffer => {
		const writer = new ByteWriter();
		const changed = all.filter(({ table }) => isChanged(table));
		if (isReverse) head(writer, changed, tag, previousTag, previousTags);
		else head(writer, changed, previousTag, tag, tags);
		for (const measured of changed) {
			const { current, previous, shards, previousShards } = measured.table;
			if (isReverse) writeChange(writer, measured, current, previous, previousShards);
			else writeChange(writer, measured, previous, current, shards);
		}
		return writer.done();
	};
	const whole = (list: Measured[]): Buffer => {
		const writer = new ByteWriter();
		head(writer, all, previousTag, tag, tags);
		for (const measured of list) writeWhole(writer, measured);
		return writer.done();
	};
	return {
		snapshot: () => whole(all),
		delta: () => change(false),
		reverseDelta: () => change(true),
		header: () => whole([]),
	};
};
