// SPDX-License-Identifier: MIT
//
// See power.h. HVC and SMC are UNDEFINED on cores without the Virtualization or Security Extensions, and mean nothing
// to firmware that doesn't do PSCI: none is executed that the tree doesn't name, and if it traps after all, that is
// the end, too.
#include "monitor/board/power.h"
#include "monitor/board/early.h"
#include "monitor/board/kprintf.h"
#include "monitor/base/sysreg.h"

#define PSCI_SYSTEM_OFF 0x84000008u

static enum host_psci psci;

void
power_init(enum host_psci how)
{
	psci = how;
}

static void
call(uint32_t function)
{
	register uint32_t r0 __asm__("r0") = function;

	if (psci == HOST_PSCI_HVC)
		__asm__ volatile(".arch_extension virt\n\thvc #0" : "+r"(r0) : : "r1", "r2", "r3", "r12", "memory");
	else if (psci == HOST_PSCI_SMC)
		__asm__ volatile(".arch_extension sec\n\tsmc #0" : "+r"(r0) : : "r1", "r2", "r3", "r12", "memory");
}

void
power_off(void)
{
	early_park();
	if (psci == HOST_PSCI_NONE)
		kprintf_line("the device tree has no PSCI to turn the board off; it may be turned off now");
	call(PSCI_SYSTEM_OFF);
	for (;;)
		wfi();
}
