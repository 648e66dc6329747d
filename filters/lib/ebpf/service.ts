// service: the answers of banyandb.ebpf.v1.EBPFMetricsService, whoever carries them: messages in, messages out

import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { Fault } from '../grpc/fault.ts';
import type { IOCounts, IOStats } from './io-stats.ts';
import type { Kept, KeptPrint } from './kept.ts';
import { type Metric, metricsOf, millisOf, type Timestamp, timestampOf } from './message.ts';
import type { ModuleStatus, Modules } from './modules.ts';

export type TimeRange = { start?: Timestamp | null; end?: Timestamp | null } | null;
export type MetricSet = { module_name: string; metrics: Metric[]; collected_at: Timestamp };
export type MetricsRequest = {
	modules: string[];
	label_filters: Record<string, string>;
	time_range: TimeRange;
};
export type StreamRequest = Omit<MetricsRequest, 'time_range'> & { interval_seconds: number };
export type StatsRequest = { include_process_stats: boolean; pids: number[]; time_range: TimeRange };
export type ConfigureRequest = { module: string; enabled: boolean; config_json: string };

/** Whether what is measured can be trusted: all of it, part of it, or nothing. */
export type Health = { state: 'HEALTHY' | 'DEGRADED' | 'UNHEALTHY'; message: string; lastError: string };

export type ServiceOptions = {
	kept: Kept;
	counts: IOCounts;
	modules: Modules;
	health: () => Health;
	version: string;
	/** Milliseconds since the epoch. */
	clock: () => number;
};

export type Service = ReturnType<typeof createService>;

/** The times of a range, ms; a side that is left out is open. */
const rangeOf = (range: TimeRange): { from: number; to: number } | undefined => {
	const [start, end] = [millisOf(range?.start), millisOf(range?.end)];
	if (start === undefined && end === undefined) return undefined;
	const [from, to] = [start ?? Number.NEGATIVE_INFINITY, end ?? Number.POSITIVE_INFINITY];
	if (!(from < to)) throw new Fault('INVALID_ARGUMENT', 'time_range: end is not after start');
	return { from, to };
};

const isAsked =
	(filters: Record<string, string>) =>
	({ labels }: Metric): boolean =>
		Object.entries(filters).every(([name, value]) => labels[name] === value);

/** The metrics of a print that match, or nothing where none does. */
const setOf = ({ module, ts, records }: KeptPrint, filters: Record<string, string>): MetricSet[] => {
	const metrics = [...records.values()].flatMap(metricsOf).filter(isAsked(filters));
	return metrics.length === 0 ? [] : [{ module_name: module, metrics, collected_at: timestampOf(ts) }];
};

const DEFAULT_INTERVAL_S = 10;
const MOST_INTERVAL_S = 3600;

export const createService = ({ kept, counts, modules, health, version, clock }: ServiceOptions) => {
	const startedAt = clock();
	const uptime = (): string => String(Math.max(0, Math.floor((clock() - startedAt) / 1000)));

	const setsOf = (
		prints: KeptPrint[],
		{ modules: names, label_filters: filters }: StreamRequest | MetricsRequest,
	) =>
		prints
			.filter(({ module }) => names.length === 0 || names.includes(module))
			.flatMap((print) => setOf(print, filters));

	return {
		metrics: (request: MetricsRequest) => {
			modules.check(request.modules);
			const range = rangeOf(request.time_range);
			const metric_sets = setsOf(range ? kept.range(range.from, range.to) : kept.newest(), request);
			const total_metrics = metric_sets.reduce((sum, { metrics }) => sum + metrics.length, 0);
			return { metric_sets, total_metrics, timestamp: timestampOf(clock()) };
		},
		/** How often a stream is to tell, ms. @throws Fault INVALID_ARGUMENT, NOT_FOUND */
		interval: ({ modules: names, interval_seconds: seconds }: StreamRequest): number => {
			modules.check(names);
			if (seconds > MOST_INTERVAL_S)
				throw new Fault(
					'INVALID_ARGUMENT',
					`interval_seconds: ${seconds} is not from 1 to ${MOST_INTERVAL_S}`,
				);
			return 1000 * (seconds || DEFAULT_INTERVAL_S);
		},
		/** What a stream tells now: a message for each module and host. */
		newest: (request: StreamRequest): { metric_set: MetricSet }[] =>
			setsOf(kept.newest(), request).map((metric_set) => ({ metric_set })),
		ioStats: (request: StatsRequest): { stats: IOStats; timestamp: Timestamp } => {
			const range = rangeOf(request.time_range);
			const found = counts.stats({ range, processes: request.include_process_stats, pids: request.pids });
			if (found) return { stats: found.stats, timestamp: timestampOf(found.ts) };
			const when = range ? ' in that range of time' : '';
			throw new Fault('NOT_FOUND', `nothing has come of iomonitor${when}; is its pipeline running?`);
		},
		moduleStatus: async ({ modules: names }: { modules: string[] }) => {
			const all = await modules.status(names);
			return {
				modules: all,
				system_status: {
					ebpf_supported: existsSync('/sys/kernel/btf/vmlinux'),
					kernel_version: release(),
					active_modules: all.filter(({ running }) => running).length,
					total_metrics: all.reduce((sum, { metric_count }) => sum + metric_count, 0),
					uptime_seconds: uptime(),
				},
			};
		},
		/** What the supervisor refuses is no error of the call: the answer says so. */
		configure: async (
			request: ConfigureRequest,
		): Promise<{ success: boolean; error: string; status: ModuleStatus }> => {
			const { module, enabled, config_json: config } = request;
			if (module === '') throw new Fault('INVALID_ARGUMENT', 'module: a name is missing');
			let error = '';
			try {
				await modules.configure(module, enabled, config);
			} catch (failure) {
				if (!(failure instanceof Fault && failure.word === 'FAILED_PRECONDITION')) throw failure;
				error = failure.message;
			}
			const [status] = await modules.status([module]);
			return { success: error === '', error, status: status! };
		},
		health: ({ include_diagnostics: isMore }: { include_diagnostics: boolean }) => {
			const { state, message, lastError } = health();
			return {
				status: `HEALTH_STATUS_${state}`,
				message: isMore || state === 'HEALTHY' ? message : state.toLowerCase(),
				version,
				uptime_seconds: uptime(),
				last_error: isMore ? lastError : '',
			};
		},
	};
};
