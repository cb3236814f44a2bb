// SPDX-License-Identifier: MIT
//
// The slow way: sensitive instructions, and loads and stores that can't be done
// directly, emulated from their original words.
#ifndef MONITOR_CPU_EMULATE_H
#define MONITOR_CPU_EMULATE_H

#include "monitor/cpu/vcpu.h"

// Executes the sensitive A32 instruction insn, at v->pc, for the guest's kernel; its
// condition has passed. The PC is moved on, or to wherever an exception leads.
// Returns what to count it as.
enum exit_reason emulate_sensitive(struct vcpu *v, uint32_t insn);

// The same for a sensitive Thumb instruction.
enum exit_reason emulate_sensitive_thumb(struct vcpu *v, uint32_t insn);

// Executes a load or store (bt/isa/ldst.h, bt/isa/vldst.h), A32 or Thumb, at v->pc, its condition not
// yet looked at; one of the PC branches, with a change of state where bit 0 asks for it.
// False, and nothing done, for a word that isn't one.
bool emulate_ldst(struct vcpu *v, uint32_t insn);

// The load at v->pc is to be done again, since its access at `fault` found the beginning of a page missing. QEMU 7.2
// writes the first register of an LDRD before it loads the second, so if that is the base, too, it gets its value back.
void emulate_restore_base(struct vcpu *v, gva_t fault);

// Register n as an operand: the PC reads as the instruction's address plus 8, in Thumb plus 4.
uint32_t emulate_reg(const struct vcpu *v, unsigned n);

// The result of a data-processing instruction, immediate or with a shifted register (A5.2.1).
uint32_t emulate_alu(const struct vcpu *v, uint32_t insn);

// Whether the condition of insn holds: that of an A32 instruction is its own, that of a Thumb one is ITSTATE's.
bool emulate_passes(const struct vcpu *v, uint32_t insn);

#endif
