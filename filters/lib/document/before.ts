// before: a document that ebpf_to_json.py wrote, as it should have been: its bounds are right, its value fields are not
// Its counts and bounds are taken over, its units where nobody knows better. What is not as it should be is left out.

import { type Json, type Members, member, membersOf, wholeOf } from '../json/json.ts';
import { objectOf } from '../json/text.ts';
import { noticesJson } from './document.ts';
import { type Row, rowJson, type Style } from './row.ts';
import { guessedUnit, knownUnit, titleOf } from './title.ts';

export type BeforeOptions = Style & {
	/** Told of what is left out, and why. */
	fault: (what: string) => void;
};

// What stands in a message is a name from outside.
const short = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);

const isBoundOrOpen = (value: Json | undefined): boolean => value === null || wholeOf(value) !== undefined;

/** A row of the old document; undefined when it is none. */
const rowOf = (row: Json, title: string, { asBefore }: Style): Row | undefined => {
	const range = member(row, 'range');
	const [lower, upper] = [member(range, 'lower'), member(range, 'upper')];
	const count = wholeOf(member(row, 'count'));
	const unit = member(row, 'unit');
	if (count === undefined || count < 0n || !isBoundOrOpen(lower) || !isBoundOrOpen(upper)) return undefined;
	const [from, to] = [wholeOf(lower) ?? null, wholeOf(upper) ?? null];
	if (from !== null && to !== null && from > to) return undefined;
	const given = typeof unit === 'string' ? unit : 'count';
	return { lower: from, upper: to, count, unit: asBefore ? guessedUnit(title) : (knownUnit(title) ?? given) };
};

const KEPT = ['attributes', 'temporality', 'synthetic'];

const metricOf = (name: string, title: string, metric: Json, options: BeforeOptions): Json | undefined => {
	const { fault } = options;
	const data = member(metric, 'data');
	if (!Array.isArray(data)) {
		fault(`${short(name)}: no list "data"`);
		return undefined;
	}
	let total = 0n;
	const rows: Json[] = [];
	for (const [at, one] of data.entries()) {
		const row = rowOf(one, title, options);
		if (!row) {
			fault(`${short(name)}: data[${at}] is no bucket`);
			continue;
		}
		total += row.count;
		rows.push(rowJson(row, options));
	}
	const given = wholeOf(member(metric, 'total'));
	if (given !== undefined && given !== total)
		fault(`${short(name)}: its total says ${given}, its buckets come to ${total}: the former`);
	const kept = KEPT.map((key) => [key, member(metric, key)] as const);
	return objectOf({ data: rows, total, ...Object.fromEntries(kept) });
};

/** The members of `part`, each under its title and by `valueOf`; none twice. */
const partOf = (
	part: Json | undefined,
	what: string,
	{ fault }: BeforeOptions,
	entryOf: (name: string, title: string, value: Json) => Json | undefined,
): Members | undefined => {
	if (part === undefined) return undefined;
	const members = membersOf(part);
	if (!members) fault(`"${what}" is no object`);
	const names = new Set<string>();
	const pairs: [string, Json][] = [];
	for (const [name, value] of members ?? []) {
		// A name with attributes is one of ours, and stays as it is.
		const title = name.includes('{') ? name : titleOf(name);
		if (names.has(title)) fault(`${short(name)} stands twice in "${what}": the second`);
		const found = names.has(title) ? undefined : entryOf(name, title, value);
		if (found === undefined) continue;
		names.add(title);
		pairs.push([title, found]);
	}
	return { members: pairs };
};

/** The corrected document, or undefined when `old` is none. Members that it does not have by itself stay as they are. */
export const documentFromBefore = (old: Json, given: BeforeOptions): Json | undefined => {
	const left: string[] = [];
	const fault = (what: string) => {
		left.push(what);
		given.fault(what);
	};
	const options = { ...given, fault };
	const all = membersOf(old);
	if (!all || membersOf(member(old, 'metrics')) === undefined) return undefined;
	const metrics = partOf(member(old, 'metrics'), 'metrics', options, (name, title, metric) =>
		metricOf(name, title, metric, options),
	);
	const aggregates = partOf(member(old, 'aggregates'), 'aggregates', options, (name, _title, value) => {
		const whole = wholeOf(value);
		if (whole === undefined) options.fault(`the aggregate ${short(name)} is no whole number`);
		return whole;
	});
	const rest = all.filter(([name]) => !['metadata', 'metrics', 'aggregates', 'notices'].includes(name));
	const parts = objectOf({ metadata: member(old, 'metadata') ?? objectOf({}), metrics, aggregates });
	const had = member(old, 'notices');
	const notices = noticesJson(Array.isArray(had) ? had : [], left);
	return { members: [...parts.members, ...rest, ...objectOf({ notices }).members] };
};
