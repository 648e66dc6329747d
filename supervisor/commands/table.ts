// table: what a supervisor says of its pipelines, as a table for people

import type { StageStatus } from '../health/output.ts';
import { bytes, span } from '../health/quantity.ts';
import type { PipelineStatus } from '../health/status.ts';
import { complaintText } from '../run/complaint.ts';

/** Columns as wide as their widest cell, two blanks between; the last column is not padded. */
const aligned = (rows: string[][]): string => {
	const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
	const pad = (row: string[]) =>
		row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  ');
	return rows.map((row) => `${pad(row).trimEnd()}\n`).join('');
};

/** A table of these rows below their headings. */
export const table = (headings: string[], rows: string[][]): string => aligned([headings, ...rows]);

const noteOn = (stage: StageStatus, { stages }: PipelineStatus, now: number): string => {
	const culprit = stages.find(({ state }) => state === 'BACKOFF' || state === 'DEGRADED');
	return [
		stage.fallback ? 'fallback, synthetic' : '',
		stage.trial ? "tried again in its fallback's place" : '',
		stage.waits ? `waits until ${stage.waits} is ready` : '',
		stage.state === 'STOPPED' && culprit ? `waits for ${culprit.name}` : '',
		stage.closed ? 'has closed its output' : '',
		stage.died ? `died ${span(now - stage.died.at)} ago: ${stage.died.why}` : '',
		stage.says ? `says for ${span(now - stage.says.since)}: ${complaintText(stage.says)}` : '',
	]
		.filter(Boolean)
		.join('; ');
};

/** One row a stage: pipeline, stage, state, how long, process, restarts, and what there is to know. */
const stageRows = (pipelines: PipelineStatus[], now: number): string[][] =>
	pipelines.flatMap((pipeline) =>
		pipeline.stages.map((stage) => [
			pipeline.name,
			stage.name,
			stage.state,
			span(stage.for),
			stage.pid ? String(stage.pid) : '-',
			String(stage.restarts),
			noteOn(stage, pipeline, now),
		]),
	);

const acked = ({ delivery, backlog }: PipelineStatus): string => {
	if (delivery !== 'at-least-once') return '-';
	return backlog?.age === undefined ? 'never' : `${span(backlog.age)} ago`;
};
const waiting = ({ backlog }: PipelineStatus): string =>
	backlog?.bytes === undefined ? '-' : bytes(backlog.bytes);

// A source that counts something rare may be silent for long: no fault, but worth a word.
const SILENT_MS = 60_000;

const wellText = ({ backlog }: PipelineStatus): string =>
	(backlog?.quiet ?? 0) > SILENT_MS ? `well; its log is silent for ${span(backlog!.quiet!)}` : 'well';

/** One row a pipeline: what was acknowledged, what waits, and whether it is well. */
const pipelineRows = (pipelines: PipelineStatus[]): string[][] =>
	pipelines.map((one) => [
		one.name,
		one.delivery,
		acked(one),
		waiting(one),
		one.well ? wellText(one) : one.why,
	]);

/** Two tables: the stages, and the pipelines that they make. */
export const statusTable = (pipelines: PipelineStatus[], now: number): string => {
	const stages = ['PIPELINE', 'STAGE', 'STATE', 'FOR', 'PID', 'RESTARTS', 'NOTE'];
	const lines = ['DELIVERY OF', 'KIND', 'ACKNOWLEDGED', 'WAITS', 'HEALTH'];
	return `${table(stages, stageRows(pipelines, now))}\n${table(lines, pipelineRows(pipelines))}`;
};
