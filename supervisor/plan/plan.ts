// plan: what is to run, as plain data: the stages, the pipelines that they make, and all of one file
// Whoever reads a file makes a plan; whoever runs, shows or compares one knows nothing else of the file.

/** A user as the system knows one; `listed` ones have groups of their own. */
export type User = { name: string; uid: number; gid: number; home: string; listed: boolean };

/** What a stage asks for beyond its command; plain data, so that two plans can be compared. */
export type Limits = {
	user?: User;
	cwd?: string;
	/** Added to the supervisor's own, as nice(1) does. */
	nice?: number;
	/** Bytes of private memory. */
	memory?: number;
};

/** One program of a pipeline, ready to start: its words, and what runs when it cannot be had. */
export type StagePlan = {
	name: string;
	command: string[];
	fallback?: string[];
	/** What to tell the operator when the fallback takes over. */
	hint?: string;
	env: Record<string, string>;
	/** Milliseconds from TERM, or from the end of its input, to KILL. */
	grace: number;
	/** Milliseconds that it may take to say that it is ready; the stages before it wait until then. */
	ready?: number;
	/** Its user, folder, priority and memory, where the file says anything of them. */
	limits?: Limits;
};

/** Whether a stage that ended by itself is started again. */
export type Restart = 'always' | 'on-failure' | 'never';

/** The shortest and the longest delay before a restart, in milliseconds. */
export type Delays = readonly [first: number, most: number];

/** The delays of a pipeline that says nothing of them. */
export const DELAYS: Delays = [200, 30_000];

/** A straight line of stages. */
export type PipelinePlan = {
	name: string;
	delivery: 'best-effort' | 'at-least-once';
	restart: Restart;
	delays: Delays;
	/** How long nothing may be acknowledged, in milliseconds, before delivery is late; without it as `health.ts` says. */
	late?: number;
	/** How long a fallback runs before the primary is tried again, in milliseconds. */
	retry: number;
	stages: StagePlan[];
};

/** All that one supervisor runs. */
export type Plan = {
	file: string;
	/** What its supervisor is called. */
	name: string;
	/** What the file is called: acks and locks carry it, whichever part of the file runs. */
	whole: string;
	/** The pipelines that were named, where not all of the file is meant. */
	parts?: string[];
	/** Every pipeline of the file, those that are switched off among them. */
	known: string[];
	pipelines: PipelinePlan[];
};

/** A pipeline in one line: its name and those of its stages. */
export const lineOf = ({ name, stages }: PipelinePlan): string =>
	`${name}: ${stages.map((stage) => stage.name).join(' | ')}`;
