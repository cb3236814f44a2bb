// SPDX-License-Identifier: MIT
//
// The guest's CP14: debug (ARM ARM C11), ThumbEE's TEECR and TEEHBR, trivial Jazelle
// (A2.10). Breakpoints and watchpoints are stored and read back, and never hit.
#ifndef MONITOR_CPU_CP14_H
#define MONITOR_CPU_CP14_H

#include "monitor/cpu/cptable.h"

#define DBGOSLSR_OSLK 0x2u
#define DBGOSLSR_OSLM 0x8u // an OS lock without save and restore
#define TEECR_XED     0x1u

// Asserts that the table is sorted and makes sense; once at boot.
void cp14_check_table(void);

// Resets the registers; after cp15_reset, which poisons TEECR.
void cp14_reset(struct vcpu *v);

// Executes an A32 MCR or MRC on coprocessor 14, with the VCPU's virtual privilege; the
// condition has passed. The PC is left to the caller.
enum cp_result cp14_access(struct vcpu *v, uint32_t insn);

#endif
