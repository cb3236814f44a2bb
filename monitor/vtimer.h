// SPDX-License-Identifier: MIT
//
// The guest's generic timers: virtual and physical, both against the host's virtual
// counter, for the guest has no CNTVOFF (ARM ARM B8.1).
#ifndef MONITOR_VTIMER_H
#define MONITOR_VTIMER_H

#include "monitor/vcpu.h"

#define CNT_CTL_ENABLE  (1u << 0)
#define CNT_CTL_IMASK   (1u << 1)
#define CNT_CTL_ISTATUS (1u << 2)

// Timers off.
void vtimer_reset(struct vcpu *v);

// CNT?_CTL as it reads at this count: ISTATUS is clear in a timer that is off.
uint32_t vtimer_ctl(const struct vtimer *t, uint64_t now);

// Whether the timer's output is high at this count.
bool vtimer_fires(const struct vtimer *t, uint64_t now);

// Drives both timers' inputs of the GIC by what they are now.
void vtimer_sync(struct vcpu *v);

// The count at which vtimer_sync will next raise a line; UINT64_MAX: never.
uint64_t vtimer_next(const struct vcpu *v);

#endif
