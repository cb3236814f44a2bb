// SPDX-License-Identifier: MIT
//
// The native stand-in for the core (monitor/base/arch.h) and for the console. What a test links the real one of is
// weak.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "monitor/base/arch.h"
#include "monitor/board/kprintf.h"
#include "monitor/board/report.h"
#include "monitor/base/mmio.h"
#include "monitor/base/sysreg.h"
#include "test/host/fake_arch.h"

struct fake_arch fake_arch;
uint32_t sysreg_fake[SYSREG_COUNT];
uint64_t sysreg_fake_cntvct, sysreg_fake_cntpct, sysreg_fake_cntv_cval;
uint32_t sysreg_fake_fpexc;
uint32_t (*fake_mmio_read)(uint32_t address);
void (*fake_mmio_write)(uint32_t address, uint32_t value);

#define WEAK __attribute__((weak))

static char noted[1024];

void
sysreg_fake_note(const char *what)
{
	size_t n = strlen(noted), more = strlen(what) + 2;

	if (n + more > sizeof(noted)) {
		memmove(noted, noted + sizeof(noted) / 2, n - sizeof(noted) / 2 + 1);
		n = strlen(noted);
	}
	snprintf(noted + n, sizeof(noted) - n, "%s%s", n ? " " : "", what);
}

const char *
fake_arch_log(void)
{
	static char log[sizeof(noted)];

	memcpy(log, noted, sizeof(noted));
	noted[0] = '\0';
	return log;
}

WEAK uint32_t
mmio_read(uint32_t address)
{
	return fake_mmio_read ? fake_mmio_read(address) : 0;
}

WEAK void
mmio_write(uint32_t address, uint32_t value)
{
	if (fake_mmio_write)
		fake_mmio_write(address, value);
}

WEAK void
mmio_barrier(void)
{
	sysreg_fake_note("dmb");
}

WEAK void
mmio_write_byte(uint32_t address, uint8_t value)
{
	mmio_write(address, value);
}

WEAK void
arch_sync_code(const void *p, size_t len)
{
	(void)len;
	fake_arch.sync_code++;
	fake_arch.last_sync = p;
	sysreg_fake_note("sync_code");
}

WEAK void
arch_flush_dcache(const void *p, size_t len)
{
	(void)p;
	(void)len;
	fake_arch.flush_dcache++;
	sysreg_fake_note("flush_dcache");
}

static void
barrier(const char *what)
{
	if (fake_arch.on_barrier)
		fake_arch.on_barrier();
	sysreg_fake_note(what);
}

static void
tell_tlbi(enum fake_tlbi kind, uint32_t what)
{
	if (fake_arch.on_tlbi)
		fake_arch.on_tlbi(kind, what);
}

WEAK void
arch_tables_written(void)
{
	barrier("tables_written");
}

WEAK void
arch_tlbi_all(void)
{
	barrier("tlbi_all");
	fake_arch.tlbi_all++;
	tell_tlbi(TLBI_ALL, 0);
}

WEAK void
arch_tlbi_asid(uint32_t asid)
{
	barrier("tlbi_asid");
	fake_arch.tlbi_asid++;
	fake_arch.last_asid = asid;
	tell_tlbi(TLBI_ASID, asid);
}

WEAK void
arch_tlbi_va(gva_t va)
{
	barrier("tlbi_va");
	fake_arch.tlbi_va++;
	fake_arch.last_va = va.v;
	tell_tlbi(TLBI_VA, va.v);
}

WEAK void
arch_bug(const char *file, int line, const char *what)
{
	printf("%s:%d: BUG: %s\n", file, line, what);
	abort();
}

// Weak: the test of monitor/board/kprintf.c links with the real one.
__attribute__((weak)) void
kprintf_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

__attribute__((weak)) void
report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}
