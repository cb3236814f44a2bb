// SPDX-License-Identifier: MIT
//
// Sensitive transfers of several words: LDM with the PC and ^, LDM and STM of the user's
// registers, SRS and RFE (ARM ARM B9.3). The base register changes last, and a store
// is probed at both ends, so that a fault leaves everything as it was.
#include "monitor/access.h"
#include "monitor/emulate_internal.h"
#include "monitor/inject.h"
#include "monitor/vpsr.h"

// A block of n words from base as LDM and STM count: its lowest address.
static uint32_t
lowest(uint32_t insn, uint32_t base, unsigned n)
{
	bool up = bit(insn, 23), before = bit(insn, 24);
	uint32_t start = up ? base : base - 4u * n;

	return up == before ? start + 4u : start;
}

static uint32_t
written_back(uint32_t insn, uint32_t base, unsigned n)
{
	return bit(insn, 23) ? base + 4u * n : base - 4u * n;
}

// Multi-word transfers are word-aligned or fault, whatever SCTLR.A says (A3.2.1).
static bool
aligned(struct vcpu *v, uint32_t at, bool write)
{
	if (!(at & 3u))
		return true;
	inject_data_abort(v, FS_ALIGNMENT, 0, write, GVA(at));
	return false;
}

static bool
load_words(struct vcpu *v, uint32_t at, uint32_t *to, unsigned n)
{
	if (!aligned(v, at, false))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!access_read(v, GVA(at + 4u * i), 4, true, &to[i]))
			return false;
	return true;
}

static bool
store_words(struct vcpu *v, uint32_t at, const uint32_t *from, unsigned n)
{
	if (!aligned(v, at, true) || !access_probe(v, GVA(at), true, true) ||
	    !access_probe(v, GVA(at + 4u * (n - 1)), true, true))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!access_write(v, GVA(at + 4u * i), 4, true, from[i]))
			return false;
	return true;
}

enum exit_reason
emulate_ldm_return(struct vcpu *v, uint32_t insn)
{
	unsigned rn = bits(insn, 19, 16), n = count_ones(insn & 0xffffu), i = 0;
	uint32_t base = emulate_reg(v, rn), got[16];

	if (rn == 15u || !emulate_has_spsr(v))
		return emulate_undef(v);
	if (!load_words(v, lowest(insn, base, n), got, n))
		return EXIT_fault;
	if (bit(insn, 21))
		v->regs[rn] = written_back(insn, base, n);
	for (uint32_t list = insn & 0x7fffu; list; list &= list - 1u)
		v->regs[__builtin_ctz(list)] = got[i++];
	return emulate_return(v, emulate_bank(v)->spsr, got[i]);
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
	uint32_t got[15];

	if (rn == 15u || !n)
		return emulate_undef(v);
	if (!load_words(v, lowest(insn, v->regs[rn], n), got, n))
		return EXIT_fault;
	for (uint32_t list = insn & 0x7fffu; list; list &= list - 1u)
		*user_reg(v, (unsigned)__builtin_ctz(list)) = got[i++];
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
	uint32_t base = emulate_reg(v, rn), got[2];

	if (rn == 15u)
		return emulate_undef(v);
	if (!load_words(v, lowest(insn, base, 2), got, 2))
		return EXIT_fault;
	if (bit(insn, 21))
		v->regs[rn] = written_back(insn, base, 2);
	return emulate_return(v, got[1], got[0]);
}
