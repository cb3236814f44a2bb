// SPDX-License-Identifier: MIT
//
// See inject.h; B1.8.2-B1.8.10, fault registers B4.1.51-52 and B4.1.96.
#include "monitor/cpu/inject.h"
#include "monitor/cpu/trace.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vpsr.h"

#define DFSR_WnR (1u << 11)

static uint32_t
thumb(const struct vcpu *v)
{
	return v->cpsr & PSR_T;
}

// An exception whose vector can't be run raises itself for ever.
static void
check_vector(struct vcpu *v, uint32_t vector, const char *what)
{
	if (v->pc == v->vectors + vector && vpsr_privileged(v))
		v->vm->ask->crash(v, what);
}

void
inject_undef(struct vcpu *v)
{
	check_vector(v, VECTOR_UNDEF, "the undefined-instruction vector is itself undefined");
	trace(v, TRACE_UNDEF, v->pc);
	vpsr_enter(v, MODE_UND, VECTOR_UNDEF, v->pc + (thumb(v) ? 2u : 4u));
}

void
inject_svc(struct vcpu *v)
{
	vpsr_enter(v, MODE_SVC, VECTOR_SVC, v->pc + (thumb(v) ? 2u : 4u));
}

// The fault status in the format that the guest has chosen; what a walk says already is.
static uint32_t
fault_status(const struct vcpu *v, uint32_t fs)
{
	if (!(v->cp15.mmu.ttbcr & TTBCR_EAE) || (fs & FS_LONG))
		return fs;
	return fs == FS_ALIGNMENT ? FS_LONG_ALIGNMENT : fs == FS_DEBUG ? FS_LONG_DEBUG : FS_LONG_SYNC_EXTERNAL;
}

void
inject_prefetch_abort(struct vcpu *v, uint32_t fs, gva_t far)
{
	check_vector(v, VECTOR_PREFETCH_ABORT,
		     "jumped into nowhere: the prefetch abort vector can't be fetched either");
	trace(v, TRACE_PREFETCH_ABORT, far.v);
	v->cp15.ifsr = fault_status(v, fs);
	v->cp15.ifar = far.v;
	vpsr_enter(v, MODE_ABT, VECTOR_PREFETCH_ABORT, v->pc + 4u);
}

void
inject_data_abort(struct vcpu *v, uint32_t fs, uint32_t domain, bool write, gva_t far)
{
	trace(v, TRACE_DATA_ABORT, far.v);
	v->cp15.dfsr = fault_status(v, fs) | domain << 4 | (write ? DFSR_WnR : 0);
	v->cp15.dfar = far.v;
	vpsr_enter(v, MODE_ABT, VECTOR_DATA_ABORT, v->pc + 8u);
}

void
inject_irq(struct vcpu *v)
{
	trace(v, TRACE_IRQ, v->pc);
	vpsr_enter(v, MODE_IRQ, VECTOR_IRQ, v->pc + 4u);
}

void
inject_fiq(struct vcpu *v)
{
	trace(v, TRACE_FIQ, v->pc);
	vpsr_enter(v, MODE_FIQ, VECTOR_FIQ, v->pc + 4u);
}
