// SPDX-License-Identifier: MIT
//
// Sensitive transfers of several words: LDM with the PC and ^, LDM and STM of the user's
// registers, SRS and RFE (ARM ARM B9.3). The base register changes last, so that a fault leaves
// it as it was; what else had been transferred by then stays, as on QEMU.
#include "bt/isa/operand.h"
#include "monitor/cpu/access.h"
#include "monitor/cpu/emulate_internal.h"
#include "monitor/cpu/vpsr.h"

// By P and U of the A32 instruction.
static uint32_t
lowest(uint32_t insn, uint32_t base, unsigned n)
{
	return bt_block_lowest(base, n, bit(insn, 23), bit(insn, 24));
}

static uint32_t
written_back(uint32_t insn, uint32_t base, unsigned n)
{
	return bt_block_behind(base, n, bit(insn, 23));
}

// Multi-word transfers are word-aligned or fault, whatever SCTLR.A says (A3.2.1).
static bool
load_words(struct vcpu *v, uint32_t at, uint32_t *const to[], unsigned n)
{
	if (!access_aligned(v, GVA(at), 4, false))
		return false;
	for (unsigned i = 0; i < n; i++, at += 4u) {
		emulate_poll(v, at);
		if (!access_read(v, GVA(at), 4, true, to[i]))
			return false;
	}
	return true;
}

static bool
store_words(struct vcpu *v, uint32_t at, const uint32_t *from, unsigned n)
{
	if (!access_aligned(v, GVA(at), 4, true))
		return false;
	for (unsigned i = 0; i < n; i++, at += 4u) {
		emulate_poll(v, at);
		if (!access_write(v, GVA(at), 4, true, from[i]))
			return false;
	}
	return true;
}

enum exit_reason
emulate_ldm_return(struct vcpu *v, uint32_t insn)
{
	unsigned rn = bits(insn, 19, 16), n = count_ones(insn & 0xffffu), i = 0;
	uint32_t base = emulate_reg(v, rn), based = base, pc = 0, *to[16];

	if (rn == 15u || !emulate_has_spsr(v))
		return emulate_undef(v);
	for (uint32_t list = insn & 0x7fffu; list; list &= list - 1u) {
		unsigned r = (unsigned)__builtin_ctz(list);

		to[i++] = r == rn ? &based : &v->regs[r];
	}
	to[i] = &pc;
	if (bit(insn, 21))
		based = written_back(insn, base, n); // unless it is loaded
	if (!load_words(v, lowest(insn, base, n), to, n))
		return EXIT_fault;
	v->regs[rn] = based;
	return emulate_return(v, emulate_bank(v)->spsr, pc);
}

// A register of USR, from another mode.
static uint32_t *
user_reg(struct vcpu *v, unsigned n)
{
	uint32_t m = v->mode & PSR_M;

	if (m == MODE_SYS || n < 8u)
		return &v->regs[n];
	if (n < 13u)
		return m == MODE_FIQ ? &v->usr_r8_r12[n - 8u] : &v->regs[n];
	return n == 13u ? &v->bank[0].sp : &v->bank[0].lr;
}

enum exit_reason
emulate_ldm_user(struct vcpu *v, uint32_t insn)
{
	unsigned rn = bits(insn, 19, 16), n = count_ones(insn & 0x7fffu), i = 0;
	uint32_t *to[15];

	if (rn == 15u || !n)
		return emulate_undef(v);
	for (uint32_t list = insn & 0x7fffu; list; list &= list - 1u)
		to[i++] = user_reg(v, (unsigned)__builtin_ctz(list));
	if (!load_words(v, lowest(insn, v->regs[rn], n), to, n))
		return EXIT_fault;
	return emulate_next(v, EXIT_user_bank);
}

enum exit_reason
emulate_stm_user(struct vcpu *v, uint32_t insn)
{
	unsigned rn = bits(insn, 19, 16), n = 0;
	uint32_t put[16];

	for (uint32_t list = insn & 0xffffu; list; list &= list - 1u) {
		unsigned r = (unsigned)__builtin_ctz(list);

		put[n++] = r == 15u ? v->pc + 8u : *user_reg(v, r);
	}
	if (rn == 15u || !n)
		return emulate_undef(v);
	if (!store_words(v, lowest(insn, v->regs[rn], n), put, n))
		return EXIT_fault;
	return emulate_next(v, EXIT_user_bank);
}

enum exit_reason
emulate_srs(struct vcpu *v, uint32_t insn)
{
	uint32_t mode = insn & PSR_M, put[2] = {v->regs[14], emulate_bank(v)->spsr};
	uint32_t *sp = vpsr_bank(v, mode) == vpsr_bank(v, v->mode) ? &v->regs[13] : &vpsr_bank(v, mode)->sp;

	if (!vpsr_mode_valid(mode) || !emulate_has_spsr(v))
		return emulate_undef(v);
	if (!store_words(v, lowest(insn, *sp, 2), put, 2))
		return EXIT_fault;
	if (bit(insn, 21))
		*sp = written_back(insn, *sp, 2);
	return emulate_next(v, EXIT_srs);
}

enum exit_reason
emulate_rfe(struct vcpu *v, uint32_t insn)
{
	unsigned rn = bits(insn, 19, 16);
	uint32_t base = emulate_reg(v, rn), pc = 0, psr = 0, *const to[2] = {&pc, &psr};

	if (rn == 15u)
		return emulate_undef(v);
	if (!load_words(v, lowest(insn, base, 2), to, 2))
		return EXIT_fault;
	if (bit(insn, 21))
		v->regs[rn] = written_back(insn, base, 2);
	return emulate_return(v, psr, pc);
}
