/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * kernel.h - the few types of the kernel that our programs touch, each with only the fields that they read
 *
 * The compiler notes each access by the field's name, and libbpf puts in the offset that the running kernel has (CO-RE).
 * So neither the order nor the sizes here matter, and no vmlinux.h of 3 MB is needed.
 */
#ifndef BPFPIPE_KERNEL_H
#define BPFPIPE_KERNEL_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
};

#define TASK_COMM_LEN 16

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* sched:sched_wakeup, sched:sched_wakeup_new */
struct trace_event_raw_sched_wakeup_template {
	int pid;
};

/* sched:sched_switch */
struct trace_event_raw_sched_switch {
	int prev_pid;
	long prev_state;
	char next_comm[TASK_COMM_LEN];
	int next_pid;
};

/* irq:softirq_entry, irq:softirq_exit, irq:softirq_raise */
struct trace_event_raw_softirq {
	unsigned int vec;
};

/* syscalls:sys_enter_NAME, syscalls:sys_exit_NAME */
struct trace_event_raw_sys_enter {
	unsigned long args[6];
};

struct trace_event_raw_sys_exit {
	long ret;
};

/* filemap:mm_filemap_add_to_page_cache, filemap:mm_filemap_delete_from_page_cache; `order` in later kernels */
struct trace_event_raw_mm_filemap_op_page_cache {
	unsigned char order;
};

struct trace_event_raw_mm_vmscan_lru_shrink_inactive {
	unsigned long nr_scanned;
	unsigned long nr_reclaimed;
};

struct inode {
	__u16 i_mode;
	__s64 i_size;
};

struct address_space {
	struct inode *host;
};

struct file {
	struct inode *f_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct signal_struct {
	struct {
		int counter;
	} live;
};

struct gendisk {
	int major;
	int first_minor;
};

/* `disk` since Linux 5.15 */
struct request_queue {
	struct gendisk *disk;
};

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	unsigned int __data_len;
};

/* until Linux 5.16 */
struct request___before {
	struct gendisk *rq_disk;
};

struct sock_common {
	unsigned short skc_family;
};

struct sock {
	struct sock_common __sk_common;
};

struct tcp_sock {
	__u32 srtt_us;
};

struct task_struct {
	int tgid;
	struct task_struct *group_leader;
	struct files_struct *files;
	struct signal_struct *signal;
	char comm[TASK_COMM_LEN];
};

#pragma clang attribute pop

#include <bpf/bpf_helpers.h>

#endif
