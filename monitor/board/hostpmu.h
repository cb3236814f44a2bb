// SPDX-License-Identifier: MIT
//
// The host's performance monitors: one counter of instructions that are executed at PL0, which is where guests run
// (ARM ARM DDI 0406C, C12; PMUv2). On QEMU it counts with -icount only. Nothing else of them is used, nor let
// interrupt.
#ifndef MONITOR_BOARD_HOSTPMU_H
#define MONITOR_BOARD_HOSTPMU_H

#include "monitor/base/types.h"

// Sets it up; whether it counts.
bool hostpmu_init(void);

// The constant bits of a PMCR for guests: the host's, or if it has none by these registers one like a Cortex-A15's.
uint32_t hostpmu_id(void);

// Turns it on or off, where hostpmu_init has said that it counts; it reads as PMXEVCNTR.
void hostpmu_run(bool on);

#endif
