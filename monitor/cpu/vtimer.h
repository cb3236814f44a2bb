// SPDX-License-Identifier: MIT
//
// The guest's generic timers: virtual and physical, against the host's counters of those names, which the guest may
// read by itself and which differ by what firmware has left in CNTVOFF (ARM ARM B8.1). All counts here are CNTVCT's.
#ifndef MONITOR_CPU_VTIMER_H
#define MONITOR_CPU_VTIMER_H

#include "monitor/cpu/vcpu.h"

#define CNT_CTL_ENABLE  (1u << 0)
#define CNT_CTL_IMASK   (1u << 1)
#define CNT_CTL_ISTATUS (1u << 2)

// Timers off.
void vtimer_reset(struct vcpu *v);

// CNT?_CTL as it reads at this count, the timer's own: ISTATUS is clear in a timer that is off.
uint32_t vtimer_ctl(const struct vtimer *t, uint64_t now);

// Whether the timer's output is high at this count, its own.
bool vtimer_fires(const struct vtimer *t, uint64_t now);

// Drives both timers' inputs of the GIC by what they are now.
void vtimer_sync(struct vcpu *v);

// The count at which vtimer_sync will next raise a line; UINT64_MAX: never.
uint64_t vtimer_next(const struct vcpu *v);

#endif
