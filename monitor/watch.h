// SPDX-License-Identifier: MIT
//
// Loads through the very mapping that the guest's kernel executes, which are to see the guest's own words, not the
// patched copy's: of pages where something is replaced that may be data; with --strict, of all.
//
// Short descriptors have no execute-only pages, so it is the debug watchpoints that make such
// loads trap (ARM ARM C3.3): of loads only, at PL0 only, over aligned ranges of 2^n bytes that
// cover each page where a copy is mapped. The abort comes before the access; the
// load is then done from the guest's frames, where nothing is ever patched. What else lies in
// a range costs a trap and reads the same.
//
// The guest's own debug registers are emulated and never match (cp14.c), so the core's are the monitor's.
#ifndef MONITOR_WATCH_H
#define MONITOR_WATCH_H

#include "monitor/vcpu.h"

#define WATCH_RANGES 4u // at most; as many as a Cortex-A15 has watchpoints
#define WATCH_SITES  8u
#define WATCH_SAMPLE 256u  // of so many loads one is looked at for being a stray
#define WATCH_AREAS  4096u // MiB of addresses
#define WATCH_MANY   8192u // stopped loads that are too many, if not all pages are to be watched

struct watch_range {
	uint32_t base;
	uint8_t shift; // log2 of its size; 0: none
};

// An instruction that has read patched words: where, and how many times; va is the first of them.
struct watch_site {
	uint32_t pc, va, count;
};

struct watch {
	unsigned n; // ranges there may be; 0: loads aren't watched
	struct watch_range range[WATCH_RANGES];
	uint16_t stray[WATCH_AREAS];         // samples of loads from pages that needn't be watched, of late
	uint32_t strays, patience;           // since the ranges were begun, and how many until they are begun anew
	uint32_t moves;                      // watchpoints that were written
	uint32_t since;                      // stopped loads when it was last seen whether they are too many
	uint32_t patched_reads;              // loads of words that the copy has changed
	struct watch_site site[WATCH_SITES]; // by which instructions: the first that there were
};

// Whether the core has watchpoints as they are needed. Clears one.
bool watch_possible(void);

// Forgets all ranges, and turns the core's watchpoints on, or off.
void watch_init(struct watch *w, bool on);

// A copy is about to be mapped at va's page.
void watch_cover(struct watch *w, gva_t va);

// No copy is mapped any more.
void watch_reset(struct watch *w);

// A load that was sampled at va needn't have been stopped. Returns whether the ranges had better be made
// anew: then the caller has to unmap all copies, and has them covered again as they are mapped.
bool watch_stray(struct watch *w, gva_t va);

// A watchpoint has stopped the load at v->pc, which is about to be done from the guest's frames.
void watch_stopped(struct vcpu *v);

#endif
