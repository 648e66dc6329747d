// live: what a machine under load would print each second, by a seed: two modes, waves of load, an outage, lone slow events
// Cumulative, as tracers count. The same seed and times give the same records in every run.

import type { AnyRecord } from '../../filters/lib/record.ts';
import { seeded } from './chart.ts';

const ROWS = 21;
const COMMS = [
	'postgres',
	'nginx',
	'node',
	'redis-server',
	'systemd-journal',
	'rsync',
	'sshd',
	'chronyd',
	'containerd',
	'kworker/0:1',
	'ksoftirqd/1',
	'java',
];
const DISKS = ['nvme0n1', 'sda', 'sdb'];

export type LiveOptions = {
	seed?: number;
	/** Milliseconds since the epoch at which the outage begins, and how long it lasts. */
	outage?: { at: number; ms: number };
	synthetic?: boolean;
	host?: string;
};

const bell = (row: number, mode: number, width: number): number =>
	Math.exp(-((row - mode) ** 2) / (2 * width ** 2));

type Shape = { metric: string; fast: number; slow: number; load: number; key: string; values: string[] };
const SHAPES: Shape[] = [
	{ metric: 'cpu-lat', fast: 5, slow: 9.5, load: 900, key: 'comm', values: COMMS },
	{ metric: 'bio-lat', fast: 8, slow: 13, load: 160, key: 'disk', values: DISKS },
	{
		metric: 'tcp-connect-lat',
		fast: 7,
		slow: 11,
		load: 60,
		key: 'port',
		values: ['443', '5432', '6379', '8080'],
	},
];

/** A machine: `at(ts)` are the records of that second; it counts on from call to call. */
export const createLive = ({ seed = 1, outage, synthetic = false, host = 'web1' }: LiveOptions = {}) => {
	const random = seeded(seed);
	const counts = new Map<string, number[]>();
	const sums = new Map<string, number>();
	let start: number | undefined;
	const mark = synthetic ? { synthetic: true } : {};

	const histogram = (shape: Shape, value: string, index: number, ts: number, isOut: boolean): AnyRecord => {
		const key = `${shape.metric}/${value}`;
		const own = counts.get(key) ?? new Array<number>(ROWS).fill(0);
		counts.set(key, own);
		const wave = 1 + 0.6 * Math.sin(ts / 190_000 + index) + 0.2 * Math.sin(ts / 23_000);
		const load = (shape.load * wave) / (index + 1) ** 0.8;
		const hurt = isOut && index < 3;
		for (let row = 0; row < ROWS; row += 1) {
			const part =
				bell(row, shape.fast + (index % 3) * 0.4, 1) +
				0.22 * bell(row, shape.slow, 0.8) +
				(hurt ? 0.5 * bell(row, shape.slow + 5, 1.1) : 0);
			const expected = load * part * 0.3;
			const count = Math.floor(expected) + (random() < expected % 1 ? 1 : 0);
			own[row]! += count;
		}
		if (random() < 0.004) own[Math.min(ROWS - 2, Math.floor(shape.slow + 2 + random() * 6))]! += 1;
		return {
			type: 'histogram',
			ts,
			start,
			host,
			metric: shape.metric,
			unit: 'us',
			attributes: { [shape.key]: value },
			temporality: 'cumulative',
			...mark,
			buckets: own.flatMap((count, row) =>
				count === 0 ? [] : [[row === 0 ? 0 : 2 ** (row - 1), 2 ** row, count]],
			),
		};
	};
	const sum = (metric: string, unit: string, rate: number, ts: number): AnyRecord => {
		const value = (sums.get(metric) ?? 0) + Math.max(0, Math.round(rate * (0.7 + 0.6 * random())));
		sums.set(metric, value);
		return {
			type: 'sum',
			ts,
			start,
			host,
			metric,
			unit,
			attributes: {},
			temporality: 'cumulative',
			monotonic: true,
			...mark,
			value,
		};
	};
	const gauge = (metric: string, unit: string, value: number, ts: number): AnyRecord => ({
		type: 'gauge',
		ts,
		host,
		metric,
		unit,
		attributes: {},
		...mark,
		value: Math.round(value),
	});
	return {
		at: (ts: number): AnyRecord[] => {
			start ??= ts;
			const isOut = outage !== undefined && ts >= outage.at && ts < outage.at + outage.ms;
			const records = SHAPES.flatMap((shape) =>
				shape.values.map((value, index) => histogram(shape, value, index, ts, isOut)),
			);
			records.push(sum('fadvise_calls', '1', 212 + 60 * Math.sin(ts / 60_000), ts));
			records.push(sum('page_cache_miss', '1', isOut ? 400 : 48, ts));
			records.push(sum('net_written', 'By', 4e6 + 3e6 * Math.sin(ts / 120_000), ts));
			records.push(
				gauge('run-queue length', '1', 3 + 2 * Math.sin(ts / 40_000) + (isOut ? 9 : 0) + random() * 2, ts),
			);
			records.push(gauge('memory_used', 'By', 3.2e9 + 4e8 * Math.sin(ts / 300_000), ts));
			if (isOut && outage && Math.floor((ts - outage.at) / 1000) === 20)
				records.push({
					type: 'notice',
					ts,
					host,
					metric: 'cpu-lat',
					kind: 'lost_events',
					count: 1204,
					detail: 'Lost 1204 events',
				});
			return records;
		},
	};
};

export const lines = (records: AnyRecord[]): string =>
	records.map((record) => `${JSON.stringify(record)}\n`).join('');
