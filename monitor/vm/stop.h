// SPDX-License-Identifier: MIT
//
// How a VM ends, and how the monitor does: the report, one line of JSON with the
// exit statistics, and before it, when it ends badly, what is needed to see why.
#ifndef MONITOR_VM_STOP_H
#define MONITOR_VM_STOP_H

#include "monitor/cpu/vcpu.h"

// The guest powered off, or was reset and isn't to be restarted.
_Noreturn void stop_poweroff(struct vcpu *v);
_Noreturn void stop_reset(struct vcpu *v);

// Whoever started the monitor wants to know how the VM is, or that it ends (report.h).
void stop_orders(struct vcpu *v);

// The guest did what it can't come back from, or asked for what isn't supported:
// dump and end, status 2.
_Noreturn void stop_crash(struct vcpu *v, const char *what);

// Input that the monitor can't use (no FIT, a kernel that doesn't fit, ...): one
// line, status 1. what and where may be NULL.
_Noreturn void stop_input(const char *what, const char *where);

// A bug of ours that early_fault has told of: status 4.
_Noreturn void stop_early(void);

// The window's entry for bugs of ours, and arch_bug's end: status 4.
_Noreturn void stop_fatal(struct vcpu *v, uint32_t lr, uint32_t spsr, uint32_t mode);
_Noreturn void stop_bug(const char *file, int line, const char *what, const void *caller);

#endif
