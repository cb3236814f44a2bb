// SPDX-License-Identifier: MIT
//
// Warm exits: hypercalls that need no more than the VCPU and, at most, the
// guest's memory through the guest's own view. They run in the window on the
// VCPU's small stack, with the guest's tables loaded.
//
// Rules of this file: no data but the VCPU's, no calls out of the window, and
// nothing of the VCPU changed before the last access to guest memory, since a
// fault there abandons the handler (window.S, abort_nested). Guest memory is
// accessed by LDRT and STRT, so with the rights of the kernel view. Whatever is
// unusual (a pending interrupt that would be unmasked, an odd mode, a mask)
// is left to the slow way, emulate.c, by returning HOT_SLOW.
//
// A hypercall's operands are the low bits of imm24, as bt/hyper_imm.h lists them.
#include "bt/hyper_imm.h"
#include "monitor/cpkey.h"
#include "monitor/vpsr.h"

enum hot_result {
	HOT_DONE, // to v->pc, in the same view
	HOT_SLOW, // nothing done
	HOT_VIEW, // to v->pc, in v->view_now
};

enum hot_result hot_svc_user(struct vcpu *v);
enum hot_result hot_domain(struct vcpu *v);
enum hot_result hot_msr(struct vcpu *v, uint32_t svc);
enum hot_result hot_cps_mode(struct vcpu *v, uint32_t svc);
enum hot_result hot_movs_pc(struct vcpu *v, uint32_t svc);
enum hot_result hot_subs_pc(struct vcpu *v, uint32_t svc);
enum hot_result hot_ldm_return(struct vcpu *v, uint32_t svc);
enum hot_result hot_ldm_user(struct vcpu *v, uint32_t svc);
enum hot_result hot_stm_user(struct vcpu *v, uint32_t svc);
enum hot_result hot_rfe(struct vcpu *v, uint32_t svc);
enum hot_result hot_srs(struct vcpu *v, uint32_t svc);
enum hot_result hot_cp15(struct vcpu *v, uint32_t svc);
enum hot_result hot_block(struct vcpu *v, uint32_t svc);

static inline uint32_t
load(uint32_t va)
{
	uint32_t value;

	__asm__ volatile("ldrt %0, [%1]" : "=r"(value) : "r"(va) : "memory");
	return value;
}

static inline void
store(uint32_t va, uint32_t value)
{
	__asm__ volatile("strt %0, [%1]" : : "r"(value), "r"(va) : "memory");
}

// Whether a PSR with these masks would let a pending interrupt in: C delivers it.
static inline bool
unmasks_pending(const struct vcpu *v, uint32_t psr)
{
	return v->irq_line && !(psr & PSR_I);
}

// The exit is done, for this reason; what it costs from here on isn't counted.
static inline void
account(struct vcpu *v, enum exit_reason reason)
{
	v->count[reason]++;
	v->cost[reason] += (uint32_t)sysreg_read_cntvct() - v->start;
}

static inline enum hot_result
next(struct vcpu *v)
{
	v->pc += 4;
	return HOT_DONE;
}

// The current mode has an SPSR, and isn't FIQ (whose r8-r12 are C's affair).
static inline bool
plain_exception_mode(const struct vcpu *v)
{
	uint32_t m = v->mode & 15u;

	return m == 2u || m == 3u || m == 7u || m == 11u;
}

// A target that C has found scanned, so that a branch may go there.
static inline bool
known_target(const struct vcpu *v, uint32_t target)
{
	return v->targets[(target >> 2) % TARGET_ENTRIES] == (target | 1u);
}

// Under the block policy the kernel goes only where C has been before.
static inline bool
may_go(const struct vcpu *v, uint32_t psr, uint32_t target)
{
	return !v->block || !(psr & 15u) || known_target(v, target);
}

enum hot_result
hot_svc_user(struct vcpu *v)
{
	if (!may_go(v, MODE_SVC, v->vectors + VECTOR_SVC)) {
		v->pc -= v->cpsr & PSR_T ? 2u : 4u; // the slow way starts from the SVC itself
		return HOT_SLOW;
	}
	vpsr_enter(v, MODE_SVC, VECTOR_SVC, v->pc);
	account(v, EXIT_svc_user);
	return HOT_VIEW;
}

// A domain fault: the guest's DACR allows what the physical one has closed.
enum hot_result
hot_domain(struct vcpu *v)
{
	uint32_t field = 1u << (2u * bits(sysreg_read_dfsr(), 7, 4));
	struct view *view = &v->view[v->view_now];

	if (!(v->cp15.mmu.dacr & field) || (view->dacr & field))
		return HOT_SLOW;
	view->dacr |= field;
	sysreg_write_dacr(view->dacr);
	isb();
	account(v, EXIT_domain);
	return HOT_DONE;
}

static inline uint32_t
rotated_imm(uint32_t svc)
{
	uint32_t imm8 = svc & 0xffu, n = 2u * bits(svc, 11, 8);

	return n ? imm8 >> n | imm8 << (32u - n) : imm8;
}

// MSR CPSR or SPSR, from a register or an immediate.
enum hot_result
hot_msr(struct vcpu *v, uint32_t svc)
{
	uint32_t class = bits(svc, 23, 16);
	bool imm = class == BT_IMM_MSR_CPSR_IMM || class == BT_IMM_MSR_SPSR_IMM;
	bool spsr = class == BT_IMM_MSR_SPSR || class == BT_IMM_MSR_SPSR_IMM;
	uint32_t value = imm ? rotated_imm(svc) : v->regs[svc & 15u];
	uint32_t fields = imm ? bits(svc, 15, 12) : bits(svc, 7, 4);

	if (spsr) {
		uint32_t mask = vpsr_field_mask(fields), *p = &v->bank[v->mode & 15u].spsr;

		*p = (*p & ~mask) | (value & mask);
	} else {
		if (v->irq_line || !vpsr_write_cpsr(v, value, fields))
			return HOT_SLOW;
	}
	account(v, EXIT_msr);
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
	if (v->irq_line || !vpsr_mode_valid(psr))
		return HOT_SLOW;
	vpsr_set_mode(v, psr);
	account(v, EXIT_cps);
	v->pc += 4;
	return v->view_now == VIEW_USER ? HOT_VIEW : HOT_DONE;
}

static inline enum hot_result
exception_return(struct vcpu *v, uint32_t pc)
{
	uint32_t psr = v->bank[v->mode & 15u].spsr;

	if (unmasks_pending(v, psr) || !plain_exception_mode(v) || !may_go(v, psr, pc) || !vpsr_return(v, psr, pc))
		return HOT_SLOW;
	account(v, EXIT_eret);
	return v->view_now == VIEW_USER ? HOT_VIEW : HOT_DONE;
}

enum hot_result
hot_movs_pc(struct vcpu *v, uint32_t svc)
{
	return exception_return(v, v->regs[svc & 15u]);
}

enum hot_result
hot_subs_pc(struct vcpu *v, uint32_t svc)
{
	return exception_return(v, v->regs[bits(svc, 15, 12)] - rotated_imm(svc));
}

// The lowest address of an LDM or STM of n words (A8.8.58).
static inline uint32_t
lowest(uint32_t base, unsigned n, bool up, bool before)
{
	uint32_t start = up ? base : base - 4u * n;

	return up == before ? start + 4u : start;
}

// LDM^ with the PC. Payload: P U W Rn list:15.
enum hot_result
hot_ldm_return(struct vcpu *v, uint32_t svc)
{
	uint32_t list = svc & 0x7fffu, rn = bits(svc, 18, 15), base = v->regs[rn];
	unsigned n = count_ones(list) + 1u;
	uint32_t at = lowest(base, n, bit(svc, 20), bit(svc, 21)), psr = v->bank[v->mode & 15u].spsr;
	uint32_t got[16], pc;
	unsigned i = 0;

	if (at & 3u || unmasks_pending(v, psr) || !plain_exception_mode(v) || !vpsr_mode_valid(psr))
		return HOT_SLOW;
	for (; i < n - 1u; i++)
		got[i] = load(at + 4u * i);
	pc = load(at + 4u * i);
	if (!may_go(v, psr, pc))
		return HOT_SLOW;
	if (bit(svc, 19))
		v->regs[rn] = bit(svc, 20) ? base + 4u * n : base - 4u * n;
	for (i = 0; list; list &= list - 1u)
		v->regs[__builtin_ctz(list)] = got[i++];
	vpsr_return(v, psr, pc);
	account(v, EXIT_eret);
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
	uint32_t at = lowest(v->regs[bits(svc, 18, 15)], n, bit(svc, 19), bit(svc, 20)), got[15];

	if (at & 3u || !plain_exception_mode(v))
		return HOT_SLOW;
	for (; i < n; i++)
		got[i] = load(at + 4u * i);
	for (i = 0; list; list &= list - 1u)
		*user_reg(v, (unsigned)__builtin_ctz(list)) = got[i++];
	account(v, EXIT_user_bank);
	return next(v);
}

// STM^ of user registers. Payload: P U Rn list:16.
enum hot_result
hot_stm_user(struct vcpu *v, uint32_t svc)
{
	uint32_t list = svc & 0xffffu;
	unsigned n = count_ones(list);
	uint32_t at = lowest(v->regs[bits(svc, 19, 16)], n, bit(svc, 20), bit(svc, 21));

	if (at & 3u || !plain_exception_mode(v))
		return HOT_SLOW;
	for (; list; list &= list - 1u, at += 4u) {
		unsigned r = (unsigned)__builtin_ctz(list);

		store(at, r == 15u ? v->pc + 8u : *user_reg(v, r));
	}
	account(v, EXIT_user_bank);
	return next(v);
}

// RFE. Payload: P U W Rn.
enum hot_result
hot_rfe(struct vcpu *v, uint32_t svc)
{
	uint32_t rn = svc & 15u, base = v->regs[rn];
	uint32_t at = lowest(base, 2, bit(svc, 5), bit(svc, 6)), pc, psr;

	if (at & 3u)
		return HOT_SLOW;
	pc = load(at);
	psr = load(at + 4u);
	if (unmasks_pending(v, psr) || !vpsr_mode_valid(psr) || !plain_exception_mode(v) || !may_go(v, psr, pc))
		return HOT_SLOW;
	if (bit(svc, 4))
		v->regs[rn] = bit(svc, 5) ? base + 8u : base - 8u;
	vpsr_return(v, psr, pc);
	account(v, EXIT_eret);
	return v->view_now == VIEW_USER ? HOT_VIEW : HOT_DONE;
}

// SRS. Payload: P U W mode:5.
enum hot_result
hot_srs(struct vcpu *v, uint32_t svc)
{
	uint32_t mode = svc & PSR_M;
	bool own = mode == (v->mode & PSR_M), up = bit(svc, 6);
	uint32_t *sp = own ? &v->regs[13] : &vpsr_bank(v, mode)->sp;
	uint32_t at = lowest(*sp, 2, up, bit(svc, 7));

	if (at & 3u || !vpsr_mode_valid(mode) || !plain_exception_mode(v))
		return HOT_SLOW;
	store(at, v->regs[14]);
	store(at + 4u, v->bank[v->mode & 15u].spsr);
	if (bit(svc, 5))
		*sp = up ? *sp + 8u : *sp - 8u;
	account(v, EXIT_srs);
	return next(v);
}

// DACR. Turning a domain off takes effect at once, if it is open physically, and is
// then expected again at the next kernel entry; turning one on waits for the
// first access (hot_domain). Managers and domain 15 are C's: they change rights
// in shadow entries.
static inline enum hot_result
write_dacr(struct vcpu *v, uint32_t dacr)
{
	uint32_t old = v->cp15.mmu.dacr, allowed = dacr & DACR_CLIENTS;
	struct view *kernel = &v->view[VIEW_KERNEL];

	if ((old ^ dacr) & ~DACR_CLIENTS || !(v->cp15.mmu.sctlr & SCTLR_M))
		return HOT_SLOW;
	v->cp15.mmu.dacr = dacr;
	v->dacr_closed |= old & ~dacr & DACR_CLIENTS;
	v->view[VIEW_USER].dacr = allowed | DACR_MONITOR;
	if (kernel->dacr & ~(allowed | DACR_MONITOR)) {
		kernel->dacr &= allowed | DACR_MONITOR;
		sysreg_write_dacr(kernel->dacr);
		isb();
	}
	account(v, EXIT_cp15_dacr);
	return next(v);
}

// Cache and branch predictor maintenance. By address it is done on the very
// address, through the guest's view; of I-caches always all. By set and way there
// is nothing to do: all of a guest's memory is coherent for whoever reads it.
static inline enum hot_result
cache_op(struct vcpu *v, uint32_t key, uint32_t va)
{
	switch (key) {
	case CPKEY(0, 0, 7, 11, 1): // DCCMVAU
		sysreg_write_dccmvau(va);
		break;
	case CPKEY(0, 0, 7, 5, 0): // ICIALLU
	case CPKEY(0, 0, 7, 1, 0): // ICIALLUIS
	case CPKEY(0, 0, 7, 5, 1): // ICIMVAU
		sysreg_write_iciallu(0);
		break;
	case CPKEY(0, 0, 7, 6, 2):  // DCISW
	case CPKEY(0, 0, 7, 10, 2): // DCCSW
	case CPKEY(0, 0, 7, 14, 2): // DCCISW
		break;
	case CPKEY(0, 0, 7, 5, 6): // BPIALL
	case CPKEY(0, 0, 7, 1, 6): // BPIALLIS
	case CPKEY(0, 0, 7, 5, 7): // BPIMVA
		sysreg_write_bpiall(0);
		break;
	default:
		return HOT_SLOW;
	}
	account(v, EXIT_cp15_cache);
	return next(v);
}

// TLBIMVA and its kin of a page that was dropped last, with no shadow made since: kernels
// that map a page only to write it once invalidate it before and after.
static inline enum hot_result
drop_va(struct vcpu *v, uint32_t va)
{
	if ((va & ~PAGE_MASK) != v->dropped_va)
		return HOT_SLOW;
	account(v, EXIT_cp15_tlb);
	return next(v);
}

// MCR and MRC. Payload: opc1:3 L CRn Rt p15 opc2:3 CRm.
enum hot_result
hot_cp15(struct vcpu *v, uint32_t svc)
{
	uint32_t key = svc & CPKEY_MASK, *rt = &v->regs[bits(svc, 11, 8)];

	if (bits(svc, 11, 8) == 15u)
		return HOT_SLOW;
	if (bits(key, 15, 12) == 7u)
		return cache_op(v, key, *rt);
	switch (key) {
	case CPKEY(0, 0, 3, 0, 0):
		return write_dacr(v, *rt);
	case CPKEY(1, 0, 3, 0, 0):
		*rt = v->cp15.mmu.dacr;
		account(v, EXIT_cp15_dacr);
		return next(v);
	case CPKEY(0, 0, 8, 7, 1): // TLBIMVA
	case CPKEY(0, 0, 8, 7, 3): // TLBIMVAA
	case CPKEY(0, 0, 8, 3, 1): // TLBIMVAIS
	case CPKEY(0, 0, 8, 3, 3): // TLBIMVAAIS
		return drop_va(v, *rt);
	case CPKEY(0, 0, 13, 0, 3):
		v->cp15.tpidruro = *rt;
		sysreg_write_tpidruro(*rt);
		break;
	case CPKEY(1, 0, 1, 0, 0):
		*rt = v->cp15.mmu.sctlr;
		break;
	case CPKEY(1, 0, 0, 0, 1):
		*rt = sysreg_read_ctr();
		break;
	case CPKEY(1, 0, 5, 0, 0):
		*rt = v->cp15.dfsr;
		break;
	case CPKEY(1, 0, 5, 0, 1):
		*rt = v->cp15.ifsr;
		break;
	case CPKEY(1, 0, 6, 0, 0):
		*rt = v->cp15.dfar;
		break;
	case CPKEY(1, 0, 6, 0, 2):
		*rt = v->cp15.ifar;
		break;
	default:
		return HOT_SLOW;
	}
	account(v, EXIT_cp15);
	return next(v);
}

// The block policy's indirect branches: BX Rm (MOV pc too), BLX Rm, and POP {..., pc}.
enum hot_result
hot_block(struct vcpu *v, uint32_t svc)
{
	uint32_t imm = svc & 0xffffffu, target, list = imm & 0x7fffu, sp = v->regs[13], got[15];
	unsigned n = 0;

	if ((imm & ~15u) == BT_HYPER_BLOCK_BX) {
		target = v->regs[imm & 15u];
		if (target & 3u || !known_target(v, target))
			return HOT_SLOW;
	} else if ((imm & ~15u) == BT_HYPER_BLOCK_BLX) {
		target = v->regs[imm & 15u];
		if (target & 3u || !known_target(v, target))
			return HOT_SLOW;
		v->regs[14] = v->pc + 4u;
	} else if ((imm & ~0x7fffu) == BT_HYPER_BLOCK_POP) {
		if (sp & 3u || bit(list, 13))
			return HOT_SLOW;
		for (uint32_t l = list; l; l &= l - 1u, n++)
			got[n] = load(sp + 4u * n);
		target = load(sp + 4u * n);
		if (target & 3u || !known_target(v, target))
			return HOT_SLOW;
		v->regs[13] = sp + 4u * n + 4u;
		for (n = 0; list; list &= list - 1u)
			v->regs[__builtin_ctz(list)] = got[n++];
	} else {
		return HOT_SLOW;
	}
	v->pc = target;
	account(v, EXIT_branch);
	return HOT_DONE;
}
