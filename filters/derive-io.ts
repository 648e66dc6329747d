#!/usr/bin/env node
// derive-io - what iomonitor counts, as the documented metrics of the I/O sidecar for BanyanDB
//
// usage:  bpf-maps iomonitor.bpf.o | derive-io [--window 1m] [--only] [--linger 1s] > records
// stdin:  records        stdout: records, all that came in, and beside each print of iomonitor the sidecar's
//
//   {"type":"sum","ts":15000,"start":9000,"host":"web1","metric":"fadvise_calls","unit":"calls","attributes":{"comm":"a","cgroup":"/","advice":"dontneed","result":"ok"},"temporality":"cumulative","monotonic":true,"value":3}
//   {"type":"sum","ts":15000,"start":9000,"host":"web1","metric":"fadvise_calls","unit":"calls","attributes":{"comm":"b","cgroup":"/","advice":"willneed","result":"EBADF"},"temporality":"cumulative","monotonic":true,"value":1}
// give, among others,
//   {"type":"sum","ts":15000,"host":"web1","start":9000,"metric":"ebpf_fadvise_calls","unit":"1","attributes":{},"temporality":"cumulative","monotonic":true,"value":4}
//   {"type":"gauge","ts":15000,"host":"web1","metric":"ebpf_fadvise_success_rate_percent","unit":"%","attributes":{},"value":75,"window_ms":60000}
//
// Counters, over all commands and cgroups of a host: ebpf_fadvise_calls, _success, _advice{advice}, ebpf_cache_read_attempts
// and ebpf_cache_misses (pages), ebpf_page_cache_adds, _evictions, ebpf_memory_lru_pages_scanned, _reclaimed,
// ebpf_memory_direct_reclaims, ebpf_memory_direct_reclaim_processes (each process once), ebpf_memory_kswapd_wakeups. What
// iomonitor has not said anything of is left out.
// Gauges, of what was counted in the window: ebpf_fadvise_success_rate_percent, ebpf_cache_hit_rate_percent,
// ebpf_cache_miss_rate_percent, ebpf_memory_reclaim_efficiency_percent. There is none before a whole window was seen, while
// nothing was counted, and where a part is more than the whole (pages read ahead that are not read yet): no share is ever
// cut to fit. When one ends, a notice "stale" says why.
//
//   --window 1m   how far back a share looks; to the print that is at least so old
//   --only        the sidecar's records alone, with notices        --linger 1s  silence after which a print is taken to be whole
//
// Put it before `every`, which would make increments of the counters. A print is whole at a record of its host of another
// time, after --linger, and at the end of input, unless barriers were seen. A barrier waits until no window begins before it.

import { createFigures } from './lib/sidecar/figures.ts';
import { handlersFor, PRINTS } from './lib/sidecar/handlers.ts';
import { stage } from './lib/stage.ts';

stage(import.meta, { options: PRINTS }, (context) => handlersFor(context, createFigures()));
