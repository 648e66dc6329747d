// values: what the data of a message holds, `{"@lat": {"a": 3, "b": 4}}`: the values of maps and of their keys

import { type Json, member, membersOf, wholeOf } from '../../json/json.ts';
import type { Stats } from '../../print/emitter.ts';
import type { Address } from '../../print/naming.ts';

/** Where a map without keys was printed. */
export const mapAddress = (map: string): Address => ({ map, key: '', keyed: false, dialect: 'json' });

/** The value of a map: quoted only where JSON's own numbers end, else a text of digits is a text. */
export const numberOf = (value: Json): bigint | undefined => {
	const whole = wholeOf(value);
	const isText = typeof value === 'string' && whole !== undefined && Number.isSafeInteger(Number(whole));
	return isText ? undefined : whole;
};

export const statsOf = (value: Json): Stats | undefined => {
	const [count, average, total] = ['count', 'average', 'total'].map((name) => wholeOf(member(value, name)));
	const isWhole = count !== undefined && average !== undefined && total !== undefined;
	return isWhole && membersOf(value)?.length === 3 ? { count, average, total } : undefined;
};

/** Whether what stands for a map is its own value, and not its keys: in a message of numbers, and of histograms. */
export const isNumber = (value: Json): boolean =>
	membersOf(value) === undefined || statsOf(value) !== undefined;
export const isHistogram = (value: Json): boolean => membersOf(value) === undefined;

/** The values of the maps in `data`, each with its place; a map without keys is one. Undefined when no map is in it. */
export const valuesIn = (
	data: Json | undefined,
	isWhole: (value: Json) => boolean,
): [Address, Json][] | undefined => {
	const maps = membersOf(data)?.filter(([name]) => /^@\w*$/.test(name)) ?? [];
	if (maps.length === 0) return undefined;
	return maps.flatMap(([name, value]): [Address, Json][] => {
		const address = mapAddress(name.slice(1));
		if (isWhole(value)) return [[address, value]];
		return membersOf(value)!.map(([key, inner]) => [{ ...address, key, keyed: true }, inner]);
	});
};

/** The maps in `data`, without `@`. */
export const mapsIn = (data: Json | undefined): string[] =>
	(membersOf(data) ?? []).map(([name]) => name.slice(1));
