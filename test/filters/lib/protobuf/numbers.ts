import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	isSigned64,
	isUnsigned64,
	wide,
	writeCount,
	writeDifferences,
} from '../../../../filters/lib/protobuf/numbers.ts';
import { writeTime } from '../../../../filters/lib/protobuf/time.ts';
import { exact } from '../../../../filters/lib/record.ts';

const test = suite('protobuf: numbers');
const { Reader, Writer } = protobuf;

const bytesOf = (write: (writer: protobuf.Writer) => void): Uint8Array => {
	const writer = Writer.create();
	write(writer);
	return writer.finish();
};
/** A varint, read by nothing but its definition. */
const varint = (bytes: Uint8Array): bigint =>
	bytes.reduce((value, byte, at) => value | (BigInt(byte & 127) << BigInt(7 * at)), 0n);

test('64 bits are exact, with a sign and without', () => {
	fc.assert(
		fc.property(
			fc.bigInt(0n, 2n ** 64n - 1n),
			fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
			(positive, signed) => {
				assert.is(varint(bytesOf((writer) => writer.uint64(wide(exact(positive)) as number))), positive);
				const zigzag = varint(bytesOf((writer) => writer.sint64(wide(exact(signed)) as number)));
				assert.is((zigzag >> 1n) ^ -(zigzag & 1n), signed);
			},
		),
	);
});

test('a count and differences are the same bytes, small or not', () => {
	const at = fc.oneof(
		fc.bigInt(0n, 2n ** 34n),
		fc.constantFrom(2n ** 31n, 2n ** 32n, 2n ** 32n - 1n, 2n ** 63n),
	);
	fc.assert(
		fc.property(at, fc.array(fc.bigInt(-(2n ** 33n), 2n ** 33n)), (count, differences) => {
			assert.equal(
				bytesOf((writer) => writeCount(writer, 8, exact(count))),
				bytesOf((writer) => writer.uint32(8).uint64(wide(exact(count)) as number)),
			);
			const small = differences.map(exact);
			assert.equal(
				bytesOf((writer) => writeDifferences(writer, 10, small)),
				bytesOf((writer) => writer.uint32(10).sint64s(small.map(wide) as number[])),
			);
		}),
	);
	for (const edge of [2 ** 31, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) - 1])
		assert.equal(
			bytesOf((writer) => writeDifferences(writer, 10, [edge])),
			bytesOf((writer) => writer.uint32(10).sint64s([edge])),
		);
});

test('what fits', () => {
	assert.ok(isSigned64((2n ** 63n - 1n).toString()));
	assert.not(isSigned64((2n ** 63n).toString()));
	assert.ok(isUnsigned64((2n ** 64n - 1n).toString()));
	assert.not(isUnsigned64((2n ** 64n).toString()));
});

test('a time in whole seconds and nanoseconds', () => {
	const read = (ms: number) => {
		const reader = Reader.create(bytesOf((writer) => writeTime(writer, 10, ms)));
		reader.uint32();
		const end = reader.uint32() + reader.pos;
		const found: number[] = [];
		while (reader.pos < end) found.push(reader.uint32() >> 3, Number(reader.int64()));
		return found;
	};
	assert.equal(read(1763712000250), [1, 1763712000, 2, 250_000_000]);
	assert.equal(read(1000), [1, 1]);
});

test.run();
