import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { btfOf, resolved } from '../../../../filters/lib/bpf/btf.ts';
import { ObjectFault } from '../../../../filters/lib/bpf/elf.ts';
import { type Field, fieldAt, numberIn } from '../../../../filters/lib/bpf/field.ts';
import { objectOf } from '../../../../filters/lib/bpf/object.ts';
import { btfBytes, CALLS, elfBytes, type Written } from '../../../data/bpf-object.ts';

const test = suite('lib/bpf: object');
const whole = elfBytes('.BTF', btfBytes(CALLS));

test('a map has its key and value, by name, offset, size and sign', () => {
	const { btf, maps } = objectOf(whole);
	const calls = maps.get('calls')!;
	assert.equal([calls.keySize, calls.valueSize], [40, 80]);
	const brief = (path: string, type = calls.key) => {
		const { offset, size, isSigned, count } = fieldAt(btf, type, path) as Field;
		return [offset, size, isSigned, count];
	};
	assert.equal(brief('comm'), [0, 1, true, 16]);
	assert.equal(brief('result'), [16, 4, true, 1]);
	assert.equal(brief('device'), [20, 4, false, 1]);
	assert.equal(brief('path.id'), [24, 8, false, 1]);
	assert.equal(brief('slots', calls.value), [16, 8, false, 8]);
	const way = fieldAt(btf, calls.key, 'way') as Field;
	assert.equal(
		[...way.names!],
		[
			[0n, 'in'],
			[1n, 'out'],
		],
	);
});

test('a field that is not there is told with those that are', () => {
	const { btf, maps } = objectOf(whole);
	const { key } = maps.get('calls')!;
	assert.is(fieldAt(btf, key, 'nam'), 'no field "nam"; there are comm, result, device, path, way');
	assert.match(fieldAt(btf, key, '.') as string, /^the whole is struct, no number; name one of comm/);
	assert.match(fieldAt(btf, key, 'comm.x') as string, /there is array, no struct/);
});

test('cut short at every byte it is a fault and nothing else', () => {
	for (let length = 0; length < whole.length; length++)
		assert.throws(
			() => objectOf(whole.subarray(0, length)),
			(error: unknown) => error instanceof ObjectFault,
			`${length} of ${whole.length}`,
		);
});

test('with any byte changed it is read, or a fault, and soon', () => {
	for (let at = 0; at < whole.length; at++)
		for (const value of [0x00, 0x7f, 0x80, 0xff]) {
			const bytes = Buffer.from(whole);
			bytes[at] = value;
			try {
				const { btf, maps } = objectOf(bytes);
				for (const { key, value: type } of maps.values())
					for (const path of ['.', 'comm', 'path.id', 'slots'])
						for (const one of [key, type]) fieldAt(btf, one, path);
			} catch (error) {
				if (!(error instanceof ObjectFault))
					throw new Error(`byte ${at} = ${value}: ${(error as Error).stack}`);
			}
		}
});

test('any bytes as BTF are read, or a fault', () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 200 }), (junk) => {
			const body = Buffer.from(junk);
			const header = btfBytes([]).subarray(0, 24);
			header.writeUInt32LE(body.length, 8);
			header.writeUInt32LE(0, 12);
			header.writeUInt32LE(body.length, 16);
			try {
				btfOf(Buffer.concat([header, body]));
			} catch (error) {
				assert.instance(error, ObjectFault);
			}
		}),
	);
});

test('types that are made of themselves are a fault, not a hang', () => {
	const typedefs: Written[] = [
		{ kind: 8, name: 'a', last: 2 },
		{ kind: 8, name: 'b', last: 1 },
	];
	assert.throws(() => resolved(btfOf(btfBytes(typedefs)), 1), /made of itself/);
	const arrays: Written[] = [{ kind: 3, last: 0, rest: () => [1, 1, 4] }];
	assert.throws(() => fieldAt(btfOf(btfBytes(arrays)), 1, '.'), /made of itself/);
	const outside: Written[] = [
		{ kind: 1, name: 'n', last: 4, rest: () => [32] },
		{ kind: 4, name: 's', count: 1, last: 4, rest: (add) => [add('n'), 1, 8 * 8] },
	];
	assert.is(fieldAt(btfOf(btfBytes(outside)), 2, 'n'), '"n" lies outside of what it is a part of');
});

test('whole numbers of every size and sign come back as they were written', () => {
	const kind = fc.record({ size: fc.constantFrom(1, 2, 4, 8), isSigned: fc.boolean(), before: fc.nat(20) });
	fc.assert(
		fc.property(
			kind,
			fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
			({ size, isSigned, before }, any) => {
				const value = isSigned ? BigInt.asIntN(size * 8, any) : BigInt.asUintN(size * 8, any);
				const types: Written[] = [
					{ kind: 1, name: 'n', last: size, rest: () => [((isSigned ? 1 << 24 : 0) | (size * 8)) >>> 0] },
					{
						kind: 4,
						name: 's',
						count: 1,
						last: before + size,
						rest: (add) => [add('n'), 1, before * 8],
					},
				];
				const field = fieldAt(btfOf(btfBytes(types)), 2, 'n') as Field;
				const bytes = Buffer.alloc(before + size, 0xaa);
				bytes.set(
					Array.from({ length: size }, (_, i) => Number(BigInt.asUintN(8, value >> BigInt(8 * i)))),
					before,
				);
				assert.is(numberIn(bytes, field), value);
			},
		),
	);
});

test('what is no object of ours is told apart', () => {
	assert.throws(() => objectOf(Buffer.from('#!/bin/sh\n')), /no ELF file/);
	const x86 = Buffer.from(whole);
	x86.writeUInt16LE(62, 18);
	assert.throws(() => objectOf(x86), /not for BPF/);
	assert.throws(() => objectOf(elfBytes('.text', Buffer.alloc(8))), /no types \(section .BTF\)/);
	const big = Buffer.from(whole);
	big[5] = 2;
	assert.throws(() => objectOf(big), /another byte order/);
});

test.run();
