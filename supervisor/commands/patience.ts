// patience: what `start --wait` and `restart --wait` wait for: that all they started runs, and does so for a moment

import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, Failure } from '../../filters/lib/failure.ts';
import type { StageStatus } from '../health/output.ts';
import type { PipelineStatus } from '../health/status.ts';
import { partsOf } from '../plan/targets.ts';

// What cannot work mostly ends within a second.
const HOLDS_MS = 2000;
const MOST_MS = 120_000;
const LOOK_MS = 200;

/** The stages that were meant. */
const meant = (pipelines: PipelineStatus[], targets: string[]): StageStatus[] =>
	pipelines.flatMap(({ name, stages }) =>
		stages.filter(
			(stage) =>
				targets.length === 0 ||
				targets.map(partsOf).some(([one, part]) => one === name && (part ?? stage.name) === stage.name),
		),
	);

/** Whether they hold; undefined while that is open. `from`: when it was asked, ms since the epoch. */
export const verdictOn = (stages: StageStatus[], from: number): boolean | undefined => {
	const isLost = ({ state, died }: StageStatus) =>
		state === 'FATAL' || state === 'DEGRADED' || (died !== undefined && died.at >= from);
	if (stages.some(isLost)) return false;
	const holds = (stage: StageStatus) =>
		stage.state === 'EXITED' || (stage.state === 'RUNNING' && stage.for >= HOLDS_MS);
	return stages.every(holds) ? true : undefined;
};

/** Ask until there is a verdict; false when there is none within two minutes. */
export const wait = async (
	look: () => Promise<PipelineStatus[]>,
	targets: string[],
	from: number,
): Promise<boolean> => {
	while (Date.now() - from < MOST_MS) {
		const pipelines = await look().catch((error) => {
			throw new Failure(EXIT.unavailable, 'the supervisor has ended; its log says why', { cause: error });
		});
		const verdict = verdictOn(meant(pipelines, targets), from);
		if (verdict !== undefined) return verdict;
		await sleep(LOOK_MS);
	}
	return false;
};
