// SPDX-License-Identifier: MIT
//
// Accessors of the host core's system registers, by the ARM ARM's names. A row of
// the table below is (name, coprocessor operands); each makes sysreg_read_NAME
// and sysreg_write_NAME. Natively, for host tests, they are plain
// variables, and barriers and writes are noted in their order (test/host/fake_arch.h).
#ifndef MONITOR_BASE_SYSREG_H
#define MONITOR_BASE_SYSREG_H

#include <stdint.h>

// clang-format off
#define SYSREGS(R) \
	R(midr,       "p15, 0, %0, c0, c0, 0") \
	R(ctr,        "p15, 0, %0, c0, c0, 1") \
	R(tcmtr,      "p15, 0, %0, c0, c0, 2") \
	R(tlbtr,      "p15, 0, %0, c0, c0, 3") \
	R(mpidr,      "p15, 0, %0, c0, c0, 5") \
	R(revidr,     "p15, 0, %0, c0, c0, 6") \
	R(id_pfr0,    "p15, 0, %0, c0, c1, 0") \
	R(id_pfr1,    "p15, 0, %0, c0, c1, 1") \
	R(id_dfr0,    "p15, 0, %0, c0, c1, 2") \
	R(id_afr0,    "p15, 0, %0, c0, c1, 3") \
	R(id_mmfr0,   "p15, 0, %0, c0, c1, 4") \
	R(id_mmfr1,   "p15, 0, %0, c0, c1, 5") \
	R(id_mmfr2,   "p15, 0, %0, c0, c1, 6") \
	R(id_mmfr3,   "p15, 0, %0, c0, c1, 7") \
	R(id_isar0,   "p15, 0, %0, c0, c2, 0") \
	R(id_isar1,   "p15, 0, %0, c0, c2, 1") \
	R(id_isar2,   "p15, 0, %0, c0, c2, 2") \
	R(id_isar3,   "p15, 0, %0, c0, c2, 3") \
	R(id_isar4,   "p15, 0, %0, c0, c2, 4") \
	R(id_isar5,   "p15, 0, %0, c0, c2, 5") \
	R(ccsidr,     "p15, 1, %0, c0, c0, 0") \
	R(clidr,      "p15, 1, %0, c0, c0, 1") \
	R(aidr,       "p15, 1, %0, c0, c0, 7") \
	R(csselr,     "p15, 2, %0, c0, c0, 0") \
	R(sctlr,      "p15, 0, %0, c1, c0, 0") \
	R(actlr,      "p15, 0, %0, c1, c0, 1") \
	R(cpacr,      "p15, 0, %0, c1, c0, 2") \
	R(ttbr0,      "p15, 0, %0, c2, c0, 0") \
	R(ttbr1,      "p15, 0, %0, c2, c0, 1") \
	R(ttbcr,      "p15, 0, %0, c2, c0, 2") \
	R(dacr,       "p15, 0, %0, c3, c0, 0") \
	R(dfsr,       "p15, 0, %0, c5, c0, 0") \
	R(ifsr,       "p15, 0, %0, c5, c0, 1") \
	R(dfar,       "p15, 0, %0, c6, c0, 0") \
	R(ifar,       "p15, 0, %0, c6, c0, 2") \
	R(par,        "p15, 0, %0, c7, c4, 0") \
	R(iciallu,    "p15, 0, %0, c7, c5, 0") \
	R(icimvau,    "p15, 0, %0, c7, c5, 1") \
	R(bpiall,     "p15, 0, %0, c7, c5, 6") \
	R(ats1cpr,    "p15, 0, %0, c7, c8, 0") \
	R(dccmvac,    "p15, 0, %0, c7, c10, 1") \
	R(dccmvau,    "p15, 0, %0, c7, c11, 1") \
	R(dccimvac,   "p15, 0, %0, c7, c14, 1") \
	R(tlbiall,    "p15, 0, %0, c8, c7, 0") \
	R(tlbiasid,   "p15, 0, %0, c8, c7, 2") \
	R(tlbimvaa,   "p15, 0, %0, c8, c7, 3") \
	R(pmcr,       "p15, 0, %0, c9, c12, 0") \
	R(pmcntenset, "p15, 0, %0, c9, c12, 1") \
	R(pmcntenclr, "p15, 0, %0, c9, c12, 2") \
	R(pmselr,     "p15, 0, %0, c9, c12, 5") \
	R(pmxevtyper, "p15, 0, %0, c9, c13, 1") \
	R(pmxevcntr,  "p15, 0, %0, c9, c13, 2") \
	R(pmuserenr,  "p15, 0, %0, c9, c14, 0") \
	R(pmintenclr, "p15, 0, %0, c9, c14, 2") \
	R(l2ctlr,     "p15, 1, %0, c9, c0, 2") \
	R(prrr,       "p15, 0, %0, c10, c2, 0") \
	R(nmrr,       "p15, 0, %0, c10, c2, 1") \
	R(isr,        "p15, 0, %0, c12, c1, 0") \
	R(vbar,       "p15, 0, %0, c12, c0, 0") \
	R(contextidr, "p15, 0, %0, c13, c0, 1") \
	R(tpidrurw,   "p15, 0, %0, c13, c0, 2") \
	R(tpidruro,   "p15, 0, %0, c13, c0, 3") \
	R(tpidrprw,   "p15, 0, %0, c13, c0, 4") \
	R(cntfrq,     "p15, 0, %0, c14, c0, 0") \
	R(cntkctl,    "p15, 0, %0, c14, c1, 0") \
	R(cntv_ctl,   "p15, 0, %0, c14, c3, 1") \
	R(teecr,      "p14, 6, %0, c0, c0, 0") \
	R(dbgdscrext, "p14, 0, %0, c0, c2, 2") \
	R(dbgdidr,    "p14, 0, %0, c0, c0, 0") \
	R(dbgwvr0,    "p14, 0, %0, c0, c0, 6") \
	R(dbgwvr1,    "p14, 0, %0, c0, c1, 6") \
	R(dbgwvr2,    "p14, 0, %0, c0, c2, 6") \
	R(dbgwvr3,    "p14, 0, %0, c0, c3, 6") \
	R(dbgwcr0,    "p14, 0, %0, c0, c0, 7") \
	R(dbgwcr1,    "p14, 0, %0, c0, c1, 7") \
	R(dbgwcr2,    "p14, 0, %0, c0, c2, 7") \
	R(dbgwcr3,    "p14, 0, %0, c0, c3, 7") \
	R(dbgoslar,   "p14, 0, %0, c1, c0, 4")
// clang-format on

#ifdef __arm__
#define SYSREG(name, operands)                                                                                         \
	static inline uint32_t sysreg_read_##name(void)                                                                \
	{                                                                                                              \
		uint32_t value;                                                                                        \
		__asm__ volatile("mrc " operands : "=r"(value) : : "memory");                                          \
		return value;                                                                                          \
	}                                                                                                              \
	static inline void sysreg_write_##name(uint32_t value)                                                         \
	{                                                                                                              \
		__asm__ volatile("mcr " operands : : "r"(value) : "memory");                                           \
	}

static inline uint64_t
sysreg_read_cntvct(void)
{
	uint32_t lo, hi;

	__asm__ volatile("mrrc p15, 1, %0, %1, c14" : "=r"(lo), "=r"(hi));
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t
sysreg_read_cntpct(void)
{
	uint32_t lo, hi;

	__asm__ volatile("mrrc p15, 0, %0, %1, c14" : "=r"(lo), "=r"(hi));
	return (uint64_t)hi << 32 | lo;
}

static inline void
sysreg_write_cntv_cval(uint64_t value)
{
	__asm__ volatile("mcrr p15, 3, %0, %1, c14" : : "r"((uint32_t)value), "r"((uint32_t)(value >> 32)));
}

static inline uint32_t
sysreg_read_fpexc(void)
{
	uint32_t value;

	__asm__ volatile(".fpu vfpv3\n\tvmrs %0, fpexc" : "=r"(value));
	return value;
}

static inline void
sysreg_write_fpexc(uint32_t value)
{
	__asm__ volatile(".fpu vfpv3\n\tvmsr fpexc, %0" : : "r"(value) : "memory");
}

static inline void
isb(void)
{
	__asm__ volatile("isb" : : : "memory");
}

static inline void
dsb(void)
{
	__asm__ volatile("dsb" : : : "memory");
}

static inline void
wfi(void)
{
	__asm__ volatile("wfi" : : : "memory");
}

static inline void
clrex(void)
{
	__asm__ volatile("clrex" : : : "memory");
}
#else
extern uint32_t sysreg_fake[];
void sysreg_fake_note(const char *what); // of each barrier, and of each write its register's name
#define SYSREG(name, operands)                                                                                         \
	static inline uint32_t sysreg_read_##name(void)                                                                \
	{                                                                                                              \
		return sysreg_fake[SYSREG_##name];                                                                     \
	}                                                                                                              \
	static inline void sysreg_write_##name(uint32_t value)                                                         \
	{                                                                                                              \
		sysreg_fake[SYSREG_##name] = value;                                                                    \
		sysreg_fake_note(#name);                                                                               \
	}
#define SYSREG_NUMBER(name, operands) SYSREG_##name,
enum { SYSREGS(SYSREG_NUMBER) SYSREG_COUNT };
#undef SYSREG_NUMBER

extern uint64_t sysreg_fake_cntvct, sysreg_fake_cntpct, sysreg_fake_cntv_cval;
extern uint32_t sysreg_fake_fpexc;

static inline uint64_t
sysreg_read_cntvct(void)
{
	return sysreg_fake_cntvct;
}

static inline uint64_t
sysreg_read_cntpct(void)
{
	return sysreg_fake_cntpct;
}

static inline void
sysreg_write_cntv_cval(uint64_t value)
{
	sysreg_fake_cntv_cval = value;
	sysreg_fake_note("cntv_cval");
}

static inline uint32_t
sysreg_read_fpexc(void)
{
	return sysreg_fake_fpexc;
}

static inline void
sysreg_write_fpexc(uint32_t value)
{
	sysreg_fake_fpexc = value;
}

static inline void
isb(void)
{
	sysreg_fake_note("isb");
}

static inline void
dsb(void)
{
	sysreg_fake_note("dsb");
}

static inline void
wfi(void)
{
	sysreg_fake_note("wfi");
}

static inline void
clrex(void)
{
	sysreg_fake_note("clrex");
}
#endif

SYSREGS(SYSREG)
#undef SYSREG

#endif
