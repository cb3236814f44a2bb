// SPDX-License-Identifier: MIT
//
// Compiled twice: with ASM_OFFSETS to assembly, whose marked lines the Makefile turns into build/asm-offsets.h, and
// once more with that, to be sure that it is of the same structures as the rest of the monitor.
#include "bt/code/intern.h"
#include "monitor/board/core.h"
#include "monitor/cpu/vcpu.h"

#define OFFSET(name, type, member) VALUE(name, offsetof(type, member))

#ifdef ASM_OFFSETS
#define VALUE(name, value) __asm__ volatile("@@ " #name " %0" : : "i"(value));

void asm_offsets(void);

void
asm_offsets(void)
{
#include "monitor/exit/asm-offsets.def"
}
#else
#include "asm-offsets.h"
#define VALUE(name, value) _Static_assert(name == (value), "assembly knows of another " #name);
#include "monitor/exit/asm-offsets.def"
#endif
