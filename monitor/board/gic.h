// SPDX-License-Identifier: MIT
//
// The host's GICv2: few interrupts, all level-sensitive and of one priority, taken with IRQs masked.
#ifndef MONITOR_BOARD_GIC_H
#define MONITOR_BOARD_GIC_H

#include "monitor/base/types.h"

#define GIC_SGIS    16u
#define GIC_SPECIAL 1020u // from here on: no interrupt, or none for us

// gicd, gicc: addresses of the distributor and of the CPU interface. Nothing is enabled, pending or active any more.
void gic_init(uint32_t gicd, uint32_t gicc);
void gic_enable(unsigned intid); // for this core
void gic_disable(unsigned intid);
// Acknowledges the pending interrupt; GIC_SPECIAL and up: there is none.
unsigned gic_ack(void);
// The one last acknowledged has been served.
void gic_eoi(void);

#endif
