// records: the supervisor's own records: restarts, states, bytes, memory and acks of its stages, in a log of their own
// `NAME.self.ndjson`, a few lines a stage every 15 s, 8 MiB at a time, two old ones kept; any stage can read it.

import { appendFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { shiftFiles } from '../../filters/lib/disk/shift.ts';
import type { Log } from '../../filters/lib/log.ts';
import type { AnyRecord } from '../../filters/lib/record.ts';
import type { Pipeline } from '../run/pipeline.ts';
import { STATES } from '../run/policy.ts';
import type { PipelineReport, StageReport } from '../run/report.ts';
import { backlogOf } from './backlog.ts';

/** When the first are written, and then how often, in ms; tests are in more of a hurry. */
const PACE = { first: 1000, every: 15_000 };
const MOST_BYTES = 8 << 20;
const KEPT = 2;

type Where = { ts: number; start: number; pipeline: string; stage?: string };

const record = (
	type: 'gauge' | 'sum',
	metric: string,
	unit: string,
	value: number,
	where: Where,
): AnyRecord => {
	const { ts, start, pipeline, stage } = where;
	const attributes = { pipeline, ...(stage === undefined ? {} : { stage }) };
	const common = { type, ts, host: hostname(), metric: `bpfpipe_${metric}`, unit, attributes };
	return type === 'gauge'
		? { ...common, value }
		: { ...common, start, temporality: 'cumulative', monotonic: true, value };
};

const numberAfter = (text: string, label: string): number =>
	[...text.matchAll(new RegExp(`^${label}\\s+(\\d+)`, 'gm'))].reduce(
		(sum, [, digits]) => sum + Number(digits),
		0,
	);

/** What the kernel says of a process, or '' when it is gone or not ours to look at. */
const proc = (pid: number, file: string): Promise<string> =>
	readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');

const stageRecords = async (stage: StageReport, where: Where): Promise<AnyRecord[]> => {
	const { pid, state, restarts } = stage;
	const isUp = state === 'RUNNING' || state === 'EXITED';
	const records = [
		record('sum', 'restarts', '1', restarts, where),
		record('gauge', 'up', '1', isUp ? 1 : 0, where),
		record('gauge', 'state', '1', STATES.indexOf(state), where),
		record('gauge', 'state_seconds', 's', Math.floor(stage.for / 1000), where),
	];
	const [io, memory] = pid ? await Promise.all([proc(pid, 'io'), proc(pid, 'smaps_rollup')]) : ['', ''];
	// They count from the start of this process, as `start` says.
	const since = { ...where, start: where.ts - stage.for };
	if (io) {
		records.push(record('sum', 'read_bytes', 'By', numberAfter(io, 'rchar:'), since));
		records.push(record('sum', 'written_bytes', 'By', numberAfter(io, 'wchar:'), since));
	}
	if (memory)
		records.push(record('gauge', 'memory', 'By', numberAfter(memory, 'Private_\\w+:') * 1024, where));
	return records;
};

/** The age of an ack, and how much of its log is still to be delivered; nothing for a pipeline without. */
const ackRecords = ({ plan, ackFile }: PipelineReport, where: Where): AnyRecord[] => {
	const { age, bytes } = backlogOf(plan, ackFile, where.ts);
	return [
		...(age === undefined ? [] : [record('gauge', 'ack_age', 'ms', age, where)]),
		...(bytes === undefined ? [] : [record('gauge', 'ack_lag', 'By', bytes, where)]),
	];
};

/** Every record of one moment. */
const recordsOf = async (pipelines: Pipeline[], ts: number, start: number): Promise<AnyRecord[]> => {
	const records: AnyRecord[] = [];
	for (const pipeline of pipelines) {
		const report = pipeline.report();
		const { name, delivery } = report.plan;
		for (const stage of report.stages)
			records.push(...(await stageRecords(stage, { ts, start, pipeline: name, stage: stage.name })));
		if (delivery === 'at-least-once') records.push(...ackRecords(report, { ts, start, pipeline: name }));
	}
	return records;
};

/** Append `text` to the file at `path`; before it grows beyond `most` it becomes `path.1`, and that `path.2`. */
export const appendRotating = (path: string, text: string, most = MOST_BYTES): void => {
	const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
	if (size > 0 && size + text.length > most) shiftFiles(path, KEPT);
	appendFileSync(path, text, { mode: 0o640 });
};

/** Write records of all `pipelines` to `path` now and every 15 s, until the answer is called. */
export const keepRecords = (
	path: string,
	pipelines: () => Pipeline[],
	log: Log,
	pace = PACE,
): (() => void) => {
	const start = Date.now();
	let busy = false;
	const write = async () => {
		if (busy) return;
		busy = true;
		try {
			const records = await recordsOf(pipelines(), Date.now(), start);
			appendRotating(path, records.map((one) => `${JSON.stringify(one)}\n`).join(''));
		} catch (error) {
			log.warn(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code})`, {}, 'self metrics');
		}
		busy = false;
	};
	const first = setTimeout(write, pace.first);
	const timer = setInterval(write, pace.every);
	return () => {
		clearTimeout(first);
		clearInterval(timer);
	};
};
