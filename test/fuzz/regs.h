// SPDX-License-Identifier: MIT
//
// The runner's accessors of registers that a case may set, cp_read_NAME() and
// cp_write_NAME(), in the order of case.h's lists. One inline function each and no
// switch: an indirect branch costs much under a monitor that checks them all.
#ifndef FUZZ_REGS_H
#define FUZZ_REGS_H

#include "test/fuzz/case.h"

#define X(name, p, op1, crn, crm, op2)                                                                                 \
	static inline uint32_t cp_read_##name(void)                                                                    \
	{                                                                                                              \
		uint32_t value;                                                                                        \
                                                                                                                       \
		__asm__ volatile("mrc p" #p ", " #op1 ", %0, c" #crn ", c" #crm ", " #op2 : "=r"(value));              \
		return value;                                                                                          \
	}                                                                                                              \
	static inline void cp_write_##name(uint32_t value)                                                             \
	{                                                                                                              \
		__asm__ volatile("mcr p" #p ", " #op1 ", %0, c" #crn ", c" #crm ", " #op2 "\n\tisb" ::"r"(value)       \
				 : "memory");                                                                          \
	}
FUZZ_FAST_REGS(X)
FUZZ_SLOW_REGS(X)
#undef X

static inline uint32_t
cp_read_FPEXC(void)
{
	register uint32_t r0 __asm__("r0");

	__asm__ volatile(".inst 0xeef80a10 @ vmrs r0, fpexc" : "=r"(r0));
	return r0;
}

static inline uint32_t
cp_read_FPSCR(void)
{
	register uint32_t r0 __asm__("r0");

	__asm__ volatile(".inst 0xeef10a10 @ vmrs r0, fpscr" : "=r"(r0));
	return r0;
}

static inline void
cp_write_FPEXC(uint32_t value)
{
	register uint32_t r0 __asm__("r0") = value;

	__asm__ volatile(".inst 0xeee80a10 @ vmsr fpexc, r0" ::"r"(r0));
}

static inline void
cp_write_FPSCR(uint32_t value)
{
	register uint32_t r0 __asm__("r0") = value;

	__asm__ volatile(".inst 0xeee10a10 @ vmsr fpscr, r0" ::"r"(r0));
}

#endif
