// layout: a point as the columns of its measure take it, checked against their types before the server sees it
// The server answers success to a value of the wrong type, and stores nothing.

import protobuf, { type Writer } from 'protobufjs/minimal.js';
import { nested } from '../protobuf/nested.ts';
import { writeTime } from '../protobuf/time.ts';
import type { Exact } from '../record.ts';
import { FIELD_VALUE, POINT, POINT_FAMILY, SPEC, SPEC_FAMILY, TAG_VALUE, VALUE, WRITE } from './fields.ts';
import type { FieldName, Point, Refusal } from './point.ts';
import { type Columns, type FieldKind, type Schema, writeMetadata } from './schema.ts';
import { SERIES, type Series } from './series.ts';

/** The columns of a measure as they are now. */
export type Layout = {
	schema: Schema;
	/** Whether all its attributes have a column: tags as they are written. */
	tagsOf: (series: Series) => { bytes: Uint8Array; missing: string[] };
	/** Where a field stands, and its type. */
	fields: Map<string, { at: number; kind: FieldKind | undefined }>;
};

/** Why points cannot be written into a measure, or ''. */
export const unfit = ({ entity, families }: Schema): string => {
	if (entity.length !== 1 || entity[0] !== SERIES)
		return `its entity is (${entity.join(', ')}), and would have to be (${SERIES})`;
	const other = families.flatMap(({ tags }) => tags).find(({ name, isText }) => name === SERIES && !isText);
	return other ? `its tag ${SERIES} is no text` : '';
};

const textBytes = (text: string): Uint8Array => {
	const writer = protobuf.Writer.create();
	nested(writer, TAG_VALUE.text, () => writer.uint32(VALUE.text).string(text));
	return writer.finish();
};
const NULL = Uint8Array.of(TAG_VALUE.null, 0);

const writeTags = (writer: Writer, { families }: Schema, texts: ReadonlyMap<string, string>) => {
	for (const { tags } of families)
		nested(writer, POINT.families, () => {
			for (const { name, isText } of tags) {
				const text = isText ? texts.get(name) : undefined;
				writer.uint32(POINT_FAMILY.tags).bytes(text === undefined ? NULL : textBytes(text));
			}
		});
};

/** The layout of a measure. */
export const layoutOf = (schema: Schema): Layout => {
	const names = new Set(
		schema.families.flatMap(({ tags }) => tags.flatMap(({ name, isText }) => (isText ? [name] : []))),
	);
	const known = new WeakMap<Series, { bytes: Uint8Array; missing: string[] }>();
	const make = ({ series, tags }: Series) => {
		const writer = protobuf.Writer.create();
		writeTags(writer, schema, new Map([[SERIES, series], ...tags]));
		const missing = tags.flatMap(([name]) => (names.has(name) ? [] : [name]));
		return { bytes: writer.finish(), missing };
	};
	return {
		schema,
		fields: new Map(schema.fields.map(({ name, kind }, at) => [name, { at, kind }])),
		tagsOf: (series) => {
			const found = known.get(series) ?? make(series);
			known.set(series, found);
			return found;
		},
	};
};

const isWhole = (value: Exact): boolean => typeof value === 'string' || Number.isSafeInteger(value);
const holds = (kind: FieldKind | undefined, value: Exact): boolean =>
	kind === 'int' ? isWhole(value) : kind === 'float' && typeof value === 'number';

/** The columns that can hold a value, the best first, each with the type that it is made with. */
const candidates = (name: FieldName, value: Exact, isCount: boolean): [FieldName, FieldKind][] => {
	if (name !== 'value') return [[name, 'int']];
	if (!isWhole(value))
		return [
			['value', 'float'],
			['value_float', 'float'],
		];
	return [
		['value', isCount || typeof value === 'string' ? 'int' : 'float'],
		['value_int', 'int'],
		...(typeof value === 'number' ? [['value_float', 'float'] as [FieldName, FieldKind]] : []),
	];
};

type Place = { at: number; kind: FieldKind; value: Exact };

/** Where the values of a point go, or the first column that has to be made for them; undefined when none can be. */
const places = (
	{ series, values }: Point,
	{ fields }: Layout,
): Place[] | [FieldName, FieldKind] | undefined => {
	const found: Place[] = [];
	for (const name of Object.keys(values) as FieldName[]) {
		const value = values[name]!;
		const ways = candidates(name, value, series.isCount);
		const way = ways.find(([one]) => holds(fields.get(one)?.kind, value));
		if (!way) return ways.find(([one]) => !fields.has(one));
		const { at, kind } = fields.get(way[0])!;
		found.push({ at, kind: kind!, value });
	}
	return found;
};
const isPlaces = (found: ReturnType<typeof places>): found is Place[] =>
	found !== undefined && !(found.length === 2 && typeof found[0] === 'string');

/** The columns that these points need and a measure has not; all of them where there is no measure yet. */
export const missingFor = (points: readonly Point[], layout: Layout): Columns => {
	const tags = new Set<string>();
	const fields = new Map<string, FieldKind>();
	const made: Layout = { ...layout, fields: new Map(layout.fields) };
	for (const point of points) {
		for (const name of layout.tagsOf(point.series).missing) tags.add(name);
		for (;;) {
			const found = places(point, made);
			if (found === undefined || isPlaces(found)) break;
			const [name, kind] = found;
			fields.set(name, kind);
			made.fields.set(name, { at: made.fields.size, kind });
		}
	}
	return { tags: [...tags], fields: [...fields] };
};

/** No columns at all. */
export const NO_LAYOUT: Layout = layoutOf({
	revision: 0n,
	families: [],
	fields: [],
	entity: [],
	bytes: new Uint8Array(),
});

let scratch = Buffer.allocUnsafe(64 * 1024);
/** What a value takes at the most, and what stands around them all. */
const [MOST_VALUE, MOST_REST] = [16, 64];

/** A whole number as a varint into `scratch`; where it ends. Those below zero have ten bytes. */
const putWhole = (value: Exact, at: number): number => {
	let end = at;
	if (typeof value === 'number' && value >= 0) {
		let rest = value;
		for (; rest > 127; rest = Math.floor(rest / 128)) scratch[end++] = (rest % 128) | 128;
		scratch[end++] = rest;
		return end;
	}
	let rest = BigInt.asUintN(64, BigInt(value));
	for (; rest > 127n; rest >>= 7n) scratch[end++] = Number(rest & 127n) | 128;
	scratch[end++] = Number(rest);
	return end;
};
const putField = (place: Place | undefined, at: number): number => {
	scratch[at] = POINT.fields;
	if (!place) {
		scratch[at + 1] = 2;
		scratch[at + 2] = FIELD_VALUE.null;
		scratch[at + 3] = 0;
		return at + 4;
	}
	scratch[at + 2] = FIELD_VALUE[place.kind];
	scratch[at + 4] = VALUE[place.kind];
	let end = at + 13;
	if (place.kind === 'float') scratch.writeDoubleLE(Number(place.value), at + 5);
	else end = putWhole(place.value, at + 5);
	scratch[at + 1] = end - at - 2;
	scratch[at + 3] = end - at - 4;
	return end;
};

/** Points of one print have one time. */
let lastTime: { ms: number; bytes: Uint8Array } = { ms: -1, bytes: new Uint8Array() };
const timeBytes = (ms: number): Uint8Array => {
	if (lastTime.ms !== ms) {
		const writer = protobuf.Writer.create();
		writeTime(writer, POINT.time, ms);
		lastTime = { ms, bytes: writer.finish() };
	}
	return lastTime.bytes;
};

/** The content of a point into `scratch`; where it ends. By hand, for it is what costs most of all. */
const putPoint = ({ series, ts, version }: Point, layout: Layout, found: readonly Place[]): number => {
	const { bytes } = layout.tagsOf(series);
	const { fields } = layout.schema;
	const most = bytes.length + MOST_REST + MOST_VALUE * fields.length;
	if (scratch.length < most) scratch = Buffer.allocUnsafe(2 * most);
	const time = timeBytes(ts);
	scratch.set(time, 0);
	let at = time.length;
	scratch.set(bytes, at);
	at += bytes.length;
	for (let field = 0; field < fields.length; field++)
		at = putField(
			found.find((place) => place.at === field),
			at,
		);
	scratch[at] = POINT.version;
	return putWhole(version, at + 1);
};

const writeSpec = (writer: Writer, { families, fields }: Schema) =>
	nested(writer, WRITE.spec, () => {
		for (const { name, tags } of families)
			nested(writer, SPEC.families, () => {
				writer.uint32(SPEC_FAMILY.name).string(name);
				for (const tag of tags) writer.uint32(SPEC_FAMILY.tags).string(tag.name);
			});
		for (const { name } of fields) writer.uint32(SPEC.fields).string(name);
	});

/** A writer's group and the layout that it speaks of first: with metadata and the names of the columns. */
export type Introduction = { group: string; measure: string };

/** A point as the message `id`, or why it is none in this layout. */
export const writeRequest = (
	point: Point,
	layout: Layout,
	id: number,
	introduction: Introduction | undefined,
): Uint8Array | Refusal => {
	const found = places(point, layout);
	if (!isPlaces(found)) {
		const name = found?.[0] ?? (Object.keys(point.values)[0] as FieldName);
		const has = layout.fields.get(name);
		const why = has
			? `its field ${name} is ${has.kind ?? 'no number'}`
			: `it has no field ${name} of type ${found?.[1]}`;
		return { counter: 'wrong_type', why: `${point.series.measure} cannot hold a value of ours: ${why}` };
	}
	const { schema } = layout;
	const content = putPoint(point, layout, found);
	if (introduction) {
		const writer = protobuf.Writer.create();
		writeMetadata(writer, WRITE.metadata, introduction.group, introduction.measure, schema.revision);
		writer.uint32(WRITE.point).bytes(scratch.subarray(0, content)).uint32(WRITE.id).uint32(id);
		writeSpec(writer, schema);
		return writer.finish();
	}
	// Behind the content stand what comes before it and what comes after it.
	scratch[content] = WRITE.point;
	const head = putWhole(content, content + 1);
	scratch[head] = WRITE.id;
	const end = putWhole(id, head + 1);
	const message = Buffer.allocUnsafe(end);
	scratch.copy(message, 0, content, head);
	scratch.copy(message, head - content, 0, content);
	scratch.copy(message, head, head, end);
	return message;
};
