// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * iomonitor - file advice, page cache, reclaim and reads, by command and cgroup, for threads that filter.h lets through
 *
 * A call counts when it ends, for the thread that made it: one that began before us does not count. Pages count in what the
 * thread does in whose name the kernel moves them: a page that is read ahead counts for the reader, one that kswapd takes
 * for kswapd. Ends stand before begins, for programs are attached in this order: no begin is seen whose end is not.
 * What each number does not say: bpf/README.md, "iomonitor".
 *
 * overhead, Linux 6.18 on two virtual processors under other load, by the kernel's BPF run statistics (test/bench/bpf.ts), of
 * reads of 4 KiB, beside the same counts in bpftrace (without the kind of file, pages once a call, processes, filters): first
 * at an event 439 ns, bpftrace 414; second 380 ns, bpftrace 496.
 *
 * maps:  fadvise lookups fills evictions reclaim direct wakeups reads preads failures    counts, see iomonitor.yaml
 *        processes    fadvise of each process, gone when the process is        lost    what is in no count
 */
#include "iomonitor.h"

/* Where pages are larger, a read that asks beyond the end of its file counts more than there are. */
#define PAGE 4096

static __always_inline int begin_call(__u32 call, __u32 what)
{
	struct under_way begun = { .began = bpf_ktime_get_ns(), .call = call, .what = what };
	__u32 thread = bpf_get_current_pid_tgid();
	long status = bpf_map_update_elem(&calls, &thread, &begun, BPF_NOEXIST);

	if (status == -EEXIST) {
		count_missed();
		status = bpf_map_update_elem(&calls, &thread, &begun, BPF_ANY);
	}
	if (status)
		count_full();
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_fadvise64")
int fadvise_exit(struct trace_event_raw_sys_exit *event)
{
	__u32 thread = bpf_get_current_pid_tgid();
	struct under_way *begun = bpf_map_lookup_elem(&calls, &thread);

	if (!begun || begun->call != FADVISE)
		return 0;
	add(&fadvise, begun->what, -event->ret, 1);
	count_process(event->ret != 0);
	bpf_map_delete_elem(&calls, &thread);
	return 0;
}

static __always_inline int end_read(struct trace_event_raw_sys_exit *event, void *map, __u32 call)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 thread = bpf_get_current_pid_tgid();
	struct under_way *begun = bpf_map_lookup_elem(&calls, &thread);
	long ret = event->ret;

	if (!begun || begun->call != call)
		return 0;
	if (ret < 0) {
		struct failure key = { .call = call, .error = -ret, .file = begun->what };
		__u64 *count;

		fill_who(&key.who);
		count = entry_of(&failures, &key);
		if (count)
			*count += 1;
	} else {
		struct series key = series_of(begun->what, 0);
		struct latency *latency = entry_of(map, &key);

		if (latency) {
			count_slot((struct histogram *)latency->slots, (now - begun->began) / 1000);
			latency->bytes += ret;
		}
	}
	bpf_map_delete_elem(&calls, &thread);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_read")
int read_exit(struct trace_event_raw_sys_exit *event)
{
	return end_read(event, &reads, READ);
}

SEC("tracepoint/syscalls/sys_exit_pread64")
int pread_exit(struct trace_event_raw_sys_exit *event)
{
	return end_read(event, &preads, PREAD);
}

SEC("tracepoint/syscalls/sys_enter_fadvise64")
int fadvise_enter(struct trace_event_raw_sys_enter *event)
{
	return is_wanted() ? begin_call(FADVISE, event->args[3]) : 0;
}

SEC("tracepoint/syscalls/sys_enter_read")
int read_enter(struct trace_event_raw_sys_enter *event)
{
	return is_wanted() ? begin_call(READ, file_type(event->args[0])) : 0;
}

SEC("tracepoint/syscalls/sys_enter_pread64")
int pread_enter(struct trace_event_raw_sys_enter *event)
{
	return is_wanted() ? begin_call(PREAD, file_type(event->args[0])) : 0;
}

/* The pages of a batch that were not counted with the batch before it, and the range noted for the next. */
static __always_inline __u64 pages_new(struct range *range, struct range now)
{
	__u64 from = now.first;

	if (range->mapping == now.mapping && range->last == now.last && now.first > range->first && range->counted > from)
		from = range->counted;
	*range = now;
	if (now.counted < from)
		range->counted = from;
	return now.counted > from ? now.counted - from : 0;
}

/* `tp_btf`, for the file's size: a call asks for pages beyond its end, where there are none. */
SEC("tp_btf/mm_filemap_get_pages")
int lookup(__u64 *args)
{
	struct address_space *mapping = (struct address_space *)args[0];
	__u32 thread = bpf_get_current_pid_tgid();
	struct under_way *begun = bpf_map_lookup_elem(&calls, &thread);
	struct range now = { .mapping = args[0], .first = args[1], .last = args[2] }, *range;
	__u64 size = mapping->host->i_size, pages;
	int is_read = begun && begun->call != FADVISE;

	if (!is_read && !is_wanted())
		return 0;
	now.counted = (size + PAGE - 1) / PAGE;
	if (now.counted > now.last + 1)
		now.counted = now.last + 1;
	range = is_read ? &begun->range : bpf_map_lookup_elem(&ranges, &thread);
	if (range)
		pages = pages_new(range, now);
	else {
		struct range none = {};

		pages = pages_new(&none, now);
		if (bpf_map_update_elem(&ranges, &thread, &now, BPF_ANY))
			count_full();
	}
	if (pages)
		add(&lookups, is_read ? BY_READ : BY_OTHER, 0, pages);
	return 0;
}

/* Large folios came with the field `order`; before, it is one page at a time. */
static __always_inline __u64 pages_of(struct trace_event_raw_mm_filemap_op_page_cache *event)
{
	return bpf_core_field_exists(event->order) ? 1ull << event->order : 1;
}

SEC("tracepoint/filemap/mm_filemap_add_to_page_cache")
int fill(struct trace_event_raw_mm_filemap_op_page_cache *event)
{
	__u32 thread = bpf_get_current_pid_tgid();
	struct under_way *begun = bpf_map_lookup_elem(&calls, &thread);

	if (begun)
		add(&fills, begun->call == FADVISE ? BY_FADVISE : BY_READ, 0, pages_of(event));
	else if (is_wanted())
		add(&fills, BY_OTHER, 0, pages_of(event));
	return 0;
}

SEC("tracepoint/filemap/mm_filemap_delete_from_page_cache")
int evict(struct trace_event_raw_mm_filemap_op_page_cache *event)
{
	if (is_wanted())
		add(&evictions, 0, 0, pages_of(event));
	return 0;
}

SEC("tracepoint/vmscan/mm_vmscan_lru_shrink_inactive")
int shrink(struct trace_event_raw_mm_vmscan_lru_shrink_inactive *event)
{
	struct series key;
	struct reclaim *count;

	if (!is_wanted())
		return 0;
	key = series_of(0, 0);
	count = entry_of(&reclaim, &key);
	if (!count)
		return 0;
	count->shrinks += 1;
	count->scanned += event->nr_scanned;
	count->reclaimed += event->nr_reclaimed;
	return 0;
}

SEC("tracepoint/vmscan/mm_vmscan_kswapd_wake")
int kswapd_wake(void *event)
{
	if (is_wanted())
		add(&wakeups, 0, 0, 1);
	return 0;
}

/* Whether the process reclaims for the first time. */
static __always_inline int is_new_reclaimer(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u8 yes = 1;
	int error = bpf_map_update_elem(&reclaimers, &pid, &yes, BPF_NOEXIST);

	if (error && error != -EEXIST)
		count_full();
	return error == 0;
}

static __always_inline int begin_reclaim(__u32 kind)
{
	struct reclaiming begun = { .began = bpf_ktime_get_ns(), .kind = kind };
	__u32 thread = bpf_get_current_pid_tgid();
	struct series key;
	struct direct *count;

	if (!is_wanted())
		return 0;
	key = series_of(kind, 0);
	count = entry_of(&direct, &key);
	if (count) {
		count->begun += 1;
		count->processes += is_new_reclaimer();
	}
	if (bpf_map_update_elem(&reclaims, &thread, &begun, BPF_ANY))
		count_full();
	return 0;
}

static __always_inline int end_reclaim(__u32 kind)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 thread = bpf_get_current_pid_tgid();
	struct reclaiming *begun = bpf_map_lookup_elem(&reclaims, &thread);
	struct series key;
	struct direct *count;

	if (!begun || begun->kind != kind)
		return 0;
	key = series_of(kind, 0);
	count = entry_of(&direct, &key);
	if (count)
		count_slot((struct histogram *)count->slots, (now - begun->began) / 1000);
	bpf_map_delete_elem(&reclaims, &thread);
	return 0;
}

SEC("tracepoint/vmscan/mm_vmscan_direct_reclaim_end")
int direct_end(void *event)
{
	return end_reclaim(GLOBAL);
}

SEC("tracepoint/vmscan/mm_vmscan_memcg_reclaim_end")
int memcg_end(void *event)
{
	return end_reclaim(MEMCG);
}

SEC("tracepoint/vmscan/mm_vmscan_direct_reclaim_begin")
int direct_begin(void *event)
{
	return begin_reclaim(GLOBAL);
}

SEC("tracepoint/vmscan/mm_vmscan_memcg_reclaim_begin")
int memcg_begin(void *event)
{
	return begin_reclaim(MEMCG);
}

/* `tp_btf`, for the processes: the tracepoint itself has the numbers of threads. */
SEC("tp_btf/sched_process_fork")
int process_fork(__u64 *args)
{
	if (follow_fork((struct task_struct *)args[0], (struct task_struct *)args[1]))
		count_full();
	return 0;
}

SEC("tracepoint/sched/sched_process_exec")
int process_exec(void *event)
{
	end_process(bpf_get_current_pid_tgid() >> 32);
	return 0;
}

SEC("tracepoint/sched/sched_process_exit")
int process_exit(void *event)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 ids = bpf_get_current_pid_tgid();
	__u32 thread = ids, pid = ids >> 32;

	if (!bpf_map_delete_elem(&calls, &thread))
		count_missed();
	if (!bpf_map_delete_elem(&reclaims, &thread))
		count_missed();
	bpf_map_delete_elem(&ranges, &thread);
	if (BPF_CORE_READ(task, signal, live.counter) == 0) {
		end_process(pid);
		forget_process(pid);
		bpf_map_delete_elem(&reclaimers, &pid);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
