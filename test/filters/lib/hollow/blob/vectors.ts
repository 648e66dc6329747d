// The primitives, beside values computed by the real Java library.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ByteReader, ByteWriter, vintSize } from '../../../../../filters/lib/hollow/blob/bytes/bytes.ts';
import {
	hashInt,
	hashLong,
	javaHash,
	murmur3,
	tableSize,
} from '../../../../../filters/lib/hollow/blob/bytes/hash.ts';
import {
	bytesOf,
	lanesOf,
	PackedArray,
	wordsFor,
} from '../../../../../filters/lib/hollow/blob/bytes/packed-array.ts';
import { decodeText, encodeText } from '../../../../../filters/lib/hollow/blob/bytes/text.ts';
import { NarrowColumn } from '../../../../../filters/lib/hollow/blob/type/narrow-column.ts';
import { readSchema, writeSchema } from '../../../../../filters/lib/hollow/blob/type/schema.ts';
import {
	parseSchemas,
	schemaHash,
	schemaText,
} from '../../../../../filters/lib/hollow/blob/type/schema-text.ts';
import { WideColumn } from '../../../../../filters/lib/hollow/blob/type/wide-column.ts';
import { ROOT } from '../../../../program.ts';

const test = suite('hollow vectors');
const vectors = JSON.parse(readFileSync(join(ROOT, 'test/golden/hollow/vectors.json'), 'utf8'));

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesFrom = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const written = (write: (writer: ByteWriter) => void) => {
	const writer = new ByteWriter();
	write(writer);
	return writer.done();
};
const lanes = (value: bigint): [number, number] => [Number(BigInt.asIntN(32, value)), Number(value >> 32n)];

test('vint and vlong', () => {
	for (const [value, hex] of vectors.vint as [number, string][]) {
		assert.is(hexOf(written((writer) => writer.vint(value))), hex);
		assert.is(vintSize(value), hex.length / 2);
		assert.is(new ByteReader(bytesFrom(hex)).vint('x'), value);
	}
	for (const [text, hex] of vectors.vlong as [string, string][]) {
		const value = Number(text);
		if (value < 0 || value > Number.MAX_SAFE_INTEGER) continue;
		assert.is(hexOf(written((writer) => writer.vint(value))), hex);
		assert.is(new ByteReader(bytesFrom(hex)).long('x'), value);
	}
});

test('zig-zag', () => {
	const int = new NarrowColumn({ name: 'i', type: 'INT' });
	int.reserve(1);
	for (const [value, raw] of vectors.zigzag32_unsigned as [number, number][]) {
		int.set(0, value, 'i');
		assert.is(int.raw[0]! >>> 0, raw);
		assert.is(int.get(0), value);
	}
	const long = new WideColumn({ name: 'l', type: 'LONG' });
	long.reserve(1);
	for (const [value, raw] of vectors.zigzag64_unsigned as [string, string][]) {
		long.set(0, BigInt(value), 'l');
		assert.is(new BigUint64Array(long.raw.buffer, 0, 1)[0], BigInt(raw));
		assert.is(long.get(0), BigInt(value));
	}
});

test('hashes', () => {
	for (const [value, hash] of vectors.hashInt) assert.is(hashInt(value), hash);
	for (const [value, hash] of vectors.hashLong) assert.is(hashLong(...lanes(BigInt(value))), hash, value);
	for (const [hex, hash] of vectors.murmur3_bytes) assert.is(murmur3(bytesFrom(hex)), hash, hex);
	for (const [size, buckets] of vectors.hashTableSize) assert.is(tableSize(size), buckets, `size ${size}`);
});

test('strings', () => {
	for (const { s, hollowBytes, murmur, javaHashCode, hashKeyHash, writeUTF } of vectors.strings) {
		const bytes = encodeText(s);
		assert.is(hexOf(bytes), hollowBytes);
		assert.is(decodeText(bytes, 0, bytes.length), s);
		assert.is(murmur3(bytes), murmur);
		assert.is(javaHash(s), javaHashCode);
		assert.is(hashInt(javaHash(s)), hashKeyHash);
		assert.is(hexOf(written((writer) => writer.utf(s))), writeUTF);
		assert.is(new ByteReader(bytesFrom(writeUTF)).utf('x'), s);
	}
});

test('a text whose last character is cut short is none', () => {
	const bytes = encodeText('aé\u{1f600}');
	for (let to = 0; to <= bytes.length; to++) {
		const isCut = to > 0 && (bytes[to - 1]! & 0x80) !== 0;
		assert.is(decodeText(bytes, 0, to) === undefined, isCut, `${to} of ${hexOf(bytes)}`);
	}
});

test('hash keys', () => {
	const of: Record<string, (value: never) => number> = {
		INT: (value) => keyHash(new NarrowColumn({ name: 'x', type: 'INT' }), value),
		BOOLEAN: (value) => keyHash(new NarrowColumn({ name: 'x', type: 'BOOLEAN' }), value),
		FLOAT: (value) => keyHash(new NarrowColumn({ name: 'x', type: 'FLOAT' }), value),
		LONG: (value) => keyHash(new WideColumn({ name: 'x', type: 'LONG' }), BigInt(value)),
		DOUBLE: (value) => keyHash(new WideColumn({ name: 'x', type: 'DOUBLE' }), value),
		BYTES: (value) => hashInt(murmur3(bytesFrom(value))),
	};
	const keyHash = (column: NarrowColumn | WideColumn, value: unknown) => {
		column.reserve(1);
		column.set(0, value, 'x');
		return hashInt(column.keyHash(0));
	};
	for (const [type, value, hash] of vectors.hashKeyHash) assert.is(of[type]!(value as never), hash, type);
});

test('bit packing', () => {
	const { elements_bitpos_width_value: elements, serialised } = vectors.packing;
	const [lastBit, lastWidth] = elements.at(-1);
	const bits = lastBit + lastWidth;
	const packed = PackedArray.zero(bits);
	const put = (at: number, width: number, value: bigint) => {
		packed.put(at, Math.min(width, 32), Number(value & 0xffffffffn));
		if (width > 32) packed.put(at + 32, width - 32, Number(value >> 32n));
	};
	for (const [at, width, value] of elements) put(at, width, BigInt(value));
	const words = wordsFor(bits);
	assert.is(hexOf(written((writer) => writer.packed(packed, bits))), serialised);
	const again = new PackedArray(lanesOf(bytesOf(packed.lanes, words), 0, words));
	for (const [at, width, value] of elements) {
		const high = width > 32 ? again.get(at + 32, width - 32) : 0;
		const low = again.get(at, Math.min(width, 32));
		assert.is((BigInt(high) << 32n) | BigInt(low), BigInt(value), `bit ${at}`);
	}
});

test('schemas', () => {
	const all = vectors.schemas.map(({ dsl }: { dsl: string }) => parseSchemas(dsl)[0]!);
	for (const [at, { dsl, bytes }] of vectors.schemas.entries()) {
		assert.is(schemaText(all[at]), dsl);
		assert.is(hexOf(written((writer) => writeSchema(writer, all[at]))), bytes);
		assert.equal(readSchema(new ByteReader(bytesFrom(bytes))), all[at]);
	}
	assert.is(schemaHash(all), vectors.schemaHash);
});

test('comments in a schema text; what is wrong with one', () => {
	assert.is(parseSchemas('// a\n/* b\n */ A { int x; // c\n}').length, 1);
	assert.throws(() => parseSchemas('A { int; }'), /expected a name behind "A \{ int", found ";"/);
	assert.throws(() => parseSchemas('A Bag<B>;'), /A: "Bag" is no List, Set or Map/);
	assert.throws(() => parseSchemas('A List<B>'), /expected ";" behind .* found the end/);
});

test.run();
