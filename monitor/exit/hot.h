// SPDX-License-Identifier: MIT
//
// Warm exits: hypercalls that need no more than the VCPU and, at most, the
// guest's memory through the guest's own view. They run in the window on the
// VCPU's small stack, with the guest's tables loaded; window.S calls them.
//
//   hot.c         modes, PSRs, exception returns, the user's registers
//   hot_cp15.c    DACR, maintenance, thread and fault registers
//   hot_block.c   the block policy's indirect branches
//   hot_thumb.c   what Thumb hypercalls have by number: those branches, LDRT and its kin
//   hot_watch.c   loads through the mapping that is executed (--strict)
//
// Rules of these files: no data but the VCPU's, no calls out of the window, and
// nothing of the VCPU changed before the last access to guest memory, since a
// fault there abandons the handler (window.S, abort_nested). Guest memory is
// accessed by LDRT and STRT, so with the rights of the kernel view. Whatever is
// unusual (a pending interrupt that would be unmasked, an odd mode, a mask)
// is left to the slow way, emulate.c, by returning HOT_SLOW.
//
// A hypercall's operands are the low bits of imm24, as bt/isa/hyper_imm.h lists them.
#ifndef MONITOR_EXIT_HOT_H
#define MONITOR_EXIT_HOT_H

#include "monitor/cpu/vpsr.h"

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
enum hot_result hot_thumb(struct vcpu *v, uint32_t udf);
enum hot_result hot_watch(struct vcpu *v);

// LDRT is post-indexed: its two registers must differ (A8.8.92).
static inline uint32_t
hot_load(uint32_t va)
{
	uint32_t value;

	__asm__ volatile("ldrt %0, [%1]" : "=&r"(value) : "r"(va) : "memory");
	return value;
}

static inline uint32_t
hot_load_half(uint32_t va)
{
	uint32_t value;

	__asm__ volatile("ldrht %0, [%1]" : "=&r"(value) : "r"(va) : "memory");
	return value;
}

static inline uint32_t
hot_load_byte(uint32_t va)
{
	uint32_t value;

	__asm__ volatile("ldrbt %0, [%1]" : "=&r"(value) : "r"(va) : "memory");
	return value;
}

static inline void
hot_store(uint32_t va, uint32_t value)
{
	__asm__ volatile("strt %0, [%1]" : : "r"(value), "r"(va) : "memory");
}

static inline void
hot_store_half(uint32_t va, uint32_t value)
{
	__asm__ volatile("strht %0, [%1]" : : "r"(value), "r"(va) : "memory");
}

static inline void
hot_store_byte(uint32_t va, uint32_t value)
{
	__asm__ volatile("strbt %0, [%1]" : : "r"(value), "r"(va) : "memory");
}

// Whether a PSR with these masks would let a pending interrupt in: C delivers it.
static inline bool
hot_unmasks_pending(const struct vcpu *v, uint32_t psr)
{
	return v->lines & ~(psr >> 6) & (LINE_FIQ | LINE_IRQ);
}

// The exit is done, for this reason; what it costs from here on isn't counted.
static inline void
hot_account(struct vcpu *v, enum exit_reason reason)
{
	v->count[reason]++;
	v->cost[reason] += (uint32_t)sysreg_read_cntvct() - v->start;
}

static inline enum hot_result
hot_next(struct vcpu *v)
{
	v->pc += 4;
	return HOT_DONE;
}

// The current mode has an SPSR, and isn't FIQ (whose r8-r12 are C's affair).
static inline bool
hot_plain_mode(const struct vcpu *v)
{
	uint32_t m = v->mode & 15u;

	return m == 2u || m == 3u || m == 7u || m == 11u;
}

// A target, as BX takes it, that C has found scanned, so that a branch may go there.
static inline bool
hot_known_target(struct vcpu *v, uint32_t target)
{
	const uint32_t *set = vcpu_targets(v, target), entry = vcpu_target_entry(target);

	return set[0] == entry || set[1] == entry || set[2] == entry || set[3] == entry;
}

// Under the block policy, and in Thumb state, the kernel goes only where C has been before (exec_arrive).
static inline bool
hot_may_go(struct vcpu *v, uint32_t psr, uint32_t target)
{
	if (!(psr & 15u))
		return true;
	if (psr & PSR_T)
		return v->check_targets && !(psr & PSR_IT) && hot_known_target(v, target | 1u);
	return !v->check_targets || hot_known_target(v, target & ~1u);
}

#endif
