// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * softirq-latency - how long soft interrupts wait for being served, and how long they run, in microseconds by kind
 *
 * A wait begins when a soft interrupt is raised that is not pending already, and ends when it is served, on the same
 * processor. The kernel serves all that is pending at once, so a kind that is raised ten times in the meantime waits once.
 * Each run is counted in `runs` as /proc/softirqs counts it.
 *
 * maps:  waits    from raised to served, see slots.h        runs    from served to done
 *
 * tp_btf: unlike a tracepoint of perf, it is also seen when another BPF program was interrupted.
 */
#include "kernel.h"
#include "slots.h"

/* HI to RCU; the kernel has had these ten since 2.6.31. */
#define KINDS 10

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KINDS);
	__type(key, __u32);
	__type(value, struct histogram);
} waits SEC(".maps"), runs SEC(".maps");

struct times {
	__u64 raised;
	__u64 served;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KINDS);
	__type(key, __u32);
	__type(value, struct times);
} times SEC(".maps");

static __always_inline void count(void *map, __u32 kind, __u64 since, __u64 until)
{
	struct histogram *histogram = bpf_map_lookup_elem(map, &kind);

	if (histogram)
		count_slot(histogram, (until - since) / 1000);
}

SEC("tp_btf/softirq_raise")
int softirq_raise(__u64 *args)
{
	__u32 kind = args[0];
	struct times *of = bpf_map_lookup_elem(&times, &kind);

	if (of && of->raised == 0)
		of->raised = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_entry")
int softirq_entry(__u64 *args)
{
	__u32 kind = args[0];
	struct times *of = bpf_map_lookup_elem(&times, &kind);

	if (!of)
		return 0;
	of->served = bpf_ktime_get_ns();
	if (of->raised != 0) {
		count(&waits, kind, of->raised, of->served);
		of->raised = 0;
	}
	return 0;
}

SEC("tp_btf/softirq_exit")
int softirq_exit(__u64 *args)
{
	__u32 kind = args[0];
	struct times *of = bpf_map_lookup_elem(&times, &kind);

	if (of && of->served != 0) {
		count(&runs, kind, of->served, bpf_ktime_get_ns());
		of->served = 0;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
