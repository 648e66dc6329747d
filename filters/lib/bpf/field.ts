// field: where in a key or value a number or text lies, by the names that its type has for it, and how it is read

import { type Btf, resolved, sizeOf, type Type } from './btf.ts';

/** `count` numbers of `size` bytes each from `offset` on; `names` are those of an enum. */
export type Field = {
	offset: number;
	size: number;
	isSigned: boolean;
	isArray: boolean;
	count: number;
	names: Map<bigint, string> | undefined;
};

const SIZES = [1, 2, 4, 8];

const memberNamed = (
	btf: Btf,
	type: Type,
	name: string,
	depth = 0,
): { type: number; bit: number; bits: number } | undefined => {
	for (const member of type.members) {
		if (member.name === name) return { type: member.type, bit: member.bitOffset, bits: member.bits };
		// What lies in a struct or union without a name is spoken of as if it lay outside.
		const inner = member.name === '' && depth < 16 ? resolved(btf, member.type) : undefined;
		const found = inner && memberNamed(btf, inner, name, depth + 1);
		if (found) return { ...found, bit: found.bit + member.bitOffset };
	}
	return undefined;
};

/** The names that a type has for its parts, for messages. */
const partsOf = ({ members }: Type): string => members.map(({ name }) => name || '(unnamed)').join(', ');

/** The field that `path` names in the type `number`, or in words why there is none. `.` is the whole. */
export const fieldAt = (btf: Btf, number: number, path: string): Field | string => {
	let at = number;
	let bit = 0;
	for (const name of path === '.' ? [] : path.split('.')) {
		const type = resolved(btf, at);
		if (type.kind !== 'struct' && type.kind !== 'union') return `"${name}": there is ${type.kind}, no struct`;
		const member = memberNamed(btf, type, name);
		if (!member) return `no field "${name}"; there are ${partsOf(type) || 'none'}`;
		if (member.bits > 0 || member.bit % 8 !== 0) return `"${name}" is a bit field, which is not read`;
		at = member.type;
		bit += member.bit;
	}
	let type = resolved(btf, at);
	const isArray = type.kind === 'array';
	const count = isArray ? type.length : 1;
	if (isArray) {
		at = type.type;
		type = resolved(btf, at);
	}
	const size = sizeOf(btf, at);
	const isNumber = ['int', 'enum', 'pointer'].includes(type.kind) && SIZES.includes(size);
	const isWhole = type.kind !== 'int' || type.bits === size * 8 || type.bits === 1;
	if (!isNumber || !isWhole) {
		const hint = type.kind === 'struct' || type.kind === 'union' ? `; name one of ${partsOf(type)}` : '';
		return `${path === '.' ? 'the whole' : `"${path}"`} is ${type.kind}, no number${hint}`;
	}
	if (bit / 8 + size * count > sizeOf(btf, number)) return `"${path}" lies outside of what it is a part of`;
	const names = type.kind === 'enum' ? type.names : undefined;
	return { offset: bit / 8, size, isSigned: type.isSigned, isArray, count, names };
};

/** A whole number of 1, 2, 4 or 8 bytes, exact. */
export const numberIn = (bytes: Buffer, { offset, size, isSigned }: Field, index = 0): bigint => {
	const at = offset + index * size;
	if (size === 8) return isSigned ? bytes.readBigInt64LE(at) : bytes.readBigUInt64LE(at);
	return BigInt(isSigned ? bytes.readIntLE(at, size) : bytes.readUIntLE(at, size));
};

/** The bytes that a field takes. */
export const bytesIn = (bytes: Buffer, { offset, size, count }: Field): Buffer =>
	bytes.subarray(offset, offset + size * count);
