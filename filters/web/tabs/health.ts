// health: the newest records of a supervisor as its pipelines and their stages

import type { AnyRecord, Exact } from '../../lib/record.ts';

export type StageHealth = {
	stage: string;
	/** In words, and whether that is good. */
	state: string;
	tone: 'ok' | 'warn' | 'bad';
	seconds?: Exact;
	restarts?: Exact;
	memory?: Exact;
	read?: Exact;
	written?: Exact;
};

export type Health = {
	host: string;
	pipeline: string;
	stages: StageHealth[];
	/** Milliseconds since the last ack, bytes behind it; of pipelines that have one. */
	ackAge?: Exact;
	ackLag?: Exact;
	newest: number;
};

/** The supervisor's states by the number that its gauge has. */
export const STATES = [
	'STOPPED',
	'STARTING',
	'RUNNING',
	'BACKOFF',
	'STOPPING',
	'EXITED',
	'DEGRADED',
	'FATAL',
];

const TONES: Record<string, StageHealth['tone']> = {
	RUNNING: 'ok',
	EXITED: 'ok',
	DEGRADED: 'bad',
	FATAL: 'bad',
	BACKOFF: 'bad',
};

const FIELDS: Record<string, 'seconds' | 'restarts' | 'memory' | 'read' | 'written'> = {
	bpfpipe_state_seconds: 'seconds',
	bpfpipe_restarts: 'restarts',
	bpfpipe_memory: 'memory',
	bpfpipe_read_bytes: 'read',
	bpfpipe_written_bytes: 'written',
};

type Own = { metric: string; host: string; ts: number; value: Exact; attributes: Record<string, string> };

/** Every pipeline of every host, by name; stages in the order of their records. */
export const healthOf = (records: AnyRecord[]): Health[] => {
	const all = new Map<string, Health>();
	for (const { metric, host, ts, value, attributes } of records as unknown as Own[]) {
		const { pipeline, stage: name } = attributes ?? {};
		if (pipeline === undefined) continue;
		const key = JSON.stringify([host, pipeline]);
		const health = all.get(key) ?? { host, pipeline, stages: [], newest: 0 };
		all.set(key, health);
		health.newest = Math.max(health.newest, ts);
		if (metric === 'bpfpipe_ack_age') health.ackAge = value;
		if (metric === 'bpfpipe_ack_lag') health.ackLag = value;
		if (name === undefined) continue;
		let stage = health.stages.find((one) => one.stage === name);
		if (!stage) {
			stage = { stage: name, state: 'unknown', tone: 'warn' };
			health.stages.push(stage);
		}
		const field = FIELDS[metric];
		if (field) stage[field] = value;
		if (metric === 'bpfpipe_state') {
			stage.state = STATES[Number(value)] ?? `state ${value}`;
			stage.tone = TONES[stage.state] ?? 'warn';
		}
	}
	return [...all.values()].sort((a, b) => (a.pipeline + a.host < b.pipeline + b.host ? -1 : 1));
};
