// schema: what the types of a Hollow data set look like, in memory and in the bytes of a blob

import type { ByteReader, ByteWriter } from '../bytes/bytes.ts';
import { BlobError } from '../bytes/errors.ts';

/** What a field of an object may hold. */
export const FIELD_TYPES = [
	'INT',
	'LONG',
	'BOOLEAN',
	'FLOAT',
	'DOUBLE',
	'STRING',
	'BYTES',
	'REFERENCE',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** A field; `target` is the type that a REFERENCE points to. */
export type Field = { name: string; type: FieldType; target?: string };

/** `key` are field paths, `a` or `b.value`; empty when the type has no primary or hash key. */
export type ObjectSchema = { kind: 'object'; name: string; key: string[]; fields: Field[] };
export type ListSchema = { kind: 'list'; name: string; element: string };
export type SetSchema = { kind: 'set'; name: string; element: string; key: string[] };
/** The hash key's paths start at the type of the map's keys. */
export type MapSchema = { kind: 'map'; name: string; keyType: string; valueType: string; key: string[] };
export type Schema = ObjectSchema | ListSchema | SetSchema | MapSchema;

/** The types that a type mentions. */
export const targetsOf = (schema: Schema): string[] => {
	if (schema.kind === 'object') return schema.fields.flatMap(({ target }) => (target ? [target] : []));
	return schema.kind === 'map' ? [schema.keyType, schema.valueType] : [schema.element];
};

const readKey = (reader: ByteReader): string[] => {
	const count = reader.count('the number of key paths');
	const paths: string[] = [];
	for (let path = 0; path < count; path++) paths.push(reader.utf('a key path'));
	return paths;
};

const readField = (reader: ByteReader): Field => {
	const name = reader.utf('a field name');
	const at = reader.at;
	const word = reader.utf('a field type');
	const type = FIELD_TYPES.find((one) => one === word);
	if (!type) throw new BlobError(at, `a field type, not "${word}"`);
	return type === 'REFERENCE' ? { name, type, target: reader.utf('a target type') } : { name, type };
};

const readObject = (reader: ByteReader, name: string, hasKey: boolean): ObjectSchema => {
	const key = hasKey ? readKey(reader) : [];
	const at = reader.at;
	const count = reader.i16('the number of fields');
	if (count < 0) throw new BlobError(at, 'a number of fields, 0 or more');
	const fields: Field[] = [];
	for (let field = 0; field < count; field++) fields.push(readField(reader));
	if (new Set(fields.map((field) => field.name)).size < count)
		throw new BlobError(at, `fields of ${name} that differ in name`);
	return { kind: 'object', name, key, fields };
};

/**
 * The schema that stands next in a blob.
 * @throws BlobError for an unknown kind or field type.
 */
export const readSchema = (reader: ByteReader): Schema => {
	const at = reader.at;
	const id = reader.u8('a schema');
	if (id > 6) throw new BlobError(at, `the id of a kind of type, 0 to 6, not ${id}`);
	const name = reader.utf('a type name');
	if (id === 0 || id === 6) return readObject(reader, name, id === 6);
	const element = reader.utf('an element type');
	if (id === 2) return { kind: 'list', name, element };
	if (id === 1 || id === 4) return { kind: 'set', name, element, key: id === 4 ? readKey(reader) : [] };
	const valueType = reader.utf('a value type');
	return { kind: 'map', name, keyType: element, valueType, key: id === 5 ? readKey(reader) : [] };
};

const IDS = { object: [0, 6], list: [2, 2], set: [1, 4], map: [3, 5] } as const;

const writeKey = (writer: ByteWriter, key: string[]): void => {
	if (key.length === 0) return;
	writer.vint(key.length);
	for (const path of key) writer.utf(path);
};

const writeField = (writer: ByteWriter, field: Field): void => {
	writer.utf(field.name);
	writer.utf(field.type);
	if (field.target !== undefined) writer.utf(field.target);
};

/** Put a schema into a blob. */
export const writeSchema = (writer: ByteWriter, schema: Schema): void => {
	const key = schema.kind === 'list' ? [] : schema.key;
	writer.u8(IDS[schema.kind][key.length > 0 ? 1 : 0]);
	writer.utf(schema.name);
	if (schema.kind === 'object') {
		writeKey(writer, key);
		writer.i16(schema.fields.length);
		for (const field of schema.fields) writeField(writer, field);
		return;
	}
	writer.utf(schema.kind === 'map' ? schema.keyType : schema.element);
	if (schema.kind === 'map') writer.utf(schema.valueType);
	writeKey(writer, key);
};
