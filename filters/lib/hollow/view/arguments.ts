// arguments: what a user writes on the command line of the stages that look into folders

import { EXIT, Failure } from '../../failure.ts';
import { byteSize } from '../../options.ts';
import { MOST_TEXT } from '../blob/budget.ts';
import { isVersion, type Version } from '../version.ts';

/**
 * A version that the user wrote; `where` is the option or argument.
 * @throws Failure(64)
 */
export const versionFrom = (text: string, where: string): Version => {
	if (isVersion(text)) return text;
	throw new Failure(EXIT.usage, `${where}: "${text}" is no version, which is digits`);
};

/**
 * The most text, in characters, that records may become.
 * @throws Failure(64)
 */
export const limitFrom = (text: string | undefined): number =>
	text === undefined ? MOST_TEXT : byteSize(text, '--limit');

/** What may stand beside an option. */
export type Rule = [option: string, beside: string[]];

/**
 * Refuse what does not stand beside the first option of `rules` that is given; beside none of them everything may.
 * @throws Failure(64)
 */
export const checkTogether = (given: Record<string, unknown>, names: string[], rules: Rule[]): void => {
	const present = names.filter((name) => given[name] !== undefined);
	const [option, beside] = rules.find(([name]) => present.includes(name)) ?? [];
	const other = present.find((name) => name !== option && !(beside ?? present).includes(name));
	if (other) throw new Failure(EXIT.usage, `--${option} does not go with --${other}; see --help`);
};
