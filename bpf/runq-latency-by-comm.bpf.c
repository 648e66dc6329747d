// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * runq-latency-by-comm - how long runnable threads wait for a processor, a histogram per command, in microseconds
 *
 * runq-latency with the map `usecs` keyed by the name that the thread has when it is switched in.
 */
#define BY_COMM
#include "runq-latency.bpf.c"
