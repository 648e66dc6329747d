// vigil: says in the log when the delivery of a pipeline that runs is no longer well, and when it is again
// What dies says so by itself; a sink that is away, or a source that has closed its output, may stay quiet.

import type { Log } from '../../filters/lib/log.ts';
import type { PipelineStatus } from './status.ts';

export type Vigil = { look: (pipelines: PipelineStatus[]) => void };

/** `logOf` gives the log about one pipeline. */
export const createVigil = (logOf: (pipeline: string) => Log): Vigil => {
	const ailing = new Set<string>();
	return {
		look: (pipelines) => {
			for (const { name, state, well, why } of pipelines) {
				if (well && ailing.delete(name)) logOf(name).info('delivery is well again');
				if (well || state !== 'RUNNING' || ailing.has(name)) continue;
				ailing.add(name);
				logOf(name).warn(`delivery is not well: ${why}`, {}, 'delivery');
			}
			for (const name of ailing) if (!pipelines.some((one) => one.name === name)) ailing.delete(name);
		},
	};
};
