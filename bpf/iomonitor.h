/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * iomonitor.h - the maps of iomonitor.bpf.c, their keys, how an entry of them is had, and the figures of a process
 */
#ifndef BPFPIPE_IOMONITOR_H
#define BPFPIPE_IOMONITOR_H

#include "filter.h"
#include "slots.h"

/* Series of one kind. Names of threads come and go, so a map can be full; it is told. */
#define MOST_SERIES 4096
/* A histogram takes 328 bytes on each processor. */
#define MOST_HISTOGRAMS 2048
/* Threads inside of a call at one instant. */
#define MOST_UNDER_WAY 16384
/* Processes that live and have called fadvise. */
#define MOST_PROCESSES 8192

#define EEXIST 17

enum call { READ, PREAD, FADVISE };
enum cause { BY_READ, BY_FADVISE, BY_OTHER };
enum kind { GLOBAL, MEMCG };

/* Who did it: the first part of every key. */
struct who {
	__u64 cgroup;
	char comm[TASK_COMM_LEN];
};

/* `a` and `b` are what else a count is kept by. */
struct series {
	struct who who;
	__u32 a;
	__u32 b;
};

struct failure {
	struct who who;
	__u32 call;
	__u32 error;
	__u32 file;
	__u32 none;
};

struct latency {
	__u64 slots[SLOTS];
	__u64 bytes;
};

struct reclaim {
	__u64 shrinks;
	__u64 scanned;
	__u64 reclaimed;
};

struct direct {
	__u64 slots[SLOTS];
	__u64 begun;
	/* Processes that had not reclaimed before. */
	__u64 processes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MOST_SERIES);
	__type(key, struct series);
	__type(value, __u64);
} fadvise SEC(".maps"), lookups SEC(".maps"), fills SEC(".maps"), evictions SEC(".maps"), wakeups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MOST_HISTOGRAMS);
	__type(key, struct series);
	__type(value, struct latency);
} reads SEC(".maps"), preads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MOST_HISTOGRAMS);
	__type(key, struct series);
	__type(value, struct direct);
} direct SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MOST_SERIES);
	__type(key, struct series);
	__type(value, struct reclaim);
} reclaim SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MOST_SERIES);
	__type(key, struct failure);
	__type(value, __u64);
} failures SEC(".maps");

/* `comm` is the name of the process, as it was when it first called. */
struct process {
	__u32 pid;
	__u32 result;
	char comm[TASK_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 2 * MOST_PROCESSES);
	__type(key, struct process);
	__type(value, __u64);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_PROCESSES);
	__type(key, __u32);
	__type(value, struct comm);
} names SEC(".maps");

/* Pages that a thread looks up in the range of one call come in batches, each told up to the end of the range. */
struct range {
	__u64 mapping;
	__u64 first;
	__u64 last;
	__u64 counted;
};

struct under_way {
	__u64 began;
	__u32 call;
	/* The kind of file, or the advice. */
	__u32 what;
	struct range range;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_UNDER_WAY);
	__type(key, __u32);
	__type(value, struct under_way);
} calls SEC(".maps");

/* Of calls that we do not follow: readv, sendfile, ... */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_UNDER_WAY);
	__type(key, __u32);
	__type(value, struct range);
} ranges SEC(".maps");

/* Processes that live and have reclaimed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_PROCESSES);
	__type(key, __u32);
	__type(value, __u8);
} reclaimers SEC(".maps");

struct reclaiming {
	__u64 began;
	__u32 kind;
	__u32 none;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_UNDER_WAY);
	__type(key, __u32);
	__type(value, struct reclaiming);
} reclaims SEC(".maps");

struct lost {
	__u64 full;
	__u64 missed;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lost);
} lost SEC(".maps");

/* New entries begin with zeros from here; those of histograms are too large for the stack. */
static const struct direct nothing;
_Static_assert(sizeof(struct latency) <= sizeof(nothing), "a new entry has more bytes than there are zeros");

static __always_inline void count_full(void)
{
	__u32 zero = 0;
	struct lost *count = bpf_map_lookup_elem(&lost, &zero);

	if (count)
		count->full += 1;
}

static __always_inline void count_missed(void)
{
	__u32 zero = 0;
	struct lost *count = bpf_map_lookup_elem(&lost, &zero);

	if (count)
		count->missed += 1;
}

/* The entry of a key, a new one where there is none; none where the map is full, which is told. */
static __always_inline void *entry_of(void *map, void *key)
{
	void *entry = bpf_map_lookup_elem(map, key);

	if (entry)
		return entry;
	bpf_map_update_elem(map, key, &nothing, BPF_NOEXIST);
	entry = bpf_map_lookup_elem(map, key);
	if (!entry)
		count_full();
	return entry;
}

static __always_inline void fill_who(struct who *who)
{
	who->cgroup = bpf_get_current_cgroup_id();
	bpf_get_current_comm(who->comm, sizeof(who->comm));
}

static __always_inline struct series series_of(int a, int b)
{
	struct series series = { .a = a, .b = b };

	fill_who(&series.who);
	return series;
}

static __always_inline void add(void *map, int a, int b, __u64 many)
{
	struct series key = series_of(a, b);
	__u64 *count = entry_of(map, &key);

	if (count)
		*count += many;
}

/* The type of the file behind a descriptor: the upper four bits of its mode; 0 for what has none, or is not open. */
static __always_inline __u32 file_type(int fd)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = 0;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file ? BPF_CORE_READ(file, f_inode, i_mode) >> 12 : 0;
}

static __always_inline void count_process(__u32 is_failed)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct process key = { .pid = bpf_get_current_pid_tgid() >> 32, .result = is_failed };
	struct comm *known = bpf_map_lookup_elem(&names, &key.pid), name = {};
	__u64 *count;

	if (!known) {
		struct task_struct *leader = BPF_CORE_READ(task, group_leader);

		bpf_core_read_str(name.comm, sizeof(name.comm), &leader->comm);
		bpf_map_update_elem(&names, &key.pid, &name, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&names, &key.pid);
		if (!known) {
			count_full();
			return;
		}
	}
	__builtin_memcpy(key.comm, known->comm, sizeof(key.comm));
	count = entry_of(&processes, &key);
	if (count)
		*count += 1;
}

/* The figures of a process that is no more, or that has become another program. */
static __always_inline void end_process(__u32 pid)
{
	struct process key = { .pid = pid };
	struct comm *name = bpf_map_lookup_elem(&names, &pid);

	if (!name)
		return;
	__builtin_memcpy(key.comm, name->comm, sizeof(key.comm));
	bpf_map_delete_elem(&processes, &key);
	key.result = 1;
	bpf_map_delete_elem(&processes, &key);
	bpf_map_delete_elem(&names, &pid);
}

#endif
