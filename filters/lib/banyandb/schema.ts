// schema: what BanyanDB knows of a measure: its tags and fields; and the requests to make one or to add to it

import protobuf, { type Writer } from 'protobufjs/minimal.js';
import { nested } from '../protobuf/nested.ts';
import { wide } from '../protobuf/numbers.ts';
import { exact } from '../record.ts';
import {
	CATALOG_MEASURE,
	ENTITY,
	FAMILY_SPEC,
	FIELD_SPEC,
	FIELD_TYPE,
	GORILLA,
	GROUP,
	GROUP_OPTIONS,
	INTERVAL,
	MEASURE,
	METADATA,
	REQUEST,
	TAG_SPEC,
	TAG_TYPE,
	UNIT,
	ZSTD,
} from './fields.ts';
import { readFields, readInt64 } from './reading.ts';

export type FieldKind = 'int' | 'float';
/** `kind` is undefined for what we write nothing into: text, bytes. */
export type Field = { name: string; kind: FieldKind | undefined };
export type Tag = { name: string; isText: boolean };
export type Family = { name: string; tags: Tag[] };

export type Schema = {
	/** By it the server sees whether a writer knows the schema of now. */
	revision: bigint;
	families: Family[];
	fields: Field[];
	/** The tags that make a series. */
	entity: string[];
	/** The measure as it came, with all that is not read here. */
	bytes: Uint8Array;
};

/** How a group keeps its data: shards, and how long a segment is and how long it is kept, in hours or days. */
export type Keeping = { shards: number; segment: Interval; ttl: Interval };
export type Interval = { unit: keyof typeof UNIT; number: number };

/** What a measure shall have that it has not. */
export type Columns = { tags: string[]; fields: [name: string, kind: FieldKind][] };

/** The family of the tags that we add. */
const FAMILY = 'labels';

/** A message in the way of protobufjs. */
const written = (body: (writer: Writer) => void): Uint8Array => {
	const writer = protobuf.Writer.create();
	body(writer);
	return writer.finish();
};

export const writeMetadata = (writer: Writer, tag: number, group: string, name: string, revision = 0n) =>
	nested(writer, tag, () => {
		writer.uint32(METADATA.group).string(group).uint32(METADATA.name).string(name);
		if (revision !== 0n) writer.uint32(METADATA.revision).uint64(wide(exact(revision)) as number);
	});

const readField = (bytes: Uint8Array): Field => {
	let [name, type] = ['', 0];
	readFields(bytes, {
		[FIELD_SPEC.name]: (reader) => {
			name = reader.string();
		},
		[FIELD_SPEC.type]: (reader) => {
			type = reader.uint32();
		},
	});
	const kinds: Record<number, FieldKind> = { [FIELD_TYPE.int]: 'int', [FIELD_TYPE.float]: 'float' };
	return { name, kind: kinds[type] };
};

const readTag = (bytes: Uint8Array): Tag => {
	let [name, type] = ['', 0];
	readFields(bytes, {
		[TAG_SPEC.name]: (reader) => {
			name = reader.string();
		},
		[TAG_SPEC.type]: (reader) => {
			type = reader.uint32();
		},
	});
	return { name, isText: type === TAG_TYPE.string };
};

const readFamily = (bytes: Uint8Array): Family => {
	const family: Family = { name: '', tags: [] };
	readFields(bytes, {
		[FAMILY_SPEC.name]: (reader) => {
			family.name = reader.string();
		},
		[FAMILY_SPEC.tags]: (reader) => family.tags.push(readTag(reader.bytes())),
	});
	return family;
};

/** A measure off the wire. @throws WireError */
const readMeasure = (bytes: Uint8Array): Schema => {
	const schema: Schema = { revision: 0n, families: [], fields: [], entity: [], bytes };
	readFields(bytes, {
		[MEASURE.metadata]: (outer) =>
			readFields(outer.bytes(), {
				[METADATA.revision]: (reader) => {
					schema.revision = readInt64(reader);
				},
			}),
		[MEASURE.families]: (reader) => schema.families.push(readFamily(reader.bytes())),
		[MEASURE.fields]: (reader) => schema.fields.push(readField(reader.bytes())),
		[MEASURE.entity]: (outer) =>
			readFields(outer.bytes(), { [ENTITY.tags]: (reader) => schema.entity.push(reader.string()) }),
	});
	return schema;
};

/** The measure in an answer to a request for it. @throws WireError */
export const readMeasureAnswer = (bytes: Uint8Array): Schema => {
	let measure: Uint8Array = new Uint8Array();
	readFields(bytes, {
		[REQUEST.subject]: (reader) => {
			measure = reader.bytes();
		},
	});
	return readMeasure(measure);
};

const writeInterval = (writer: Writer, tag: number, { unit, number }: Interval) =>
	nested(writer, tag, () =>
		writer.uint32(INTERVAL.unit).uint32(UNIT[unit]).uint32(INTERVAL.number).uint32(number),
	);

export const createGroupRequest = (group: string, { shards, segment, ttl }: Keeping): Uint8Array =>
	written((writer) =>
		nested(writer, REQUEST.subject, () => {
			nested(writer, GROUP.metadata, () => writer.uint32(METADATA.name).string(group));
			writer.uint32(GROUP.catalog).uint32(CATALOG_MEASURE);
			nested(writer, GROUP.options, () => {
				writer.uint32(GROUP_OPTIONS.shards).uint32(shards);
				writeInterval(writer, GROUP_OPTIONS.segment, segment);
				writeInterval(writer, GROUP_OPTIONS.ttl, ttl);
			});
		}),
	);

const writeTags = (writer: Writer, names: readonly string[]) => {
	for (const name of names)
		nested(writer, FAMILY_SPEC.tags, () =>
			writer.uint32(TAG_SPEC.name).string(name).uint32(TAG_SPEC.type).uint32(TAG_TYPE.string),
		);
};

const writeFields = (writer: Writer, fields: Columns['fields']) => {
	for (const [name, kind] of fields)
		nested(writer, MEASURE.fields, () => {
			writer.uint32(FIELD_SPEC.name).string(name).uint32(FIELD_SPEC.type).uint32(FIELD_TYPE[kind]);
			writer.uint32(FIELD_SPEC.encoding).uint32(GORILLA).uint32(FIELD_SPEC.compression).uint32(ZSTD);
		});
};

export const createMeasureRequest = (
	group: string,
	name: string,
	entity: string,
	{ tags, fields }: Columns,
): Uint8Array =>
	written((writer) =>
		nested(writer, REQUEST.subject, () => {
			writeMetadata(writer, MEASURE.metadata, group, name);
			nested(writer, MEASURE.families, () => {
				writer.uint32(FAMILY_SPEC.name).string(FAMILY);
				writeTags(writer, tags);
			});
			writeFields(writer, fields);
			nested(writer, MEASURE.entity, () => writer.uint32(ENTITY.tags).string(entity));
		}),
	);

/** The measure with more columns; all that it has, known here or not, stays as it is. */
export const updateMeasureRequest = ({ bytes, families }: Schema, { tags, fields }: Columns): Uint8Array => {
	const at = families.findIndex(({ name }) => name === FAMILY);
	const measure = written((writer) => {
		let family = 0;
		const reader = protobuf.Reader.create(bytes);
		while (reader.pos < reader.len) {
			const start = reader.pos;
			const tag = reader.uint32();
			if (tag !== MEASURE.families || family++ !== at) {
				reader.skipType(tag & 7);
				writer.raw(bytes.subarray(start, reader.pos));
				continue;
			}
			const content = reader.bytes();
			nested(writer, MEASURE.families, () => {
				writer.raw(content);
				writeTags(writer, tags);
			});
		}
		if (at < 0 && tags.length > 0)
			nested(writer, MEASURE.families, () => {
				writer.uint32(FAMILY_SPEC.name).string(FAMILY);
				writeTags(writer, tags);
			});
		writeFields(writer, fields);
	});
	return written((writer) => writer.uint32(REQUEST.subject).bytes(measure));
};

/** The request for a measure. */
export const getMeasureRequest = (group: string, name: string): Uint8Array =>
	written((writer) => writeMetadata(writer, REQUEST.subject, group, name));

/** The request for all measures of a group. */
export const listMeasuresRequest = (group: string): Uint8Array =>
	written((writer) => writer.uint32(REQUEST.subject).string(group));

/** The names of the measures in the answer to it. @throws WireError */
export const readMeasureNames = (bytes: Uint8Array): string[] => {
	const names: string[] = [];
	readFields(bytes, {
		[REQUEST.subject]: (measure) =>
			readFields(measure.bytes(), {
				[MEASURE.metadata]: (metadata) =>
					readFields(metadata.bytes(), { [METADATA.name]: (reader) => names.push(reader.string()) }),
			}),
	});
	return names.sort();
};
