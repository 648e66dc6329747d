// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * tcp-rtt - the round-trip time that TCP reckons with, in microseconds by version of IP
 *
 * One value for each segment that comes in for an established connection: the smoothed time (srtt) that the connection has
 * before the segment is looked at, whole microseconds. One that has no measure yet has 0.
 *
 * maps:  rtts    by version of IP, see slots.h
 */
#include "kernel.h"
#include "slots.h"

#define AF_INET 2
enum version { IPV4, IPV6, VERSIONS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VERSIONS);
	__type(key, __u32);
	__type(value, struct histogram);
} rtts SEC(".maps");

SEC("tp_btf/tcp_probe")
int tcp_probe(__u64 *args)
{
	struct sock *sock = (struct sock *)args[0];
	__u32 version = sock->__sk_common.skc_family == AF_INET ? IPV4 : IPV6, eighths;
	struct histogram *histogram = bpf_map_lookup_elem(&rtts, &version);

	if (!histogram)
		return 0;
	bpf_probe_read_kernel(&eighths, sizeof(eighths), &((struct tcp_sock *)sock)->srtt_us);
	count_slot(histogram, eighths >> 3);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
