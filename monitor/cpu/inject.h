// SPDX-License-Identifier: MIT
//
// Exceptions delivered to the guest, with the LR offsets of ARM ARM table B1-6.
// Each takes the exception's preferred return address from v->pc: the instruction
// that was trapped.
#ifndef MONITOR_CPU_INJECT_H
#define MONITOR_CPU_INJECT_H

#include "monitor/cpu/vcpu.h"

void inject_undef(struct vcpu *v);
void inject_svc(struct vcpu *v); // v->pc: the SVC itself
void inject_prefetch_abort(struct vcpu *v, uint32_t fs, gva_t far);
void inject_data_abort(struct vcpu *v, uint32_t fs, uint32_t domain, bool write, gva_t far);
void inject_irq(struct vcpu *v);
void inject_fiq(struct vcpu *v);

#endif
