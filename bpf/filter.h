/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * filter.h - which threads an object counts: by cgroup, by command, by process; the whole machine when nothing is named
 *
 * In a NAME.yaml: `filters: {cgroup: {map: cgroups, count: filters.cgroups}, comm: ..., pid: ...}`. Of one kind any has to
 * hold, of several kinds each. bpf-maps fills the maps.
 */
#ifndef BPFPIPE_FILTER_H
#define BPFPIPE_FILTER_H

#include "kernel.h"
#include <bpf/bpf_core_read.h>

/* Named by hand, one option each. */
#define MOST_CGROUPS 8
#define MOST_NAMED 64
/* A process and whatever it has started. What finds no room here is told as lost by whoever includes this. */
#define MOST_FAMILY 16384

struct comm {
	char comm[TASK_COMM_LEN];
};

/* How many were named of each kind; 0 asks for nothing. */
struct filters {
	__u32 cgroups;
	__u32 comms;
	__u32 pids;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct filters);
} filters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, MOST_CGROUPS);
	__type(key, __u32);
	__type(value, __u32);
} cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_NAMED);
	__type(key, struct comm);
	__type(value, __u8);
} comms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_FAMILY);
	__type(key, __u32);
	__type(value, __u8);
} pids SEC(".maps");

static __always_inline int is_in_cgroups(__u32 count)
{
#pragma unroll
	for (__u32 i = 0; i < MOST_CGROUPS; i++)
		if (i < count && bpf_current_task_under_cgroup(&cgroups, i) == 1)
			return 1;
	return 0;
}

/* Whether what the running thread does is counted. */
static __always_inline int is_wanted(void)
{
	__u32 zero = 0, pid = bpf_get_current_pid_tgid() >> 32;
	struct filters *by = bpf_map_lookup_elem(&filters, &zero);
	struct comm name = {};

	if (!by)
		return 0;
	if (by->pids && !bpf_map_lookup_elem(&pids, &pid))
		return 0;
	if (by->comms) {
		bpf_get_current_comm(&name, sizeof(name));
		if (!bpf_map_lookup_elem(&comms, &name))
			return 0;
	}
	return !by->cgroups || is_in_cgroups(by->cgroups);
}

/* At a fork: a child belongs to the family of its parent. Not 0 when there was no room for it. */
static __always_inline int follow_fork(struct task_struct *parent, struct task_struct *child)
{
	__u32 from = parent->tgid, to = child->tgid;
	__u8 *known = bpf_map_lookup_elem(&pids, &from);

	return known && from != to ? bpf_map_update_elem(&pids, &to, known, BPF_ANY) : 0;
}

/* At the end of a process. */
static __always_inline void forget_process(__u32 pid)
{
	bpf_map_delete_elem(&pids, &pid);
}

#endif
