// SPDX-License-Identifier: MIT
//
// CP15's registers of the performance monitors (ARM ARM DDI 0406C, B4.1 and C12.7), which vpmu.c has. PL0 may access
// them if PMUSERENR.EN lets it; the host's own are closed to it, so that a user's accesses are UNDEFINED and come here.
#include "monitor/cpu/cp15_internal.h"
#include "monitor/cpu/vcpu.h"
#include "monitor/cpu/vpmu.h"

#define PMCR_RW     0xf9u       // LP, LC, DP, X, D, E; QEMU keeps PMUv3's
#define CCFILTR     0xf8000000u // PMCCFILTR's bits,
#define CCFILTR_SEL 0xfc000000u // and what it has more by way of PMXEVTYPER on QEMU
#define EVTYPER     0xfe00ffffu

bool
cp15_pmu_gate(const struct vcpu *v)
{
	return v->pmu.userenr & PMUSERENR_EN;
}

bool
cp15_pmu_there(const struct vcpu *v, const struct cp_row *row)
{
	return (bits(row->crm, 1, 0) << 3 | row->opc2) < vpmu_counters(&v->pmu);
}

// The counters that there are, and the cycle counter.
static uint32_t
all(const struct vpmu *p)
{
	return 1u << VPMU_CYCLES | ((1u << vpmu_counters(p)) - 1);
}

static struct vpmu *
synced(struct vcpu *v)
{
	vpmu_sync(v);
	return &v->pmu;
}

uint32_t
cp15_pmu_read_pmcr(struct vcpu *v, const struct cp_row *row)
{
	(void)row;
	return v->pmu.id | v->pmu.cr;
}

void
cp15_pmu_write_pmcr(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	struct vpmu *p = synced(v);

	(void)row;
	if (value & PMCR_C)
		p->cycles = 0;
	for (unsigned n = 0; value & PMCR_P && n < vpmu_counters(p); n++)
		p->count[n] = 0;
	p->cr = value & PMCR_RW;
	vpmu_update(v);
}

// PMCNTENSET, PMOVSR and PMINTENSET, and the registers that set and clear their bits.
static uint32_t *
set_of(struct vpmu *p, const struct cp_row *row)
{
	if (row->crm == 12)
		return row->opc2 == 3 ? &p->overflowed : &p->enabled;
	return row->opc2 == 3 ? &p->overflowed : &p->interrupts;
}

uint32_t
cp15_pmu_read_set(struct vcpu *v, const struct cp_row *row)
{
	return *set_of(synced(v), row);
}

void
cp15_pmu_write_set(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	struct vpmu *p = synced(v);

	*set_of(p, row) |= value & all(p);
	vpmu_update(v);
}

void
cp15_pmu_write_clear(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	*set_of(synced(v), row) &= ~value;
	vpmu_update(v);
}

void
cp15_pmu_write_swinc(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	vpmu_sync(v);
	vpmu_increment(v, value);
}

uint32_t
cp15_pmu_read_ccntr(struct vcpu *v, const struct cp_row *row)
{
	(void)row;
	return synced(v)->cycles;
}

void
cp15_pmu_write_ccntr(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	synced(v)->cycles = value;
	vpmu_update(v);
}

// The counter that a row is about: PMEVCNTRn and PMEVTYPERn have it in their encoding, for PMXEVCNTR and PMXEVTYPER it
// is selected.
static unsigned
number(const struct vcpu *v, const struct cp_row *row)
{
	return row->crn == 9 ? v->pmu.selr : bits(row->crm, 1, 0) << 3 | row->opc2;
}

// One that there isn't reads as zero, and ignores writes.
uint32_t
cp15_pmu_read_evcntr(struct vcpu *v, const struct cp_row *row)
{
	unsigned n = number(v, row);
	struct vpmu *p = synced(v);

	return n < vpmu_counters(p) ? p->count[n] : 0;
}

void
cp15_pmu_write_evcntr(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	unsigned n = number(v, row);
	struct vpmu *p = synced(v);

	if (n < vpmu_counters(p))
		p->count[n] = value;
	vpmu_update(v);
}

uint32_t
cp15_pmu_read_evtyper(struct vcpu *v, const struct cp_row *row)
{
	unsigned n = number(v, row);

	if (n == VPMU_CYCLES)
		return v->pmu.filter & (row->crn == 9 ? CCFILTR_SEL : CCFILTR);
	return n < vpmu_counters(&v->pmu) ? v->pmu.type[n] : 0;
}

void
cp15_pmu_write_evtyper(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	unsigned n = number(v, row);
	struct vpmu *p = synced(v);
	uint32_t filter = row->crn == 9 ? CCFILTR_SEL : CCFILTR;

	if (n == VPMU_CYCLES)
		p->filter = (p->filter & ~filter) | (value & filter);
	else if (n < vpmu_counters(p))
		p->type[n] = value & EVTYPER;
	vpmu_update(v);
}
