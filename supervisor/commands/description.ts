// description: a checked plan as text for people: each pipeline with its commands, and what stands beside them

import { limitsText } from '../machine/limits.ts';
import { programFor } from '../machine/programs.ts';
import type { Plan, StagePlan } from '../plan/plan.ts';

const remarks = ({ command, fallback, limits, ready }: StagePlan): string =>
	[
		limits && limitsText(limits),
		ready !== undefined && `ready within ${ready} ms`,
		fallback && `or else: ${fallback.join(' ')}`,
		!programFor(command) && 'not installed here',
	]
		.filter(Boolean)
		.map((remark) => `   # ${remark}`)
		.join('');

/** What `bpfpipe check` prints of a file that is in order. */
export const describePlan = ({ file, pipelines }: Plan): string =>
	[
		`${file}: ok`,
		...pipelines.flatMap(({ name, delivery, stages }) => [
			`${name} (${delivery})`,
			...stages.map((stage) => `  ${stage.command.join(' ')}${remarks(stage)}`),
		]),
		'',
	].join('\n');
