// SPDX-License-Identifier: MIT
//
// CP15's registers of the generic timer (ARM ARM DDI 0406C, B8.1 and B4.1): what PL0 may use of it, the counters,
// and the two timers, which vtimer.c has.
#include "monitor/cpu/cp15_internal.h"
#include "monitor/base/sysreg.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vtimer.h"

#define CNTKCTL_PL0PCTEN (1u << 0)
#define CNTKCTL_PL0VCTEN (1u << 1)
#define CNTKCTL_PL0VTEN  (1u << 8)
#define CNTKCTL_PL0PTEN  (1u << 9)

// PL0 reads the counters without a trap, and the host's CNTFRQ with them, if it is the guest's; never the host's own
// timers, whatever the guest allows.
static void
open_pl0(struct vcpu *v)
{
	uint32_t open = v->cp15.cntfrq == sysreg_read_cntfrq() ? CNTKCTL_PL0PCTEN | CNTKCTL_PL0VCTEN : 0;

	v->view[VIEW_USER].cntkctl = v->cp15.cntkctl & open;
}

void
cp15_timer_set_cntkctl(struct vcpu *v, uint32_t value)
{
	v->cp15.cntkctl = value;
	open_pl0(v);
}

void
cp15_timer_write_cntfrq(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	v->cp15.cntfrq = value;
	open_pl0(v);
}

void
cp15_timer_write_cntkctl(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	cp15_timer_set_cntkctl(v, value & row->writable);
}

bool
cp15_timer_gate_counters(const struct vcpu *v)
{
	return v->cp15.cntkctl & (CNTKCTL_PL0PCTEN | CNTKCTL_PL0VCTEN);
}

bool
cp15_timer_gate_cntpct(const struct vcpu *v)
{
	return v->cp15.cntkctl & CNTKCTL_PL0PCTEN;
}

bool
cp15_timer_gate_cntvct(const struct vcpu *v)
{
	return v->cp15.cntkctl & CNTKCTL_PL0VCTEN;
}

bool
cp15_timer_gate_ptimer(const struct vcpu *v)
{
	return v->cp15.cntkctl & CNTKCTL_PL0PTEN;
}

bool
cp15_timer_gate_vtimer(const struct vcpu *v)
{
	return v->cp15.cntkctl & CNTKCTL_PL0VTEN;
}

static struct vtimer *
timer(struct vcpu *v, const struct cp_row *row)
{
	return row->crm == 2 ? &v->ptimer : &v->vtimer;
}

static uint64_t
count(struct vcpu *v, const struct cp_row *row)
{
	return row->crm == 2 ? cp15_timer_read_cntpct(v) : cp15_timer_read_cntvct(v);
}

uint32_t
cp15_timer_read_ctl(struct vcpu *v, const struct cp_row *row)
{
	return vtimer_ctl(timer(v, row), count(v, row));
}

void
cp15_timer_write_ctl(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	timer(v, row)->ctl = value & (CNT_CTL_ENABLE | CNT_CTL_IMASK);
	vtimer_sync(v);
}

uint32_t
cp15_timer_read_tval(struct vcpu *v, const struct cp_row *row)
{
	return (uint32_t)(timer(v, row)->cval - count(v, row));
}

void
cp15_timer_write_tval(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	timer(v, row)->cval = count(v, row) + (uint64_t)(int64_t)(int32_t)value;
	vtimer_sync(v);
}

uint64_t
cp15_timer_read_cntpct(struct vcpu *v)
{
	return sysreg_read_cntvct() + v->vm->physical_ahead;
}

uint64_t
cp15_timer_read_cntvct(struct vcpu *v)
{
	(void)v;
	return sysreg_read_cntvct();
}

uint64_t
cp15_timer_read_cntp_cval(struct vcpu *v)
{
	return v->ptimer.cval;
}

void
cp15_timer_write_cntp_cval(struct vcpu *v, uint64_t value)
{
	v->ptimer.cval = value;
	vtimer_sync(v);
}

uint64_t
cp15_timer_read_cntv_cval(struct vcpu *v)
{
	return v->vtimer.cval;
}

void
cp15_timer_write_cntv_cval(struct vcpu *v, uint64_t value)
{
	v->vtimer.cval = value;
	vtimer_sync(v);
}
