// targets: what `start`, `stop`, `restart` and `logs` are aimed at: PIPELINE or PIPELINE/STAGE

import { EXIT, Failure } from '../../filters/lib/failure.ts';

/** What there is to aim at: a plan and a status both have these names. */
type Named = { name: string; stages: { name: string }[] };

/** `PIPELINE[/STAGE]` as the two. */
export const partsOf = (target: string): [pipeline: string, stage?: string] =>
	target.split('/', 2) as [string, string?];

/**
 * Look at all targets before anything is done: a typing mistake must not stop anything.
 * @throws Failure(64) for one that is not among `pipelines`, saying what is.
 */
export const checkTargets = (targets: string[], pipelines: Named[]): void => {
	for (const target of targets) {
		const [name, stage] = partsOf(target);
		const pipeline = pipelines.find((one) => one.name === name);
		const stages = pipeline?.stages.map((one) => one.name);
		if (pipeline && (stage === undefined || stages!.includes(stage))) continue;
		const known = pipeline ? stages!.map((one) => `${name}/${one}`) : pipelines.map((one) => one.name);
		throw new Failure(EXIT.usage, `"${target}" does not run here; there are ${known.join(', ')}`);
	}
};
