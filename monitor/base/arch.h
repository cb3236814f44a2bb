// SPDX-License-Identifier: MIT
//
// The host core, as far as bt/, mmu/ and shadowpt/ need it: caches, TLB and
// barriers, and the assertion that ends the monitor. monitor/base/arch.c implements it on the core;
// test/host/fake_arch.c records the calls and their order, so that the same sources build and run natively.
#ifndef MONITOR_BASE_ARCH_H
#define MONITOR_BASE_ARCH_H

#include "monitor/base/types.h"

// Makes len bytes at p, just written as data, fit to be executed (ARM ARM B2.2.9:
// clean D to PoU, DSB, invalidate I and branch predictor, DSB, ISB).
void arch_sync_code(const void *p, size_t len);

// Cleans and invalidates len bytes at p to the point of coherency.
void arch_flush_dcache(const void *p, size_t len);

// Makes writes to tables visible to the walker, where no entry was before: there is none in a TLB then (B3.10.1).
// Also to be called between clearing a table and linking it.
#ifdef __arm__
static inline void
arch_tables_written(void)
{
	__asm__ volatile("dsb" : : : "memory");
}
#else
void arch_tables_written(void);
#endif

// The same, then drops TLB entries, and what the branch predictor knows of the addresses (ID_MMFR1.BPred), before
// anything else is mapped there.
void arch_tlbi_all(void);
void arch_tlbi_asid(uint32_t asid);
void arch_tlbi_va(gva_t va); // this page in every ASID (TLBIMVAA)

// Ends the monitor with its own dump: a bug of ours, never the guest's doing. How it ends is what arch_on_bug was told
// last.
__attribute__((noreturn)) void arch_bug(const char *file, int line, const char *what);

typedef
    __attribute__((noreturn)) void (*arch_bug_end)(const char *file, int line, const char *what, const void *caller);
void arch_on_bug(arch_bug_end end);

#define BUG_ON(cond)                                                                                                   \
	do {                                                                                                           \
		if (cond)                                                                                              \
			arch_bug(__FILE__, __LINE__, #cond);                                                           \
	} while (0)

#endif
