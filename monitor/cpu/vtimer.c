// SPDX-License-Identifier: MIT
//
// The guest's generic timers as comparisons with a count (ARM ARM B8.1.5); nothing runs
// between one vtimer_sync and the next but the host's timer, which the caller sets.
#include "monitor/base/sysreg.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vtimer.h"

// A line that the GIC sees high needs no deadline. Asking the GIC and not the count keeps the timer
// that has come due since the last vtimer_sync.
static uint64_t
next(const struct vcpu *v, const struct vtimer *t, unsigned intid)
{
	bool armed = (t->ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK)) == CNT_CTL_ENABLE;

	return armed && !bit(v->vm->gic.cpu[v->id].own[VGIC_LEVEL], intid) ? t->cval : UINT64_MAX;
}

void
vtimer_reset(struct vcpu *v)
{
	v->vtimer = (struct vtimer){0};
	v->ptimer = (struct vtimer){0};
}

uint32_t
vtimer_ctl(const struct vtimer *t, uint64_t now)
{
	return t->ctl | ((t->ctl & CNT_CTL_ENABLE) && now >= t->cval ? CNT_CTL_ISTATUS : 0);
}

bool
vtimer_fires(const struct vtimer *t, uint64_t now)
{
	return (vtimer_ctl(t, now) & (CNT_CTL_ISTATUS | CNT_CTL_IMASK)) == CNT_CTL_ISTATUS;
}

void
vtimer_sync(struct vcpu *v)
{
	uint64_t now = sysreg_read_cntvct();

	vgic_set_level(&v->vm->gic, v->id, VM_VTIMER_IRQ, vtimer_fires(&v->vtimer, now));
	vgic_set_level(&v->vm->gic, v->id, VM_PTIMER_IRQ, vtimer_fires(&v->ptimer, now + v->vm->physical_ahead));
}

// CNTVCT when CNTPCT is this.
static uint64_t
when_virtual(const struct vm *vm, uint64_t physical)
{
	uint64_t virtual = physical - vm->physical_ahead;

	if ((int64_t)vm->physical_ahead < 0)
		return virtual < physical ? UINT64_MAX : virtual;
	return virtual > physical ? 0 : virtual;
}

uint64_t
vtimer_next(const struct vcpu *v)
{
	uint64_t a = next(v, &v->vtimer, VM_VTIMER_IRQ), b = next(v, &v->ptimer, VM_PTIMER_IRQ);

	if (b != UINT64_MAX)
		b = when_virtual(v->vm, b);
	return a < b ? a : b;
}
