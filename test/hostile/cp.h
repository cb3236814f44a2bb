// SPDX-License-Identifier: MIT
//
// The coprocessor registers that the hostile guest's C code uses.
#ifndef TEST_HOSTILE_CP_H
#define TEST_HOSTILE_CP_H

#include <stdint.h>

#define CP(name, opc1, crn, crm, opc2)                                                                                 \
	static inline uint32_t read_##name(void)                                                                       \
	{                                                                                                              \
		uint32_t v;                                                                                            \
		__asm__ volatile("mrc p15, " #opc1 ", %0, " #crn ", " #crm ", " #opc2 : "=r"(v) : : "memory");         \
		return v;                                                                                              \
	}                                                                                                              \
	static inline void write_##name(uint32_t v)                                                                    \
	{                                                                                                              \
		__asm__ volatile("mcr p15, " #opc1 ", %0, " #crn ", " #crm ", " #opc2 : : "r"(v) : "memory");          \
	}

#define CP64(name, opc1, crm)                                                                                          \
	static inline uint64_t read_##name(void)                                                                       \
	{                                                                                                              \
		uint64_t v;                                                                                            \
		__asm__ volatile("mrrc p15, " #opc1 ", %Q0, %R0, " #crm : "=r"(v) : : "memory");                       \
		return v;                                                                                              \
	}                                                                                                              \
	static inline void write_##name(uint64_t v)                                                                    \
	{                                                                                                              \
		__asm__ volatile("mcrr p15, " #opc1 ", %Q0, %R0, " #crm : : "r"(v) : "memory");                        \
	}

CP(sctlr, 0, c1, c0, 0)
CP(cpacr, 0, c1, c0, 2)
CP(ttbr0, 0, c2, c0, 0)
CP(ttbr1, 0, c2, c0, 1)
CP(ttbcr, 0, c2, c0, 2)
CP64(ttbr0_64, 0, c2)
CP64(ttbr1_64, 1, c2)
CP(dacr, 0, c3, c0, 0)
CP(dfsr, 0, c5, c0, 0)
CP(ifsr, 0, c5, c0, 1)
CP(dfar, 0, c6, c0, 0)
CP(ifar, 0, c6, c0, 2)
CP(iciallu, 0, c7, c5, 0)
CP(icimvau, 0, c7, c5, 1)
CP(bpiall, 0, c7, c5, 6)
CP(dccmvau, 0, c7, c11, 1)
CP(tlbiall, 0, c8, c7, 0)
CP(tlbimva, 0, c8, c7, 1)
CP(tlbiasid, 0, c8, c7, 2)
CP(tlbimvaa, 0, c8, c7, 3)
CP(tlbiallis, 0, c8, c3, 0)
CP(tlbimvais, 0, c8, c3, 1)
CP(tlbiasidis, 0, c8, c3, 2)
CP(tlbimvaais, 0, c8, c3, 3)
CP(prrr, 0, c10, c2, 0)
CP(nmrr, 0, c10, c2, 1)
CP(vbar, 0, c12, c0, 0)
CP(contextidr, 0, c13, c0, 1)
CP(cntkctl, 0, c14, c1, 0)
CP(cntv_tval, 0, c14, c3, 0)
CP(cntv_ctl, 0, c14, c3, 1)
CP(cntp_tval, 0, c14, c2, 0)
CP(cntp_ctl, 0, c14, c2, 1)
CP64(cntv_cval, 3, c14)
CP64(cntp_cval, 2, c14)
CP64(cntvct, 1, c14)

static inline void
barrier(void)
{
	__asm__ volatile("dsb\n\tisb" : : : "memory");
}

#endif
