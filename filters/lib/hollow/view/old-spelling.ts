// old-spelling: hollow-cat --diff and --history, as hollow-diff and hollow-history were spelled before they were stages
// Whoever wrote them into a script goes on; what they print, and their exit codes, are those of the stages.

import { EXIT, Failure } from '../../failure.ts';
import type { Context } from '../../program.ts';
import { isVersion } from '../version.ts';
import { limitFrom, type Rule, versionFrom } from './arguments.ts';
import { printDiff } from './diff-report.ts';
import { printHistory } from './history-report.ts';

export const OLD_OPTIONS = { diff: { type: 'string' }, history: { type: 'boolean' } } as const;

/** See `checkTogether`. */
export const OLD_RULES: Rule[] = [
	['diff', ['stats', 'limit']],
	['history', ['json']],
];

/** What of hollow-cat's options stands beside the old ones. */
const BESIDE = { json: { type: 'boolean' }, stats: { type: 'boolean' }, limit: { type: 'string' } } as const;

type Old = Pick<Context<typeof OLD_OPTIONS & typeof BESIDE>, 'options' | 'args' | 'log' | 'output'>;

/**
 * Do what is asked for in the old spelling; undefined where nothing is.
 * @throws Failure(64) and what the stages throw.
 */
export const inOldSpelling = ({ options, args, log, output }: Old): Promise<void> | undefined => {
	const { diff, history, json = false, stats = false } = options;
	const [first, second] = args as [string, string?];
	if (diff === undefined) {
		if (second !== undefined) throw new Failure(EXIT.usage, `unexpected argument "${second}"; see --help`);
		return history ? printHistory({ folder: first, json }, { log, output }) : undefined;
	}
	// In either order: `DIR --diff A B` and `--diff A B DIR`.
	const isTurned = second !== undefined && isVersion(first) && !isVersion(second);
	const [folder, to] = isTurned ? [second, first] : [first, second];
	const limit = limitFrom(options.limit);
	const from = versionFrom(diff, '--diff');
	return printDiff(
		{ folder, from, limit, stats, ...(to !== undefined && { to: versionFrom(to, '--diff') }) },
		output,
	);
};
