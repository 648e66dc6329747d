// io-stats: what iomonitor has counted, as IOStats: all of it, or what was counted in a range of time

import type { Measure } from '../record.ts';
import { toBigInt } from '../record.ts';
import { createPrints } from '../sidecar/prints.ts';
import type { View } from '../sidecar/view.ts';

/** 64-bit numbers are decimal digits. */
export type IOStats = {
	fadvise: {
		total_calls: string;
		success_calls: string;
		failed_calls: string;
		advice_counts: Record<string, string>;
		process_stats: ProcessStats[];
	};
	cache: {
		read_attempts: string;
		hits: string;
		misses: string;
		hit_rate_percent: number;
		miss_rate_percent: number;
		pages_added: string;
		pages_evicted: string;
	};
	memory: {
		lru_pages_scanned: string;
		pages_reclaimed: string;
		reclaim_efficiency_percent: number;
		direct_reclaim_processes: number;
		kswapd_wakeups: string;
	};
};
export type ProcessStats = { pid: number; comm: string; call_count: string; success_count: string };

export type StatsQuestion = {
	/** Times in ms, `from` inclusive, `to` exclusive; without both all since the start of the counts. */
	range: { from: number; to: number } | undefined;
	processes: boolean;
	/** None: all. */
	pids: number[];
};

export type IOCounts = {
	take: (record: Measure) => void;
	/** No more of the print that is open will come. */
	close: () => void;
	isOpen: () => boolean;
	/** Undefined while iomonitor has said nothing, or nothing of that time is kept. */
	stats: (question: StatsQuestion) => { stats: IOStats; ts: number } | undefined;
};

type Process = { ts: number; pid: number; comm: string; ok: bigint; failed: bigint };

const PROCESS_CALLS = 'fadvise_process_calls';
const ADVICE = 'ebpf_fadvise_advice ';

const percent = (part: bigint, whole: bigint): number =>
	whole === 0n || part > whole ? Number.NaN : (100 * Number(part)) / Number(whole);

const statsOf = (total: (name: string) => bigint, names: string[], processes: ProcessStats[]): IOStats => {
	const [calls, success] = [total('ebpf_fadvise_calls'), total('ebpf_fadvise_success')];
	const [attempts, misses] = [total('ebpf_cache_read_attempts'), total('ebpf_cache_misses')];
	const [scanned, reclaimed] = [
		total('ebpf_memory_lru_pages_scanned'),
		total('ebpf_memory_lru_pages_reclaimed'),
	];
	const advice = names.filter((name) => name.startsWith(ADVICE));
	const miss = percent(misses, attempts);
	return {
		fadvise: {
			total_calls: String(calls),
			success_calls: String(success),
			failed_calls: String(calls - success),
			advice_counts: Object.fromEntries(
				advice.map((name) => [name.slice(ADVICE.length), String(total(name))]),
			),
			process_stats: processes,
		},
		cache: {
			read_attempts: String(attempts),
			hits: String(misses > attempts ? 0n : attempts - misses),
			misses: String(misses),
			hit_rate_percent: 100 - miss,
			miss_rate_percent: miss,
			pages_added: String(total('ebpf_page_cache_adds')),
			pages_evicted: String(total('ebpf_page_cache_evictions')),
		},
		memory: {
			lru_pages_scanned: String(scanned),
			pages_reclaimed: String(reclaimed),
			reclaim_efficiency_percent: percent(reclaimed, scanned),
			direct_reclaim_processes: Number(total('ebpf_memory_direct_reclaim_processes')),
			kswapd_wakeups: String(total('ebpf_memory_kswapd_wakeups')),
		},
	};
};

/** What was counted between two prints of one host; from the start where there is no earlier one of the same start. */
const between = (before: View['now'] | undefined, after: View['now'], name: string): bigint =>
	(after.totals.get(name) ?? 0n) - (before?.start === after.start ? (before?.totals.get(name) ?? 0n) : 0n);

/** `spanMs`: how far back a range may look. */
export const createIOCounts = (spanMs: number): IOCounts => {
	const hosts = new Map<string, View['now'][]>();
	const processes = new Map<string, Process>();
	let processTime = 0;

	const keep = ({ host, synthetic, now }: View) => {
		const key = JSON.stringify([host, synthetic]);
		const prints = hosts.get(key) ?? [];
		prints.push(now);
		// One older than the span is what its oldest range begins with.
		while (prints.length > 2 && prints[1]!.ts <= now.ts - spanMs) prints.shift();
		hosts.set(key, prints);
	};
	const prints = createPrints({
		// The prints that a range needs are kept here.
		windowMs: 0,
		staleMs: Math.max(spanMs, 3_600_000),
		onPrint: keep,
		onLate: () => {},
		emit: () => {},
	});
	const takeProcess = (record: Measure & { type: 'gauge' }) => {
		const { pid = '', comm = '', result } = record.attributes;
		if (record.ts > processTime) {
			processes.clear();
			processTime = record.ts;
		}
		const key = JSON.stringify([record.host, pid]);
		const known = processes.get(key) ?? { ts: record.ts, pid: Number(pid), comm, ok: 0n, failed: 0n };
		known[result === 'ok' ? 'ok' : 'failed'] += toBigInt(record.value);
		processes.set(key, known);
	};
	const processStats = ({ processes: isAsked, pids }: StatsQuestion): ProcessStats[] => {
		if (!isAsked) return [];
		const wanted = [...processes.values()].filter(({ pid }) => pids.length === 0 || pids.includes(pid));
		return wanted.map(({ pid, comm, ok, failed }) => ({
			...{ pid, comm, call_count: String(ok + failed), success_count: String(ok) },
		}));
	};
	const spans = ({ range }: StatsQuestion): { before: View['now'] | undefined; after: View['now'] }[] =>
		[...hosts.values()].flatMap((all) => {
			if (!range) return [{ before: undefined, after: all.at(-1)! }];
			const after = all.findLast(({ ts }) => ts < range.to);
			const before = all.findLast(({ ts }) => ts < range.from);
			return after && after !== before ? [{ before, after }] : [];
		});
	return {
		take: (record) => {
			if (record.type === 'gauge' && record.metric === PROCESS_CALLS) takeProcess(record);
			else prints.take(record);
		},
		close: prints.close,
		isOpen: prints.isOpen,
		stats: (question) => {
			const all = spans(question);
			if (all.length === 0) return undefined;
			const total = (name: string) =>
				all.reduce((sum, { before, after }) => sum + between(before, after, name), 0n);
			const names = [...new Set(all.flatMap(({ after }) => [...after.totals.keys()]))];
			return {
				stats: statsOf(total, names, processStats(question)),
				ts: Math.max(...all.map(({ after }) => after.ts)),
			};
		},
	};
};
