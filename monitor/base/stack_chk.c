// SPDX-License-Identifier: MIT
//
// Debian's libfdt.a is compiled with stack protection: what it asks of its host.
#include "monitor/base/arch.h"

extern uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

uintptr_t __stack_chk_guard = 0x50a1f1d0u;

void
__stack_chk_fail(void)
{
	arch_bug(__FILE__, __LINE__, "libfdt has overrun its stack");
}
