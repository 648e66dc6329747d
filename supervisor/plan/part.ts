// part: the pipelines of a plan that were named on the command line, under a supervisor of their own

import { createHash } from 'node:crypto';
import { EXIT, Failure } from '../../filters/lib/failure.ts';
import type { Plan } from './plan.ts';

// With ".sock" and the way to it, what the kernel takes as a socket's address.
const LONGEST_NAME = 82;

/** What the supervisor of these parts is called; where there are many of them, by the first and a sum of all. */
const partName = (whole: string, parts: string): string => {
	const room = LONGEST_NAME - whole.length - 1;
	if (parts.length <= room) return `${whole}.${parts}`;
	const sum = createHash('sha256').update(parts).digest('hex').slice(0, 8);
	return `${whole}.${parts.slice(0, room - sum.length - 1)}~${sum}`;
};

/**
 * These pipelines of a plan alone.
 * @throws Failure(64) for one that is not switched on.
 */
export const only = (plan: Plan, names: string[]): Plan => {
	const known = plan.pipelines.map(({ name }) => name);
	const unknown = names.find((name) => !known.includes(name));
	if (unknown !== undefined) {
		throw new Failure(EXIT.usage, `no pipeline "${unknown}" is switched on; there are ${known.join(', ')}`);
	}
	const pipelines = plan.pipelines.filter(({ name }) => names.includes(name));
	return { ...plan, name: partName(plan.name, names.join('+')), parts: names, pipelines };
};
