// SPDX-License-Identifier: MIT
//
// Fields of the performance monitors (ARM ARM DDI 0406C, C12; PMUv2), the host's and the guest's.
#ifndef MONITOR_BASE_PMU_H
#define MONITOR_BASE_PMU_H

#define PMCR_E 0x01u
#define PMCR_P 0x02u // event counters to zero
#define PMCR_C 0x04u // cycle counter to zero
#define PMCR_D 0x08u // it counts once in 64 cycles
#define PMCR_N 0xf800u

#define PMUSERENR_EN 1u
#define PMSELR_SEL   0x1fu

#define PMU_FILTER_P 0x80000000u // PMXEVTYPER, PMCCFILTR: not counted in the kernel,
#define PMU_FILTER_U 0x40000000u // in user mode

#define PMU_EVENT        0xffffu // PMXEVTYPER.evtCount; ARMv7 has eight bits of it, QEMU sixteen
#define PMU_INST_RETIRED 0x08u
#define PMU_CPU_CYCLES   0x11u

#endif
