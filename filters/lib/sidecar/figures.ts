// figures: the metrics that the I/O sidecar for BanyanDB has documented, out of iomonitor's counts
// What were gauges of the last event are counters here; a share is one of a whole window, or there is none.

import type { Gauge, Notice, Sum } from '../record.ts';
import { exact } from '../record.ts';
import type { TotalOf } from './counts.ts';
import { commonOf, risen, type View, windowOf } from './view.ts';

/** A counter: the sum of which counter of iomonitor, over which of its series. */
type Total = { of: string; where?: Record<string, string> };

const ADVICE = 'ebpf_fadvise_advice';
const ADVICES = ['normal', 'random', 'sequential', 'willneed', 'dontneed', 'noreuse'];

const TOTALS: Record<string, Total> = {
	ebpf_fadvise_calls: { of: 'fadvise_calls' },
	ebpf_fadvise_success: { of: 'fadvise_calls', where: { result: 'ok' } },
	...Object.fromEntries(
		ADVICES.map((advice) => [`${ADVICE} ${advice}`, { of: 'fadvise_calls', where: { advice } }]),
	),
	// Of read and pread alone: what other calls looked up, other causes have filled, together with writes and faults.
	ebpf_cache_read_attempts: { of: 'cache_lookups', where: { cause: 'read' } },
	// A page that was read ahead is a miss as well: because of a read it came from the device.
	ebpf_cache_misses: { of: 'cache_fills', where: { cause: 'read' } },
	ebpf_page_cache_adds: { of: 'cache_fills' },
	ebpf_page_cache_evictions: { of: 'cache_evictions' },
	ebpf_memory_lru_pages_scanned: { of: 'lru_scanned' },
	ebpf_memory_lru_pages_reclaimed: { of: 'lru_reclaimed' },
	ebpf_memory_direct_reclaims: { of: 'direct_reclaims' },
	ebpf_memory_direct_reclaim_processes: { of: 'direct_reclaim_processes' },
	ebpf_memory_kswapd_wakeups: { of: 'kswapd_wakeups' },
};

/** A gauge in percent: `part` of `whole` in the window, or with `isRest` what is not `part`. */
type Share = { part: string; whole: string; isRest?: true };

const CACHE = { part: 'ebpf_cache_misses', whole: 'ebpf_cache_read_attempts' };
const SHARES: Record<string, Share> = {
	ebpf_fadvise_success_rate_percent: { part: 'ebpf_fadvise_success', whole: 'ebpf_fadvise_calls' },
	ebpf_cache_hit_rate_percent: { ...CACHE, isRest: true },
	ebpf_cache_miss_rate_percent: CACHE,
	ebpf_memory_reclaim_efficiency_percent: {
		part: 'ebpf_memory_lru_pages_reclaimed',
		whole: 'ebpf_memory_lru_pages_scanned',
	},
};

/** Every counter of the contract by its name, an advice behind a blank; none of those of which iomonitor has said nothing. */
export const totalsOf = (total: TotalOf): Map<string, bigint> => {
	const totals = new Map<string, bigint>();
	for (const [name, { of, where }] of Object.entries(TOTALS)) {
		const value = total(of, where);
		if (value !== undefined) totals.set(name, value);
	}
	return totals;
};

const sumsOf = (view: View): Sum[] => {
	const { totals, start } = view.now;
	const common = { ...commonOf(view), ...(start !== undefined && { start }) };
	return [...totals].map(([name, value]) => {
		const [metric, advice] = name.split(' ') as [string, string?];
		const attributes: Record<string, string> = advice === undefined ? {} : { advice };
		return {
			...{ type: 'sum', ...common, metric, unit: '1', attributes },
			...{ temporality: 'cumulative', monotonic: true, value: exact(value) },
		} as const;
	});
};

/** A share of the view's window in percent; in words why there is none. */
const shareOf = (view: View, { part, whole, isRest }: Share): number | string => {
	const [some, all] = [risen(view, part), risen(view, whole)];
	if (some === undefined || all === undefined) return 'no whole window has been seen';
	if (all === 0n) return `${whole} counted nothing`;
	if (some > all)
		return `${part} counted ${some}, more than ${whole}, ${all}: what was read ahead is not read yet`;
	return (100 * Number(isRest ? all - some : some)) / Number(all);
};

/** What comes of each print of one host. A share that ends is told once, so that nobody shows its last value any longer. */
export const createFigures = () => {
	/** Shares that have a value, on which hosts. */
	const known = new Set<string>();
	const gauge = (view: View, metric: string, share: Share): (Gauge | Notice)[] => {
		const value = shareOf(view, share);
		const key = JSON.stringify([metric, view.host, view.synthetic]);
		const common = { ...commonOf(view), metric };
		if (typeof value === 'string') {
			if (!known.delete(key)) return [];
			return [{ type: 'notice', ...common, attributes: {}, kind: 'stale', count: 1, detail: value }];
		}
		known.add(key);
		const more = { unit: '%', attributes: {}, value, window_ms: windowOf(view) };
		return [{ type: 'gauge', ...common, ...more }];
	};
	return (view: View): (Sum | Gauge | Notice)[] => [
		...sumsOf(view),
		...Object.entries(SHARES).flatMap(([metric, share]) => gauge(view, metric, share)),
	];
};
