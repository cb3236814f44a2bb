// SPDX-License-Identifier: MIT
//
// The trace ring of a VM: its last exits that went to C, and the exceptions it
// took, kept in memory and printed only when the VM ends badly.
#ifndef MONITOR_CPU_TRACE_H
#define MONITOR_CPU_TRACE_H

#include "monitor/base/types.h"

#define TRACE_ENTRIES 256u // a power of two

// TRACE(name, text, what the detail is)
#define TRACE_EVENTS(TRACE)                                                                                            \
	TRACE(SVC, "hypercall", "word")                                                                                \
	TRACE(UNDEF, "undefined instruction to the guest", "pc")                                                       \
	TRACE(PREFETCH_ABORT, "prefetch abort to the guest", "far")                                                    \
	TRACE(DATA_ABORT, "data abort to the guest", "far")                                                            \
	TRACE(IRQ, "interrupt to the guest", "pc")                                                                     \
	TRACE(FIQ, "fast interrupt to the guest", "pc")                                                                \
	TRACE(EXEC, "page scanned", "va")                                                                              \
	TRACE(MMIO, "device access", "gpa")                                                                            \
	TRACE(WRITE_CODE, "write to code", "gpa")                                                                      \
	TRACE(WATCH, "load from a watched range", "va")                                                                \
	TRACE(WAIT, "waits for an interrupt", "pc")

enum trace_event {
#define TRACE(name, text, detail) TRACE_##name,
	TRACE_EVENTS(TRACE)
#undef TRACE
};

struct trace_entry {
	uint32_t time; // CNTVCT, low word
	uint32_t event, pc, mode, detail;
};

struct trace {
	struct trace_entry entry[TRACE_ENTRIES];
	uint32_t n; // entries ever made
};

struct vcpu;

void trace(struct vcpu *v, enum trace_event event, uint32_t detail);

#endif
