// difference: what a changed file means for the pipelines that run

import { isDeepStrictEqual } from 'node:util';
import type { PipelinePlan } from './plan.ts';

/** Names of pipelines; `changed` ones are stopped and started anew, `same` ones are not touched. */
export type Difference = { added: string[]; removed: string[]; changed: string[]; same: string[] };

/** From the plans `before` to the plans `after`, compared to the last value. */
export const difference = (before: PipelinePlan[], after: PipelinePlan[]): Difference => {
	const old = new Map(before.map((plan) => [plan.name, plan]));
	const names = new Set(after.map(({ name }) => name));
	const known = after.filter(({ name }) => old.has(name));
	const isSame = (plan: PipelinePlan) => isDeepStrictEqual(old.get(plan.name), plan);
	const namesOf = (plans: PipelinePlan[]) => plans.map(({ name }) => name);
	return {
		added: namesOf(after.filter(({ name }) => !old.has(name))),
		removed: namesOf(before.filter(({ name }) => !names.has(name))),
		changed: namesOf(known.filter((plan) => !isSame(plan))),
		same: namesOf(known.filter(isSame)),
	};
};

/** What a reload did, in words. */
export const sentence = ({ added, removed, changed, same }: Difference): string =>
	Object.entries({ added, removed, changed, untouched: same })
		.filter(([, names]) => names.length > 0)
		.map(([what, names]) => `${what} ${names.join(', ')}`)
		.join('; ');
