// SPDX-License-Identifier: MIT
//
// What the table of CP15 (cp15.c) shares with the registers of translation (cp15_mmu.c) and of the generic timer
// (cp15_timer.c). Where no comment says more, a function is what a row of the table reads, writes or is gated by.
#ifndef MONITOR_CPU_CP15_INTERNAL_H
#define MONITOR_CPU_CP15_INTERNAL_H

#include "mmu/walk.h"
#include "monitor/cpu/cp15.h"
#include "monitor/base/sysreg.h"

#define CPACR_RW  0xc0f00000u // ASEDIS, D32DIS, cp11, cp10
#define QEMU_CBAR 0x08000000u // of the virt machine

#define SCTLR_RESET  0x00c50078u
#define SCTLR_REGIME (SCTLR_M | SCTLR_V | SCTLR_WXN | SCTLR_UWXN | SCTLR_EE | SCTLR_TRE | SCTLR_AFE | SCTLR_TE)

// 4 is with PXN, 5 with long descriptors (B4.1.89).
static inline uint32_t
cp15_vmsa(void)
{
	return bits(sysreg_read_id_mmfr0(), 3, 0);
}

// Long descriptors are walked by the monitor, but a guest that is told of LPAE expects
// 64-bit accesses that are atomic, too: it has what the host has.
static inline bool
cp15_has_lpae(void)
{
	return cp15_vmsa() >= 5;
}

// SCTLR's bits that are the host's, too.
void cp15_mmu_set_host_sctlr(uint32_t sctlr);

// Control and translation.
void cp15_mmu_write_sctlr(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_mmu_write_space(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_mmu_write_ttbr1(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_mmu_write_meaning(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_mmu_write_ttbcr(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_mmu_write_dacr(struct vcpu *v, const struct cp_row *row, uint32_t value);
uint64_t cp15_mmu_read_ttbr0(struct vcpu *v);
void cp15_mmu_write_ttbr0(struct vcpu *v, uint64_t value);
uint64_t cp15_mmu_read_ttbr1(struct vcpu *v);
void cp15_mmu_write_ttbr1_long(struct vcpu *v, uint64_t value);

// Address translation to PAR. Of an MCR whose row has write_ats1c: whether its walk is aborted instead, the abort
// having been injected.
uint64_t cp15_mmu_read_par(struct vcpu *v);
void cp15_mmu_write_par(struct vcpu *v, uint64_t value);
void cp15_mmu_write_ats1c(struct vcpu *v, const struct cp_row *row, uint32_t va);
bool cp15_mmu_ats1c_aborts(struct vcpu *v, uint32_t insn);

// Maintenance; what is there: all of c7 but ATS12NSOPR and its like.
bool cp15_mmu_maintenance_there(const struct vcpu *v, const struct cp_row *row);
void cp15_mmu_write_icache(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_mmu_write_dccmvau(struct vcpu *v, const struct cp_row *row, uint32_t va);
void cp15_mmu_write_barrier(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_mmu_write_tlb_all(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_mmu_write_tlb_asid(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_mmu_write_tlb_va(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_mmu_write_tlb_va_all(struct vcpu *v, const struct cp_row *row, uint32_t value);

// CNTKCTL, and what it lets PL0 do.
void cp15_timer_set_cntkctl(struct vcpu *v, uint32_t value);
void cp15_timer_write_cntfrq(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_timer_write_cntkctl(struct vcpu *v, const struct cp_row *row, uint32_t value);
bool cp15_timer_gate_counters(const struct vcpu *v);
bool cp15_timer_gate_cntpct(const struct vcpu *v);
bool cp15_timer_gate_cntvct(const struct vcpu *v);
bool cp15_timer_gate_ptimer(const struct vcpu *v);
bool cp15_timer_gate_vtimer(const struct vcpu *v);

// The counters, and the timers: the row says which.
uint64_t cp15_timer_read_cntpct(struct vcpu *v);
uint64_t cp15_timer_read_cntvct(struct vcpu *v);
uint32_t cp15_timer_read_ctl(struct vcpu *v, const struct cp_row *row);
void cp15_timer_write_ctl(struct vcpu *v, const struct cp_row *row, uint32_t value);
uint32_t cp15_timer_read_tval(struct vcpu *v, const struct cp_row *row);
void cp15_timer_write_tval(struct vcpu *v, const struct cp_row *row, uint32_t value);
uint64_t cp15_timer_read_cntp_cval(struct vcpu *v);
void cp15_timer_write_cntp_cval(struct vcpu *v, uint64_t value);
uint64_t cp15_timer_read_cntv_cval(struct vcpu *v);
void cp15_timer_write_cntv_cval(struct vcpu *v, uint64_t value);

// The performance monitors. gate: what PL0 may use; there: whether a counter exists.
bool cp15_pmu_gate(const struct vcpu *v);
bool cp15_pmu_there(const struct vcpu *v, const struct cp_row *row);
uint32_t cp15_pmu_read_pmcr(struct vcpu *v, const struct cp_row *row);
void cp15_pmu_write_pmcr(struct vcpu *v, const struct cp_row *row, uint32_t value);
uint32_t cp15_pmu_read_set(struct vcpu *v, const struct cp_row *row);
void cp15_pmu_write_set(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_pmu_write_clear(struct vcpu *v, const struct cp_row *row, uint32_t value);
void cp15_pmu_write_swinc(struct vcpu *v, const struct cp_row *row, uint32_t value);
uint32_t cp15_pmu_read_ccntr(struct vcpu *v, const struct cp_row *row);
void cp15_pmu_write_ccntr(struct vcpu *v, const struct cp_row *row, uint32_t value);
uint32_t cp15_pmu_read_evcntr(struct vcpu *v, const struct cp_row *row);
void cp15_pmu_write_evcntr(struct vcpu *v, const struct cp_row *row, uint32_t value);
uint32_t cp15_pmu_read_evtyper(struct vcpu *v, const struct cp_row *row);
void cp15_pmu_write_evtyper(struct vcpu *v, const struct cp_row *row, uint32_t value);

#endif
