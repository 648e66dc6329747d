// filters: the options of an object: which of its maps takes cgroups, commands or processes that alone are counted

import { EXIT, Failure } from '../failure.ts';
import type { Annotations, Filter } from './annotations.ts';
import { type Field, fieldAt } from './field.ts';
import type { BpfObject } from './object.ts';

/** What was named for one filter: it goes into `map`, and how much it is to `count` of another one's only entry. */
export type Chosen = {
	name: Filter['name'];
	values: readonly string[];
	map: string;
	count: { map: string; valueSize: number; field: Field };
};

/** Bytes of a key and of a value: a name as threads have it, a process; of cgroups it is the place in an array. */
const SHAPES: Record<Filter['name'], { key: number; value: number }> = {
	cgroup: { key: 4, value: 4 },
	comm: { key: 16, value: 1 },
	pid: { key: 4, value: 1 },
};

const fitted = (object: BpfObject, { name, map, count, path }: Filter, file: Annotations) => {
	const [counts, ...field] = count.split('.');
	const [own, other] = [object.maps.get(map), object.maps.get(counts!)];
	const { key, value } = SHAPES[name];
	if (own?.keySize !== key || own.valueSize !== value)
		file.fault(
			[...path, 'map'],
			`the object has no map "${map}" with keys of ${key} and values of ${value} bytes`,
		);
	const at =
		other && other.value !== 0 ? fieldAt(object.btf, other.value, field.join('.') || '.') : undefined;
	if (other?.keySize !== 4 || typeof at !== 'object' || at.isArray || at.size !== 4)
		return file.fault([...path, 'count'], `the object has no map with a number of 4 bytes "${count}"`);
	return { name, map, count: { map: other.name, valueSize: other.valueSize, field: at } };
};

/**
 * The filters of which any values are given.
 * @throws Failure(64) when the object has no such filter.
 */
export const chosenOf = (
	object: BpfObject,
	file: Annotations,
	given: Partial<Record<Filter['name'], readonly string[]>>,
): Chosen[] => {
	const known = file.filters.map(({ name }) => `--${name}`).join(', ');
	const unknown = Object.keys(given).find((name) => !file.filters.some((filter) => filter.name === name));
	if (unknown !== undefined) {
		const hint = known === '' ? 'its annotations have no filters' : `it can be by ${known}`;
		throw new Failure(EXIT.usage, `--${unknown}: this object cannot be filtered so; ${hint}`);
	}
	return file.filters.flatMap((filter) => {
		const values = given[filter.name];
		const all = fitted(object, filter, file);
		return values && all ? [{ ...all, values }] : [];
	});
};
