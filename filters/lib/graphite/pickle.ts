// pickle: points as carbon's pickle receiver takes them, [(path, (time, value)), ...] behind a length
// Python's pickle protocol 2, of which seven opcodes are enough.

import type { Point } from './point.ts';

const START = Buffer.from('\x80\x02](', 'latin1'); // protocol 2, an empty list, what to append
const END = Buffer.from('e.', 'latin1'); // append it, stop
const PAIR = 0x86;

const text = (value: string): Buffer => {
	const bytes = Buffer.from(value);
	const out = Buffer.alloc(5 + bytes.length, 'X');
	out.writeUInt32LE(bytes.length, 1);
	bytes.copy(out, 5);
	return out;
};

const wholeNumber = (value: number): Buffer => {
	// A signed 32-bit number ends in 2038; behind that five bytes of any length.
	if (value < 2 ** 31) {
		const out = Buffer.alloc(5, 'J');
		out.writeInt32LE(value, 1);
		return out;
	}
	const out = Buffer.from([0x8a, 5, 0, 0, 0, 0, 0]);
	out.writeUIntLE(value, 2, 5);
	return out;
};

const float = (value: number): Buffer => {
	const out = Buffer.alloc(9, 'G');
	out.writeDoubleBE(value, 1);
	return out;
};

/** Points as one frame: 4 bytes of length, then the pickle. Values are floats, as carbon makes them anyway. */
export const pickleFrame = (points: Pick<Point, 'path' | 'value' | 'time'>[]): Buffer => {
	const parts = points.flatMap(({ path, value, time }) => [
		text(path),
		wholeNumber(time),
		float(value),
		Buffer.from([PAIR, PAIR]),
	]);
	const body = Buffer.concat([START, ...parts, END]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(body.length);
	return Buffer.concat([length, body]);
};
