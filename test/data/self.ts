// self: what a supervisor records of its pipelines, as supervisor/health/records.ts does

import type { AnyRecord } from '../../filters/lib/record.ts';
import { STATES } from '../../supervisor/run/policy.ts';

/** Of one pipeline of two stages, the second of which is in `state`. */
export const selfRecords = (ts: number, pipeline: string, state: string, restarts: number): AnyRecord[] => {
	const record = (type: string, metric: string, unit: string, value: number, stage?: string): AnyRecord => ({
		type,
		ts,
		host: 'web1',
		metric: `bpfpipe_${metric}`,
		unit,
		attributes: { pipeline, ...(stage === undefined ? {} : { stage }) },
		...(type === 'sum' ? { start: ts - 60_000, temporality: 'cumulative', monotonic: true } : {}),
		value,
	});
	return [
		...['bpftrace-tail', 'graphite-send'].flatMap((stage) => [
			record('sum', 'restarts', '1', stage === 'graphite-send' ? restarts : 0, stage),
			record('gauge', 'up', '1', 1, stage),
			record(
				'gauge',
				'state',
				'1',
				STATES.indexOf((stage === 'graphite-send' ? state : 'RUNNING') as 'RUNNING'),
				stage,
			),
			record('gauge', 'state_seconds', 's', 75, stage),
			record('gauge', 'memory', 'By', 48 << 20, stage),
			record('sum', 'read_bytes', 'By', 123_456, stage),
		]),
		record('gauge', 'ack_age', 'ms', 4200, undefined),
		record('gauge', 'ack_lag', 'By', 2048, undefined),
	];
};
