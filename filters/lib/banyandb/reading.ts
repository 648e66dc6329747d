// reading: messages of protobuf off the wire, field by field, whatever stands in them

import protobuf, { type Reader } from 'protobufjs/minimal.js';

/** What came is no message of its kind. */
export class WireError extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'WireError';
	}
}

/** What to do with a field by its tag; the reader stands before its value and has to be moved behind it. */
export type Takers = Record<number, (reader: Reader) => void>;

/** Each field of a message to the taker of its tag; those without one are skipped. @throws WireError */
export const readFields = (bytes: Uint8Array, takers: Takers): void => {
	const reader = protobuf.Reader.create(bytes);
	try {
		while (reader.pos < reader.len) {
			const tag = reader.uint32();
			const take = takers[tag];
			if (take) take(reader);
			else if ((tag & 7) === 3 || (tag & 7) === 4) throw new WireError('groups are no part of proto3');
			else reader.skipType(tag & 7);
		}
	} catch (error) {
		throw error instanceof WireError ? error : new WireError((error as Error).message);
	}
};

const LONGEST = 10;

/** A varint as all of its 64 bits. Values below 2^49, nearly all, go without a bigint in between. @throws WireError */
const wideVarint = (reader: Reader): bigint => {
	const { buf, len } = reader;
	let low = 0;
	let factor = 1;
	for (let read = 0; read < 7 && reader.pos < len; read++) {
		const byte = buf[reader.pos++]!;
		low += (byte & 127) * factor;
		if (byte < 128) return BigInt(low);
		factor *= 128;
	}
	let value = BigInt(low);
	for (let read = 7; read < LONGEST && reader.pos < len; read++) {
		const byte = buf[reader.pos++]!;
		value |= BigInt(byte & 127) << BigInt(7 * read);
		if (byte < 128) return BigInt.asUintN(64, value);
	}
	throw new WireError('a number is not whole');
};

/** A signed whole number of 64 bits, exact. @throws WireError */
export const readInt64 = (reader: Reader): bigint => BigInt.asIntN(64, wideVarint(reader));

/** The milliseconds of a google.protobuf.Timestamp. @throws WireError */
export const readTime = (bytes: Uint8Array): number => {
	let [seconds, nanos] = [0n, 0n];
	readFields(bytes, {
		8: (reader) => {
			seconds = readInt64(reader);
		},
		16: (reader) => {
			nanos = readInt64(reader);
		},
	});
	return Number(seconds) * 1000 + Math.floor(Number(nanos) / 1_000_000);
};
