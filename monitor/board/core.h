// SPDX-License-Identifier: MIT
//
// A core of the host: what the monitor keeps per core.
#ifndef MONITOR_BOARD_CORE_H
#define MONITOR_BOARD_CORE_H

#include "monitor/base/types.h"

struct vcpu;

struct core {
	unsigned id;
	uint32_t image_bytes;  // of the monitor, stack and all
	uint32_t stack_top;    // of the monitor's stack on this core
	struct vcpu *fp_owner; // whose VFP and NEON registers the core holds
	bool early_domain;     // MMU_EARLY_DOMAIN
	bool pmu_insns;        // hostpmu.h: its counter counts instructions,
	uint32_t pmu_id;       // and a PMCR like its own
};

#endif
