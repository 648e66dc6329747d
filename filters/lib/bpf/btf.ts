// btf: the types of an object, as its section .BTF has them
// The format is the kernel's (Documentation/bpf/btf.rst): a header, types one behind the other, and their names.

import { ObjectFault, slice, textAt } from './elf.ts';

const MAGIC = 0xeb9f;
const HEADER = 24;
const TYPE = 12;

/** Kinds of types by their numbers; those that are missing here are of later kernels. */
const KINDS = [
	'void',
	'int',
	'pointer',
	'array',
	'struct',
	'union',
	'enum',
	'forward',
	'typedef',
	'volatile',
	'const',
	'restrict',
	'function',
	'prototype',
	'variable',
	'section',
	'float',
	'declaration tag',
	'type tag',
	'enum',
] as const;
const ENUM64 = 19;

export type Kind = (typeof KINDS)[number];

/** A part of a struct or union; `bits` is not 0 for a bit field. */
export type Member = { name: string; type: number; bitOffset: number; bits: number };

/** One type; `type` is what it refers to, `size` its bytes where it has any of its own. */
export type Type = {
	kind: Kind;
	name: string;
	size: number;
	type: number;
	isSigned: boolean;
	/** Of an int: how many of its bits count, and from which on. */
	bits: number;
	/** Of an array. */
	length: number;
	/** Of a struct or union; of a section its variables. */
	members: Member[];
	/** Of an enum. */
	names: Map<bigint, string>;
};

/** All types by number. */
export type Btf = { types: Type[] };

type Raw = { bytes: Buffer; strings: Buffer; at: number };

const take = (raw: Raw, length: number): Buffer => {
	const taken = slice(raw.bytes, raw.at, length, 'a type');
	raw.at += length;
	return taken;
};

const membersOf = (raw: Raw, count: number, hasBits: boolean): Member[] =>
	Array.from({ length: count }, () => {
		const part = take(raw, 12);
		const offset = part.readUInt32LE(8);
		return {
			name: textAt(raw.strings, part.readUInt32LE(0)),
			type: part.readUInt32LE(4),
			bitOffset: hasBits ? offset & 0xffffff : offset,
			bits: hasBits ? offset >>> 24 : 0,
		};
	});

const variablesOf = (raw: Raw, count: number): Member[] =>
	Array.from({ length: count }, () => {
		const part = take(raw, 12);
		return { name: '', type: part.readUInt32LE(0), bitOffset: part.readUInt32LE(4) * 8, bits: 0 };
	});

const namesOf = (raw: Raw, count: number, isSigned: boolean, isWide: boolean): Map<bigint, string> => {
	const names = new Map<bigint, string>();
	for (let i = 0; i < count; i++) {
		const part = take(raw, isWide ? 12 : 8);
		const low = BigInt(part.readUInt32LE(4));
		const whole = isWide ? (BigInt(part.readUInt32LE(8)) << 32n) | low : low;
		const value = isSigned ? BigInt.asIntN(isWide ? 64 : 32, whole) : whole;
		if (!names.has(value)) names.set(value, textAt(raw.strings, part.readUInt32LE(0)));
	}
	return names;
};

const typeOf = (raw: Raw): Type => {
	const head = take(raw, TYPE);
	const info = head.readUInt32LE(4);
	const number = (info >>> 24) & 0x1f;
	const kind = KINDS[number];
	if (kind === undefined || kind === 'void')
		throw new ObjectFault(`its BTF has a type of unknown kind ${number}`);
	const count = info & 0xffff;
	const flag = info >>> 31 === 1;
	const last = head.readUInt32LE(8);
	const type: Type = {
		kind,
		name: textAt(raw.strings, head.readUInt32LE(0)),
		size: ['int', 'struct', 'union', 'enum', 'section', 'float'].includes(kind) ? last : 0,
		type: last,
		isSigned: flag,
		bits: 0,
		length: 0,
		members: [],
		names: new Map(),
	};
	if (kind === 'int') {
		const encoding = take(raw, 4).readUInt32LE(0);
		type.isSigned = (encoding & (1 << 24)) !== 0;
		type.bits = encoding & 0xff;
	} else if (kind === 'array') {
		const part = take(raw, 12);
		type.type = part.readUInt32LE(0);
		type.length = part.readUInt32LE(8);
	} else if (kind === 'struct' || kind === 'union') type.members = membersOf(raw, count, flag);
	else if (kind === 'section') type.members = variablesOf(raw, count);
	else if (kind === 'enum') type.names = namesOf(raw, count, flag, number === ENUM64);
	else if (kind === 'prototype') take(raw, count * 8);
	else if (kind === 'variable' || kind === 'declaration tag') take(raw, 4);
	return type;
};

const NOTHING: Type = {
	kind: 'void',
	name: 'void',
	size: 0,
	type: 0,
	isSigned: false,
	bits: 0,
	length: 0,
	members: [],
	names: new Map(),
};

/**
 * The types in a section .BTF.
 * @throws ObjectFault when it is cut short or damaged.
 */
export const btfOf = (bytes: Buffer): Btf => {
	const header = slice(bytes, 0, HEADER, 'the header of its BTF');
	if (header.readUInt16LE(0) !== MAGIC) throw new ObjectFault('its BTF does not begin as BTF does');
	if (header[2] !== 1) throw new ObjectFault(`its BTF is of version ${header[2]}; 1 is understood`);
	const [length, typesAt, typesLength, stringsAt, stringsLength] = [4, 8, 12, 16, 20].map((at) =>
		header.readUInt32LE(at),
	) as [number, number, number, number, number];
	const raw: Raw = {
		bytes: slice(bytes, length + typesAt, typesLength, 'the types of its BTF'),
		strings: slice(bytes, length + stringsAt, stringsLength, 'the names of its BTF'),
		at: 0,
	};
	const types = [NOTHING];
	while (raw.at < raw.bytes.length) types.push(typeOf(raw));
	return { types };
};

/** A type by its number. */
export const typeAt = ({ types }: Btf, number: number): Type => {
	const type = types[number];
	if (!type) throw new ObjectFault(`its BTF has no type ${number}`);
	return type;
};

const RENAMING: readonly Kind[] = ['typedef', 'volatile', 'const', 'restrict', 'type tag'];

/** What a type is behind its typedefs and qualifiers. */
export const resolved = (btf: Btf, number: number): Type => {
	let type = typeAt(btf, number);
	for (let steps = 0; RENAMING.includes(type.kind); steps++) {
		if (steps > btf.types.length) throw new ObjectFault('its BTF has a type that is made of itself');
		type = typeAt(btf, type.type);
	}
	return type;
};

/** The bytes that a value of a type takes; 0 for what has none. */
export const sizeOf = (btf: Btf, number: number, depth = 0): number => {
	if (depth > 64) throw new ObjectFault('its BTF has a type that is made of itself');
	const type = resolved(btf, number);
	if (type.kind === 'pointer') return 8;
	return type.kind === 'array' ? type.length * sizeOf(btf, type.type, depth + 1) : type.size;
};
