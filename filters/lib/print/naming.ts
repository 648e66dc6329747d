// naming: which metric a map becomes, and under which attributes
// Two maps never end up under one name: what they count would be mixed for good.

import { EXIT, Failure } from '../failure.ts';
import type { Temporality } from '../record.ts';
import { attributesOf, type Dialect } from './keys.ts';

/** What a script says of one of its maps. */
export type MapForm = {
	unit: string;
	/** Names for the parts of a key; empty for a map without one. */
	keys: string[];
	/** Numbers that count, values of now, or events that taint what is measured: each is told in a notice. */
	kind: 'sum' | 'gauge' | 'notice';
};

/** What the user says about the maps of a stream. */
export type Settings = {
	host: string;
	unit: string;
	temporality: Temporality;
	/** Attributes of every record. */
	attributes: Record<string, string>;
	/** Names for the parts of a key, which also says how many there are. */
	keys?: string[];
	/** Maps, without `@`, whose numbers are values of now rather than counts. */
	gauges: Set<string>;
	/** What the script says of its maps, which goes before `unit` and `keys`. */
	maps?: ReadonlyMap<string, MapForm>;
	/** One name, for the first map; or a name for each map. */
	metric?: string | Map<string, string>;
};

/** Where a value was printed: a map without `@`, and the text of its key. */
export type Address = { map: string; key: string; keyed: boolean; dialect: Dialect };

/** A series: what a map, or one key of it, is called in the records. */
export type Series = {
	metric: string;
	unit: string;
	attributes: Record<string, string>;
	/** Set when the source was a replay or a generator. */
	synthetic?: true;
};

/** What stands for the bare map `@`, and for a bcc table without a title. */
const UNNAMED = 'unnamed';

export type Naming = {
	/** The metric of a map, without `@`. @throws Failure(64) when another map has that name already. */
	metric: (map: string, suffix?: string) => string;
	attributes: (address: Address) => Record<string, string>;
};

/** `warn` is called once when `--metric` gave one name and a second map turns up. */
export const createNaming = (settings: Settings, warn: (message: string) => void): Naming => {
	const { metric: wanted, keys, maps } = settings;
	const names = new Map<string, string>();
	const owners = new Map<string, string>();
	let first: string | undefined;

	const chosen = (map: string): string => {
		const own = map === '' ? UNNAMED : map;
		if (wanted instanceof Map) return wanted.get(map) ?? own;
		if (wanted === undefined) return own;
		first ??= map;
		if (map === first) return wanted;
		warn(`--metric ${wanted} names the first map, @${first}; @${map} keeps its own name`);
		return own;
	};
	const claim = (name: string, map: string): string => {
		const owner = owners.get(name) ?? map;
		if (owner !== map) {
			const advice = 'give each map its own name with --metric MAP=NAME,MAP=NAME';
			throw new Failure(EXIT.usage, `@${owner} and @${map} would both be written as "${name}"; ${advice}`);
		}
		owners.set(name, map);
		return name;
	};
	const metric = (map: string, suffix = ''): string => {
		const id = `${map}${suffix && ' '}${suffix}`;
		let name = names.get(id);
		if (name === undefined) {
			name = claim(chosen(map) + suffix, id);
			names.set(id, name);
		}
		return name;
	};
	const keysOf = (map: string) => {
		const own = maps?.get(map)?.keys ?? [];
		return own.length > 0 ? own : keys;
	};
	const attributes = ({ map, key, keyed, dialect }: Address) =>
		keyed ? { ...settings.attributes, ...attributesOf(key, dialect, keysOf(map)) } : settings.attributes;
	return { metric, attributes };
};
