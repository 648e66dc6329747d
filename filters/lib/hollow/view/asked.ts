// asked: what the options of hollow-cat ask for together, and which of them contradict each other

import { EXIT, Failure } from '../../failure.ts';
import { byteSize } from '../../options.ts';
import { MOST_TEXT } from '../blob/budget.ts';
import { isVersion, type Version } from '../version.ts';

/** The options of hollow-cat. */
export const OPTIONS = {
	at: { type: 'string' },
	from: { type: 'string' },
	json: { type: 'boolean' },
	ordinals: { type: 'boolean' },
	schema: { type: 'boolean' },
	stats: { type: 'boolean' },
	limit: { type: 'string' },
	follow: { type: 'boolean', short: 'f' },
	diff: { type: 'string' },
	history: { type: 'boolean' },
} as const;

type Name = keyof typeof OPTIONS;
type Given = { [name in Name]?: string | boolean | undefined };

// What may stand beside the first of these that is given; beside none of them everything else may.
const BESIDE: [Name, Name[]][] = [
	['follow', ['json', 'limit']],
	['diff', ['stats', 'limit']],
	['history', ['json']],
	['schema', ['at', 'from']],
	['stats', ['at', 'from']],
];

/** What to do with which folder. `limit` is the most text, in characters; `to` the announced version when not given. */
export type Asked = {
	folder: string;
	limit: number;
	at?: Version;
	from?: Version;
	diff?: Version;
	to?: Version;
};

/** A version that the user wrote. */
const versionOf = (option: string, text: string): Version => {
	if (isVersion(text)) return text;
	throw new Failure(EXIT.usage, `${option}: "${text}" is no version, which is digits`);
};

const checkTogether = (given: Given): void => {
	const names = (Object.keys(OPTIONS) as Name[]).filter((name) => given[name] !== undefined);
	const [asked, beside] = BESIDE.find(([name]) => names.includes(name)) ?? [];
	const other = names.find((name) => name !== asked && !(beside ?? names).includes(name));
	if (other) throw new Failure(EXIT.usage, `--${asked} does not go with --${other}; see --help`);
};

/** The folder and, beside --diff, the second version, in either order: `DIR --diff A B` and `--diff A B DIR`. */
const placesIn = (args: string[], isDiff: boolean): [folder: string, to?: string] => {
	const [first, second] = args as [string, string?];
	if (second === undefined) return [first];
	if (!isDiff) throw new Failure(EXIT.usage, `unexpected argument "${second}"; see --help`);
	return isVersion(first) && !isVersion(second) ? [second, first] : [first, second];
};

/**
 * What the user asks for.
 * @throws Failure(64) for what is no version or no size, and for options that contradict each other.
 */
export const askedIn = (given: Given, args: string[]): Asked => {
	checkTogether(given);
	const [folder, to] = placesIn(args, given.diff !== undefined);
	const version = (name: 'at' | 'from' | 'diff') =>
		given[name] === undefined ? {} : { [name]: versionOf(`--${name}`, given[name] as string) };
	const limit = given.limit === undefined ? MOST_TEXT : byteSize(given.limit as string, '--limit');
	return {
		folder,
		limit,
		...version('at'),
		...version('from'),
		...version('diff'),
		...(to !== undefined && { to: versionOf('--diff', to) }),
	};
};
