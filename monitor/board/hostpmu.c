// SPDX-License-Identifier: MIT
//
// See hostpmu.h.
#include "monitor/board/hostpmu.h"
#include "monitor/base/pmu.h"
#include "monitor/base/sysreg.h"

#define PERFMON(dfr0) bits(dfr0, 27, 24)
#define PMUV2         2u
#define PMU_OTHER     15u // not by these registers

#define PMCR_CONST 0xfffff800u // IMP, IDCODE, N
#define COUNTERS   6u          // of a Cortex-A15
#define ALL        0xffffffffu
#define COUNTER    0u // ours

static bool
has_pmu(void)
{
	uint32_t kind = PERFMON(sysreg_read_id_dfr0());

	return kind >= PMUV2 && kind != PMU_OTHER;
}

uint32_t
hostpmu_id(void)
{
	if (has_pmu() && sysreg_read_pmcr() & PMCR_N)
		return sysreg_read_pmcr() & PMCR_CONST;
	return (sysreg_read_midr() & 0xff000000u) | COUNTERS << 11;
}

void
hostpmu_run(bool on)
{
	if (on)
		sysreg_write_pmcntenset(1u << COUNTER);
	else
		sysreg_write_pmcntenclr(1u << COUNTER);
	isb();
}

bool
hostpmu_init(void)
{
	uint32_t before, after;

	if (!has_pmu() || !(sysreg_read_pmcr() & PMCR_N))
		return false;
	sysreg_write_pmintenclr(ALL);
	sysreg_write_pmcntenclr(ALL);
	sysreg_write_pmselr(COUNTER);
	isb();
	sysreg_write_pmxevtyper(PMU_INST_RETIRED);
	sysreg_write_pmcr(PMCR_E);
	hostpmu_run(true);
	before = sysreg_read_pmxevcntr();
	isb();
	after = sysreg_read_pmxevcntr();
	hostpmu_run(false);
	sysreg_write_pmxevtyper(PMU_INST_RETIRED | PMU_FILTER_P);
	isb();
	return after != before;
}
