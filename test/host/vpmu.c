// SPDX-License-Identifier: MIT
// uses: monitor/cpu/vpmu.c monitor/cpu/cp15_pmu.c monitor/board/hostpmu.c
//
// The performance monitors by their registers' functions, with a host's counter and PMU that this test advances: what
// is counted where, overflow and its interrupt, when it is due, and what of the host's PMU is used.
#include <stdlib.h>
#include <string.h>
#include "monitor/board/core.h"
#include "monitor/cpu/cp15_internal.h"
#include "monitor/board/hostpmu.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vpsr.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define PMCR         ((struct cp_row){.crn = 9, .crm = 12, .opc2 = 0})
#define PMCNTEN      ((struct cp_row){.crn = 9, .crm = 12, .opc2 = 1})
#define PMOVSR       ((struct cp_row){.crn = 9, .crm = 12, .opc2 = 3})
#define PMSWINC      ((struct cp_row){.crn = 9, .crm = 12, .opc2 = 4})
#define PMCCNTR      ((struct cp_row){.crn = 9, .crm = 13, .opc2 = 0})
#define PMXEVTYPER   ((struct cp_row){.crn = 9, .crm = 13, .opc2 = 1})
#define PMXEVCNTR    ((struct cp_row){.crn = 9, .crm = 13, .opc2 = 2})
#define PMINTEN      ((struct cp_row){.crn = 9, .crm = 14, .opc2 = 1})
#define PMOVSSET     ((struct cp_row){.crn = 9, .crm = 14, .opc2 = 3})
#define PMEVCNTR(n)  ((struct cp_row){.crn = 14, .crm = (uint8_t)(8 | (n) >> 3), .opc2 = (n)&7})
#define PMEVTYPER(n) ((struct cp_row){.crn = 14, .crm = (uint8_t)(12 | (n) >> 3), .opc2 = (n)&7})
#define PMCCFILTR    PMEVTYPER(31)

#define HZ   62500000u
#define CCNT 0x80000000u

static struct vm *vm;
static struct core core;
static struct vcpu *v;
static bool line;

void
vgic_set_level(struct vgic *gic, unsigned cpu, unsigned intid, bool level)
{
	CHECK(gic == &vm->gic && cpu == 0);
	CHECK_EQ(intid, VM_PMU_IRQ);
	line = level;
}

static void
set(struct cp_row row, uint32_t value)
{
	cp15_pmu_write_set(v, &row, value);
}

static void
clear(struct cp_row row, uint32_t value)
{
	cp15_pmu_write_clear(v, &row, value);
}

static void
type(struct cp_row row, uint32_t value)
{
	cp15_pmu_write_evtyper(v, &row, value);
}

static uint32_t
cycles(void)
{
	return cp15_pmu_read_ccntr(v, &PMCCNTR);
}

static uint32_t
events(unsigned n)
{
	return cp15_pmu_read_evcntr(v, &PMEVCNTR(n));
}

static void
fresh(const char *name)
{
	check_case(name);
	memset(v, 0, sizeof(*v));
	v->vm = vm;
	v->mode = MODE_SVC;
	sysreg_fake_cntvct = 1000000;
	vpmu_reset(v);
	line = false;
}

// So many nanoseconds, of 16 at least.
static void
pass(uint64_t ns)
{
	sysreg_fake_cntvct += ns / 16;
}

static void
to_mode(uint32_t mode)
{
	vpsr_set_mode(v, mode);
}

static void
test_cycles(void)
{
	fresh("the cycle counter, off, on, divided");
	CHECK_EQ(cp15_pmu_read_pmcr(v, &PMCR), 0x410f3000);
	pass(1600);
	CHECK_EQ(cycles(), 0);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E);
	pass(1600);
	CHECK_EQ(cycles(), 0);
	set(PMCNTEN, 0xffffffff);
	CHECK_EQ(cp15_pmu_read_set(v, &PMCNTEN), 0x8000003f);
	pass(1600);
	CHECK_EQ(cycles(), 1600);
	cp15_pmu_write_pmcr(v, &PMCR, 0xffffffff & ~PMCR_C & ~0x40u);
	CHECK_EQ(cp15_pmu_read_pmcr(v, &PMCR), 0x410f30b9);
	pass(6400);
	CHECK_EQ(cycles(), 1700);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E | PMCR_D | 0x40); // LC
	pass(640);
	CHECK_EQ(cycles(), 2340);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E | PMCR_C);
	CHECK_EQ(cycles(), 0);
	cp15_pmu_write_ccntr(v, &PMCCNTR, 0xfffffff0);
	pass(32);
	CHECK_EQ(cycles(), 0x10);
	CHECK_EQ(cp15_pmu_read_set(v, &PMOVSR), CCNT);
	clear(PMOVSR, CCNT);
	CHECK_EQ(cp15_pmu_read_set(v, &PMOVSR), 0);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E | 0x40);
	cp15_pmu_write_ccntr(v, &PMCCNTR, 0xfffffff0);
	pass(32);
	CHECK_EQ(cp15_pmu_read_set(v, &PMOVSR), 0);
	clear(PMCNTEN, CCNT);
	pass(3200);
	CHECK_EQ(cycles(), 0x10);

	fresh("a counter at another frequency, and long after power-on");
	sysreg_fake[SYSREG_cntfrq] = 24000000;
	sysreg_fake_cntvct = 0xf000000000000000ull;
	vpmu_reset(v);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E);
	set(PMCNTEN, CCNT);
	sysreg_fake_cntvct += 24;
	CHECK_EQ(cycles(), 1000);
	sysreg_fake_cntvct += 24000000ull * 3600;
	CHECK_EQ(cycles(), (uint32_t)(1000 + 3600 * 1000000000ull));
	CHECK_EQ(cp15_pmu_read_set(v, &PMOVSR), CCNT);
	sysreg_fake[SYSREG_cntfrq] = HZ;
}

static void
test_filters(void)
{
	fresh("filters: the kernel, its users");
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E);
	type(PMEVTYPER(0), PMU_CPU_CYCLES);
	type(PMEVTYPER(1), PMU_CPU_CYCLES | PMU_FILTER_P);
	type(PMEVTYPER(2), PMU_CPU_CYCLES | PMU_FILTER_U);
	type(PMEVTYPER(3), PMU_CPU_CYCLES | PMU_FILTER_P | PMU_FILTER_U);
	set(PMCNTEN, 0x1);
	CHECK(!v->pmu.split);
	set(PMCNTEN, 0xf);
	CHECK(v->pmu.split);
	pass(160);
	to_mode(MODE_USR);
	pass(1600);
	to_mode(MODE_SVC);
	to_mode(MODE_ABT);
	pass(16000);
	CHECK_EQ(events(0), 17760);
	CHECK_EQ(events(1), 1600);
	CHECK_EQ(events(2), 16160);
	CHECK_EQ(events(3), 0);
	clear(PMCNTEN, 0x6);
	CHECK(!v->pmu.split);
	type(PMCCFILTR, 0xffffffff);
	CHECK_EQ(cp15_pmu_read_evtyper(v, &PMCCFILTR), 0xf8000000);
	v->pmu.selr = 31;
	CHECK_EQ(cp15_pmu_read_evtyper(v, &PMXEVTYPER), 0xf8000000);
	type(PMXEVTYPER, 0xffffffff & ~PMU_FILTER_U);
	CHECK_EQ(cp15_pmu_read_evtyper(v, &PMXEVTYPER), 0xbc000000);
	CHECK_EQ(cp15_pmu_read_evtyper(v, &PMCCFILTR), 0xb8000000);
	type(PMCCFILTR, 0);
	CHECK_EQ(cp15_pmu_read_evtyper(v, &PMXEVTYPER), 0x04000000);

	fresh("the selected counter, and one that there isn't");
	for (unsigned n = 0; n < 31; n++) {
		v->pmu.selr = n;
		type(PMXEVTYPER, 0xffffffff);
		cp15_pmu_write_evcntr(v, &PMXEVCNTR, 0x1234 + n);
		CHECK_EQ(cp15_pmu_read_evtyper(v, &PMXEVTYPER), n < 6 ? 0xfe00ffff : 0);
		CHECK_EQ(cp15_pmu_read_evcntr(v, &PMXEVCNTR), n < 6 ? 0x1234 + n : 0);
		CHECK_EQ(cp15_pmu_there(v, &PMEVCNTR(n)), n < 6);
		CHECK_EQ(cp15_pmu_there(v, &PMEVTYPER(n)), n < 6);
	}
	v->pmu.selr = 31;
	cp15_pmu_write_evcntr(v, &PMXEVCNTR, 1);
	CHECK_EQ(cp15_pmu_read_evcntr(v, &PMXEVCNTR), 0);
	CHECK_EQ(events(5), 0x1239);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_P);
	CHECK_EQ(events(5), 0);
}

static void
test_events(void)
{
	fresh("software increments");
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E);
	set(PMCNTEN, 0x7);
	type(PMEVTYPER(1), PMU_FILTER_P);
	type(PMEVTYPER(2), PMU_CPU_CYCLES);
	cp15_pmu_write_evcntr(v, &PMEVCNTR(0), 0xffffffff);
	cp15_pmu_write_swinc(v, &PMSWINC, 0xffffffff);
	CHECK_EQ(events(0), 0);
	CHECK_EQ(events(1), 0);
	CHECK_EQ(events(2), 0);
	CHECK_EQ(events(3), 0);
	CHECK_EQ(cp15_pmu_read_set(v, &PMOVSR), 1);
	to_mode(MODE_USR);
	cp15_pmu_write_swinc(v, &PMSWINC, 2);
	CHECK_EQ(events(0), 0);
	CHECK_EQ(events(1), 1);
	CHECK(!line);

	fresh("instructions, where the host counts them, and no other events");
	core.pmu_insns = true;
	vpmu_reset(v);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E);
	type(PMEVTYPER(0), PMU_INST_RETIRED);
	type(PMEVTYPER(1), 0x13);
	sysreg_fake[SYSREG_pmxevcntr] = 0xffffff00;
	set(PMCNTEN, 0x3);
	CHECK(v->pmu.insns);
	CHECK_EQ(sysreg_fake[SYSREG_pmcntenset], 1);
	sysreg_fake[SYSREG_pmxevcntr] += 0x200;
	pass(16000);
	CHECK_EQ(events(0), 0x200);
	CHECK_EQ(events(1), 0);
	CHECK_EQ(vpmu_next(v), v->pmu.since + HZ / 4); // before the host's counter could wrap unseen
	clear(PMCNTEN, 1);
	CHECK(!v->pmu.insns);
	CHECK_EQ(sysreg_fake[SYSREG_pmcntenclr], 1);
	CHECK_EQ(vpmu_next(v), UINT64_MAX);
	core.pmu_insns = false;
	vpmu_reset(v);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E);
	type(PMEVTYPER(0), PMU_INST_RETIRED);
	set(PMCNTEN, 1);
	sysreg_fake[SYSREG_pmxevcntr] += 0x200;
	CHECK_EQ(events(0), 0);
}

static void
test_overflow(void)
{
	fresh("the interrupt, and when it is due");
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E);
	cp15_pmu_write_ccntr(v, &PMCCNTR, (uint32_t)-1600);
	set(PMCNTEN, CCNT);
	CHECK_EQ(vpmu_next(v), UINT64_MAX);
	set(PMINTEN, 0xffffffff);
	CHECK_EQ(cp15_pmu_read_set(v, &PMINTEN), 0x8000003f);
	CHECK_EQ(vpmu_next(v), 1000000 + 100);
	pass(1599);
	vpmu_sync(v);
	CHECK(!line);
	pass(16);
	vpmu_sync(v);
	CHECK(line);
	CHECK_EQ(vpmu_next(v), UINT64_MAX);
	cp15_pmu_write_pmcr(v, &PMCR, 0);
	CHECK(!line);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E);
	CHECK(line);
	clear(PMINTEN, CCNT);
	CHECK(!line);
	set(PMINTEN, CCNT);
	clear(PMOVSR, CCNT);
	CHECK(!line);
	set(PMOVSSET, CCNT | 0x40);
	CHECK_EQ(cp15_pmu_read_set(v, &PMOVSSET), CCNT);
	CHECK(line);

	fresh("divided; and in the other view, whose beginning isn't known");
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E | PMCR_D);
	cp15_pmu_write_ccntr(v, &PMCCNTR, (uint32_t)-100);
	set(PMCNTEN, CCNT);
	set(PMINTEN, CCNT);
	CHECK_EQ(vpmu_next(v), 1000000 + 400);
	cp15_pmu_write_ccntr(v, &PMCCNTR, 0);
	CHECK_EQ(vpmu_next(v), 1000000 + (1ull << 38) / 16);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E);
	type(PMCCFILTR, PMU_FILTER_P);
	cp15_pmu_write_ccntr(v, &PMCCNTR, 0xffffffff);
	CHECK_EQ(vpmu_next(v), 1000000 + HZ / 100000);
	to_mode(MODE_USR);
	CHECK_EQ(vpmu_next(v), 1000000 + 1);
	type(PMCCFILTR, PMU_FILTER_P | PMU_FILTER_U);
	CHECK_EQ(vpmu_next(v), UINT64_MAX);

	fresh("a counter of instructions near its end gets on");
	core.pmu_insns = true;
	vpmu_reset(v);
	cp15_pmu_write_pmcr(v, &PMCR, PMCR_E);
	type(PMEVTYPER(0), PMU_INST_RETIRED);
	cp15_pmu_write_evcntr(v, &PMEVCNTR(0), 0xffffffff);
	set(PMCNTEN, 1);
	set(PMINTEN, 1);
	CHECK_EQ(vpmu_next(v), 1000000 + HZ / 100000);
	sysreg_fake[SYSREG_pmxevcntr]++;
	vpmu_sync(v);
	CHECK(line);
	core.pmu_insns = false;
}

static void
test_gates(void)
{
	fresh("PL0");
	CHECK(!cp15_pmu_gate(v));
	v->pmu.userenr = 1;
	CHECK(cp15_pmu_gate(v));
}

static void
test_host(void)
{
	check_case("the host's: none, others, without counters, one that doesn't count");
	sysreg_fake[SYSREG_midr] = 0x410fc075;
	for (unsigned kind = 0; kind < 16; kind++) {
		sysreg_fake[SYSREG_id_dfr0] = kind << 24;
		sysreg_fake[SYSREG_pmcr] = 0x41072041;
		CHECK_EQ(hostpmu_id(), kind >= 2 && kind < 15 ? 0x41072000 : 0x41003000);
		sysreg_fake[SYSREG_pmcntenset] = 0;
		CHECK(!hostpmu_init());
		CHECK_EQ(sysreg_fake[SYSREG_pmcntenset], kind >= 2 && kind < 15);
	}
	sysreg_fake[SYSREG_id_dfr0] = 0x02000000;
	sysreg_fake[SYSREG_pmcr] = 0x41072041;
	sysreg_fake[SYSREG_pmintenclr] = sysreg_fake[SYSREG_pmcntenclr] = 0;
	CHECK(!hostpmu_init());
	CHECK_EQ(sysreg_fake[SYSREG_pmintenclr], 0xffffffff);
	CHECK_EQ(sysreg_fake[SYSREG_pmxevtyper], PMU_INST_RETIRED | PMU_FILTER_P);
	CHECK_EQ(sysreg_fake[SYSREG_pmcntenclr], 1);
	sysreg_fake[SYSREG_pmcr] = 0x41070041;
	CHECK_EQ(hostpmu_id(), 0x41003000);
}

int
main(void)
{
	vm = calloc(1, sizeof(*vm));
	v = aligned_alloc(_Alignof(struct vcpu), sizeof(*v));
	vm->core = &core;
	core.pmu_id = 0x410f3000;
	sysreg_fake[SYSREG_cntfrq] = HZ;
	test_cycles();
	test_filters();
	test_events();
	test_overflow();
	test_gates();
	test_host();
	free(v);
	free(vm);
	return check_done("vpmu");
}
