// Broken blobs: cut short, with flipped bits, with absurd counts. A clear error, little memory, little time.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blobsOf } from '../../../../../filters/lib/hollow/blob/blobs.ts';
import { ByteWriter } from '../../../../../filters/lib/hollow/blob/bytes/bytes.ts';
import { BlobError, StateError, ValueError } from '../../../../../filters/lib/hollow/blob/bytes/errors.ts';
import { createDataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { writeHeader, writePrelude } from '../../../../../filters/lib/hollow/blob/header.ts';
import { applyDelta, readSnapshot } from '../../../../../filters/lib/hollow/blob/reader.ts';
import type { HashedTable } from '../../../../../filters/lib/hollow/blob/type/hashed-table.ts';
import { type Schema, writeSchema } from '../../../../../filters/lib/hollow/blob/type/schema.ts';
import { parseSchemas } from '../../../../../filters/lib/hollow/blob/type/schema-text.ts';
import { stateText } from '../../../../../filters/lib/hollow/view/json.ts';
import { ROOT } from '../../../../program.ts';

const test = suite('hollow hostile');
const golden = (name: string) => readFileSync(join(ROOT, 'test/golden/hollow', name));
const SNAPSHOT = golden('metrics/snapshot-20240101000000002');
const DELTA = golden('metrics/delta-20240101000000002-20240101000000003');
const RICH = golden('alltypes/snapshot-20240202000000001');

/** What `read` throws, or undefined; anything but our own errors is a failure of the test. */
const errorOf = (read: () => void): Error | undefined => {
	try {
		read();
		return undefined;
	} catch (error) {
		const isOurs = error instanceof BlobError || error instanceof StateError || error instanceof ValueError;
		if (!isOurs) throw error;
		return error;
	}
};

test('cut short at any length', () => {
	for (const blob of [SNAPSHOT, RICH]) {
		const step = blob === SNAPSHOT ? 1 : 37;
		for (let length = 0; length < blob.length; length += step) {
			const error = errorOf(() => readSnapshot(blob.subarray(0, length))) as BlobError;
			assert.instance(error, BlobError, `at ${length}`);
			assert.ok(error.offset <= length && error.expected !== '', error.message);
		}
	}
	for (let length = 0; length < DELTA.length; length += 7) {
		const state = readSnapshot(SNAPSHOT);
		assert.instance(
			errorOf(() => applyDelta(state, DELTA.subarray(0, length))),
			BlobError,
		);
	}
});

test('a zero in the place of any byte: widths of nothing are told, whatever they are the widths of', () => {
	const said = new Map<string, number>();
	for (let at = 0; at < SNAPSHOT.length; at++) {
		const copy = Buffer.from(SNAPSHOT);
		copy[at] = 0;
		const error = errorOf(() => readSnapshot(copy)) as BlobError | undefined;
		if (error) said.set(error.expected, (said.get(error.expected) ?? 0) + 1);
	}
	// Two lists of one shard each; two sets or maps of two.
	assert.is(said.get('widths of list pointers and elements above 0'), 2);
	assert.is(said.get('widths of bucket pointers and elements above 0'), 4);
});

test('flipped bits: our errors or a readable state, in bounded time', () => {
	const flips = fc.array(fc.nat(), { minLength: 1, maxLength: 4 });
	const flipped = (blob: Buffer, at: number[]) => {
		const copy = Buffer.from(blob);
		for (const bit of at) copy[(bit >> 3) % copy.length]! ^= 1 << (bit & 7);
		return copy;
	};
	fc.assert(
		fc.property(fc.constantFrom(SNAPSHOT, RICH), flips, (blob, at) => {
			// The processor's time, so that a busy machine fails nothing.
			const began = process.cpuUsage();
			errorOf(() => stateText(readSnapshot(flipped(blob, at)), 'x', true));
			assert.ok(process.cpuUsage(began).user < 2e6);
		}),
		{ numRuns: 600 },
	);
	fc.assert(
		fc.property(flips, (at) => {
			const state = readSnapshot(SNAPSHOT);
			errorOf(() => {
				applyDelta(state, flipped(DELTA, at));
				stateText(state, 'x', true);
			});
		}),
		{ numRuns: 600 },
	);
});

const TYPE = parseSchemas('T { int a; string s; }')[0]!;

/** A snapshot of one type whose section goes on as `body` writes it. */
const forged = (schema: Schema, body: (writer: ByteWriter) => void, shards = 1): Buffer => {
	const writer = new ByteWriter();
	writeHeader(writer, { origin: -1n, destination: 1n, schemas: [schema], tags: [] });
	writer.vint(1);
	writeSchema(writer, schema);
	writePrelude(writer, shards);
	if (shards > 1) writer.vint(2147483647);
	body(writer);
	return writer.done();
};

const words = (writer: ByteWriter, ...list: bigint[]) => {
	for (const word of list) writer.i64(word);
};

test('absurd counts cost no memory', () => {
	const cases: [string, RegExp, () => Buffer][] = [
		[
			'a long array',
			/the number of words|the records of T of \d+ bytes/,
			() =>
				forged(TYPE, (writer) => {
					for (const number of [5, 3, 5, 1e12]) writer.vint(number);
				}),
		],
		[
			'populated words',
			/populated ordinals of \d+ bytes/,
			() =>
				forged(TYPE, (writer) => {
					for (const number of [-1, 0, 0, 0, 0, 0]) writer.vint(number);
					writer.i32(2147483647);
				}),
		],
		[
			'slots without bits',
			/bits of records, not 64/,
			() =>
				forged(TYPE, (writer) => {
					for (const number of [2147483646, 3, 5, 1]) writer.vint(number);
					words(writer, 0n);
					for (const number of [0, 0]) writer.vint(number);
					writer.i32(2);
					words(writer, 1n, -1n);
				}),
		],
		[
			'records of no bits',
			/a width of a of 1 bits or more/,
			() =>
				forged(TYPE, (writer) => {
					for (const number of [2147483646, 0, 0, 0, 0, 0]) writer.vint(number);
					writer.i32(1);
					words(writer, 1n);
				}),
		],
		['shards', /a number of shards that is a power of two and fits/, () => forged(TYPE, () => {}, 1 << 30)],
	];
	for (const [name, expected, make] of cases) {
		const blob = make();
		const before = process.memoryUsage().arrayBuffers;
		assert.throws(() => readSnapshot(blob), expected, name);
		assert.ok(process.memoryUsage().arrayBuffers - before < 1e6, name);
	}
});

test('a delta to an ordinal far beyond, from another state, or to what is there', () => {
	const data = createDataSet([TYPE]);
	data.add('T', { a: 1, s: 'one' });
	const first = data.publish({ tag: 1n })!.snapshot();
	data.add('T', { a: 1, s: 'one' });
	data.add('T', { a: 2, s: 'two' });
	const delta = data.publish({ tag: 2n })!.delta();
	const state = readSnapshot(first);
	applyDelta(state, delta);
	assert.throws(() => applyDelta(state, delta), /a delta from the state with tag 2, not 1/);
	const far = Buffer.from(delta);
	const at = far.lastIndexOf(Buffer.from([0x02, 0x00, 0x01, 0x01, 0x00, 0x01, 0x01]));
	const forgedDelta = (max: number, gap: number, removed: number[] = []) => {
		const list = new ByteWriter();
		list.vint(gap);
		const writer = new ByteWriter();
		writer.raw(far.subarray(0, at + 3));
		writer.vint(max);
		writer.vint(removed.length);
		for (const one of removed) writer.vint(one);
		writer.vint(list.done().length);
		writer.vint(gap);
		writer.raw(far.subarray(at + 7));
		return writer.done();
	};
	assert.ok(at > 0);
	assert.throws(() => applyDelta(readSnapshot(first), forgedDelta(1 << 29, 1 << 28)), /ordinals of T below/);
	assert.throws(
		() => applyDelta(readSnapshot(first), forgedDelta(1, 0)),
		/an added ordinal that was free, not 0/,
	);
	assert.throws(
		() => applyDelta(readSnapshot(first), forgedDelta(1, 2)),
		/added ordinals ascending, below 2, not 2/,
	);
	assert.throws(
		() => applyDelta(readSnapshot(first), forgedDelta(1, 0, [0])),
		/an added ordinal that was free, not 0/,
		'content of an ordinal never changes in place',
	);
	assert.throws(
		() => applyDelta(readSnapshot(first), forgedDelta(1, 1, [1])),
		/a removed ordinal that was there, not 1/,
	);
});

test('a set without a bucket, or with other than a power of two of them', () => {
	const data = createDataSet(parseSchemas('S Set<E>; E { int value; }'));
	data.add('S', [1, 2, 3]);
	const blobs = data.publish({});
	const table = data.table('S') as HashedTable;
	assert.ok(blobs);
	table.runs.place(0, 0, 3);
	assert.throws(() => readSnapshot(blobsOf(data.state).snapshot()), /a power of two of buckets from 0/);
	table.runs.place(0, 0, 0);
	table.size[0] = 0;
	assert.throws(() => readSnapshot(blobsOf(data.state).snapshot()), /a power of two of buckets|above 0/);
	data.abandon();
});

test('records that contain each other, and references to nothing', () => {
	const data = createDataSet(parseSchemas('Root { Node node; } Node { Node next; int value; }'));
	const nodes = data.ordinals('Node');
	const table = data.state.tables.get('Node')!;
	const slot = nodes.slot();
	if (!('columns' in table)) throw new Error();
	table.columns[0]!.set(slot, slot, 'next');
	table.columns[1]!.set(slot, 1, 'value');
	nodes.commit();
	data.add('Root', { node: null });
	const loop = readSnapshot(data.publish({})!.snapshot());
	assert.is(stateText(loop, '1').includes('"node":null'), true);
	const root = loop.tables.get('Root')!;
	if (!('columns' in root)) throw new Error();
	root.columns[0]!.set(0, 0, 'node');
	assert.throws(() => stateText(loop, '1'), /nested deeper than 200/);
	root.columns[0]!.set(0, 7, 'node');
	assert.throws(() => stateText(loop, '1'), /a record refers to Node 7, which is not there/);
});

test('values that do not fit are refused by name', () => {
	const data = createDataSet(
		parseSchemas('R { int i; long l; Box box; Many many; } Box { int value; } Many List<Box>;'),
	);
	const fails = (value: unknown, message: string) => {
		assert.throws(
			() => data.add('R', value),
			(error: ValueError) => error instanceof ValueError && error.message === message,
			message,
		);
		data.abandon();
	};
	fails({ i: 2147483648 }, 'R.i: 2147483648 does not fit an Integer (-2147483647 to 2147483647)');
	fails({ i: -2147483648 }, 'R.i: -2147483648 does not fit an Integer (-2147483647 to 2147483647)');
	fails({ i: 0.5 }, 'R.i: 0.5 is not a whole number');
	fails({ l: 1n << 63n }, 'R.l: 9223372036854775808 does not fit a Long (-(2^63 - 1) to 2^63 - 1)');
	fails({ l: 2 ** 60 }, 'R.l: 1152921504606847000 is not a whole number that is exact; give a bigint');
	fails({ box: 3e9 }, 'R.box.value: 3000000000 does not fit an Integer (-2147483647 to 2147483647)');
	fails({ many: [1, 2, 'x'] }, 'R.many[2].value: "x" is not a whole number');
	fails({ many: [null] }, 'R.many[0]: null in a collection');
	assert.is(data.publish({}), undefined, 'an abandoned cycle leaves nothing');
});

test.run();
