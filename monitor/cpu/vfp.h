// SPDX-License-Identifier: MIT
//
// The core's VFP and NEON registers (vfp.S). The caller has CPACR open to PL1.
#ifndef MONITOR_CPU_VFP_H
#define MONITOR_CPU_VFP_H

#include "monitor/base/types.h"

// d0 to d31, or d0 to d15 on a core with only these, and FPSCR; FPEXC.EN must be set.
void vfp_save(uint64_t d[32], uint32_t *fpscr);
void vfp_restore(const uint64_t d[32], uint32_t fpscr);

// Identification registers, whatever FPEXC says.
uint32_t vfp_fpsid(void);
uint32_t vfp_mvfr0(void);
uint32_t vfp_mvfr1(void);

#endif
