// SPDX-License-Identifier: MIT
//
// The guest's CP15: identification, control, faults, maintenance, thread registers and
// the generic timer (ARM ARM B3.17, B4).
#ifndef MONITOR_CPU_CP15_H
#define MONITOR_CPU_CP15_H

#include "monitor/cpu/cptable.h"

// The bits of SCTLR that mmu/walk.h has no use for (B4.1.130).
#define SCTLR_A  (1u << 1)
#define SCTLR_C  (1u << 2)
#define SCTLR_SW (1u << 10)
#define SCTLR_Z  (1u << 11)
#define SCTLR_I  (1u << 12)
#define SCTLR_V  (1u << 13)
#define SCTLR_TE (1u << 30)

// Asserts that the table is sorted and makes sense; once at boot.
void cp15_check_table(void);

// Resets the registers. The caller calls regime_reset after it, and cp14_reset for TEECR.
void cp15_reset(struct vcpu *v);

// Executes an A32 MCR, MRC, MCRR or MRRC on coprocessor 15, with the VCPU's virtual
// privilege; the condition has passed. The PC is left to the caller.
enum cp_result cp15_access(struct vcpu *v, uint32_t insn);

// What to count an access as: EXIT_cp15 or one of EXIT_cp15_*.
enum exit_reason cp15_reason(uint32_t insn);

#endif
