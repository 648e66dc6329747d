// fields: the numbers of the protobuf fields that are written and read, as tags, message by message
// Of banyandb.common.v1, banyandb.model.v1, banyandb.database.v1 and banyandb.measure.v1, as of BanyanDB 0.10.

import { fixed, sized, varint } from '../protobuf/fields.ts';

export const METADATA = { group: sized(1), name: sized(2), revision: varint(5) };

/** A request to make a group or a measure, or to ask for one; the answer to the latter has it in field 1 as well. */
export const REQUEST = { subject: sized(1) };
export const GROUP = { metadata: sized(1), catalog: varint(2), options: sized(3) };
export const CATALOG_MEASURE = 2;
export const GROUP_OPTIONS = { shards: varint(1), segment: sized(2), ttl: sized(3) };
export const INTERVAL = { unit: varint(1), number: varint(2) };
export const UNIT = { hour: 1, day: 2 } as const;

export const MEASURE = { metadata: sized(1), families: sized(2), fields: sized(3), entity: sized(4) };
export const FAMILY_SPEC = { name: sized(1), tags: sized(2) };
export const TAG_SPEC = { name: sized(1), type: varint(2) };
export const TAG_TYPE = { string: 1 } as const;
export const FIELD_SPEC = { name: sized(1), type: varint(2), encoding: varint(3), compression: varint(4) };
export const FIELD_TYPE = { int: 2, float: 4 } as const;
export const GORILLA = 1;
export const ZSTD = 1;
export const ENTITY = { tags: sized(1) };

/** `null` is a varint there, and stands for a value that is not given. */
export const TAG_VALUE = { null: varint(1), text: sized(2) };
export const FIELD_VALUE = { null: varint(1), text: sized(2), int: sized(3), float: sized(5) };
/** What is in the messages Str, Int and Float. */
export const VALUE = { text: sized(1), int: varint(1), float: fixed(1) };

export const WRITE = { metadata: sized(1), point: sized(2), id: varint(3), spec: sized(4) };
export const POINT = { time: sized(1), families: sized(2), fields: sized(3), version: varint(4) };
export const POINT_FAMILY = { tags: sized(1) };
export const SPEC = { families: sized(1), fields: sized(2) };
export const SPEC_FAMILY = { name: sized(1), tags: sized(2) };
export const WRITTEN = { id: varint(1), status: sized(2) };

export const QUERY = {
	groups: sized(1),
	name: sized(2),
	range: sized(3),
	tags: sized(5),
	fields: sized(6),
	offset: varint(10),
	limit: varint(11),
	order: sized(12),
};
export const RANGE = { begin: sized(1), end: sized(2) };
export const ORDER = { sort: varint(2) };
export const ASCENDING = 2;
export const TAG_PROJECTION = { families: sized(1) };
export const FIELD_PROJECTION = { names: sized(1) };
export const ANSWER = { points: sized(1) };
export const FOUND = { time: sized(1), families: sized(2), fields: sized(3), version: varint(5) };
export const FOUND_FAMILY = { name: sized(1), tags: sized(2) };
/** A tag or a field of a point that was found. */
export const NAMED = { name: sized(1), value: sized(2) };
