// SPDX-License-Identifier: MIT
//
// Warm exits of modes and PSRs: system calls, MSR, CPS, exception returns, LDM^, STM^,
// RFE, SRS, and the lazily opened domains. See hot.h for the rules.
#include "bt/isa/hyper_imm.h"
#include "bt/isa/operand.h"
#include "monitor/exit/hot.h"

enum hot_result
hot_svc_user(struct vcpu *v)
{
	if (!hot_may_go(v, MODE_SVC | v->exc_psr, v->vectors + VECTOR_SVC)) {
		v->pc -= v->cpsr & PSR_T ? 2u : 4u; // the slow way starts from the SVC itself
		return HOT_SLOW;
	}
	v->view[VIEW_USER].tpidrurw = sysreg_read_tpidrurw();
	vpsr_enter(v, MODE_SVC, VECTOR_SVC, v->pc);
	hot_account(v, EXIT_svc_user);
	return HOT_VIEW;
}

// A domain fault: the guest's DACR allows what the physical one has closed. At a page's beginning there may be a base
// to restore (emulate_restore_base).
enum hot_result
hot_domain(struct vcpu *v)
{
	uint32_t field = 1u << (2u * bits(sysreg_read_dfsr(), 7, 4));
	struct view *view = &v->view[v->view_now];

	if (!(v->cp15.mmu.dacr & field) || (view->dacr & field) || !(sysreg_read_dfar() & PAGE_MASK))
		return HOT_SLOW;
	view->dacr |= field;
	sysreg_write_dacr(view->dacr);
	isb();
	hot_account(v, EXIT_domain);
	return HOT_DONE;
}

// MSR CPSR or SPSR, from a register or an immediate.
enum hot_result
hot_msr(struct vcpu *v, uint32_t svc)
{
	uint32_t class = bits(svc, 23, 16);
	bool imm = class == BT_IMM_MSR_CPSR_IMM || class == BT_IMM_MSR_SPSR_IMM;
	bool spsr = class == BT_IMM_MSR_SPSR || class == BT_IMM_MSR_SPSR_IMM;
	uint32_t value = imm ? bt_expand_imm(svc) : v->regs[svc & 15u];
	uint32_t fields = imm ? bits(svc, 15, 12) : bits(svc, 7, 4);

	if (spsr) {
		uint32_t mask = vpsr_field_mask(fields), *p = &v->bank[v->mode & 15u].spsr;

		*p = (*p & ~mask) | (value & mask);
	} else {
		if (v->lines || !vpsr_write_cpsr(v, value, fields))
			return HOT_SLOW;
	}
	hot_account(v, EXIT_msr);
	v->pc += 4;
	return v->view_now == VIEW_USER ? HOT_VIEW : HOT_DONE;
}

// CPS with a mode. Payload: imod:2 M A I F mode:5.
enum hot_result
hot_cps_mode(struct vcpu *v, uint32_t svc)
{
	uint32_t mask = bits(svc, 7, 5) << 6, psr = (v->mode & ~PSR_M) | (svc & PSR_M);

	if (bit(svc, 10))
		psr = bit(svc, 9) ? psr | mask : psr & ~mask;
	if (v->lines || !vpsr_mode_valid(psr))
		return HOT_SLOW;
	vpsr_set_mode(v, psr);
	hot_account(v, EXIT_cps);
	v->pc += 4;
	return v->view_now == VIEW_USER ? HOT_VIEW : HOT_DONE;
}

static inline enum hot_result
exception_return(struct vcpu *v, uint32_t pc)
{
	uint32_t psr = v->bank[v->mode & 15u].spsr;

	if (hot_unmasks_pending(v, psr) || !hot_plain_mode(v) || !hot_may_go(v, psr, pc) || !vpsr_return(v, psr, pc))
		return HOT_SLOW;
	hot_account(v, EXIT_eret);
	return v->view_now == VIEW_USER ? HOT_VIEW : HOT_DONE;
}

enum hot_result
hot_movs_pc(struct vcpu *v, uint32_t svc)
{
	uint32_t rm = svc & 15u;

	return rm == 15u ? HOT_SLOW : exception_return(v, v->regs[rm]);
}

enum hot_result
hot_subs_pc(struct vcpu *v, uint32_t svc)
{
	uint32_t rn = bits(svc, 15, 12);

	return rn == 15u ? HOT_SLOW : exception_return(v, v->regs[rn] - bt_expand_imm(svc));
}

// Words of a big-endian guest are for C to swap.
static inline bool
big_endian(const struct vcpu *v)
{
	return v->cpsr & PSR_E;
}

// LDM^ with the PC. Payload: P U W Rn list:15.
enum hot_result
hot_ldm_return(struct vcpu *v, uint32_t svc)
{
	uint32_t list = svc & 0x7fffu, rn = bits(svc, 18, 15), base = v->regs[rn];
	unsigned n = count_ones(list) + 1u;
	uint32_t at = bt_block_lowest(base, n, bit(svc, 20), bit(svc, 21)), psr = v->bank[v->mode & 15u].spsr;
	uint32_t got[16], pc;
	unsigned i = 0;

	if (at & 3u || big_endian(v) || hot_unmasks_pending(v, psr) || !hot_plain_mode(v) || !vpsr_mode_valid(psr))
		return HOT_SLOW;
	for (; i < n - 1u; i++)
		got[i] = hot_load(at + 4u * i);
	pc = hot_load(at + 4u * i);
	if (!hot_may_go(v, psr, pc))
		return HOT_SLOW;
	if (bit(svc, 19))
		v->regs[rn] = bt_block_behind(base, n, bit(svc, 20));
	for (i = 0; list; list &= list - 1u)
		v->regs[__builtin_ctz(list)] = got[i++];
	vpsr_return(v, psr, pc);
	hot_account(v, EXIT_eret);
	return v->view_now == VIEW_USER ? HOT_VIEW : HOT_DONE;
}

static inline uint32_t *
user_reg(struct vcpu *v, unsigned n)
{
	return n == 13u ? &v->bank[0].sp : n == 14u ? &v->bank[0].lr : &v->regs[n];
}

// LDM^ of user registers. Payload: P U Rn list:15.
enum hot_result
hot_ldm_user(struct vcpu *v, uint32_t svc)
{
	uint32_t list = svc & 0x7fffu;
	unsigned n = count_ones(list), i = 0;
	uint32_t at = bt_block_lowest(v->regs[bits(svc, 18, 15)], n, bit(svc, 19), bit(svc, 20)), got[15];

	if (at & 3u || big_endian(v) || !hot_plain_mode(v))
		return HOT_SLOW;
	for (; i < n; i++)
		got[i] = hot_load(at + 4u * i);
	for (i = 0; list; list &= list - 1u)
		*user_reg(v, (unsigned)__builtin_ctz(list)) = got[i++];
	hot_account(v, EXIT_user_bank);
	return hot_next(v);
}

// STM^ of user registers. Payload: P U Rn list:16.
enum hot_result
hot_stm_user(struct vcpu *v, uint32_t svc)
{
	uint32_t list = svc & 0xffffu;
	unsigned n = count_ones(list);
	uint32_t at = bt_block_lowest(v->regs[bits(svc, 19, 16)], n, bit(svc, 20), bit(svc, 21));

	if (at & 3u || big_endian(v) || !hot_plain_mode(v))
		return HOT_SLOW;
	for (; list; list &= list - 1u, at += 4u) {
		unsigned r = (unsigned)__builtin_ctz(list);

		hot_store(at, r == 15u ? v->pc + 8u : *user_reg(v, r));
	}
	hot_account(v, EXIT_user_bank);
	return hot_next(v);
}

// RFE. Payload: P U W Rn.
enum hot_result
hot_rfe(struct vcpu *v, uint32_t svc)
{
	uint32_t rn = svc & 15u, base = v->regs[rn];
	uint32_t at = bt_block_lowest(base, 2, bit(svc, 5), bit(svc, 6)), pc, psr;

	if (at & 3u || big_endian(v))
		return HOT_SLOW;
	pc = hot_load(at);
	psr = hot_load(at + 4u);
	if (hot_unmasks_pending(v, psr) || !vpsr_mode_valid(psr) || !hot_plain_mode(v) || !hot_may_go(v, psr, pc))
		return HOT_SLOW;
	if (bit(svc, 4))
		v->regs[rn] = bt_block_behind(base, 2, bit(svc, 5));
	vpsr_return(v, psr, pc);
	hot_account(v, EXIT_eret);
	return v->view_now == VIEW_USER ? HOT_VIEW : HOT_DONE;
}

// SRS. Payload: P U W mode:5.
enum hot_result
hot_srs(struct vcpu *v, uint32_t svc)
{
	uint32_t mode = svc & PSR_M;
	bool own = mode == (v->mode & PSR_M), up = bit(svc, 6);
	uint32_t *sp = own ? &v->regs[13] : &vpsr_bank(v, mode)->sp;
	uint32_t at = bt_block_lowest(*sp, 2, up, bit(svc, 7));

	if (at & 3u || big_endian(v) || !vpsr_mode_valid(mode) || !hot_plain_mode(v))
		return HOT_SLOW;
	hot_store(at, v->regs[14]);
	hot_store(at + 4u, v->bank[v->mode & 15u].spsr);
	if (bit(svc, 5))
		*sp = bt_block_behind(*sp, 2, up);
	hot_account(v, EXIT_srs);
	return hot_next(v);
}
