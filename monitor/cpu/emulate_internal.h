// SPDX-License-Identifier: MIT
//
// What emulate.c, emulate_multi.c, ldst.c and vldst.c share.
#ifndef MONITOR_CPU_EMULATE_INTERNAL_H
#define MONITOR_CPU_EMULATE_INTERNAL_H

#include "bt/isa/ldst.h"
#include "monitor/cpu/emulate.h"
#include "monitor/cpu/irq.h"

// The guest takes an Undefined Instruction exception instead.
enum exit_reason emulate_undef(struct vcpu *v);
// Done: on to the next instruction.
enum exit_reason emulate_next(struct vcpu *v, enum exit_reason reason);
// Returns from an exception to pc with this PSR.
enum exit_reason emulate_return(struct vcpu *v, uint32_t psr, uint32_t pc);

// The current mode's bank, and whether there is an SPSR in it: USR and SYS have none.
struct bank *emulate_bank(struct vcpu *v);
bool emulate_has_spsr(const struct vcpu *v);

// In the middle of a transfer of several words, of which this is one: every few, interrupts of the host are let in.
static inline void
emulate_poll(struct vcpu *v, uint32_t at)
{
	if (at % 16u == 0)
		irq_poll(v);
}

// The registers as operands of a load or store, the PC as bt_ldst_address() wants it.
void emulate_operands(const struct vcpu *v, uint32_t regs[16]);

// emulate_ldst() for the loads and stores of VFP and Advanced SIMD registers (bt/isa/vldst.h).
bool emulate_vldst(struct vcpu *v, uint32_t insn);

// LDREX or STREX, resp. one of their other sizes, of what is at that address. False: nothing done, but a fault
// taken, or the instruction is to come again.
bool emulate_exclusive(struct vcpu *v, const struct bt_ldst *op, uint32_t at);

// Execute one of these each, its condition having passed.
enum exit_reason emulate_ldm_return(struct vcpu *v, uint32_t insn);
enum exit_reason emulate_ldm_user(struct vcpu *v, uint32_t insn);
enum exit_reason emulate_stm_user(struct vcpu *v, uint32_t insn);
enum exit_reason emulate_srs(struct vcpu *v, uint32_t insn);
enum exit_reason emulate_rfe(struct vcpu *v, uint32_t insn);

#endif
