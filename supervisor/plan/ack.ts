// ack: what a plan says of the file that holds the position of a pipeline: its name, its lock, and the log it is about

import { basename, join } from 'node:path';
import type { PipelinePlan } from './plan.ts';

/** Where the pipeline `name` of the file called `whole` keeps its position. */
export const ackFile = (state: string, whole: string, name: string): string =>
	join(state, `${whole}.${name}.ack`);

/** The lock of whoever runs the pipeline with this ack. It also says which pipeline that was. */
export const ackLock = (ack: string): string => `${ack}.lock`;

/** What makes a pipeline the same under another name: its commands. */
export const identityOf = ({ stages }: PipelinePlan): string =>
	JSON.stringify(stages.map(({ command }) => command));

/** The log that a position is about: the argument of the source that ends in the name that the position holds. */
export const logOf = ({ stages }: Pick<PipelinePlan, 'stages'>, name: unknown): string | undefined =>
	stages[0]!.command.find((word) => word.includes('/') && basename(word) === name);

/** The ack file that a command names itself. */
export const ackFileIn = (command: string[]): string | undefined => {
	const at = command.findIndex((word) => word === '--ack' || word.startsWith('--ack='));
	return at < 0 ? undefined : command[at] === '--ack' ? command[at + 1] : command[at]!.slice('--ack='.length);
};
