// health: whether a pipeline is well, and if not, who is to blame and why, in a sentence

import { duration } from '../../filters/lib/options.ts';
import type { PipelinePlan } from '../plan/plan.ts';
import { complaintText } from '../run/complaint.ts';
import type { State } from '../run/policy.ts';
import type { Death } from '../run/report.ts';
import type { Backlog } from './backlog.ts';
import type { StageStatus } from './output.ts';
import { bytes, span } from './quantity.ts';

/** What is looked at; all of it can be seen from outside of the stages. */
export type Facts = {
	plan: Pick<PipelinePlan, 'stages' | 'late'>;
	stages: StageStatus[];
	/** Why it cannot be started, while that is so. */
	trouble?: string | undefined;
	backlog?: Backlog | undefined;
	now: number;
};

export type Health = { well: boolean; why: string };

const LATE_MS = 30_000;
// A stage repeats what goes on at least this often: a minute's report, with some room.
const STILL_MS = 90_000;

const stepOf = (command: string[]): number => {
	try {
		return command[0] === 'every' ? duration(command[1] ?? '', '') : 0;
	} catch {
		return 0;
	}
};

/** How long nothing may be acknowledged though something waits: half a minute, and two steps of `every`, which holds them back. */
export const lateAfter = ({ stages, late }: Facts['plan']): number =>
	late ?? LATE_MS + 2 * Math.max(...stages.map(({ command }) => stepOf(command)));

/** Whether what died several times has not run twice as long as it did the last time. */
const isDying = ({ at, times, lived }: Death, now: number): boolean => times > 1 && now - at < 2 * lived;

const diedText = ({ died }: StageStatus, now: number): string =>
	died ? `; died ${span(now - died.at)} ago: ${died.why}` : '';

/** States in which a stage does not do its work, the worst first. */
const DOWN: State[] = ['FATAL', 'DEGRADED', 'BACKOFF', 'STARTING', 'STOPPING', 'STOPPED'];

const down = ({ stages, now }: Facts): string => {
	for (const state of DOWN) {
		const stage = stages.find((one) => one.state === state);
		if (stage) return `${stage.name} is ${state} for ${span(stage.for)}${diedText(stage, now)}`;
	}
	return '';
};

const closed = ({ stages }: Facts): string => {
	const stage = stages.find((one) => one.closed);
	return stage ? `${stage.name} has closed its output and lives on: nothing more comes from it` : '';
};

/** The stage that complains, nearest to the sink: what is away is away for all before it. */
const complaining = ({ stages }: Facts): StageStatus | undefined => stages.findLast((one) => one.says);

const late = (facts: Facts): string => {
	const { backlog, plan, stages, now } = facts;
	if (!backlog?.bytes) return '';
	const age = backlog.age ?? Math.min(...stages.map((stage) => stage.for));
	if (age <= lateAfter(plan)) return '';
	const blamed = complaining(facts) ?? stages.at(-1)!;
	const words = blamed.says
		? `; it says for ${span(now - blamed.says.since)}: ${complaintText(blamed.says)}`
		: '';
	return `late: ${bytes(backlog.bytes)} wait for ${blamed.name}, nothing was acknowledged for ${span(age)}${words}`;
};

const synthetic = ({ stages }: Facts): string => {
	const stage = stages.find(({ fallback }) => fallback);
	return stage ? `${stage.name} is replaced by its fallback: what comes is synthetic${diedWhy(stage)}` : '';
};

const trial = ({ stages }: Facts): string => {
	const stage = stages.find(({ trial }) => trial);
	return stage ? `${stage.name} is tried again in its fallback's place, and has not held for long yet` : '';
};

const diedWhy = ({ died }: StageStatus): string => (died ? `, for ${died.why}` : '');

/** One that runs at this moment, and is likely to die again. */
const dying = ({ stages, now }: Facts): string => {
	const stage = stages.find(({ died }) => died && isDying(died, now));
	if (!stage?.died) return '';
	const { times, at, why } = stage.died;
	return `${stage.name} keeps dying: ${times} times lately, the last ${span(now - at)} ago: ${why}`;
};

const complains = (facts: Facts): string => {
	const stage = complaining(facts);
	if (!stage?.says) return '';
	const { since, last } = stage.says;
	const isLasting = facts.now - since > lateAfter(facts.plan) && facts.now - last < STILL_MS;
	return isLasting ? `${stage.name} says for ${span(facts.now - since)}: ${complaintText(stage.says)}` : '';
};

/** The first of what is wrong, in the order in which one would look. */
export const healthOf = (facts: Facts): Health => {
	const looks = [down, closed, synthetic, trial, dying, late, complains];
	const why = facts.trouble || looks.map((look) => look(facts)).find(Boolean);
	return { well: !why, why: why ?? '' };
};
