// SPDX-License-Identifier: MIT
//
// The arch layer (arch.h) on a Cortex-A15 and its like.
#include "monitor/base/arch.h"
#include "monitor/base/sysreg.h"

static arch_bug_end end_by_bug;

// Bytes of the smallest D-cache line (CTR.DminLine counts words, log2).
static uintptr_t
dcache_line(void)
{
	return (uintptr_t)4 << bits(sysreg_read_ctr(), 19, 16);
}

void
arch_sync_code(const void *p, size_t len)
{
	uintptr_t line = dcache_line(), at = (uintptr_t)p & ~(line - 1);

	for (; at < (uintptr_t)p + len; at += line)
		sysreg_write_dccmvau((uint32_t)at);
	dsb();
	sysreg_write_iciallu(0);
	sysreg_write_bpiall(0);
	dsb();
	isb();
}

void
arch_flush_dcache(const void *p, size_t len)
{
	uintptr_t line = dcache_line(), at = (uintptr_t)p & ~(line - 1);

	for (; at < (uintptr_t)p + len; at += line)
		sysreg_write_dccimvac((uint32_t)at);
	dsb();
}

// After a change of mappings, where ID_MMFR1.BPred is 2, as a Cortex-A15's, or less. Cores that need nothing do
// nothing.
static void
finish_tlbi(void)
{
	sysreg_write_bpiall(0);
	dsb();
	isb();
}

void
arch_tlbi_all(void)
{
	dsb();
	sysreg_write_tlbiall(0);
	finish_tlbi();
}

void
arch_tlbi_asid(uint32_t asid)
{
	dsb();
	sysreg_write_tlbiasid(asid);
	finish_tlbi();
}

void
arch_tlbi_va(gva_t va)
{
	dsb();
	sysreg_write_tlbimvaa(va.v & ~PAGE_MASK);
	finish_tlbi();
}

void
arch_on_bug(arch_bug_end end)
{
	end_by_bug = end;
}

void
arch_bug(const char *file, int line, const char *what)
{
	end_by_bug(file, line, what, __builtin_return_address(0));
}
