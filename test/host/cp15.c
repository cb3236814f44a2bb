// SPDX-License-Identifier: MIT
// uses: monitor/cpu/cp15.c monitor/cpu/cp15_mmu.c monitor/cpu/cp15_timer.c monitor/cpu/cp15_pmu.c monitor/cpu/cp14.c monitor/cpu/cptable.c
// uses: monitor/cpu/vfpsys.c monitor/cpu/vtimer.c monitor/cpu/vpmu.c monitor/board/hostpmu.c mmu/walk.c
//
// CP15, CP14 and the VFP system registers through the instructions themselves, assembled
// here by hand; regime.c is a fake that records what it was told, so are the VFP registers
// and the GIC.
#include <stdlib.h>
#include <string.h>
#include "monitor/board/core.h"
#include "monitor/cpu/cp14.h"
#include "monitor/cpu/cp15.h"
#include "monitor/cpu/inject.h"
#include "monitor/cpu/regime.h"
#include "monitor/base/sysreg.h"
#include "monitor/cpu/vfp.h"
#include "monitor/cpu/vfpsys.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vtimer.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"

#define RAM 0x40000000u

static struct {
	unsigned reset, change, other, all, asid, va, va_all, dacr, saved, restored;
	uint32_t last_asid, last_va, last_dacr, abort, abort_va;
} told;

void
regime_reset(struct vcpu *v)
{
	(void)v;
	told.reset++;
}

void
regime_switch(struct vcpu *v)
{
	(void)v;
	told.change++;
}

void
regime_other_spaces(struct vcpu *v)
{
	(void)v;
	told.other++;
}

void
regime_dacr(struct vcpu *v, uint32_t dacr)
{
	v->cp15.mmu.dacr = dacr;
	told.dacr++;
	told.last_dacr = dacr;
}

void
regime_drop_all(struct vcpu *v)
{
	(void)v;
	told.all++;
}

void
regime_drop_asid(struct vcpu *v, uint32_t asid)
{
	(void)v;
	told.asid++;
	told.last_asid = asid;
}

void
regime_drop_va(struct vcpu *v, uint32_t mva_asid)
{
	(void)v;
	told.va++;
	told.last_va = mva_asid;
}

void
regime_drop_va_all(struct vcpu *v, gva_t va)
{
	(void)v;
	told.va_all++;
	told.last_va = va.v;
}

void
inject_data_abort(struct vcpu *v, uint32_t fs, uint32_t domain, bool write, gva_t far)
{
	(void)v;
	told.abort = fs | domain << 4 | (uint32_t)write << 11;
	told.abort_va = far.v;
}

void
vgic_set_level(struct vgic *gic, unsigned cpu, unsigned intid, bool level)
{
	uint32_t *word = &gic->cpu[cpu].own[VGIC_LEVEL];

	*word = (*word & ~(1u << intid)) | (uint32_t)level << intid;
}

void
vfp_save(uint64_t d[32], uint32_t *fpscr)
{
	d[0] = 0x1234;
	*fpscr = 0x5678;
	told.saved++;
}

void
vfp_restore(const uint64_t d[32], uint32_t fpscr)
{
	(void)d;
	(void)fpscr;
	told.restored++;
}

uint32_t
vfp_fpsid(void)
{
	return 0x410430f0;
}

uint32_t
vfp_mvfr0(void)
{
	return 0x10110222;
}

uint32_t
vfp_mvfr1(void)
{
	return 0x11111111;
}

static struct vm *vm;
static struct core core;
static struct vcpu *v, *other;

// MCR (read 0) or MRC of r1.
static uint32_t
insn(unsigned cp, unsigned read, unsigned opc1, unsigned crn, unsigned crm, unsigned opc2)
{
	return 0xee001010u | opc1 << 21 | read << 20 | crn << 16 | cp << 8 | opc2 << 5 | crm;
}

static enum cp_result
mcr(unsigned opc1, unsigned crn, unsigned crm, unsigned opc2, uint32_t value)
{
	v->regs[1] = value;
	return cp15_access(v, insn(15, 0, opc1, crn, crm, opc2));
}

// What an MRC reads, or a value that no register has if it is undefined.
#define UNDEFINED 0xdead0000u
static uint32_t
mrc(unsigned opc1, unsigned crn, unsigned crm, unsigned opc2)
{
	return cp15_access(v, insn(15, 1, opc1, crn, crm, opc2)) == CP_DONE ? v->regs[1] : UNDEFINED;
}

static uint32_t
mrc14(unsigned opc1, unsigned crn, unsigned crm, unsigned opc2)
{
	return cp14_access(v, insn(14, 1, opc1, crn, crm, opc2)) == CP_DONE ? v->regs[1] : UNDEFINED;
}

static enum cp_result
mcr14(unsigned opc1, unsigned crn, unsigned crm, unsigned opc2, uint32_t value)
{
	v->regs[1] = value;
	return cp14_access(v, insn(14, 0, opc1, crn, crm, opc2));
}

static void
mode(uint32_t m)
{
	v->mode = m;
	v->view_now = m == MODE_USR ? VIEW_USER : VIEW_KERNEL;
}

// A VCPU as after a reset, in SVC mode, and forgets what was told.
static void
fresh(const char *name)
{
	check_case(name);
	memset(v, 0, sizeof(*v));
	v->vm = vm;
	core.fp_owner = NULL;
	mode(MODE_SVC);
	cp15_reset(v);
	cp14_reset(v);
	vfpsys_reset(v);
	vtimer_reset(v);
	vpmu_reset(v);
	memset(&vm->gic, 0, sizeof(vm->gic));
	vm->gic.n_cpus = 1;
	memset(&told, 0, sizeof(told));
}

static void
test_identification(void)
{
	fresh("identification is the host's less what is hidden");
	CHECK_EQ(mrc(0, 0, 0, 0), 0x412fc0f1);
	CHECK_EQ(mrc(0, 0, 0, 7), 0x412fc0f1);
	CHECK_EQ(mrc(0, 0, 0, 5), 0x80000000);
	CHECK_EQ(mrc(0, 0, 1, 1), 0x00010001);
	CHECK_EQ(mrc(0, 0, 1, 2), 0x02010555);
	CHECK_EQ(mrc(0, 0, 1, 4), 0x10201105);
	CHECK_EQ(mrc(0, 0, 3, 5), 0);
	CHECK_EQ(mrc(4, 15, 0, 0), 0x08000000);
	CHECK_EQ(mcr(4, 15, 0, 0, 0), CP_UNDEF);
	CHECK_EQ(mrc(1, 15, 3, 2), 0);
	CHECK_EQ(mcr(0, 0, 0, 0, 0), CP_UNDEF);

	fresh("CCSIDR is that of CSSELR");
	CHECK_EQ(mcr(2, 0, 0, 0, 0xfff3), CP_DONE);
	CHECK_EQ(mrc(2, 0, 0, 0), 3);
	CHECK_EQ(mrc(1, 0, 0, 0), 0x701fe00a);
	CHECK_EQ(sysreg_fake[SYSREG_csselr], 3);

	fresh("L2CTLR counts this VM's cores");
	vm->gic.n_cpus = 2;
	CHECK_EQ(mrc(1, 9, 0, 2), 0x01000000);

	fresh("a host without performance monitors, or with others: the VM has some");
	for (unsigned kind = 0; kind < 16; kind++) {
		sysreg_fake[SYSREG_id_dfr0] = kind << 24 | 0x00010555;
		CHECK_EQ(mrc(0, 0, 1, 2), (kind == 0 || kind == 15 ? 2 : kind) << 24 | 0x00010555);
	}
	sysreg_fake[SYSREG_id_dfr0] = 0x02010555;

	fresh("what doesn't exist is undefined");
	CHECK_EQ(mrc(4, 1, 0, 0), UNDEFINED); // HSCTLR
	CHECK_EQ(mrc(0, 1, 1, 0), UNDEFINED); // SCR

	fresh("rows that stand for several encodings");
	v->regs[1] = 0x1234;
	CHECK_EQ(mrc(3, 10, 4, 5), 0x1234); // TLB lockdown: does nothing
	CHECK_EQ(mcr(0, 10, 1, 7, 0), CP_DONE);
	CHECK_EQ(mrc(0, 10, 2, 2), UNDEFINED);
	CHECK_EQ(mcr(5, 3, 7, 1, 0x55), CP_DONE); // DACR
	CHECK_EQ(told.last_dacr, 0x55);
	CHECK_EQ(mrc(0, 3, 0, 0), 0x55);
	CHECK_EQ(mcr(0, 7, 7, 0, 0), CP_DONE); // ARMv6's, of both caches
	CHECK_EQ(mcr(0, 7, 0, 4, 0), CP_DONE);
	CHECK_EQ(mrc(0, 7, 7, 0), UNDEFINED);
	CHECK_EQ(mcr(0, 7, 8, 4, 0), CP_UNDEF); // ATS12NSOPR
	CHECK_EQ(mcr(1, 7, 7, 0, 0), CP_UNDEF);
	CHECK_EQ(mrc(0, 0, 7, 7), 0);
	CHECK_EQ(mcr(0, 0, 7, 7, 0), CP_UNDEF);
	mode(MODE_USR);
	CHECK_EQ(mcr(0, 7, 7, 0, 0), CP_UNDEF);
	CHECK_EQ(mrc(0, 10, 4, 0), UNDEFINED);
	CHECK_EQ(mrc(0, 0, 7, 7), UNDEFINED);
}

static void
test_control(void)
{
	fresh("SCTLR: what a walk depends on resets the regime");
	CHECK_EQ(mrc(0, 1, 0, 0), 0x00c50078);
	CHECK_EQ(mcr(0, 1, 0, 0, 0x00c51878), CP_DONE);
	CHECK_EQ(told.reset, 0);
	CHECK_EQ(mrc(0, 1, 0, 0), 0x00c51878);
	CHECK_EQ(mcr(0, 1, 0, 0, 1), CP_DONE);
	CHECK_EQ(told.reset, 1);
	CHECK_EQ(mrc(0, 1, 0, 0), 1);
	CHECK_EQ(mcr(0, 1, 0, 0, 0x00004001), CP_DONE); // RR has no effect, and is kept
	CHECK_EQ(told.reset, 1);
	CHECK_EQ(mrc(0, 1, 0, 0), 0x00004001);
	for (unsigned n = 0; n < 32; n++) {
		bool regime = n == 0 || n == 13 || n == 19 || n == 20 || n == 25 || n >= 28;
		unsigned before = told.reset;

		mcr(0, 1, 0, 0, v->cp15.mmu.sctlr ^ 1u << n);
		CHECK_EQ(told.reset - before, regime && n != 31);
	}

	fresh("space registers switch, meaning registers reset when they change");
	CHECK_EQ(mcr(0, 2, 0, 0, 0x4000406a), CP_DONE);
	CHECK_EQ(mcr(0, 2, 0, 1, 0x4000806a), CP_DONE);
	CHECK_EQ(mcr(0, 13, 0, 1, 0x12345678), CP_DONE);
	CHECK_EQ(told.change, 2);
	CHECK_EQ(told.other, 1);
	CHECK_EQ(told.reset, 0);
	CHECK_EQ(v->cp15.mmu.ttbr0, 0x4000406a);
	CHECK_EQ(v->cp15.mmu.ttbr1, 0x4000806a);
	CHECK_EQ(v->cp15.mmu.contextidr, 0x12345678);
	CHECK_EQ(mcr(0, 2, 0, 2, 0x000000f9), CP_DONE);
	CHECK_EQ(mrc(0, 2, 0, 2), 1);
	CHECK_EQ(mcr(0, 2, 0, 2, 1), CP_DONE);
	CHECK_EQ(told.reset, 1);
	CHECK_EQ(mcr(0, 10, 2, 0, 0x000a81a8), CP_DONE);
	CHECK_EQ(mcr(0, 10, 2, 1, 0x40e040e0), CP_DONE);
	CHECK_EQ(told.reset, 3);
	CHECK_EQ(mcr(0, 3, 0, 0, 0x55), CP_DONE);
	CHECK_EQ(told.last_dacr, 0x55);

	fresh("VBAR moves the vectors, unless they are high");
	CHECK_EQ(mcr(0, 12, 0, 0, 0x4000003f), CP_DONE);
	CHECK_EQ(v->vectors, 0x40000020);
	v->cp15.mmu.sctlr |= 1u << 13;
	v->vectors = 0xffff0000;
	CHECK_EQ(mcr(0, 12, 0, 0, 0x40000040), CP_DONE);
	CHECK_EQ(v->vectors, 0xffff0000);
	CHECK_EQ(mrc(0, 12, 0, 0), 0x40000040);

	fresh("ISR shows what the GIC signals");
	CHECK_EQ(mrc(0, 12, 1, 0), 0);
	vm->gic.cpu[0].irq = true;
	CHECK_EQ(mrc(0, 12, 1, 0), PSR_I);

	fresh("every field that resets can be told from poison, and faults read back");
	CHECK_EQ(mcr(0, 5, 0, 0, 0x805), CP_DONE);
	CHECK_EQ(mcr(0, 6, 0, 2, 0x1234), CP_DONE);
	CHECK_EQ(v->cp15.dfsr, 0x805);
	CHECK_EQ(v->cp15.ifar, 0x1234);
	CHECK_EQ(mrc(0, 5, 0, 1), 0);
}

static void
test_maintenance(void)
{
	fresh("TLB operations in every form");
	for (unsigned crm = 3; crm <= 7; crm++) {
		if (crm == 4)
			continue;
		CHECK_EQ(mcr(0, 8, crm, 0, 0), CP_DONE);
		CHECK_EQ(mcr(0, 8, crm, 1, 0x12345042), CP_DONE);
		CHECK_EQ(mcr(0, 8, crm, 2, 0x342), CP_DONE);
		CHECK_EQ(mcr(0, 8, crm, 3, 0x12345042), crm == 3 || crm == 7 ? CP_DONE : CP_UNDEF);
	}
	CHECK_EQ(told.all, 4);
	CHECK_EQ(told.va, 4);
	CHECK_EQ(told.va_all, 2);
	CHECK_EQ(told.asid, 4);
	CHECK_EQ(told.last_va, 0x12345000);
	CHECK_EQ(told.last_asid, 0x42);
	CHECK_EQ(mrc(0, 8, 7, 0), UNDEFINED);

	fresh("cache operations: I-side and to the point of unification");
	sysreg_fake[SYSREG_iciallu] = sysreg_fake[SYSREG_bpiall] = 1;
	CHECK_EQ(mcr(0, 7, 5, 1, RAM), CP_DONE);
	CHECK_EQ(sysreg_fake[SYSREG_iciallu], 0);
	CHECK_EQ(sysreg_fake[SYSREG_bpiall], 0);
	memset(&fake_arch, 0, sizeof(fake_arch));
	CHECK_EQ(mcr(0, 7, 11, 1, RAM + 0x1010), CP_DONE);
	CHECK_EQ(fake_arch.flush_dcache, 1);
	CHECK_EQ(mcr(0, 7, 11, 1, 0x09000000), CP_DONE); // no RAM
	CHECK_EQ(mcr(0, 7, 14, 2, 0), CP_DONE);
	CHECK_EQ(fake_arch.flush_dcache, 1);

	fresh("address translation: PAR");
	CHECK_EQ(mcr(0, 7, 8, 0, RAM + 0x1234), CP_DONE);
	CHECK_EQ(mrc(0, 7, 4, 0), (RAM + 0x1000) | 1u << 9);
	memset((void *)vm->mem.host.v, 0, 0x4000);
	((uint32_t *)vm->mem.host.v)[1] = RAM | 0x402u; // VA 1 MiB: section, AP 01
	v->cp15.mmu.ttbr0 = RAM;
	v->cp15.mmu.dacr = 1;
	v->cp15.mmu.sctlr |= SCTLR_M;
	CHECK_EQ(mcr(0, 7, 8, 1, 0x00112345), CP_DONE);
	CHECK_EQ(mrc(0, 7, 4, 0), (RAM + 0x12000) | 1u << 9);
	CHECK_EQ(mcr(0, 7, 8, 2, 0x00112345), CP_DONE);
	CHECK_EQ(mrc(0, 7, 4, 0), FS_PERMISSION_1 << 1 | 1);
	CHECK_EQ(mcr(0, 7, 8, 0, 0x00200000), CP_DONE);
	CHECK_EQ(mrc(0, 7, 4, 0), FS_TRANSLATION_1 << 1 | 1);
	((uint32_t *)vm->mem.host.v)[2] = 0x60140402; // a supersection above 4 GiB
	CHECK_EQ(mcr(0, 7, 8, 0, 0x00212345), CP_DONE);
	CHECK_EQ(mrc(0, 7, 4, 0), 0x60000202);

	fresh("address translation: an external abort on the walk is taken");
	v->cp15.mmu.ttbr0 = RAM;
	v->cp15.mmu.dacr = 1u << 2 * 6;
	v->cp15.mmu.sctlr |= SCTLR_M;
	((uint32_t *)vm->mem.host.v)[3] = 0x60000001 | 6u << 5;
	CHECK_EQ(mcr(0, 7, 8, 3, 0x00312345), CP_ABORT);
	CHECK_EQ(told.abort, FS_EXTERNAL_WALK_2 | 6u << 4);
	CHECK_EQ(told.abort_va, 0x00312345);
	CHECK_EQ(mrc(0, 7, 4, 0), 0);
	mode(MODE_USR);
	CHECK_EQ(mcr(0, 7, 8, 3, 0x00312345), CP_UNDEF);
}

static void
test_core(void)
{
	fresh("what walks depend on of the core");
	CHECK_EQ(v->cp15.mmu.core, MMU_PXN);
	core.early_domain = true;
	fresh("a core that checks domains early");
	CHECK_EQ(v->cp15.mmu.core, MMU_PXN | MMU_EARLY_DOMAIN);
	core.early_domain = false;
}

static void
test_threads(void)
{
	fresh("thread registers follow the loaded view");
	CHECK_EQ(mcr(0, 13, 0, 4, 0x111), CP_DONE); // TPIDRPRW, loaded
	CHECK_EQ(sysreg_fake[SYSREG_tpidrurw], 0x111);
	CHECK_EQ(mcr(0, 13, 0, 2, 0x222), CP_DONE); // TPIDRURW, in the other view
	CHECK_EQ(sysreg_fake[SYSREG_tpidrurw], 0x111);
	CHECK_EQ(mrc(0, 13, 0, 2), 0x222);
	CHECK_EQ(mrc(0, 13, 0, 4), 0x111);
	CHECK_EQ(mcr(0, 13, 0, 3, 0x333), CP_DONE);
	CHECK_EQ(sysreg_fake[SYSREG_tpidruro], 0x333);
	mode(MODE_USR);
	sysreg_fake[SYSREG_tpidrurw] = 0x444; // as the user wrote it
	CHECK_EQ(mrc(0, 13, 0, 2), 0x444);
	CHECK_EQ(mrc(0, 13, 0, 3), 0x333);
	CHECK_EQ(mcr(0, 13, 0, 3, 0), CP_UNDEF);
	CHECK_EQ(mrc(0, 13, 0, 4), UNDEFINED);
}

// MRRC (read 1) or MCRR of r2 (low) and r3.
static enum cp_result
pair(unsigned read, unsigned opc1)
{
	return cp15_access(v, 0xec43200eu | read << 20 | 15u << 8 | opc1 << 4);
}

static void
test_timers(void)
{
	fresh("timers count against the host's counter and drive their lines");
	sysreg_fake_cntvct = 0x100000000ull;
	CHECK_EQ(pair(1, 1), CP_DONE);
	CHECK_EQ(v->regs[2], 0);
	CHECK_EQ(v->regs[3], 1);
	CHECK_EQ(vtimer_next(v), UINT64_MAX);
	CHECK_EQ(mcr(0, 14, 3, 0, 100), CP_DONE);
	CHECK_EQ(vtimer_next(v), UINT64_MAX); // not enabled
	CHECK_EQ(mcr(0, 14, 3, 1, 1), CP_DONE);
	CHECK_EQ(vtimer_next(v), 0x100000064ull);
	CHECK_EQ(mrc(0, 14, 3, 1), 1);
	sysreg_fake_cntvct += 101;
	CHECK_EQ(vtimer_next(v), 0x100000064ull); // due, and the GIC doesn't know yet
	vtimer_sync(v);
	CHECK_EQ(vtimer_next(v), UINT64_MAX);
	CHECK_EQ(mrc(0, 14, 3, 1), 5);
	CHECK_EQ(mrc(0, 14, 3, 0), 0xffffffff);
	CHECK(bit(vm->gic.cpu[0].own[VGIC_LEVEL], VM_VTIMER_IRQ));
	CHECK(!bit(vm->gic.cpu[0].own[VGIC_LEVEL], VM_PTIMER_IRQ));
	CHECK_EQ(mcr(0, 14, 3, 1, 3), CP_DONE); // masked
	CHECK(!bit(vm->gic.cpu[0].own[VGIC_LEVEL], VM_VTIMER_IRQ));
	CHECK_EQ(mrc(0, 14, 3, 1), 7);
	CHECK_EQ(mcr(0, 14, 2, 0, (uint32_t)-5), CP_DONE);
	CHECK_EQ(mcr(0, 14, 2, 1, 1), CP_DONE);
	CHECK(bit(vm->gic.cpu[0].own[VGIC_LEVEL], VM_PTIMER_IRQ));
	v->regs[2] = 7;
	v->regs[3] = 2;
	CHECK_EQ(pair(0, 2), CP_DONE);
	CHECK_EQ(v->ptimer.cval, 0x200000007ull);
	CHECK(!bit(vm->gic.cpu[0].own[VGIC_LEVEL], VM_PTIMER_IRQ));
	CHECK_EQ(vtimer_next(v), 0x200000007ull);
	CHECK_EQ(pair(0, 1), CP_UNDEF); // CNTVCT is read only

	fresh("the physical timer counts as CNTPCT does, which is ahead of CNTVCT by CNTVOFF");
	vm->physical_ahead = 0x1000;
	sysreg_fake_cntvct = 0x100;
	CHECK_EQ(pair(1, 0), CP_DONE);
	CHECK_EQ(v->regs[2], 0x1100);
	CHECK_EQ(pair(1, 1), CP_DONE);
	CHECK_EQ(v->regs[2], 0x100);
	CHECK_EQ(mcr(0, 14, 2, 0, 0x20), CP_DONE);
	CHECK_EQ(v->ptimer.cval, 0x1120);
	CHECK_EQ(mcr(0, 14, 2, 1, 1), CP_DONE);
	CHECK_EQ(vtimer_next(v), 0x120);
	CHECK_EQ(mrc(0, 14, 2, 0), 0x20);
	CHECK(!bit(vm->gic.cpu[0].own[VGIC_LEVEL], VM_PTIMER_IRQ));
	sysreg_fake_cntvct = 0x11f;
	CHECK_EQ(mrc(0, 14, 2, 1), 1);
	sysreg_fake_cntvct = 0x120;
	CHECK_EQ(mrc(0, 14, 2, 1), 5);
	vtimer_sync(v);
	CHECK(bit(vm->gic.cpu[0].own[VGIC_LEVEL], VM_PTIMER_IRQ));
	v->regs[2] = 0x800; // long past
	v->regs[3] = 0;
	CHECK_EQ(pair(0, 2), CP_DONE);
	CHECK(bit(vm->gic.cpu[0].own[VGIC_LEVEL], VM_PTIMER_IRQ));
	CHECK_EQ(vtimer_next(v), UINT64_MAX);
	vm->physical_ahead = (uint64_t)-0x50; // or behind
	CHECK_EQ(mcr(0, 14, 2, 0, 0x20), CP_DONE);
	CHECK_EQ(v->ptimer.cval, 0xf0);
	CHECK_EQ(vtimer_next(v), 0x140);
	v->ptimer.cval = UINT64_MAX - 1;
	CHECK_EQ(vtimer_next(v), UINT64_MAX);
	CHECK_EQ(mcr(0, 14, 2, 1, 0), CP_DONE);
	vm->physical_ahead = 0;

	fresh("what may have moved a deadline, and what hasn't");
	CHECK_EQ(mcr(0, 3, 0, 0, 1), CP_DONE);
	CHECK_EQ(cp15_access(v, 0xec532f02u), CP_DONE); // MRRC TTBR0
	CHECK(!v->timers_changed);
	CHECK_EQ(mcr(0, 14, 2, 0, 1), CP_DONE);
	CHECK(v->timers_changed);
	v->timers_changed = false;
	CHECK_EQ(pair(0, 2), CP_DONE);
	CHECK(v->timers_changed);
	v->timers_changed = false;
	CHECK_EQ(mcr(0, 9, 12, 1, 1), CP_DONE);
	CHECK(v->timers_changed);
	v->timers_changed = false;
	mode(MODE_USR);
	CHECK_EQ(mcr(0, 14, 2, 0, 1), CP_UNDEF);
	CHECK(!v->timers_changed);
	mode(MODE_SVC);

	fresh("PL0 needs CNTKCTL, and never gets the host's timers");
	mode(MODE_USR);
	CHECK_EQ(mrc(0, 14, 0, 0), UNDEFINED);
	CHECK_EQ(pair(1, 1), CP_UNDEF);
	mode(MODE_SVC);
	CHECK_EQ(mcr(0, 14, 1, 0, 0xffffffff), CP_DONE);
	CHECK_EQ(mrc(0, 14, 1, 0), 0xffffffff);
	CHECK_EQ(v->view[VIEW_USER].cntkctl, 3);
	mode(MODE_USR);
	CHECK_EQ(mrc(0, 14, 0, 0), 62500000);
	CHECK_EQ(mcr(0, 14, 0, 0, 1), CP_UNDEF);
	CHECK_EQ(pair(1, 1), CP_DONE);
	CHECK_EQ(mrc(0, 14, 3, 1), 0);
	mode(MODE_SVC);
	CHECK_EQ(mcr(0, 14, 0, 0, 12345678), CP_DONE); // CNTFRQ isn't the host's, which PL0 must not see then
	CHECK_EQ(v->view[VIEW_USER].cntkctl, 0);
	CHECK_EQ(mrc(0, 14, 0, 0), 12345678);
	mode(MODE_USR);
	CHECK_EQ(mrc(0, 14, 0, 0), 12345678);
	CHECK_EQ(pair(1, 1), CP_DONE);
	mode(MODE_SVC);
	CHECK_EQ(mcr(0, 14, 0, 0, 62500000), CP_DONE);
	CHECK_EQ(v->view[VIEW_USER].cntkctl, 3);
	mode(MODE_USR);
	v->cp15.cntkctl = 1;
	CHECK_EQ(mrc(0, 14, 3, 1), UNDEFINED);
	CHECK_EQ(pair(1, 0), CP_DONE);
	CHECK_EQ(pair(1, 1), CP_UNDEF);
}

static void
test_lpae(void)
{
	fresh("long descriptors, where the host has them");
	CHECK_EQ(mcr(0, 2, 0, 2, 0xffffffff), CP_DONE);
	CHECK_EQ(mrc(0, 2, 0, 2), 0xffc73f87);
	CHECK_EQ(told.reset, 1);
	CHECK_EQ(mcr(0, 2, 0, 2, 0x80000007), CP_DONE); // what the TLB holds stays
	CHECK_EQ(told.reset, 1);
	CHECK_EQ(told.change, 1);
	CHECK_EQ(mcr(0, 2, 0, 2, 7), CP_DONE);
	CHECK_EQ(mcr(0, 2, 0, 2, 0x80000007), CP_DONE);
	CHECK_EQ(told.reset, 3);
	v->regs[2] = 0x40004000;
	v->regs[3] = 0x00120000;
	CHECK_EQ(cp15_access(v, 0xec432f02u), CP_DONE); // MCRR TTBR0
	CHECK_EQ(v->cp15.mmu.ttbr0_high, 0x00120000);
	CHECK_EQ(mcr(0, 2, 0, 0, 0x40008000), CP_DONE);
	v->regs[3] = 0;
	CHECK_EQ(cp15_access(v, 0xec532f02u), CP_DONE); // MRRC
	CHECK_EQ(v->regs[2], 0x40008000);
	CHECK_EQ(v->regs[3], 0x00120000);
	CHECK_EQ(cp15_access(v, 0xec432f12u), CP_DONE); // TTBR1
	CHECK_EQ(cp15_access(v, 0xec432f07u), CP_DONE); // PAR
	CHECK_EQ(cp15_access(v, 0xec432f22u), CP_UNDEF);
	mode(MODE_USR);
	CHECK_EQ(cp15_access(v, 0xec532f02u), CP_UNDEF);

	fresh("and where it hasn't");
	sysreg_fake[SYSREG_id_mmfr0] = 0x10201104;
	CHECK_EQ(mcr(0, 2, 0, 2, 0xffffffff), CP_DONE);
	CHECK_EQ(mrc(0, 2, 0, 2), 7);
	CHECK_EQ(cp15_access(v, 0xec532f02u), CP_UNDEF);
	sysreg_fake[SYSREG_id_mmfr0] = 0x10201105;
}

static void
test_forms(void)
{
	fresh("Rt = 15 and instructions that aren't MCR");
	v->cpsr = MODE_USR;
	CHECK_EQ(cp15_access(v, 0xee10ff10u | 0xf000u), CP_DONE); // MRC APSR_nzcv, MIDR
	CHECK_EQ(v->cpsr, 0x40000000u | MODE_USR);
	CHECK_EQ(cp15_access(v, 0xee01ff10u), CP_UNDEF); // MCR from pc
	CHECK_EQ(cp15_access(v, 0xfe101f10u), CP_UNDEF); // MRC2
	CHECK_EQ(cp15_access(v, 0xee001f00u), CP_UNDEF); // CDP
	CHECK_EQ(cp15_access(v, 0xec522f0eu), CP_UNDEF); // MRRC with Rt = Rt2
	mode(MODE_USR);
	CHECK_EQ(mrc(0, 0, 0, 0), UNDEFINED);
	CHECK_EQ(mcr(0, 7, 10, 5, 0), CP_DONE);
	CHECK_EQ(mcr(0, 7, 10, 1, 0), CP_UNDEF);
	CHECK_EQ(mrc(0, 15, 0, 0), UNDEFINED);

	fresh("what an access counts as");
	CHECK_EQ(cp15_reason(insn(15, 0, 0, 7, 5, 0)), EXIT_cp15_cache);
	CHECK_EQ(cp15_reason(insn(15, 0, 0, 7, 8, 0)), EXIT_cp15);
	CHECK_EQ(cp15_reason(insn(15, 0, 0, 8, 7, 1)), EXIT_cp15_tlb);
	CHECK_EQ(cp15_reason(insn(15, 0, 0, 2, 0, 0)), EXIT_cp15_space);
	CHECK_EQ(cp15_reason(insn(15, 1, 0, 2, 0, 0)), EXIT_cp15);
	CHECK_EQ(cp15_reason(insn(15, 0, 0, 13, 0, 1)), EXIT_cp15_space);
	CHECK_EQ(cp15_reason(insn(15, 1, 0, 3, 0, 0)), EXIT_cp15_dacr);
	CHECK_EQ(cp15_reason(0xec432f2eu), EXIT_cp15);
}

// What Linux's hw_breakpoint does to start, with the answers QEMU gives.
static void
test_debug(void)
{
	fresh("debug registers as a kernel starts them");
	CHECK_EQ(mrc14(0, 0, 0, 0), 0x3515f021);
	CHECK_EQ(mrc14(0, 1, 1, 4), 0xa);
	CHECK_EQ(mrc14(0, 1, 3, 4), 0);
	CHECK_EQ(mcr14(0, 1, 0, 4, 0), CP_DONE);
	CHECK_EQ(mrc14(0, 1, 1, 4), 0x8);
	CHECK_EQ(mcr14(0, 1, 0, 4, 0xc5acce55), CP_DONE);
	CHECK_EQ(mrc14(0, 1, 1, 4), 0xa);
	CHECK_EQ(mcr14(0, 0, 7, 0, 0), CP_DONE);
	CHECK_EQ(mcr14(0, 0, 2, 2, 0x8000), CP_DONE);
	CHECK_EQ(mrc14(0, 0, 1, 0), 0x8000);
	CHECK_EQ(mcr14(0, 0, 5, 4, 0x1234), CP_DONE); // BVR5
	CHECK_EQ(mcr14(0, 0, 3, 7, 0x5678), CP_DONE); // WCR3
	CHECK_EQ(mrc14(0, 0, 5, 4), 0x1234);
	CHECK_EQ(mrc14(0, 0, 3, 7), 0x5678);
	CHECK_EQ(mcr14(0, 0, 3, 6, 0x5677), CP_DONE); // WVR3
	CHECK_EQ(mrc14(0, 0, 3, 6), 0x5674);
	CHECK_EQ(mrc14(0, 0, 3, 5), 0);
	CHECK_EQ(mrc14(0, 0, 6, 4), UNDEFINED);
	CHECK_EQ(mrc14(0, 0, 4, 7), UNDEFINED);
	CHECK_EQ(mrc14(0, 1, 0, 0), 0);
	mode(MODE_USR);
	CHECK_EQ(mrc14(0, 0, 0, 0), 0x3515f021);
	CHECK_EQ(mrc14(0, 0, 5, 4), UNDEFINED);
	v->regs[2] = v->regs[3] = 1;
	CHECK_EQ(cp14_access(v, 0xec532e01u), CP_DONE); // MRRC DBGDRAR
	CHECK_EQ(v->regs[2] | v->regs[3], 0);
	CHECK_EQ(cp14_access(v, 0xec532e02u), CP_DONE); // DBGDSAR
	CHECK_EQ(cp14_access(v, 0xec532e03u), CP_UNDEF);
	CHECK_EQ(cp14_access(v, 0xec532e11u), CP_UNDEF);
	CHECK_EQ(cp14_access(v, 0xec432e01u), CP_UNDEF);
	CHECK_EQ(cp14_access(v, 0xec522e01u), CP_UNDEF);

	fresh("ThumbEE and Jazelle");
	CHECK_EQ(mrc14(7, 0, 0, 0), 0);
	mode(MODE_USR);
	CHECK_EQ(mcr14(6, 1, 0, 0, 0x1003), CP_DONE);
	CHECK_EQ(mrc14(6, 1, 0, 0), 0x1003);
	CHECK_EQ(mrc14(6, 0, 0, 0), UNDEFINED);
	v->cp15.teecr = 1;
	CHECK_EQ(mrc14(6, 1, 0, 0), UNDEFINED);
}

#define VADD   0xee300a00u // vadd.f32 s0, s0, s0
#define NEON   0xf2000840u // vadd.i8 q0, q0, q0
#define T_NEON 0xef000840u

static void
test_vfp(void)
{
	fresh("CPACR in the views");
	CHECK_EQ(v->view[VIEW_KERNEL].cpacr, 0x00500000);
	CHECK_EQ(mcr(0, 1, 0, 2, 0x00500000), CP_DONE);
	CHECK_EQ(v->view[VIEW_KERNEL].cpacr, 0x00f00000);
	CHECK_EQ(v->view[VIEW_USER].cpacr, 0x00500000);
	CHECK_EQ(mcr(0, 1, 0, 2, 0xffffffff), CP_DONE);
	CHECK_EQ(mrc(0, 1, 0, 2), 0xc0f00000);
	CHECK_EQ(v->view[VIEW_USER].cpacr, 0xc0f00000);
	CHECK_EQ(sysreg_fake[SYSREG_cpacr], 0xc0f00000);

	fresh("VMRS and VMSR");
	CHECK_EQ(vfpsys_access(v, 0xeef81a10u), CP_UNDEF); // CPACR is shut
	mcr(0, 1, 0, 2, 0x00f00000);
	CHECK_EQ(vfpsys_access(v, 0xeef81a10u), CP_DONE);
	CHECK_EQ(v->regs[1], 0);
	v->regs[1] = 0xffffffff;
	CHECK_EQ(vfpsys_access(v, 0xeee81a10u), CP_DONE);
	CHECK_EQ(v->fpexc, 0x40000000);
	CHECK_EQ(sysreg_fake_fpexc, 0); // not the owner
	CHECK_EQ(vfpsys_access(v, 0xeef71a10u), CP_DONE);
	CHECK_EQ(v->regs[1], 0x10110222);
	CHECK_EQ(vfpsys_access(v, 0xeef91a10u), CP_UNDEF); // FPINST
	mode(MODE_USR);
	CHECK_EQ(vfpsys_access(v, 0xeef81a10u), CP_UNDEF);

	fresh("the unit goes to who uses it");
	mcr(0, 1, 0, 2, 0x00500000);
	CHECK(!vfpsys_undef(v, VADD)); // FPEXC.EN is clear
	v->fpexc = 0x40000000;
	core.fp_owner = other;
	CHECK(!vfpsys_undef(v, 0xe7f000f0u)); // UDF
	CHECK(!vfpsys_undef(v, 0xef000a00u)); // SVC
	CHECK(!vfpsys_undef(v, 0xeef81a10u)); // VMRS FPEXC
	CHECK(!vfpsys_undef(v, T_NEON));
	mode(MODE_USR);
	CHECK(!vfpsys_undef(v, VADD)); // PL1 only
	mode(MODE_SVC);
	CHECK_EQ(told.saved, 0);
	CHECK(vfpsys_undef(v, VADD));
	CHECK_EQ(told.saved, 1);
	CHECK_EQ(other->vfp[0], 0x1234);
	CHECK_EQ(other->fpscr, 0x5678);
	CHECK_EQ(told.restored, 1);
	CHECK(core.fp_owner == v);
	CHECK_EQ(sysreg_fake_fpexc, 0x40000000);
	CHECK(!vfpsys_undef(v, VADD)); // once only
	core.fp_owner = NULL;
	CHECK(vfpsys_undef(v, NEON));
	CHECK_EQ(told.saved, 1);
	core.fp_owner = NULL;
	v->cpsr = MODE_USR | PSR_T;
	CHECK(vfpsys_undef(v, T_NEON));
	core.fp_owner = NULL;
	CHECK(!vfpsys_undef(v, NEON));
	CHECK(vfpsys_undef(v, 0xeef1fa10u)); // VMRS APSR_nzcv, FPSCR
}

int
main(void)
{
	vm = calloc(1, sizeof(*vm));
	v = aligned_alloc(_Alignof(struct vcpu), sizeof(*v));
	other = aligned_alloc(_Alignof(struct vcpu), sizeof(*other));
	memset(other, 0, sizeof(*other));
	vm->core = &core;
	core.pmu_id = 0x410f3000;
	vm->mem = (struct gmem){.base = GPA(RAM), .size = 0x100000, .host = HPA(aligned_alloc(0x100000, 0x100000))};
	sysreg_fake[SYSREG_midr] = 0x412fc0f1;
	sysreg_fake[SYSREG_id_pfr1] = 0x00011011;
	sysreg_fake[SYSREG_id_dfr0] = 0x02010555;
	sysreg_fake[SYSREG_id_mmfr0] = 0x10201105;
	sysreg_fake[SYSREG_ccsidr] = 0x701fe00a;
	sysreg_fake[SYSREG_cntfrq] = 62500000;
	sysreg_fake[SYSREG_dbgdidr] = 0x3515f021;
	cp15_check_table();
	cp14_check_table();
	test_identification();
	test_control();
	test_maintenance();
	test_core();
	test_threads();
	test_timers();
	test_lpae();
	test_forms();
	test_debug();
	test_vfp();
	free((void *)vm->mem.host.v);
	free(other);
	free(v);
	free(vm);
	return check_done("cp15");
}
