// mistakes: what is wrong in a pipeline file, where it stands, and what was probably meant

import type * as v from 'valibot';
import { type Document, isCollection, isNode, isScalar, type LineCounter } from 'yaml';

/** Where in the text a path of keys and indices stands, as `FILE:LINE:COLUMN`. */
export const placer = (file: string, document: Document, lines: LineCounter) => {
	const at = (offset: number | undefined) => {
		if (offset === undefined) return file;
		const { line, col } = lines.linePos(offset);
		return `${file}:${line}:${col}`;
	};
	return (path: (string | number)[]): string => {
		for (let length = path.length; length >= 0; length--) {
			const parent = document.getIn(path.slice(0, length - 1), true);
			const pair = isCollection(parent)
				? (parent.items as { key?: unknown }[]).find(
						(item) => isScalar(item.key) && item.key.value === path[length - 1],
					)
				: undefined;
			const node = pair?.key ?? document.getIn(path.slice(0, length), true);
			if (isNode(node) && node.range) return at(node.range[0]);
		}
		return at(0);
	};
};
export type Place = ReturnType<typeof placer>;

/** Distance between two words, for "did you mean": edits, counted the Levenshtein way. */
const editDistance = (a: string, b: string): number => {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
		}
		row = next;
	}
	return row[b.length]!;
};

export const nearest = (word: string, known: readonly string[]): string => {
	const [best] = known.map((name) => [editDistance(word, name), name] as const).sort((x, y) => x[0] - y[0]);
	return best && best[0] <= Math.max(1, Math.floor(word.length / 3)) ? `; did you mean "${best[1]}"?` : '';
};

const KEYS: Record<string, readonly string[]> = {
	file: ['name', 'env_prefix', 'settings', 'pipelines'],
	pipeline: ['stages', 'delivery', 'restart', 'retry', 'when'],
	stage: ['run', 'name', 'fallback', 'hint', 'env', 'grace'],
};
const keysAt = (depth: number) => KEYS[depth === 1 ? 'file' : depth === 3 ? 'pipeline' : 'stage']!;

/** A complaint in words that name the key, since validators speak of types. */
const complaint = (issue: v.BaseIssue<unknown>, path: (string | number)[]): string => {
	const key = String(path.at(-1) ?? '');
	if (issue.type === 'strict_object' && issue.expected === 'never') {
		return `unknown key "${key}"${nearest(key, keysAt(path.length))}`;
	}
	if (issue.type === 'strict_object' && issue.received === 'undefined') return `"${key}" is missing`;
	if (issue.message.startsWith('Invalid'))
		return `"${key}" should be ${issue.expected}, not ${issue.received}`;
	return issue.message;
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
			.map(({ issue, path }) => `${place(path)}: ${complaint(issue, path)}`),
	),
];
