// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * runq-latency - how long runnable threads wait for a processor, as one histogram in microseconds
 *
 * A wait begins when a thread is woken, or when it is taken off its processor while it could still run; it ends when the
 * thread is switched in. The idle threads (pid 0) never wait. It counts as bpftrace/cpu-lat.bt does.
 *
 * overhead, Linux 6.18 on two virtual processors under other load, by the kernel's BPF run statistics (test/bench/bpf.ts):
 * both attached at once, the one that runs first at an event also fetches what both read. First: 368 ns an event, cpu-lat.bt
 * 470; second: 256 ns, cpu-lat.bt 366.
 *
 * maps:  usecs    waits by length, see slots.h        lost    waits that were not measured, because `queued` was full
 */
#include "kernel.h"
#include "slots.h"

/* Threads that wait at one instant; a machine with more of them has other worries, and is told (`lost`). */
#define MOST_WAITING 16384

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_WAITING);
	__type(key, __u32);
	__type(value, __u64);
} queued SEC(".maps");

#ifdef BY_COMM
/* Names of threads; what comes beyond is told as lost. */
#define MOST_COMMS 4096

struct comm {
	char comm[TASK_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MOST_COMMS);
	__type(key, struct comm);
	__type(value, struct histogram);
} usecs SEC(".maps");

/* A new entry begins with zeros from here, for it is too large for the stack. */
static const struct histogram nothing;
#else
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct histogram);
} usecs SEC(".maps");
#endif

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

static __always_inline void count_lost(void)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&lost, &zero);

	if (count)
		*count += 1;
}

static __always_inline int begin_wait(__u32 pid)
{
	__u64 now = bpf_ktime_get_ns();

	if (bpf_map_update_elem(&queued, &pid, &now, BPF_ANY))
		count_lost();
	return 0;
}

SEC("tracepoint/sched/sched_wakeup")
int sched_wakeup(struct trace_event_raw_sched_wakeup_template *event)
{
	return begin_wait(event->pid);
}

SEC("tracepoint/sched/sched_wakeup_new")
int sched_wakeup_new(struct trace_event_raw_sched_wakeup_template *event)
{
	return begin_wait(event->pid);
}

SEC("tracepoint/sched/sched_switch")
int sched_switch(struct trace_event_raw_sched_switch *event)
{
	__u32 pid = event->next_pid;
	struct histogram *histogram;
	__u64 *since, waited;

	/* The low byte is the sleep state. 0 is runnable; bit 0x100, outside it, says preempted (Linux 4.14 on). */
	if (event->prev_pid != 0 && (event->prev_state & 0xff) == 0)
		begin_wait(event->prev_pid);
	since = bpf_map_lookup_elem(&queued, &pid);
	if (!since)
		return 0;
	waited = (bpf_ktime_get_ns() - *since) / 1000;
#ifdef BY_COMM
	struct comm key = {};

	bpf_probe_read_kernel_str(key.comm, sizeof(key.comm), event->next_comm);
	histogram = bpf_map_lookup_elem(&usecs, &key);
	if (!histogram) {
		bpf_map_update_elem(&usecs, &key, &nothing, BPF_NOEXIST);
		histogram = bpf_map_lookup_elem(&usecs, &key);
	}
#else
	__u32 key = 0;

	histogram = bpf_map_lookup_elem(&usecs, &key);
#endif
	if (histogram)
		count_slot(histogram, waited);
	else
		count_lost();
	bpf_map_delete_elem(&queued, &pid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
