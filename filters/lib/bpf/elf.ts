// elf: the sections of a compiled BPF object, a 64-bit ELF file for the machine "BPF"
// Every number in the file is outside input: whatever points out of the file is a fault, never a crash.

import { endianness } from 'node:os';

/** What is wrong with an object, in words. */
export class ObjectFault extends Error {}

const MAGIC = 0x464c457f;
const BPF = 247;
const HEADER = 64;
const SECTION = 64;
// In bytes: class, data and, as two bytes, the machine.
const AT = { class: 4, data: 5, machine: 18, sections: 40, sectionSize: 58, count: 60, names: 62 };
const IS_64 = 2;
const DATA = { LE: 1, BE: 2 };
const NO_BITS = 8;

/** `length` bytes at `at`, all of them or a fault. */
export const slice = (bytes: Buffer, at: number, length: number, what: string): Buffer => {
	if (!(at >= 0 && length >= 0 && at + length <= bytes.length))
		throw new ObjectFault(`it is cut short, or damaged: ${what} lies beyond its end`);
	return bytes.subarray(at, at + length);
};

/** A text that ends with a zero byte. */
export const textAt = (table: Buffer, at: number): string => {
	const end = table.indexOf(0, at);
	if (at >= table.length || end < 0) throw new ObjectFault('it is damaged: a name lies beyond its table');
	return table.toString('utf8', at, end);
};

const number = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

/** The sections of an object by their names; of two with one name the first. */
export const sectionsOf = (bytes: Buffer): Map<string, Buffer> => {
	if (bytes.length < 4 || bytes.readUInt32LE(0) !== MAGIC) throw new ObjectFault('it is no ELF file');
	const header = slice(bytes, 0, HEADER, 'its header');
	if (header[AT.class] !== IS_64) throw new ObjectFault('it is no 64-bit ELF file');
	if (header[AT.data] !== DATA.LE || endianness() !== 'LE')
		throw new ObjectFault('it is for a machine of another byte order; compile it with -target bpfel');
	if (header.readUInt16LE(AT.machine) !== BPF)
		throw new ObjectFault('it is not for BPF; compile it with clang -target bpf');
	const size = header.readUInt16LE(AT.sectionSize);
	if (size !== SECTION) throw new ObjectFault(`it is damaged: its sections are described in ${size} bytes`);
	const count = header.readUInt16LE(AT.count);
	const table = slice(bytes, number(header, AT.sections), count * SECTION, 'the table of its sections');
	const described = Array.from({ length: count }, (_, i) => table.subarray(i * SECTION, (i + 1) * SECTION));
	const content = (section: Buffer): Buffer =>
		section.readUInt32LE(4) === NO_BITS
			? Buffer.alloc(0)
			: slice(bytes, number(section, 24), number(section, 32), 'a section');
	const names = described[header.readUInt16LE(AT.names)];
	if (!names) throw new ObjectFault('it is damaged: its sections have no names');
	const texts = content(names);
	const found = new Map<string, Buffer>();
	for (const section of described) {
		const name = textAt(texts, section.readUInt32LE(0));
		if (!found.has(name)) found.set(name, content(section));
	}
	return found;
};
