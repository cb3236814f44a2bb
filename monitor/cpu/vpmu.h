// SPDX-License-Identifier: MIT
//
// The guest's performance monitors (ARM ARM DDI 0406C, C12; PMUv2), as QEMU 7.2 has them on a Cortex-A15: a cycle
// counter and event counters of the events SW_INCR, CPU_CYCLES and, where the host's PMU counts it, INST_RETIRED. A
// cycle is a nanosecond of the guest's time, as on QEMU; instructions are those that the guest itself executes, not the
// monitor's.
//
// Nothing runs between one vpmu_sync and the next: what has been spent since, time and instructions, is added to the
// counters then. It is kept by view, for counters count in user mode, in the kernel, or in both; only if there is one
// that tells them apart (split) is each change of view noted.
#ifndef MONITOR_CPU_VPMU_H
#define MONITOR_CPU_VPMU_H

#include "monitor/base/pmu.h"
#include "monitor/base/sysreg.h"
#include "monitor/base/types.h"

#define VPMU_COUNTERS 31u // the most there may be
#define VPMU_CYCLES   31u // the cycle counter's bit beside theirs

// What has been spent in a view.
struct vpmu_spent {
	uint64_t ticks; // of CNTVCT
	uint64_t insns;
};

struct vpmu {
	// Used by the window.
	uint32_t split;             // each change of view is noted
	uint32_t insns;             // the host counts instructions for us
	uint64_t since;             // CNTVCT up to which all is in spent,
	uint32_t insns_since;       // and the host's counter
	struct vpmu_spent spent[2]; // by view

	// C only.
	struct vpmu_spent counted[2];             // what of that is in the counters
	uint32_t hz;                              // of CNTVCT
	uint32_t id;                              // PMCR's constant bits
	bool host_insns;                          // the host can count instructions
	uint32_t cr;                              // PMCR's others
	uint32_t enabled, overflowed, interrupts; // PMCNTENSET, PMOVSR, PMINTENSET
	uint32_t userenr, selr;
	uint32_t type[VPMU_COUNTERS], count[VPMU_COUNTERS]; // PMXEVTYPER, PMXEVCNTR
	uint32_t filter;                                    // PMCCFILTR
	uint32_t cycles;                                    // PMCCNTR
};

// What was spent since the last time was spent in this view.
static inline void
vpmu_spend(struct vpmu *p, unsigned view)
{
	uint64_t now = sysreg_read_cntvct();
	struct vpmu_spent *spent = &p->spent[view];

	spent->ticks += now - p->since;
	p->since = now;
	if (p->insns) {
		uint32_t insns = sysreg_read_pmxevcntr();

		spent->insns += insns - p->insns_since;
		p->insns_since = insns;
	}
}

static inline unsigned
vpmu_counters(const struct vpmu *p)
{
	return bits(p->id, 15, 11);
}

struct vcpu;

// Everything off and zero.
void vpmu_reset(struct vcpu *v);

// Brings counters, overflow flags and the interrupt line up to now.
void vpmu_sync(struct vcpu *v);

// After a vpmu_sync and a change to the registers: what follows from them.
void vpmu_update(struct vcpu *v);

// A write to PMSWINC, after a vpmu_sync.
void vpmu_increment(struct vcpu *v, uint32_t counters);

// The count of CNTVCT at which vpmu_sync is to be called next, UINT64_MAX: never. After a vpmu_sync.
uint64_t vpmu_next(const struct vcpu *v);

#endif
