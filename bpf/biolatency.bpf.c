// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * biolatency - how long block devices take for a request, from when it is given to the driver until it is done, in
 * microseconds by device and operation
 *
 * A request is known by its address, not by its first sector: two at one sector are two, and what is merged into a request
 * is a part of it. One that is given to the driver again counts from then; one that is done in parts counts with the last.
 *
 * tp_btf: requests end in interrupts, and a tracepoint of perf is not seen while the interrupt comes in the middle of
 * another BPF program; so up to 6 % of reads were missing beside busy programs.
 *
 * maps:  requests    by device and operation        lost    what is in no count
 */
#include "kernel.h"
#include "slots.h"
#include <bpf/bpf_core_read.h>

extern int LINUX_KERNEL_VERSION __kconfig;
#define VERSION(major, minor) (((major) << 16) + ((minor) << 8))

/* More than all devices of a large machine have given to their drivers at one instant. */
#define MOST_UNDER_WAY 16384
/* Devices times operations. */
#define MOST_SERIES 2048
/* The lower eight bits of a request's flags are what it does. */
#define OPERATION 0xff
/* Of a device's number as the kernel keeps it. */
#define MINOR_BITS 20

struct key {
	__u32 device;
	__u32 operation;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MOST_SERIES);
	__type(key, struct key);
	__type(value, struct histogram);
} requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_UNDER_WAY);
	__type(key, __u64);
	__type(value, __u64);
} issued SEC(".maps");

struct lost {
	__u64 full;
	/* Done, and not seen before. */
	__u64 alone;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lost);
} lost SEC(".maps");

/* A new entry begins with zeros from here, for it is too large for the stack. */
static const struct histogram nothing;

static __always_inline void count_lost(__u64 full, __u64 alone)
{
	__u32 zero = 0;
	struct lost *count = bpf_map_lookup_elem(&lost, &zero);

	if (count) {
		count->full += full;
		count->alone += alone;
	}
}

static __always_inline __u32 device_of(struct request *request)
{
	struct request___before *before = (void *)request;
	struct gendisk *disk;

	if (bpf_core_field_exists(before->rq_disk))
		disk = BPF_CORE_READ(before, rq_disk);
	else
		disk = BPF_CORE_READ(request, q, disk);
	return disk ? BPF_CORE_READ(disk, major) << MINOR_BITS | BPF_CORE_READ(disk, first_minor) : 0;
}

SEC("tp_btf/block_rq_complete")
int complete(__u64 *args)
{
	struct request *request = (struct request *)args[0];
	__u32 bytes = args[2], left = request->__data_len;
	__u64 address = args[0], *since, now = bpf_ktime_get_ns();
	struct key key = { .operation = request->cmd_flags & OPERATION };
	struct histogram *histogram;

	if (bytes < left)
		return 0;
	since = bpf_map_lookup_elem(&issued, &address);
	if (!since) {
		/* The end of a write with a flush around it is told once more, without data. */
		if (bytes > 0)
			count_lost(0, 1);
		return 0;
	}
	key.device = device_of(request);
	histogram = bpf_map_lookup_elem(&requests, &key);
	if (!histogram) {
		bpf_map_update_elem(&requests, &key, &nothing, BPF_NOEXIST);
		histogram = bpf_map_lookup_elem(&requests, &key);
	}
	if (histogram)
		count_slot(histogram, (now - *since) / 1000);
	else
		count_lost(1, 0);
	bpf_map_delete_elem(&issued, &address);
	return 0;
}

SEC("tp_btf/block_rq_issue")
int issue(__u64 *args)
{
	/* Linux 5.11 took the queue from its place before the request. */
	__u64 address = LINUX_KERNEL_VERSION < VERSION(5, 11) ? args[1] : args[0], now = bpf_ktime_get_ns();

	if (bpf_map_update_elem(&issued, &address, &now, BPF_ANY))
		count_lost(1, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
