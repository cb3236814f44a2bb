// SPDX-License-Identifier: MIT
//
// The native stand-in for the core (monitor/arch.h) and for the console.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "monitor/arch.h"
#include "monitor/kprintf.h"
#include "monitor/sysreg.h"
#include "test/host/fake_arch.h"

struct fake_arch fake_arch;
uint32_t sysreg_fake[SYSREG_COUNT];
uint64_t sysreg_fake_cntvct;
uint32_t sysreg_fake_fpexc;

void
arch_sync_code(const void *p, size_t len)
{
	(void)len;
	fake_arch.sync_code++;
	fake_arch.last_sync = p;
}

void
arch_flush_dcache(const void *p, size_t len)
{
	(void)p;
	(void)len;
	fake_arch.flush_dcache++;
}

static void
tell_tlbi(enum fake_tlbi kind, uint32_t what)
{
	if (fake_arch.on_tlbi)
		fake_arch.on_tlbi(kind, what);
}

void
arch_tlbi_all(void)
{
	fake_arch.tlbi_all++;
	tell_tlbi(TLBI_ALL, 0);
}

void
arch_tlbi_asid(uint32_t asid)
{
	fake_arch.tlbi_asid++;
	fake_arch.last_asid = asid;
	tell_tlbi(TLBI_ASID, asid);
}

void
arch_tlbi_va(gva_t va)
{
	fake_arch.tlbi_va++;
	fake_arch.last_va = va.v;
	tell_tlbi(TLBI_VA, va.v);
}

void
arch_bug(const char *file, int line, const char *what)
{
	printf("%s:%d: BUG: %s\n", file, line, what);
	abort();
}

// Weak: the test of monitor/kprintf.c links with the real one.
__attribute__((weak)) void
kprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}
