// SPDX-License-Identifier: MIT
//
// The guest's VFP and NEON unit: its system registers and its lazy ownership of the core's
// one (ARM ARM B1.11, B6.1).
//
// The physical FPEXC.EN is on only while the running VCPU owns the unit (core.fp_owner)
// and has its own FPEXC.EN set; the physical CPACR is the guest's, cut to what
// the virtual mode may do, and always open to the monitor.
#ifndef MONITOR_CPU_VFPSYS_H
#define MONITOR_CPU_VFPSYS_H

#include "monitor/cpu/cptable.h"

// Resets the unit as the VCPU sees it, after cp15_reset; the VCPU isn't running.
void vfpsys_reset(struct vcpu *v);

// Makes the views' CPACR, and the core's CPACR and FPEXC, follow what the VCPU, which is the
// running one, has in CPACR and FPEXC and whether it owns the unit. To be called
// too when another VCPU is put on the core.
void vfpsys_update(struct vcpu *v);

// Executes an A32 VMRS or VMSR of a system register (B9.3.21, B9.3.22); FPSCR is none of them.
enum cp_result vfpsys_access(struct vcpu *v, uint32_t insn);

// An instruction, A32 or T32 (first halfword high), trapped as undefined. True: it was
// the lack of ownership, which the VCPU now has, so that it is to be tried again; this
// is so once only. False: it is somebody else's.
bool vfpsys_undef(struct vcpu *v, uint32_t insn);

// D0 to D31 of the VCPU, which is the running one, to be read and written until it runs: what the core's
// unit held of them has been saved, and is fetched back at the next use.
uint64_t *vfpsys_registers(struct vcpu *v);

#endif
