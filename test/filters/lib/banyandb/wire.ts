// The messages of BanyanDB: what is written is what the official names of the fields say, what is read is exact, and no bytes
// that come are more than an error; records that became points become the same records again.

import fc from 'fast-check';
import protobuf from 'protobufjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readWritten, verdictOf } from '../../../../filters/lib/banyandb/answer.ts';
import {
	layoutOf,
	missingFor,
	NO_LAYOUT,
	unfit,
	writeRequest,
} from '../../../../filters/lib/banyandb/layout.ts';
import { createPoints, type Point } from '../../../../filters/lib/banyandb/point.ts';
import { type Found, readAnswer } from '../../../../filters/lib/banyandb/query.ts';
import { WireError } from '../../../../filters/lib/banyandb/reading.ts';
import { restore } from '../../../../filters/lib/banyandb/records.ts';
import {
	createMeasureRequest,
	readMeasureAnswer,
	readMeasureNames,
	updateMeasureRequest,
} from '../../../../filters/lib/banyandb/schema.ts';
import { SERIES } from '../../../../filters/lib/banyandb/series.ts';
import type { Exact, Measure } from '../../../../filters/lib/record.ts';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../../../data/measures.ts';

const test = suite('banyandb: wire');
const ROOT = protobuf.parse(
	`syntax = "proto3";
	message Time { int64 seconds = 1; int32 nanos = 2; }
	message Str { string value = 1; } message Int { int64 value = 1; } message Float { double value = 1; }
	message TagValue { oneof value { int32 null = 1; Str str = 2; Int int = 4; } }
	message FieldValue { oneof value { int32 null = 1; Str str = 2; Int int = 3; bytes binary = 4; Float float = 5; } }
	message Tag { string key = 1; TagValue value = 2; } message TagFamily { string name = 1; repeated Tag tags = 2; }
	message Field { string name = 1; FieldValue value = 2; }
	message DataPoint { Time timestamp = 1; repeated TagFamily tag_families = 2; repeated Field fields = 3; uint64 sid = 4; int64 version = 5; }
	message Answer { repeated DataPoint data_points = 1; }
	message Written { uint64 message_id = 1; string status = 2; }
	message Metadata { string group = 1; string name = 2; int64 mod_revision = 5; }
	message TagSpec { string name = 1; int32 type = 2; } message Family { string name = 1; repeated TagSpec tags = 2; }
	message FieldSpec { string name = 1; int32 field_type = 2; } message Entity { repeated string tag_names = 1; }
	message Measure { Metadata metadata = 1; repeated Family tag_families = 2; repeated FieldSpec fields = 3; Entity entity = 4; string interval = 5; string later = 99; }
	message Request { Measure measure = 1; }
	message Tags { repeated TagValue tags = 1; }
	message Point { Time timestamp = 1; repeated Tags tag_families = 2; repeated FieldValue fields = 3; int64 version = 4; }
	message FamilyNames { string name = 1; repeated string tag_names = 2; }
	message Spec { repeated FamilyNames tag_family_spec = 1; repeated string field_names = 2; }
	message Write { Metadata metadata = 1; Point data_point = 2; uint64 message_id = 3; Spec data_point_spec = 4; }`,
	{ keepCase: true },
).root;
const type = (name: string) => ROOT.lookupType(name);
const encoded = (name: string, value: object) => type(name).encode(type(name).fromObject(value)).finish();
// biome-ignore lint/suspicious/noExplicitAny: messages by reflection have no types
const decoded = (name: string, bytes: Uint8Array): any =>
	type(name).toObject(type(name).decode(bytes), { longs: String });

const pointsOf = (records: Measure[]): Point[] => {
	const points = createPoints({ onRepeat: () => {} });
	return records.flatMap((record) => {
		const made = points.of(record);
		if ('counter' in made) throw new Error(made.why);
		return made;
	});
};
/** The schema that points ask for, as the server would give it back. */
const schemaFor = (points: Point[], revision = '1795692088859042800') => {
	const columns = missingFor(points, NO_LAYOUT);
	const request = decoded(
		'Request',
		createMeasureRequest('g', 'm', SERIES, { tags: [SERIES, ...columns.tags], fields: columns.fields }),
	);
	request.measure.metadata.mod_revision = revision;
	return readMeasureAnswer(encoded('Request', request));
};
/** What a server with that schema keeps of the points. */
const stored = (points: Point[]): Found[] => {
	const schema = schemaFor(points);
	const layout = layoutOf(schema);
	// Only the first message speaks of the columns.
	let spec: ReturnType<typeof decoded>;
	const answers = points.map((point, at) => {
		const message = writeRequest(point, layout, at + 1, at === 0 ? { group: 'g', measure: 'm' } : undefined);
		if ('counter' in message) throw new Error(message.why);
		const { data_point, data_point_spec, message_id, metadata } = decoded('Write', message);
		assert.is(message_id, `${at + 1}`);
		if (at === 0) assert.is(metadata.mod_revision, '1795692088859042800');
		spec ??= data_point_spec;
		const { tag_family_spec, field_names = [] } = spec;
		return {
			timestamp: data_point.timestamp,
			version: data_point.version,
			tag_families: tag_family_spec.map(
				({ name, tag_names }: { name: string; tag_names: string[] }, family: number) => ({
					name,
					tags: tag_names.map((key, index) => ({ key, value: data_point.tag_families[family].tags[index] })),
				}),
			),
			fields: field_names.map((name: string, index: number) => ({ name, value: data_point.fields[index] })),
		};
	});
	return readAnswer(encoded('Answer', { data_points: answers }));
};

const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const exactOf = (value: bigint): Exact => (Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`);
const common = fc.record({
	host: text,
	unit: text,
	attributes: fc
		.dictionary(fc.oneof(text, fc.constantFrom('ge', 'series', 'host', 'exported_ge')), text, { maxKeys: 4 })
		.map((one) => ({ ...one })),
});
const value = fc.oneof(
	int64.map(exactOf),
	fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0),
);
const record = (ts: number): fc.Arbitrary<Measure> =>
	fc.oneof(
		fc.tuple(common, value).map(([more, one]) => gaugeOf(one, { ...more, ts, metric: 'm' })),
		fc
			.tuple(common, value, fc.boolean(), fc.constantFrom('delta' as const, 'cumulative' as const))
			.map(([more, one, monotonic, temporality]) =>
				sumOf(one, { ...more, ts, metric: 'm', monotonic, temporality, start: ts - 5 }),
			),
		fc
			.tuple(
				common,
				fc.uniqueArray(
					int64.map((n) => n * 4n),
					{ minLength: 0, maxLength: 6 },
				),
				fc.boolean(),
				fc.boolean(),
			)
			.map(([more, edges, low, high]) => {
				const sorted = edges.sort((a, b) => (a < b ? -1 : Number(a > b))).map(exactOf);
				const bounds: (Exact | null)[] = [...(low ? [null] : []), ...sorted, ...(high ? [null] : [])];
				const buckets = bounds
					.slice(1)
					.map((upper, at): [Exact | null, Exact | null, Exact] => [bounds[at]!, upper, at * 3]);
				return histogramOf(buckets, { ...more, ts, metric: 'm', synthetic: true });
			}),
	);

test('records become points and the same records again, whatever is in them', () =>
	fc.assert(
		fc.property(
			fc.integer({ min: 5, max: 9e12 }).chain((ts) =>
				fc.uniqueArray(record(ts), {
					maxLength: 5,
					minLength: 1,
					selector: (one) =>
						JSON.stringify([one.type, one.host, one.unit, Object.entries(one.attributes).sort()]),
				}),
			),
			(records) => {
				const back = restore(stored(pointsOf(records)));
				assert.is(back.foreign, 0);
				const sort = (all: object[]) => all.map((one) => JSON.stringify(Object.entries(one).sort())).sort();
				const plain = (all: Measure[]) =>
					all.map((one) => ({
						...one,
						attributes: Object.fromEntries(Object.entries(one.attributes).sort()),
					}));
				assert.equal(sort(plain(back.records as never)), sort(plain(JSON.parse(JSON.stringify(records)))));
			},
		),
		{ numRuns: 200 },
	));

test('a float does not go into an int field, nor an integer into one that rounds it', () => {
	const [point] = pointsOf([sumOf(1)]);
	const layout = layoutOf(schemaFor([point!]));
	const [half] = pointsOf([sumOf(0.5)]);
	const refusal = writeRequest(half!, layout, 1, undefined);
	assert.equal('counter' in refusal && refusal.counter, 'wrong_type');
	assert.equal(missingFor([half!], layout), { tags: [], fields: [['value_float', 'float']] });
	const [load] = pointsOf([gaugeOf(1)]);
	const [large] = pointsOf([gaugeOf('9007199254740993')]);
	assert.equal(missingFor([large!], layoutOf(schemaFor([load!]))).fields, [['value_int', 'int']]);
	const points = createPoints({ onRepeat: () => {} });
	assert.equal(points.of(sumOf('9223372036854775808')), {
		counter: 'too_large',
		why: 'a value is beyond 64 bits',
	});
	assert.is(
		(points.of(histogramOf([[0, 1, '9223372036854775808']])) as { counter: string }).counter,
		'too_large',
	);
});

test('an update keeps what it does not know, and adds once', () => {
	const theirs = {
		measure: {
			metadata: { group: 'g', name: 'm', mod_revision: '7' },
			tag_families: [
				{ name: 'other', tags: [{ name: 'x', type: 2 }] },
				{ name: 'labels', tags: [{ name: SERIES, type: 1 }] },
			],
			fields: [{ name: 'count', field_type: 4 }],
			entity: { tag_names: [SERIES] },
			interval: '1m',
			later: 'than this',
		},
	};
	const schema = readMeasureAnswer(encoded('Request', theirs));
	assert.equal(schema.fields, [{ name: 'count', kind: 'float' }]);
	const { measure } = decoded(
		'Request',
		updateMeasureRequest(schema, { tags: ['a', 'b'], fields: [['f', 'int']] }),
	);
	assert.is(measure.later, 'than this');
	assert.is(measure.interval, '1m');
	assert.equal(measure.tag_families[0], theirs.measure.tag_families[0]);
	assert.equal(
		measure.tag_families[1].tags.map(({ name }: { name: string }) => name),
		[SERIES, 'a', 'b'],
	);
	assert.equal(
		measure.fields.map(({ name }: { name: string }) => name),
		['count', 'f'],
	);
	assert.is(unfit(schema), '');
	assert.is(
		unfit({ ...schema, entity: ['x', SERIES] }),
		'its entity is (x, series), and would have to be (series)',
	);
});

test('two notices of one time are two series, a second record of one series and time is told of', () => {
	let repeats = 0;
	const points = createPoints({ onRepeat: () => repeats++ });
	const [a, b] = [17, 18].map((count) => (points.ofNotice(noticeOf('lost', { count })) as Point[])[0]!);
	assert.is.not(a!.series.series, b!.series.series);
	const [first, second] = [1, 2].map((value) => (points.of(sumOf(value)) as Point[])[0]!);
	assert.is(first!.series, second!.series);
	assert.ok(second!.version > first!.version);
	assert.is(repeats, 1);
});

test('a histogram of which a bucket is missing is a notice', () => {
	const points = stored(
		pointsOf([
			histogramOf([
				[0, 1, 5],
				[1, 2, 7],
			]),
		]),
	);
	const [notice] = restore(points.slice(1)).records;
	assert.equal([notice!.type, notice!.kind], ['notice', 'incomplete']);
	assert.is(restore([{ ts: 1, tags: new Map([['x', 'y']]), fields: new Map([['value', 1]]) }]).foreign, 1);
	assert.is(
		restore([
			{ ts: 1, tags: new Map([[SERIES, '{"type":"sum","host":3}']]), fields: new Map([['value', 1]]) },
		]).foreign,
		1,
	);
});

test('statuses', () => {
	assert.equal(readWritten(encoded('Written', { message_id: '9007199254740', status: 'STATUS_DISK_FULL' })), {
		id: 9007199254740,
		status: 'STATUS_DISK_FULL',
	});
	assert.equal(
		[
			'STATUS_SUCCEED',
			'STATUS_DISK_FULL',
			'STATUS_EXPIRED_SCHEMA',
			'STATUS_INVALID_TIMESTAMP',
			'STATUS_NEW',
			'',
		].map(verdictOf),
		['taken', 'wait', 'stale', 'refused', 'odd', 'odd'],
	);
});

const READERS = [readAnswer, readWritten, readMeasureAnswer, readMeasureNames];
test('no bytes at all are more than an error, and none of them takes long', () => {
	const sane = encoded('Answer', {
		data_points: [
			{
				timestamp: { seconds: 5 },
				tag_families: [{ name: 'a', tags: [{ key: 'b', value: { str: { value: 'c' } } }] }],
			},
		],
	});
	const damaged = fc
		.array(fc.tuple(fc.nat(sane.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 4 })
		.map((flips) => {
			const bytes = Uint8Array.from(sane);
			for (const [at, byte] of flips) bytes[at] = byte;
			return bytes;
		});
	fc.assert(
		fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), (bytes) => {
			for (const read of READERS)
				try {
					read(bytes);
				} catch (error) {
					assert.instance(error, WireError);
				}
		}),
		{ numRuns: 2000 },
	);
});

test.run();
