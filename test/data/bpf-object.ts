// BPF objects written by hand, byte for byte, so that reading them needs neither clang nor a kernel
// writtenObject compiles one of ours where clang is, for whoever wants to load it.

import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clangLacks, compileKernel } from '../../build.ts';
import { ROOT } from '../program.ts';

/** A type as its bytes are to be: kind, name, the number that stands last, and what follows. */
export type Written = {
	kind: number;
	name?: string;
	count?: number;
	flag?: boolean;
	last: number;
	rest?: (name: (text: string) => number) => number[];
};

/** A section .BTF of these types; the first is number 1. */
export const btfBytes = (types: Written[]): Buffer => {
	let strings = '\0';
	const name = (text: string): number => {
		if (text === '') return 0;
		const at = Buffer.byteLength(strings);
		strings += `${text}\0`;
		return at;
	};
	const words = types.flatMap(({ kind, name: own = '', count = 0, flag = false, last, rest }) => [
		name(own),
		((flag ? 0x80000000 : 0) | (kind << 24) | count) >>> 0,
		last >>> 0,
		...(rest?.(name) ?? []).map((word) => word >>> 0),
	]);
	const body = Buffer.alloc(words.length * 4);
	words.forEach((word, i) => {
		body.writeUInt32LE(word, i * 4);
	});
	const texts = Buffer.from(strings);
	const header = Buffer.alloc(24);
	header.writeUInt16LE(0xeb9f, 0);
	header[2] = 1;
	[24, 0, body.length, body.length, texts.length].forEach((word, i) => {
		header.writeUInt32LE(word, 4 + i * 4);
	});
	return Buffer.concat([header, body, texts]);
};

/** An ELF file for BPF with one section. */
export const elfBytes = (name: string, content: Buffer): Buffer => {
	const names = Buffer.from(`\0.shstrtab\0${name}\0`);
	const header = Buffer.alloc(64);
	header.writeUInt32LE(0x464c457f, 0);
	header.set([2, 1, 1], 4);
	header.writeUInt16LE(1, 16);
	header.writeUInt16LE(247, 18);
	header.writeBigUInt64LE(64n, 40);
	header.writeUInt16LE(64, 58);
	header.writeUInt16LE(3, 60);
	header.writeUInt16LE(1, 62);
	const section = (at: number, type: number, offset: number, size: number) => {
		const bytes = Buffer.alloc(64);
		bytes.writeUInt32LE(at, 0);
		bytes.writeUInt32LE(type, 4);
		bytes.writeBigUInt64LE(BigInt(offset), 24);
		bytes.writeBigUInt64LE(BigInt(size), 32);
		return bytes;
	};
	const begin = 64 * 4;
	return Buffer.concat([
		header,
		section(0, 0, 0, 0),
		section(1, 3, begin, names.length),
		section(11, 1, begin + names.length, content.length),
		names,
		content,
	]);
};

const int = (name: string, size: number, isSigned = false): Written => ({
	kind: 1,
	name,
	last: size,
	rest: () => [((isSigned ? 1 << 24 : 0) | (size * 8)) >>> 0],
});
const struct = (name: string, size: number, members: [string, number, number][]): Written => ({
	kind: 4,
	name,
	count: members.length,
	last: size,
	rest: (add) => members.flatMap(([member, type, byte]) => [add(member), type, byte * 8]),
});
const array = (type: number, length: number): Written => ({
	kind: 3,
	last: 0,
	rest: () => [type, 1, length],
});
const pointer = (type: number): Written => ({ kind: 2, last: type });

/**
 * The types of an object with the map `calls`: its key a struct of comm, result (signed), device, path.id in a struct of its
 * own, and a typedef of an enum; its value a struct of count, bytes and eight slots.
 */
export const CALLS: Written[] = [
	int('unsigned int', 4),
	int('int', 4, true),
	int('unsigned long long', 8),
	int('char', 1, true),
	array(4, 16),
	{ kind: 6, name: 'direction', count: 2, last: 4, rest: (add) => [add('in'), 0, add('out'), 1] },
	{ kind: 8, name: 'direction_t', last: 6 },
	struct('inner', 8, [['id', 3, 0]]),
	struct('key', 40, [
		['comm', 5, 0],
		['result', 2, 16],
		['device', 1, 20],
		['path', 8, 24],
		['way', 7, 32],
	]),
	array(3, 8),
	struct('value', 80, [
		['count', 3, 0],
		['bytes', 3, 8],
		['slots', 10, 16],
	]),
	pointer(9),
	pointer(11),
	array(2, 1),
	pointer(14),
	struct('', 24, [
		['type', 15, 0],
		['key', 12, 8],
		['value', 13, 16],
	]),
	{ kind: 14, name: 'calls', last: 16, rest: () => [1] },
	{ kind: 15, name: '.maps', count: 1, last: 24, rest: () => [17, 0, 24] },
];

const NOTES = 'metrics: {calls: {map: calls, kind: sum, unit: "{call}", value: count}}\n';

/** The path of an object in `folder` with its annotations: one of ours that a kernel loads, or one that can only be read. */
export const writtenObject = (folder: string): string => {
	const canLoad = clangLacks() === '';
	const path = join(folder, canLoad ? 'runq-latency.bpf.o' : 'calls.bpf.o');
	if (existsSync(path)) return path;
	if (canLoad) {
		compileKernel(join(ROOT, 'bpf', 'runq-latency.bpf.c'), path);
		copyFileSync(join(ROOT, 'bpf', 'runq-latency.yaml'), join(folder, 'runq-latency.yaml'));
	} else {
		writeFileSync(path, elfBytes('.BTF', btfBytes(CALLS)));
		writeFileSync(join(folder, 'calls.yaml'), NOTES);
	}
	return path;
};
