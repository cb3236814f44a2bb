// SPDX-License-Identifier: MIT
//
// Mode changes, exception entry and exception return of a VCPU (ARM ARM B1.3, B1.8,
// B1.9), as inline functions: hot.c compiles them into the window, the rest of
// the monitor into its own text. They touch nothing but the VCPU.
#ifndef MONITOR_CPU_VPSR_H
#define MONITOR_CPU_VPSR_H

#include "monitor/base/sysreg.h"
#include "monitor/cpu/vcpu.h"

#define VECTOR_UNDEF          0x04u
#define VECTOR_SVC            0x08u
#define VECTOR_PREFETCH_ABORT 0x0cu
#define VECTOR_DATA_ABORT     0x10u
#define VECTOR_IRQ            0x18u
#define VECTOR_FIQ            0x1cu

// The modes of a core without Security and Virtualization Extensions, by M[3:0].
#define VPSR_MODES 0x888fu

static inline bool
vpsr_mode_valid(uint32_t psr)
{
	return (psr & 0x10u) && bit(VPSR_MODES, psr & 15u);
}

static inline bool
vpsr_privileged(const struct vcpu *v)
{
	return (v->mode & 15u) != 0;
}

// The CPSR as the guest would see it in full, as on exception entry.
static inline uint32_t
vpsr_get(const struct vcpu *v)
{
	return (v->cpsr & ~PSR_VIRTUAL) | v->mode;
}

static inline bool
vpsr_thumb(const struct vcpu *v)
{
	return v->cpsr & PSR_T;
}

// ITSTATE[7:0] (A2.5.2): the base condition and its slots' lowest bits; 0 outside IT blocks.
static inline uint32_t
vpsr_it(uint32_t psr)
{
	return bits(psr, 15, 10) << 2 | bits(psr, 26, 25);
}

static inline uint32_t
vpsr_with_it(uint32_t psr, uint32_t it)
{
	return (psr & ~PSR_IT) | (it >> 2) << 10 | (it & 3u) << 25;
}

// Whether a condition holds now (A8.3).
static inline bool
vpsr_condition(const struct vcpu *v, uint32_t cond)
{
	uint32_t n = bit(v->cpsr, 31), z = bit(v->cpsr, 30), c = bit(v->cpsr, 29), o = bit(v->cpsr, 28);
	uint32_t holds = z | c << 1 | n << 2 | o << 3 | (c & !z) << 4 | (uint32_t)(n == o) << 5 |
			 (uint32_t)(n == o && !z) << 6 | 1u << 7;

	return cond >= 14u || bit(holds, cond >> 1) != (cond & 1u);
}

// The condition that ITSTATE gives the current instruction, AL outside IT blocks.
static inline uint32_t
vpsr_it_condition(const struct vcpu *v)
{
	uint32_t it = vpsr_it(v->cpsr);

	return it & 15u ? it >> 4 : 14u;
}

// On to the next instruction, past one of v->size bytes (A2.5.2, ITAdvance()).
static inline void
vpsr_next(struct vcpu *v)
{
	uint32_t it = vpsr_it(v->cpsr);

	v->pc += v->size;
	if (it)
		v->cpsr = vpsr_with_it(v->cpsr, it & 7u ? (it & 0xe0u) | (it << 1 & 0x1fu) : 0);
}

static inline struct bank *
vpsr_bank(struct vcpu *v, uint32_t mode)
{
	return &v->bank[(mode & 15u) == 15u ? 0 : mode & 15u];
}

static inline void
vpsr_swap_r8_r12(struct vcpu *v, uint32_t *out, const uint32_t *in)
{
	for (unsigned n = 0; n < 5; n++) {
		out[n] = v->regs[8 + n];
		v->regs[8 + n] = in[n];
	}
}

// The view follows the privilege; a counter that counts in one of them only is told. (The user's TPIDRURW, its own to
// write, is fetched from the core where a trap from the user view begins.)
static inline void
vpsr_set_view(struct vcpu *v)
{
	uint32_t view = vpsr_privileged(v) ? VIEW_KERNEL : VIEW_USER;

	if (view == v->view_now)
		return;
	if (view == VIEW_KERNEL)
		v->view[VIEW_KERNEL].dacr &= ~v->dacr_closed;
	if (v->pmu.split)
		vpmu_spend(&v->pmu, v->view_now);
	v->view_now = view;
}

// Changes mode and the A, I, F bits to those of psr: registers banked, view chosen.
static inline void
vpsr_set_mode(struct vcpu *v, uint32_t psr)
{
	uint32_t old = v->mode;
	struct bank *from = vpsr_bank(v, old), *to = vpsr_bank(v, psr);

	v->mode = psr & PSR_VIRTUAL;
	v->cpsr = (v->cpsr & ~PSR_CARRIED) | (vpsr_privileged(v) ? 0 : psr & PSR_CARRIED);
	if (from == to) {
		vpsr_set_view(v);
		return;
	}
	from->sp = v->regs[13];
	from->lr = v->regs[14];
	v->regs[13] = to->sp;
	v->regs[14] = to->lr;
	if ((old & PSR_M) == MODE_FIQ)
		vpsr_swap_r8_r12(v, v->fiq_r8_r12, v->usr_r8_r12);
	else if ((psr & PSR_M) == MODE_FIQ)
		vpsr_swap_r8_r12(v, v->usr_r8_r12, v->fiq_r8_r12);
	vpsr_set_view(v);
}

// Sets the whole CPSR, execution state included, as an exception return does.
// The caller has checked the mode.
static inline void
vpsr_set(struct vcpu *v, uint32_t psr)
{
	v->cpsr = (psr & ~(PSR_VIRTUAL | PSR_J)) | MODE_USR;
	vpsr_set_mode(v, psr);
}

// Takes an exception: to mode, at the vector's offset, with this LR.
static inline void
vpsr_enter(struct vcpu *v, uint32_t mode, uint32_t vector, uint32_t lr)
{
	uint32_t spsr = vpsr_get(v);
	uint32_t mask = vector == VECTOR_UNDEF || vector == VECTOR_SVC ? PSR_I : PSR_I | PSR_A;

	mask |= vector == VECTOR_FIQ ? PSR_F : 0;

	vpsr_set_mode(v, mode | (v->mode & (PSR_A | PSR_I | PSR_F)) | mask);
	v->bank[mode & 15u].spsr = spsr;
	v->regs[14] = lr;
	v->cpsr = (v->cpsr & ~(PSR_IT | PSR_J | PSR_IL | PSR_T | PSR_E)) | v->exc_psr;
	v->pc = v->vectors + vector;
}

// An exception return to pc with this PSR. False, and nothing done, for a mode that
// there is none of (UNPREDICTABLE; the caller decides).
static inline bool
vpsr_return(struct vcpu *v, uint32_t psr, uint32_t pc)
{
	if (!vpsr_mode_valid(psr))
		return false;
	vpsr_set(v, psr);
	v->pc = pc & (psr & PSR_T ? ~1u : ~3u);
	return true;
}

// Branches to an address in this state, and to where bit 0 tells the state (A2.3.1, BXWritePC()): in ARM state with bit
// 1 set, which is UNPREDICTABLE, to what can't be fetched (trap.c).
static inline void
vpsr_branch(struct vcpu *v, uint32_t target, bool thumb)
{
	v->cpsr = thumb ? v->cpsr | PSR_T : v->cpsr & ~PSR_T;
	v->pc = thumb ? target & ~1u : target;
}

static inline void
vpsr_branch_exchange(struct vcpu *v, uint32_t target)
{
	vpsr_branch(v, target, target & 1u);
}

// The bits of a PSR that an MSR with this field mask writes (B9.3.11).
static inline uint32_t
vpsr_field_mask(uint32_t fields)
{
	return (bit(fields, 0) ? 0xffu : 0) | (bit(fields, 1) ? 0xff00u : 0) | (bit(fields, 2) ? 0xff0000u : 0) |
	       (bit(fields, 3) ? 0xff000000u : 0);
}

// MSR CPSR: execution state is not written; the rest as at PL1. False for a mode
// that there is none of.
static inline bool
vpsr_write_cpsr(struct vcpu *v, uint32_t value, uint32_t fields)
{
	uint32_t mask = vpsr_field_mask(fields) & (PSR_FLAGS | PSR_E | PSR_VIRTUAL);
	uint32_t psr = (vpsr_get(v) & ~mask) | (value & mask);

	if (!vpsr_mode_valid(psr))
		return false;
	v->cpsr = (psr & ~PSR_VIRTUAL) | MODE_USR;
	vpsr_set_mode(v, psr);
	return true;
}

// MRS: the execution state bits read as zero.
static inline uint32_t
vpsr_read_cpsr(const struct vcpu *v)
{
	return vpsr_get(v) & (PSR_FLAGS | PSR_E | PSR_VIRTUAL);
}

#endif
