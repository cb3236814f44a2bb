// SPDX-License-Identifier: MIT
//
// System registers at random, whose values the guest then needs back.
#include "test/hostile/cp.h"
#include "test/hostile/tables.h"

#define CPACR_VFP    0x00f00000u
#define FPEXC_EN     0x40000000u
#define SCTLR_V      0x2000u
#define SCTLR_RANDOM 0x3010180eu // AFE, TRE, UWXN, I, Z, C, A
#define TTBCR_EAE    0x80000000u
#define TTBCR_PD0    0x10u
#define TTBCR_PD1    0x20u
#define HIGH_VECTORS 0xffff0000u

static inline void
write_fpexc(uint32_t value)
{
	__asm__ volatile(".fpu vfpv3\n\tvmsr fpexc, %0" : : "r"(value));
}

static inline uint32_t
read_fpexc(void)
{
	uint32_t value;

	__asm__ volatile(".fpu vfpv3\n\tvmrs %0, fpexc" : "=r"(value));
	return value;
}

void
sysreg_restore(void)
{
	if (read_cpacr() != CPACR_VFP)
		write_cpacr(CPACR_VFP);
	__asm__ volatile("isb");
	if (read_fpexc() != FPEXC_EN)
		write_fpexc(FPEXC_EN);
	if (read_cntkctl())
		write_cntkctl(0);
}

// A few accesses in whatever holds now, each of which may fault.
static void
look_around(void)
{
	uint32_t value;

	for (unsigned i = below(4); i < 4; i++)
		try_load(one_in(2) ? JUNK + below(JUNK_MIB * MIB) : ALIAS + below(2u * ALIAS_PAGES * PAGE), &value);
}

// A TTBCR that still translates the code's own address.
static uint32_t
some_ttbcr(uint32_t value)
{
	uint32_t n = value & 7u;

	if (read_ttbcr() & TTBCR_EAE)
		return TTBCR_EAE | (value & 0x70001u);
	return n | (value & (n < 2 ? TTBCR_PD1 : TTBCR_PD0));
}

// Changes bits and looks in one go, for the guard puts things back.
static uint32_t
change(uint32_t which, uint32_t value)
{
	switch (which) {
	case 0:
		write_sctlr(read_sctlr() ^ (value & SCTLR_RANDOM));
		break;
	case 1:
		write_dacr((value & ~3u) | 1u); // the code's own is domain 0
		break;
	case 2:
		write_prrr(value);
		write_nmrr(value * 3u);
		break;
	case 3:
		write_cpacr(value);
		break;
	case 4:
		write_contextidr(value);
		break;
	case 5:
		write_ttbcr(some_ttbcr(value));
		break;
	default:
		if ((read_ttbcr() & 7u) < 2u)
			write_ttbr1(value);
	}
	if (value & 1u)
		write_tlbiall(0);
	barrier();
	for (unsigned i = 0; i < 4; i++)
		seen(*at(JUNK + (value * (i + 5u)) % (JUNK_MIB * MIB - 4u)), i);
	return 0;
}

void
step_control(void)
{
	uint32_t unused;

	if (!regime_is_on())
		regime_space(regime_any_space(), 0);
	try_call(change, below(7), rnd(), &unused);
	regime_restore_all();
	sysreg_restore();
	look_around();
}

// An SVC by way of other vectors.
static uint32_t
svc_through(uint32_t vbar, uint32_t high)
{
	if (high)
		write_sctlr(read_sctlr() | SCTLR_V);
	else
		write_vbar(vbar);
	barrier();
	__asm__ volatile("svc #7" : : : "memory", "lr");
	return 0;
}

static void
put_vectors(uint32_t where)
{
	for (unsigned i = 0; i < 16; i++)
		at(where)[i] = high_vectors[i];
	sync_code();
}

void
step_vectors(void)
{
	bool high = one_in(3);
	uint32_t unused, vector, space = below(BARE_SHORT), where = JUNK + (rnd() & 0x7fffe0u);

	put_vectors(where);
	if (high) {
		regime_space(space, 0);
		put_vectors(JUNK + 0xf0000u);
		at(SHORT_L1(space))[0xfff] = JUNK | 0xc0eu;
		tlb_all();
	}
	vector = try_call(svc_through, where, high, &unused);
	if (vector != V_SVC)
		fail("no SVC through other vectors", vector, where, trapped.pc);
	regime_restore_all();
	if (high) {
		at(SHORT_L1(space))[0xfff] = 0;
		tlb_all();
	}
}

static uint32_t
psci(uint32_t function, uint32_t argument)
{
	register uint32_t r0 __asm__("r0") = function;
	register uint32_t r1 __asm__("r1") = argument;
	register uint32_t r2 __asm__("r2") = argument * 5u;
	register uint32_t r3 __asm__("r3") = argument * 7u;

	__asm__ volatile(".arch_extension virt\n\thvc #0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory", "r12");
	seen(r1, 1);
	seen(r2, 2);
	seen(r3, 3);
	return r0;
}

// All functions but those that end it.
void
step_psci(void)
{
	uint32_t function = one_in(8) ? rnd()
				      : (one_in(2)   ? 0x84000000u
					 : one_in(2) ? 0xc4000000u
						     : 0x95c1ba5eu) +
					    below(0x20);
	uint32_t result;

	if (function == 0x84000002u || function == 0x84000008u || function == 0x84000009u || function == 0x95c1ba5fu)
		function = 0x84000000u;
	if (one_in(2)) // CPU_SUSPEND comes back with an interrupt
		watchdog(true);
	else
		gic_restore(), watchdog(true);
	if (try_call(psci, function, one_in(2) ? below(4) : interesting(), &result) == V_NONE)
		seen(result, function);
	watchdog(false);
	gic_drain();
}
