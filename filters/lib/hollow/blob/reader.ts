// reader: a snapshot blob into a state, and a delta or reverse delta onto it
// Counts are believed only as far as bytes stand behind them, so a broken blob costs little memory and time.

import { ByteReader } from './bytes/bytes.ts';
import { BlobError } from './bytes/errors.ts';
import { type Header, type PartHeader, readHeader, readPartHeader } from './header.ts';
import { readSection, type Section, type Shard } from './section.ts';
import { type AnyTable, emptyState, type State, turn } from './state.ts';
import type { Schema } from './type/schema.ts';
import { schemaText } from './type/schema-text.ts';

// Ordinals are dense in any chain that a producer can make; a gap larger than this is a broken blob.
const SLACK = 65536;

/** Decode a shard's records, once it is sure that their bits are there. */
const loadShard = ({ body }: Shard, ordinals: Int32Array): void => {
	if (ordinals.length === 0) return;
	if (ordinals.length * body.stride > body.bits)
		throw new BlobError(body.at, `${ordinals.length} records of ${body.stride} bits, not ${body.bits} bits`);
	body.load(ordinals);
};

/** The ordinals in a shard's slots up to the last that is populated; -1 for a hole. */
const slotsOf = (section: Section, shard: number, max: number): Int32Array => {
	const { shards, populated } = section;
	const n = shards.length;
	const count = max < shard ? 0 : Math.floor((max - shard) / n) + 1;
	const ordinals = new Int32Array(count);
	let last = 0;
	for (let slot = 0; slot < count; slot++) {
		const isRecord = populated.has(slot * n + shard);
		ordinals[slot] = isRecord ? slot * n + shard : -1;
		if (isRecord) last = slot + 1;
	}
	if (last > shards[shard]!.slots)
		throw new BlobError(section.at, `${last} records or more in a shard, not ${shards[shard]!.slots}`);
	return ordinals.subarray(0, last);
};

const loadSnapshot = (table: AnyTable, section: Section): void => {
	const max = section.populated.max();
	// Before anything is allocated: every populated ordinal lies in a shard whose records are there.
	const slots = section.shards.map((_, shard) => slotsOf(section, shard, max));
	for (const [shard, { body }] of section.shards.entries()) {
		const bits = slots[shard]!.length * body.stride;
		if (bits > body.bits) throw new BlobError(body.at, `${bits} bits of records, not ${body.bits}`);
	}
	table.reserve(max + 1);
	for (const [shard, ordinals] of slots.entries()) loadShard(section.shards[shard]!, ordinals);
	table.current = section.populated;
	table.shards = section.shards.length;
	table.previousShards = table.shards;
};

/** A blob says its schemas twice; where the two differ, one of them is damaged. */
const checkSchema = ({ schema, at }: Section, schemas: Schema[]): void => {
	const announced = schemas.find(({ name }) => name === schema.name);
	if (schemas.length > 0 && (!announced || schemaText(announced) !== schemaText(schema)))
		throw new BlobError(at, `${schema.name} as the header has it`);
};

/** The types behind the header of a snapshot, or of a part of one, into a state. */
const loadTypes = (state: State, reader: ByteReader, schemas: Schema[]): void => {
	const { at } = reader;
	const count = reader.count('the number of types');
	// A file whose end became zeros, as after a power cut, must not pass for one without records.
	if (count < schemas.length)
		throw new BlobError(at, `the ${schemas.length} types of its header, not ${count}`);
	for (let type = 0; type < count; type++) {
		const { at } = reader;
		const section = readSection(reader, false, () => undefined);
		checkSchema(section, schemas);
		const { name } = section.schema;
		if (state.tables.has(name)) throw new BlobError(at, `another type than ${name} again`);
		loadSnapshot(section.target, section);
		state.tables.set(name, section.target);
	}
};

/** The header of a part, which must belong to the blob with the header `whole`. */
const partHeader = (reader: ByteReader, whole: Header): PartHeader => {
	const header = readPartHeader(reader);
	if (header.origin === whole.origin && header.destination === whole.destination) return header;
	throw new BlobError(4, `part ${header.part} of the same blob, not of one with other tags`);
};

/**
 * The state in a snapshot and its optional parts. Its records before are unknown, so only its snapshot can be written
 * from it.
 * @throws BlobError for a blob that is not what the format promises; never allocates much more than its size.
 */
export const readSnapshot = (bytes: Uint8Array, parts: Uint8Array[] = []): State => {
	const reader = new ByteReader(bytes);
	const header = readHeader(reader);
	const state = emptyState([]);
	loadTypes(state, reader, header.schemas);
	for (const part of parts) {
		const reader = new ByteReader(part);
		loadTypes(state, reader, partHeader(reader, header).schemas);
	}
	state.previousTag = header.origin;
	state.tag = header.destination;
	state.tags = header.tags;
	return state;
};

const removeFrom = (table: AnyTable, { at, removed }: Shard, shard: number, n: number): void => {
	for (const one of removed) {
		const ordinal = one * n + shard;
		if (!table.current.has(ordinal))
			throw new BlobError(at, `a removed ordinal that was there, not ${ordinal}`);
		table.current.remove(ordinal);
	}
};

const addTo = (table: AnyTable, shard: Shard, index: number, n: number): void => {
	const ordinals = shard.added.map((one) => one * n + index);
	for (const ordinal of ordinals) {
		if (table.current.has(ordinal) || table.previous.has(ordinal))
			throw new BlobError(shard.at, `an added ordinal that was free, not ${ordinal}`);
		table.current.add(ordinal);
	}
	loadShard(shard, ordinals);
};

const applySection = (table: AnyTable, section: Section): void => {
	const { shards, at } = section;
	const n = shards.length;
	let most = -1;
	let count = 0;
	for (const [shard, { added, body }] of shards.entries()) {
		if (added.length * body.stride > body.bits)
			throw new BlobError(body.at, `${added.length} records of ${body.stride} bits, not ${body.bits} bits`);
		count += added.length;
		if (added.length > 0) most = Math.max(most, added.at(-1)! * n + shard);
	}
	const limit = table.previous.max() + 1 + count + SLACK;
	if (most >= limit)
		throw new BlobError(at, `ordinals of ${section.schema.name} below ${limit}, not ${most}`);
	for (const [index, shard] of shards.entries()) removeFrom(table, shard, index, n);
	if (most >= 0) table.reserve(most + 1);
	for (const [index, shard] of shards.entries()) addTo(table, shard, index, n);
	table.shards = n;
};

/** The types behind the header of a delta, or of a part of one. */
const sectionsIn = (reader: ByteReader, { tables }: State): Section[] => {
	const count = reader.count('the number of types');
	const sections: Section[] = [];
	for (let type = 0; type < count; type++)
		sections.push(readSection(reader, true, ({ name }) => tables.get(name)));
	return sections;
};

/**
 * Take a state to the next one by a delta with its optional parts, or to the one before by a reverse delta.
 * The state it came from stays known as the previous one. When this throws, the state is of no more use.
 * @throws BlobError, also when the delta does not start at this state.
 */
export const applyDelta = (state: State, bytes: Uint8Array, parts: Uint8Array[] = []): void => {
	const reader = new ByteReader(bytes);
	const header = readHeader(reader);
	if (header.origin !== state.tag)
		throw new BlobError(4, `a delta from the state with tag ${state.tag}, not ${header.origin}`);
	const sections = sectionsIn(reader, state);
	for (const part of parts) {
		const reader = new ByteReader(part);
		partHeader(reader, header);
		sections.push(...sectionsIn(reader, state));
	}
	turn(state);
	const seen = new Set<AnyTable>();
	for (const section of sections) {
		const table = state.tables.get(section.schema.name);
		if (!table) continue;
		if (seen.has(table)) throw new BlobError(section.at, `another type than ${section.schema.name} again`);
		seen.add(table);
		applySection(table, section);
	}
	state.tag = header.destination;
	state.tags = header.tags;
};

/**
 * The header alone of any blob, also of a header blob.
 * @throws BlobError.
 */
export const peekHeader = (bytes: Uint8Array): Header => readHeader(new ByteReader(bytes));
