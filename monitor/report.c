// SPDX-License-Identifier: MIT
//
// See report.h. Semihosting: ARM "Semihosting for AArch32 and AArch64", by SVC
// 0x123456 from ARM state, which only the debugger sees.
#include "monitor/report.h"
#include "monitor/kprintf.h"
#include "monitor/types.h"

#define SYS_WRITE0                   0x04u
#define SYS_EXIT_EXTENDED            0x20u
#define ADP_STOPPED_APPLICATION_EXIT 0x20026u

#define PSCI_SYSTEM_OFF 0x84000008u

static struct {
	bool semihosting;
	unsigned n;
	char text[256];
} out;

static void
semihosting(uint32_t op, const void *argument)
{
	register uint32_t r0 __asm__("r0") = op;
	register const void *r1 __asm__("r1") = argument;

	// The registers that an SVC clobbers if nobody intercepts it.
	__asm__ volatile("svc #0x123456" : "+r"(r0) : "r"(r1) : "lr", "memory");
}

void
report_init(bool use_semihosting)
{
	out.semihosting = use_semihosting;
}

static void
flush(void)
{
	out.text[out.n] = '\0';
	if (out.semihosting)
		semihosting(SYS_WRITE0, out.text);
	else
		kprintf("%s", out.text);
	out.n = 0;
}

static void
put(void *ctx, char c)
{
	(void)ctx;
	out.text[out.n++] = c;
	if (out.n == sizeof(out.text) - 1)
		flush();
}

void
report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kprintf_format(put, NULL, fmt, ap);
	va_end(ap);
}

void
report_end(int status)
{
	const uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)status};

	flush();
	if (out.semihosting)
		semihosting(SYS_EXIT_EXTENDED, block);
	// A real board, or a debugger that doesn't answer: off by the firmware.
	__asm__ volatile("mov r0, %0\n\t.arch_extension virt\n\thvc #0" : : "r"(PSCI_SYSTEM_OFF) : "r0", "memory");
	for (;;)
		__asm__ volatile("wfi");
}
