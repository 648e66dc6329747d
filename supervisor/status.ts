// status: what a supervisor says of its pipelines, as JSON for programs and as a table for people

import type { State } from './policy.ts';

export type StageStatus = {
	name: string;
	state: State;
	pid: number;
	/** Whether the fallback runs in the stage's place. */
	fallback: boolean;
	restarts: number;
	/** Milliseconds in this state. */
	for: number;
	/** How it last ended, in words, or ''. */
	last: string;
	/** The stage behind it that is not ready yet, so that it was not started. */
	waits?: string;
};
export type PipelineStatus = {
	name: string;
	state: State;
	delivery: string;
	/** Why it cannot be started at all, while that is so. */
	trouble?: string;
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

export const worst = (stages: { state: State }[]): State =>
	ORDER.find((state) => stages.some((stage) => stage.state === state))!;

const span = (ms: number): string => {
	const seconds = Math.floor(ms / 1000);
	if (seconds < 60) return `${seconds}s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
	const hours = Math.floor(seconds / 3600);
	return hours < 48
		? `${hours}h${Math.floor((seconds % 3600) / 60)}m`
		: `${Math.floor(hours / 24)}d${hours % 24}h`;
};

/** Columns as wide as their widest cell, two blanks between; the last column is not padded. */
const aligned = (rows: string[][]): string => {
	const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
	const pad = (row: string[]) =>
		row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  ');
	return rows.map((row) => `${pad(row).trimEnd()}\n`).join('');
};

/** One row a stage: pipeline, stage, state, how long, process, restarts, and what there is to know. */
export const statusTable = (pipelines: PipelineStatus[]): string =>
	aligned([
		['PIPELINE', 'STAGE', 'STATE', 'FOR', 'PID', 'RESTARTS', 'NOTE'],
		...pipelines.flatMap(({ name, stages }) =>
			stages.map((stage) => [
				name,
				stage.name,
				stage.state,
				span(stage.for),
				stage.pid ? String(stage.pid) : '-',
				String(stage.restarts),
				[
					stage.fallback ? 'fallback, synthetic' : '',
					stage.waits ? `waits until ${stage.waits} is ready` : '',
					stage.last && `last: ${stage.last}`,
				]
					.filter(Boolean)
					.join('; '),
			]),
		),
	]);
