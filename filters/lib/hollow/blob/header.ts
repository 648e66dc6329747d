// header: what stands before the types of a blob: the format's version, the states it joins, schemas, tags

import { type ByteReader, ByteWriter, vintSize } from './bytes/bytes.ts';
import { BlobError } from './bytes/errors.ts';
import { readSchema, type Schema, writeSchema } from './type/schema.ts';

/** What a producer notes about a state, in the order in which it stands in the blob. */
export type Tags = [key: string, value: string][];

/** `origin` and `destination` are the random 64-bit tags of the two states that a blob joins. */
export type Header = { origin: bigint; destination: bigint; schemas: Schema[]; tags: Tags };

/** The tag that stands for "no state before this one". */
export const NO_TAG = -1n;

const VERSION = 1030;

/** Read over the room that later versions of the format may use. */
const skipCompat = (reader: ByteReader): void => {
	reader.skip(reader.count('the length of the extension room'), 'the extension room');
};

const readTags = (reader: ByteReader): Tags => {
	const at = reader.at;
	const count = reader.i16('the number of header tags');
	if (count < 0) throw new BlobError(at, 'a number of header tags, 0 or more');
	const tags: Tags = [];
	for (let tag = 0; tag < count; tag++)
		tags.push([reader.utf('a header tag'), reader.utf("a header tag's value")]);
	return tags;
};

/**
 * The header of a snapshot, delta or reverse delta.
 * @throws BlobError for another version of the format.
 */
export const readHeader = (reader: ByteReader): Header => {
	const version = reader.i32('the format version');
	if (version !== VERSION) throw new BlobError(0, `format version ${VERSION}, not ${version}`);
	const origin = reader.i64('the origin tag');
	const destination = reader.i64('the destination tag');
	const schemas: Schema[] = [];
	if (reader.count('the length of the schemas') > 0) {
		const count = reader.count('the number of schemas');
		for (let schema = 0; schema < count; schema++) schemas.push(readSchema(reader));
		skipCompat(reader);
	}
	return { origin, destination, schemas, tags: readTags(reader) };
};

const PART_VERSION = 1031;

/** An optional part of a blob, a file beside it that holds some of its types. Its tags have to be the blob's own. */
export type PartHeader = { part: string } & Pick<Header, 'origin' | 'destination' | 'schemas'>;

/**
 * The header of an optional part.
 * @throws BlobError for anything else.
 */
export const readPartHeader = (reader: ByteReader): PartHeader => {
	const version = reader.i32('the format version');
	if (version !== PART_VERSION) throw new BlobError(0, `format version ${PART_VERSION}, not ${version}`);
	const part = reader.utf("the part's name");
	const origin = reader.i64('the origin tag');
	const destination = reader.i64('the destination tag');
	const count = reader.count('the number of schemas');
	const schemas: Schema[] = [];
	for (let schema = 0; schema < count; schema++) schemas.push(readSchema(reader));
	skipCompat(reader);
	return { part, origin, destination, schemas };
};

/** Put a header into a blob. */
export const writeHeader = (writer: ByteWriter, { origin, destination, schemas, tags }: Header): void => {
	writer.i32(VERSION);
	writer.i64(origin);
	writer.i64(destination);
	const block = new ByteWriter();
	block.vint(schemas.length);
	for (const schema of schemas) writeSchema(block, schema);
	const bytes = block.done();
	writer.vint(bytes.length + 1);
	writer.raw(bytes);
	writer.vint(0);
	writer.i16(tags.length);
	for (const [key, value] of tags) {
		writer.utf(key);
		writer.utf(value);
	}
};

/** Put what stands behind a type's schema: no extension room, and the number of shards. */
export const writePrelude = (writer: ByteWriter, shards: number): void => {
	writer.vint(1 + vintSize(shards));
	writer.vint(0);
	writer.vint(shards);
};

/**
 * How many shards the section has that begins here.
 * @throws BlobError when it is no power of two.
 */
export const readPrelude = (reader: ByteReader): number => {
	if (reader.count('the length of the prelude') === 0) return 1;
	skipCompat(reader);
	const at = reader.at;
	const shards = reader.count('the number of shards');
	if (shards === 0 || (shards & (shards - 1)) !== 0 || shards > reader.left())
		throw new BlobError(at, `a number of shards that is a power of two and fits the blob, not ${shards}`);
	return shards;
};
