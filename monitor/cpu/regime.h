// SPDX-License-Identifier: MIT
//
// A VCPU's translation regime: what its CP15 writes mean for its shadows, for the
// tables and DACR of its two views, and for its unprivileged-access TLB.
#ifndef MONITOR_CPU_REGIME_H
#define MONITOR_CPU_REGIME_H

#include "monitor/cpu/shared.h"

// SCTLR, TTBCR, PRRR or NMRR were written, with the old values no longer known:
// every shadow may be wrong. Also recomputes vectors and exc_psr.
void regime_reset(struct vcpu *v);

// TTBR0, TTBR1 or CONTEXTIDR were written: another space is current. Nothing is dropped.
void regime_switch(struct vcpu *v);
// TTBR1 was, or what else tells spaces apart beside TTBR0 and the ASID.
void regime_other_spaces(struct vcpu *v);

// The shadows have changed under the VCPU: its views' tables are looked up anew.
void regime_refresh(struct vcpu *v) __attribute__((cold));

// DACR is now dacr (cp15.mmu.dacr is set here).
void regime_dacr(struct vcpu *v, uint32_t dacr);

// Where a slow exit begins: the window may have switched to another space.
static inline void
regime_enter(struct vcpu *v)
{
	if (v->view[VIEW_KERNEL].contextidr != v->vm->spt.host_asid)
		spt_switch(&v->vm->spt, &v->cp15.mmu);
}

// Where it ends: the guest runs on the tables of the current space, whoever has changed it.
static inline void
regime_leave(struct vcpu *v)
{
	if (v->vm->spt.changed)
		regime_refresh(v);
}

// An access through this domain is under way in the current view: opens it
// physically, if the guest's DACR allows.
void regime_open_domain(struct vcpu *v, uint32_t domain) __attribute__((cold));

// The guest's TLB maintenance.
void regime_drop_all(struct vcpu *v);
void regime_drop_asid(struct vcpu *v, uint32_t asid);
void regime_drop_va(struct vcpu *v, uint32_t mva_asid); // as TLBIMVA has it
void regime_drop_va_all(struct vcpu *v, gva_t va);

#endif
