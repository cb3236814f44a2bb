// SPDX-License-Identifier: MIT
//
// What is printed of a VM that ends badly, for who wants to see why: the first fault that led there, the registers,
// the instruction at the PC and the end of the trace.
#ifndef MONITOR_VM_DUMP_H
#define MONITOR_VM_DUMP_H

#include "monitor/cpu/trace.h"
#include "monitor/cpu/vcpu.h"

void dump_vcpu(struct vcpu *v);

// Without the guest's memory, should the monitor itself be broken.
void dump_registers(const struct vcpu *v);

// The last entries of the trace, oldest first.
void dump_trace(const struct trace *t);

#endif
