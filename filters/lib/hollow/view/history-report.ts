// history-report: the history of a folder is printed, and the exit says whether all of it is whole

import { EXIT, Failure } from '../../failure.ts';
import type { Log } from '../../log.ts';
import type { Output } from '../../output.ts';
import { historyOf } from './history.ts';
import { entryLine, historyText } from './history-text.ts';
import { print } from './pieces.ts';

/** `json`: lines for programs in place of a table. */
export type HistoryRequest = { folder: string; json: boolean };

/**
 * Print the versions of a folder.
 * @throws Failure(65), once all is printed, when a blob is broken or no consumer finds a version.
 */
export const printHistory = async (
	{ folder, json }: HistoryRequest,
	{ log, output }: { log: Log; output: Output },
): Promise<void> => {
	const { entries, unannounced } = historyOf(folder);
	await print(json ? entries.map(entryLine) : historyText(entries), output);
	if (unannounced) log.warn(unannounced.why);
	const broken = entries.filter(({ problems }) => problems.length > 0).length;
	if (broken > 0)
		throw new Failure(
			EXIT.data,
			`${folder}: ${broken} of ${entries.length} versions are broken; see their lines`,
		);
	if (unannounced?.isGarbage)
		throw new Failure(EXIT.data, `${folder}: no consumer finds a version; see above`);
};
