// mistakes: what is wrong in a pipeline file, where it stands, and what was probably meant

import type * as v from 'valibot';
import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { nearest } from '../../filters/lib/yaml/nearest.ts';
import type { Place } from '../../filters/lib/yaml/place.ts';
import { keysAt } from './shape.ts';

/** Run `work` on every item, and report all that fails together. */
export const collectAll = <Item, Result>(items: Item[], work: (item: Item) => Result): Result[] => {
	const faults = new Set<string>();
	let code: number = EXIT.config;
	const results = items.flatMap((item) => {
		try {
			return [work(item)];
		} catch (error) {
			if (!(error instanceof Failure)) throw error;
			if (faults.size === 0) code = error.code === EXIT.usage ? EXIT.config : error.code;
			faults.add(error.message);
			return [];
		}
	});
	if (faults.size > 0) throw new Failure(code, [...faults].join('\n'));
	return results;
};

const WANTED: Record<string, string> = {
	pipelines: 'a map of pipelines',
	stages: 'a list of stages',
	run: 'a command',
};
const TYPES: Record<string, string> = { Object: 'a map', Array: 'a list', string: 'text' };
const inWords = (type: string | null): string => TYPES[type ?? ''] ?? String(type);

const STAGE_DEPTH = 4;

const unknownKey = (key: string, path: (string | number)[]): string => {
	const known = keysAt(path.length - 1);
	const guess = nearest(key, known);
	const isCommand = guess === '' && path.length > STAGE_DEPTH;
	const more = isCommand ? '; a command with ": " in it must be in quotes' : '';
	return `unknown key "${key}"${guess || `; it may be ${known.join(', ')}${more}`}`;
};

/** A complaint in words that name the key, since validators speak of types. */
const complaint = (
	{ type, expected, received, message }: v.BaseIssue<unknown>,
	path: (string | number)[],
) => {
	const last = String(path.at(-1));
	const key = path.length === 0 ? 'the file' : `"${last}"`;
	if (type === 'strict_object' && expected === 'never') return unknownKey(last, path);
	const isNothing = received === 'undefined' || received === 'null';
	if (isNothing && WANTED[last]) {
		return `${key} is ${received === 'null' ? 'empty' : 'missing'}; add ${WANTED[last]}`;
	}
	if (!message.startsWith('Invalid')) return message;
	const how = expected === 'Array' ? '; begin each with "- "' : '';
	return `${key} should be ${inWords(expected)}, and is ${inWords(received)}${how}`;
};

/** Lists where names are wanted, which validators take for maps with the keys 0, 1, 2. */
export const listsForMaps = (value: unknown, place: Place): string[] => {
	const fault = (one: unknown, path: (string | number)[]): string[] => {
		const key = path.length === 0 ? 'the file' : `"${path.at(-1)}"`;
		return Array.isArray(one)
			? [`${place(path)}: ${key} should be a map, and is a list; take the "- " out and give each a name`]
			: [];
	};
	const inside = (one: unknown, keys: string[], path: string[]): string[] =>
		keys.flatMap((key) => fault((one as Record<string, unknown> | null)?.[key], [...path, key]));
	const { pipelines } = (value ?? {}) as { pipelines?: Record<string, unknown> };
	const each = Object.entries(
		typeof pipelines === 'object' && !Array.isArray(pipelines) ? (pipelines ?? {}) : {},
	);
	return [
		...fault(value, []),
		...inside(value, ['settings', 'pipelines'], []),
		...each.flatMap(([name, one]) => [
			...fault(one, ['pipelines', name]),
			...inside(one, ['env', 'when'], ['pipelines', name]),
		]),
	];
};

/** The most telling issues of a failed union: those of the branch that came furthest. */
const leaves = (
	issue: v.BaseIssue<unknown>,
	above: (string | number)[] = [],
): { path: (string | number)[]; issue: v.BaseIssue<unknown> }[] => {
	const path = [...above, ...(issue.path ?? []).map((item) => item.key as string | number)];
	const inner = (issue.issues ?? []).filter((sub) => sub.path !== undefined);
	return inner.length > 0 ? inner.flatMap((sub) => leaves(sub, path)) : [{ path, issue }];
};

/** Every mistake that the validator found, one line each: place, what is wrong, what to write. */
export const mistakes = (issues: readonly v.BaseIssue<unknown>[], place: Place): string[] => [
	...new Set(
		issues
			.flatMap((issue) => leaves(issue))
			.map(({ issue, path }) => `${place(path)}: ${complaint(issue, path)}`)
			.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
	),
];
