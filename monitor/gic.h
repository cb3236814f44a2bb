// SPDX-License-Identifier: MIT
//
// The host's GICv2: few interrupts, all of one priority, taken with IRQs masked.
#ifndef MONITOR_GIC_H
#define MONITOR_GIC_H

#include "monitor/types.h"

#define GIC_SPURIOUS 1023u

// gicd, gicc: addresses of the distributor and of the CPU interface.
void gic_init(uint32_t gicd, uint32_t gicc);
void gic_enable(unsigned intid); // on this core
// Acknowledges the pending interrupt; GIC_SPURIOUS: none.
unsigned gic_ack(void);
void gic_eoi(unsigned intid);

#endif
