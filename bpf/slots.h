/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * slots.h - a histogram by powers of two: slot 0 counts the value 0, slot i the values from 2^(i-1) up to 2^i
 *
 * In a NAME.yaml this is `{scale: log2, first: 1}`. The last slot also counts whatever is above it.
 */
#ifndef BPFPIPE_SLOTS_H
#define BPFPIPE_SLOTS_H

/* 2^38 us are three days. */
#define SLOTS 40

struct histogram {
	__u64 slots[SLOTS];
};

/* One more than the place of the highest bit; 0 of 0. Six steps without a loop, which the verifier follows on any kernel. */
static __always_inline __u32 slot_of(__u64 value)
{
	__u32 slot = 0;

	if (value == 0)
		return 0;
	if (value >> 32) {
		value >>= 32;
		slot += 32;
	}
	if (value >> 16) {
		value >>= 16;
		slot += 16;
	}
	if (value >> 8) {
		value >>= 8;
		slot += 8;
	}
	if (value >> 4) {
		value >>= 4;
		slot += 4;
	}
	if (value >> 2) {
		value >>= 2;
		slot += 2;
	}
	if (value >> 1)
		slot += 1;
	slot += 1;
	return slot < SLOTS ? slot : SLOTS - 1;
}

/* Only this processor writes here, and tracing programs are not preempted: a plain addition is enough. */
static __always_inline void count_slot(struct histogram *histogram, __u64 value)
{
	__u32 slot = slot_of(value);

	/* The compiler forgets the bound it has just seen; the verifier wants it beside the access. */
	asm volatile("" : "+r"(slot));
	if (slot < SLOTS)
		histogram->slots[slot] += 1;
}

#endif
