// SPDX-License-Identifier: MIT
//
// See regime.h.
#include "monitor/cpu/regime.h"
#include "monitor/cpu/cp15.h"
#include "monitor/base/cpkey.h"
#include "monitor/base/string.h"

#define VECTORS_HIGH 0xffff0000u

static void
forget_unprivileged(struct vcpu *v)
{
	memset(v->utlb, 0, sizeof(v->utlb));
}

// A space that has been made may have the ASID of one that the unprivileged-access TLB knows.
void
regime_refresh(struct vcpu *v)
{
	struct spt *s = &v->vm->spt;

	v->dropped_va = NOT_A_PAGE;
	for (unsigned n = 0; n < 2; n++) {
		const struct spt_table *t = spt_view(s, (enum spt_view)n);

		v->view[n].ttbr0 = (uint32_t)(uintptr_t)t->l1 | SPT_TTBR_WALK;
		v->view[n].contextidr = t->host_asid;
	}
	if (s->made)
		forget_unprivileged(v);
	s->changed = s->made = false;
}

void
regime_switch(struct vcpu *v)
{
	spt_switch(&v->vm->spt, &v->cp15.mmu);
	regime_refresh(v);
}

void
regime_other_spaces(struct vcpu *v)
{
	spt_know(&v->vm->spt, &v->cp15.mmu);
	regime_switch(v);
}

// The physical DACR: what the guest's makes client or manager is client (managers'
// rights stand in the shadow entries), reserved values are no access. With the guest's
// MMU off, or long descriptors, there are no domains.
static void
set_physical_dacr(struct vcpu *v)
{
	const struct mmu_regs *r = &v->cp15.mmu;
	uint32_t allowed = ((mmu_has_domains(r) ? r->dacr : DACR_CLIENTS) & DACR_CLIENTS) | DACR_MONITOR;

	if (!mmu_has_domains(r))
		v->dacr_closed = 0;
	v->view[VIEW_USER].dacr = allowed;
	v->view[VIEW_KERNEL].dacr = allowed;
}

void
regime_dacr(struct vcpu *v, uint32_t dacr)
{
	uint32_t old = v->cp15.mmu.dacr;

	v->cp15.mmu.dacr = dacr;
	set_physical_dacr(v);
	if ((old ^ dacr) & ~DACR_CLIENTS)
		regime_drop_all(v);
}

void
regime_reset(struct vcpu *v)
{
	uint32_t sctlr = v->cp15.mmu.sctlr;

	v->vectors = sctlr & SCTLR_V ? VECTORS_HIGH : v->cp15.vbar;
	v->exc_psr = (sctlr & SCTLR_TE ? PSR_T : 0) | (sctlr & SCTLR_EE ? PSR_E : 0);
	set_physical_dacr(v);
	watch_reset(&v->vm->watch);
	regime_drop_all(v);
	regime_other_spaces(v);
}

void
regime_open_domain(struct vcpu *v, uint32_t domain)
{
	v->view[v->view_now].dacr |= v->cp15.mmu.dacr & DACR_CLIENTS & (1u << (2u * domain));
}

void
regime_drop_all(struct vcpu *v)
{
	spt_drop_all(&v->vm->spt);
	forget_unprivileged(v);
	regime_refresh(v);
}

void
regime_drop_asid(struct vcpu *v, uint32_t asid)
{
	spt_drop_asid(&v->vm->spt, asid);
	forget_unprivileged(v);
	regime_refresh(v);
}

static void
dropped_va(struct vcpu *v, uint32_t va)
{
	v->utlb[bits(va, 17, 12)] = 0;
	regime_leave(v);
}

void
regime_drop_va(struct vcpu *v, uint32_t mva_asid)
{
	spt_drop_va(&v->vm->spt, GVA(mva_asid & ~PAGE_MASK), mva_asid & 0xffu);
	dropped_va(v, mva_asid);
	v->dropped_va = mva_asid & ~0xf00u;
}

void
regime_drop_va_all(struct vcpu *v, gva_t va)
{
	spt_drop_va_all(&v->vm->spt, va);
	dropped_va(v, va.v);
	v->dropped_va = (va.v & ~PAGE_MASK) | DROPPED_ALL_ASIDS;
}
