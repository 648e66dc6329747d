// object: what is known of a compiled object before any kernel has seen it: its types and its maps

import { type Btf, btfOf, resolved, sizeOf, typeAt } from './btf.ts';
import { ObjectFault, sectionsOf } from './elf.ts';

/** A map as the object defines it; `key` and `value` are types, 0 where it does not say them. */
export type MapDefinition = { name: string; key: number; value: number; keySize: number; valueSize: number };

export type BpfObject = { btf: Btf; maps: Map<string, MapDefinition> };

/** What a pointer in a map's definition points to. */
const target = (btf: Btf, number: number): number => {
	const pointer = resolved(btf, number);
	if (pointer.kind !== 'pointer') throw new ObjectFault('its BTF defines a map in an unknown way');
	return pointer.type;
};

const definitionOf = (btf: Btf, name: string, number: number): MapDefinition => {
	const map: MapDefinition = { name, key: 0, value: 0, keySize: 0, valueSize: 0 };
	for (const member of resolved(btf, number).members) {
		if (member.name === 'key' || member.name === 'value') map[member.name] = target(btf, member.type);
		// A size is written as the length of an array that is pointed to.
		if (member.name === 'key_size') map.keySize = resolved(btf, target(btf, member.type)).length;
		if (member.name === 'value_size') map.valueSize = resolved(btf, target(btf, member.type)).length;
	}
	if (map.key !== 0) map.keySize = sizeOf(btf, map.key);
	if (map.value !== 0) map.valueSize = sizeOf(btf, map.value);
	return map;
};

/**
 * Read an object.
 * @throws ObjectFault when it is cut short, damaged, of another kind, or has no BTF.
 */
export const objectOf = (bytes: Buffer): BpfObject => {
	const section = sectionsOf(bytes).get('.BTF');
	if (!section) throw new ObjectFault('it has no types (section .BTF); compile it with clang -g');
	const btf = btfOf(section);
	const maps = new Map<string, MapDefinition>();
	for (const data of btf.types.filter(({ kind, name }) => kind === 'section' && name === '.maps'))
		for (const { type } of data.members) {
			const variable = typeAt(btf, type);
			maps.set(variable.name, definitionOf(btf, variable.name, variable.type));
		}
	return { btf, maps };
};
