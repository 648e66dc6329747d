// query: the request for the points of a measure in a stretch of time, and what comes back

import protobuf from 'protobufjs/minimal.js';
import { nested } from '../protobuf/nested.ts';
import { writeTime } from '../protobuf/time.ts';
import { type Exact, exact } from '../record.ts';
import {
	ANSWER,
	ASCENDING,
	FIELD_PROJECTION,
	FIELD_VALUE,
	FOUND,
	FOUND_FAMILY,
	NAMED,
	ORDER,
	QUERY,
	RANGE,
	SPEC_FAMILY,
	TAG_PROJECTION,
	TAG_VALUE,
	VALUE,
} from './fields.ts';
import { readFields, readInt64, readTime } from './reading.ts';
import type { Schema } from './schema.ts';

/** Points from `from` to `to`, both included, the oldest first; milliseconds since the epoch. */
export type Stretch = {
	group: string;
	measure: string;
	from: number;
	to: number;
	limit: number;
	offset: number;
};

/** A point as it came back: tags that are text, fields that are numbers or text; what is null is left out. */
export type Found = { ts: number; tags: Map<string, string>; fields: Map<string, Exact> };

/** The request, for all columns of the measure. */
export const queryRequest = (
	{ group, measure, from, to, limit, offset }: Stretch,
	{ families, fields }: Schema,
): Uint8Array => {
	const writer = protobuf.Writer.create();
	writer.uint32(QUERY.groups).string(group).uint32(QUERY.name).string(measure);
	nested(writer, QUERY.range, () => {
		writeTime(writer, RANGE.begin, from);
		writeTime(writer, RANGE.end, to);
	});
	nested(writer, QUERY.tags, () => {
		for (const { name, tags } of families)
			nested(writer, TAG_PROJECTION.families, () => {
				writer.uint32(SPEC_FAMILY.name).string(name);
				for (const tag of tags) writer.uint32(SPEC_FAMILY.tags).string(tag.name);
			});
	});
	nested(writer, QUERY.fields, () => {
		for (const { name } of fields) writer.uint32(FIELD_PROJECTION.names).string(name);
	});
	writer.uint32(QUERY.offset).uint32(offset).uint32(QUERY.limit).uint32(limit);
	nested(writer, QUERY.order, () => writer.uint32(ORDER.sort).uint32(ASCENDING));
	return writer.finish();
};

const readText = (bytes: Uint8Array): string => {
	let text = '';
	readFields(bytes, {
		[VALUE.text]: (reader) => {
			text = reader.string();
		},
	});
	return text;
};
const readInt = (bytes: Uint8Array): Exact => {
	let value = 0n;
	readFields(bytes, {
		[VALUE.int]: (reader) => {
			value = readInt64(reader);
		},
	});
	return exact(value);
};
const readFloat = (bytes: Uint8Array): number => {
	let value = 0;
	readFields(bytes, {
		[VALUE.float]: (reader) => {
			value = reader.double();
		},
	});
	return value;
};

/** A tag or a field: its name to the value that `read` makes of the rest, unless it is null. */
const readNamed = <Value>(
	bytes: Uint8Array,
	read: (bytes: Uint8Array) => Value | undefined,
	put: (name: string, value: Value) => void,
) => {
	let name = '';
	let value: Value | undefined;
	readFields(bytes, {
		[NAMED.name]: (reader) => {
			name = reader.string();
		},
		[NAMED.value]: (reader) => {
			value = read(reader.bytes());
		},
	});
	if (value !== undefined) put(name, value);
};
const readTagValue = (bytes: Uint8Array): string | undefined => {
	let text: string | undefined;
	readFields(bytes, {
		[TAG_VALUE.text]: (reader) => {
			text = readText(reader.bytes());
		},
	});
	return text;
};
const readFieldValue = (bytes: Uint8Array): Exact | undefined => {
	let value: Exact | undefined;
	readFields(bytes, {
		[FIELD_VALUE.int]: (reader) => {
			value = readInt(reader.bytes());
		},
		[FIELD_VALUE.float]: (reader) => {
			value = readFloat(reader.bytes());
		},
	});
	return value;
};

const readPoint = (bytes: Uint8Array): Found => {
	const found: Found = { ts: 0, tags: new Map(), fields: new Map() };
	readFields(bytes, {
		[FOUND.time]: (reader) => {
			found.ts = readTime(reader.bytes());
		},
		[FOUND.families]: (outer) =>
			readFields(outer.bytes(), {
				[FOUND_FAMILY.tags]: (reader) =>
					readNamed(reader.bytes(), readTagValue, (name, text) => found.tags.set(name, text)),
			}),
		[FOUND.fields]: (reader) =>
			readNamed(reader.bytes(), readFieldValue, (name, value) => found.fields.set(name, value)),
	});
	return found;
};

/** The points in an answer. @throws WireError */
export const readAnswer = (bytes: Uint8Array): Found[] => {
	const points: Found[] = [];
	readFields(bytes, { [ANSWER.points]: (reader) => points.push(readPoint(reader.bytes())) });
	return points;
};
