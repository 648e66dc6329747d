// diff: what two states of a data set differ in, as lines, or counted by type
// Metrics are matched by source and name, records by their primary key; what has none is there or is not.

import type { Budget } from '../blob/budget.ts';
import { StateError } from '../blob/bytes/errors.ts';
import type { State } from '../blob/state.ts';
import { ObjectTable } from '../blob/type/object-table.ts';
import { checkDepth, tableOf } from '../blob/values.ts';
import { hasMetrics } from '../metrics/shape.ts';
import type { Version } from '../version.ts';
import {
	byCode,
	type Change,
	type Comparison,
	type Differences,
	differences,
	kindOf,
	type Tally,
} from './comparison.ts';
import { expandedText, reach, rootsOf, scalarText } from './json.ts';
import { metricChanges, type Subject } from './metric-diff.ts';

/** The paths of the primary key, when both states have the type with the same one. */
const keyOf = ({ before, after }: Comparison, type: string): string[] => {
	const keys = [before, after].flatMap(({ tables }) => {
		const schema = tables.get(type)?.schema;
		return schema?.kind === 'object' ? [schema.key] : [];
	});
	return keys.every((key) => key.join() === keys[0]!.join()) ? (keys[0] ?? []) : [];
};

/** The text at the end of a path that starts at a record. */
const pathText = (
	state: State,
	type: string,
	ordinal: number,
	[step, ...rest]: string[],
	budget: Budget,
): string => {
	const table = tableOf(state, type, ordinal);
	const at = table instanceof ObjectTable ? table.schema.fields.findIndex(({ name }) => name === step) : -1;
	if (!(table instanceof ObjectTable) || at < 0)
		throw new StateError(`a primary key goes to ${type}.${step}, which is not there`);
	const { target } = table.schema.fields[at]!;
	const value = table.columns[at]!.get(ordinal);
	if (target === undefined && rest.length > 0)
		throw new StateError(`a primary key goes on from ${type}.${step}, which is no reference`);
	if (target === undefined || value === null) return scalarText(table, at, ordinal);
	if (rest.length > 0) return pathText(state, target, value as number, rest, budget);
	return expandedText(state, target, value as number, budget);
};

const stepsOf = (type: string, path: string): string[] => {
	const steps = path.replace(/!$/, '').split('.');
	checkDepth(steps.length, type);
	return steps;
};

const keyText = (state: State, type: string, ordinal: number, key: string[], both: Comparison): string => {
	both.budget.begin(type, ordinal);
	const texts = key.map((path) => {
		const value = pathText(state, type, ordinal, stepsOf(type, path), both.budget);
		return `${JSON.stringify(path)}:${value}`;
	});
	const text = `{${texts.join(',')}}`;
	both.budget.take(text.length);
	return text;
};

/** The ordinals of a record that was and of the one that it is. */
type Pair = { key?: string; before?: number; after?: number };

const byKey = (type: string, key: string[], { removed, added }: Differences, both: Comparison): Pair[] => {
	const pairs: Pair[] = [];
	const open = new Map<string, Pair[]>();
	// From the end, so that of several records with one key the first is found first.
	for (const before of removed.reverse()) {
		const text = keyText(both.before, type, before, key, both);
		const pair = { key: text, before };
		pairs.push(pair);
		const same = open.get(text);
		if (same) same.push(pair);
		else open.set(text, [pair]);
	}
	for (const after of added) {
		const text = keyText(both.after, type, after, key, both);
		const pair = open.get(text)?.pop();
		if (pair) pair.after = after;
		else pairs.push({ key: text, after });
	}
	return pairs.sort((a, b) => byCode(a.key!, b.key!) || (a.before ?? -1) - (b.before ?? -1));
};

const pairsOf = (type: string, found: Differences, both: Comparison): Pair[] => {
	const key = keyOf(both, type);
	if (key.length > 0) return byKey(type, key, found, both);
	const removed = Array.from(found.removed, (before): Pair => ({ before }));
	return [...removed, ...Array.from(found.added, (after): Pair => ({ after }))];
};

const typesOf = ({ before, after }: Comparison): string[] =>
	[...new Set([...before.tables.keys(), ...after.tables.keys()])].sort(byCode);

const areMetrics = ({ before, after }: Comparison): boolean => hasMetrics(before) && hasMetrics(after);

/** The types of which lines tell: with a primary key, or contained in no other; not those that metrics consist of. */
const toldTypes = (both: Comparison): string[] => {
	const { before, after } = both;
	const roots = new Set([...rootsOf(before), ...rootsOf(after)]);
	const told = new Set<string>();
	if (areMetrics(both)) {
		told.add('MetricsState');
		for (const state of [before, after]) reach(state, 'MetricsState', told);
	}
	return typesOf(both).filter((type) => !told.has(type) && (roots.has(type) || keyOf(both, type).length > 0));
};

/** The versions that are compared; every line says so. */
export type Span = { from: Version; to: Version };

function* recordLines(type: string, both: Comparison, span: Span): Generator<string> {
	const text = (state: State, ordinal: number) => {
		both.budget.begin(type, ordinal);
		return expandedText(state, type, ordinal, both.budget);
	};
	for (const { key, before, after } of pairsOf(type, differences(both, type), both)) {
		const change: Change = {
			...(before !== undefined && { before: text(both.before, before) }),
			...(after !== undefined && { after: text(both.after, after) }),
		};
		const named = `"record":${JSON.stringify(type)}${key === undefined ? '' : `,"key":${key}`}`;
		yield lineOf(span, named, change);
	}
}

const lineOf = (span: Span, named: string, change: Change): string => {
	const { before, after } = change;
	const was = before === undefined ? '' : `,"before":${before}`;
	return `{"type":"hollow_diff","change":"${kindOf(change)}","from":"${span.from}","to":"${span.to}",${named}${was}${after === undefined ? '' : `,"after":${after}`}}\n`;
};

const whatText = ({ source, kind, name }: Subject): string =>
	`"source":${JSON.stringify(source)}${kind === 'source' ? '' : `,"${kind}":${JSON.stringify(name)}`}`;

/**
 * A line for each source, metric, aggregate or record that was added, removed or changed: metrics by source and name,
 * then the other types by name, their records by primary key or, without one, removed ones before added ones.
 * @throws StateError when records do not fit together or exceed the budget.
 */
export function* diffLines(both: Comparison, span: Span): Generator<string> {
	if (areMetrics(both))
		for (const { what, change } of metricChanges(both))
			if (change !== 'same') yield lineOf(span, whatText(what), change);
	for (const type of toldTypes(both)) yield* recordLines(type, both, span);
}

const tallyOf = (type: string, both: Comparison): Tally => {
	const found = differences(both, type);
	const tally = { added: 0, removed: 0, changed: 0, same: found.same };
	if (keyOf(both, type).length === 0)
		return { ...tally, added: found.added.length, removed: found.removed.length };
	for (const { before, after } of pairsOf(type, found, both)) {
		if (before !== undefined && after !== undefined) tally.changed++;
		else if (before === undefined) tally.added++;
		else tally.removed++;
	}
	return tally;
};

const metricTallies = (both: Comparison): [string, Tally][] => {
	const tallies = { source: tally(), metric: tally(), aggregate: tally() };
	for (const { what, change } of metricChanges(both))
		tallies[what.kind][change === 'same' ? 'same' : kindOf(change)]++;
	return Object.entries(tallies).map(([kind, one]) => [`(${kind}s)`, one]);
};

const tally = (): Tally => ({ added: 0, removed: 0, changed: 0, same: 0 });

/**
 * The same counted: each type by name, in brackets before them what metrics consist of.
 * @throws StateError as above.
 */
export const tallies = (both: Comparison): [name: string, tally: Tally][] => {
	const types = typesOf(both).map((type): [string, Tally] => [type, tallyOf(type, both)]);
	return areMetrics(both) ? [...metricTallies(both), ...types] : types;
};

/** The counts as a table for people. */
export const talliesText = (rows: [name: string, tally: Tally][]): string[] => {
	const wide = rows.reduce((most, [name]) => Math.max(most, name.length), 4);
	const columns = ['added', 'removed', 'changed', 'same'] as const;
	const right = (text: string | number) => String(text).padStart(10);
	const head = `${'type'.padEnd(wide)}${columns.map(right).join('')}`;
	const lines = rows.map(
		([name, one]) => `${name.padEnd(wide)}${columns.map((column) => right(one[column])).join('')}`,
	);
	return [head, ...lines].map((line) => `${line}\n`);
};
