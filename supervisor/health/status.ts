// status: how pipelines stand, stages and delivery, put together from their reports, their pipes and their acks

import type { PipelinePlan } from '../plan/plan.ts';
import type { State } from '../run/policy.ts';
import type { PipelineReport } from '../run/report.ts';
import { type Backlog, backlogOf } from './backlog.ts';
import { healthOf } from './health.ts';
import { type StageStatus, withOutput } from './output.ts';

export type PipelineStatus = {
	name: string;
	state: State;
	delivery: PipelinePlan['delivery'];
	/** Whether all is as it should be, delivery too; else why not, and who is to blame. */
	well: boolean;
	why: string;
	/** At-least-once: what was acknowledged when, and what waits. */
	backlog?: Backlog;
	stages: StageStatus[];
};

/** What a whole supervisor answers. */
export type Status = {
	name: string;
	pid: number;
	file: string;
	/** The pipelines that were named when it was started, where that was not all of the file. */
	parts?: string[];
	pipelines: PipelineStatus[];
};

/** States from bad to good: a pipeline is as well as its worst stage. */
const ORDER: State[] = [
	'FATAL',
	'DEGRADED',
	'BACKOFF',
	'STARTING',
	'STOPPING',
	'STOPPED',
	'RUNNING',
	'EXITED',
];

const worst = (stages: { state: State }[]): State =>
	ORDER.find((state) => stages.some((stage) => stage.state === state))!;

/** How the pipeline stands at this moment; it costs a look into /proc for each stage. */
export const statusOf = ({ plan, stages, outputs, ackFile, trouble }: PipelineReport): PipelineStatus => {
	const now = Date.now();
	const seen = stages.map((stage, at) => withOutput(stage, outputs[at]));
	const backlog = plan.delivery === 'at-least-once' ? backlogOf(plan, ackFile, now) : undefined;
	const health = healthOf({ plan, stages: seen, trouble, backlog, now });
	const { name, delivery } = plan;
	return { name, state: worst(seen), delivery, ...health, ...(backlog ? { backlog } : {}), stages: seen };
};
