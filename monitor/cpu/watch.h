// SPDX-License-Identifier: MIT
//
// Loads through the very mapping that the guest's kernel executes, which are to see the guest's own words, not the
// patched copy's: of pages where something is replaced that may be data; with --strict, of all.
//
// Where some pages are to be watched, each has a watchpoint for the part that matters while it is mapped
// executable, and there are as many such pages as watchpoints at a time. Where all are, ranges hold many.
//
// Short descriptors have no execute-only pages, so it is the debug watchpoints that make such
// loads trap (ARM ARM C3.3): of loads only, at PL0 only, over aligned ranges of 2^n bytes that
// cover each page where a copy is mapped. The abort comes before the access; the
// load is then done from the guest's frames, where nothing is ever patched. What else lies in
// a range costs a trap and reads the same.
//
// The guest's own debug registers are emulated and never match (cp14.c), so the core's are the monitor's.
#ifndef MONITOR_CPU_WATCH_H
#define MONITOR_CPU_WATCH_H

#include "monitor/cpu/vcpu.h"

#define WATCH_RANGES 4u // at most; as many as a Cortex-A15 has watchpoints
#define WATCH_SITES  8u
#define WATCH_SAMPLE 256u  // of so many loads one is looked at for being a stray
#define WATCH_AREAS  4096u // MiB of addresses
#define WATCH_WEIGHT 16u   // an event counts as much as so many exits
#define WATCH_MANY   8192u // stopped loads, and pages that took another's place, after which it is seen what they cost

struct watch_range {
	uint32_t base;
	uint8_t shift; // log2 of its size; 0: none
};

// An instruction that has read patched words: where, and how many times; va is the first of them.
struct watch_site {
	uint32_t pc, va, count;
};

// What watching has cost, ever: of all exits, loads that were stopped and pages that took another's place.
struct watch_bill {
	uint32_t exits, events;
};

struct watch {
	unsigned n; // ranges there may be; 0: loads aren't watched
	struct watch_range range[WATCH_RANGES];
	uint16_t stray[WATCH_AREAS];         // samples of loads from pages that needn't be watched, of late
	uint32_t strays, patience;           // since the ranges were begun, and how many until they are begun anew
	uint32_t moves;                      // watchpoints that were written
	unsigned oldest;                     // of the ranges that are exact
	uint32_t swaps;                      // pages that took another's place
	struct watch_bill bill;              // when it was last seen what all this costs
	uint32_t patched_reads;              // loads of words that the copy has changed
	struct watch_site site[WATCH_SITES]; // by which instructions: the first that there were
};

// Whether the core has watchpoints as they are needed. Clears one.
bool watch_possible(void);

// Forgets all ranges, and turns the core's watchpoints on, or off.
void watch_init(struct watch *w, bool on);

// A copy is about to be mapped at va's page: with --strict, where all copies are watched, and ranges grow.
void watch_cover(struct watch *w, gva_t va);

// The same where few are: only len bytes from va on are watched, which are in one page. If there is no range left, that
// takes the place of another page: true, and *out is where that is mapped, and is to be unmapped.
bool watch_exactly(struct watch *w, gva_t va, uint32_t len, gva_t *out);

// No copy is mapped any more.
void watch_reset(struct watch *w);

// A load that was sampled at va needn't have been stopped. Returns whether the ranges had better be made
// anew: then the caller has to unmap all copies, and has them covered again as they are mapped.
bool watch_stray(struct watch *w, gva_t va);

// Now and then: whether too much of the time since it was last asked may have been lost with all this. What an event
// takes isn't known (to stop a load takes QEMU longer than all the rest), so they are compared with other exits.
bool watch_costs_too_much(struct vcpu *v);

// A watchpoint has stopped the load at v->pc, which is about to be done from the guest's frames.
void watch_stopped(struct vcpu *v);

#endif
