// SPDX-License-Identifier: MIT
//
// What emulate.c and emulate_multi.c share.
#ifndef MONITOR_EMULATE_INTERNAL_H
#define MONITOR_EMULATE_INTERNAL_H

#include "monitor/emulate.h"

// The guest takes an Undefined Instruction exception instead.
enum exit_reason emulate_undef(struct vcpu *v);
// Done: on to the next instruction.
enum exit_reason emulate_next(struct vcpu *v, enum exit_reason reason);
// Returns from an exception to pc with this PSR.
enum exit_reason emulate_return(struct vcpu *v, uint32_t psr, uint32_t pc);

// The current mode's bank, and whether there is an SPSR in it: USR and SYS have none.
struct bank *emulate_bank(struct vcpu *v);
bool emulate_has_spsr(const struct vcpu *v);

// Execute one of these each, its condition having passed.
enum exit_reason emulate_ldm_return(struct vcpu *v, uint32_t insn);
enum exit_reason emulate_ldm_user(struct vcpu *v, uint32_t insn);
enum exit_reason emulate_stm_user(struct vcpu *v, uint32_t insn);
enum exit_reason emulate_srs(struct vcpu *v, uint32_t insn);
enum exit_reason emulate_rfe(struct vcpu *v, uint32_t insn);

#endif
