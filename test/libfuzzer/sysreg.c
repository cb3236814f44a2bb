// SPDX-License-Identifier: MIT
// uses: monitor/cpu/cp15.c monitor/cpu/cp15_mmu.c monitor/cpu/cp15_timer.c monitor/cpu/cp15_pmu.c monitor/cpu/cp14.c monitor/cpu/cptable.c
// uses: monitor/cpu/vfpsys.c monitor/cpu/vtimer.c monitor/cpu/vpmu.c monitor/board/hostpmu.c monitor/cpu/psci.c mmu/walk.c
// bits: 32
// len: 512
//
// Coprocessor accesses and PSCI calls of any words and values, by the guest's kernel and its users: what is undefined
// has done nothing; what is done changes of the general registers only the one that is read to, and never the mode; a
// user changes nothing that translation goes by, nor drops anything. PSCI knows its own numbers only.
#include "monitor/board/core.h"
#include "monitor/cpu/cp14.h"
#include "monitor/cpu/cp15.h"
#include "monitor/cpu/inject.h"
#include "monitor/cpu/psci.h"
#include "monitor/cpu/regime.h"
#include "monitor/base/sysreg.h"
#include "monitor/cpu/vfp.h"
#include "monitor/cpu/vfpsys.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vtimer.h"
#include "test/libfuzzer/fuzz.h"

#define RAM 0x40000000u

static struct vm vm;
static struct core core;
static struct vcpu v, before;
static unsigned regime, aborts; // calls

void
regime_reset(struct vcpu *of)
{
	HOLDS(of == &v);
}

void
regime_switch(struct vcpu *of)
{
	regime += of == &v;
}

void
regime_other_spaces(struct vcpu *of)
{
	regime += of == &v;
}

void
regime_dacr(struct vcpu *of, uint32_t dacr)
{
	of->cp15.mmu.dacr = dacr;
	regime++;
}

void
regime_drop_all(struct vcpu *of)
{
	regime += of == &v;
}

void
regime_drop_asid(struct vcpu *of, uint32_t asid)
{
	HOLDS(of == &v && asid <= 0xffu);
	regime++;
}

void
regime_drop_va(struct vcpu *of, uint32_t mva_asid)
{
	(void)mva_asid;
	regime += of == &v;
}

void
regime_drop_va_all(struct vcpu *of, gva_t va)
{
	(void)va;
	regime += of == &v;
}

void
inject_data_abort(struct vcpu *of, uint32_t fs, uint32_t domain, bool write, gva_t far)
{
	(void)far;
	(void)write;
	HOLDS(of == &v && fs && domain <= 15u);
	aborts++;
}

void
vgic_set_level(struct vgic *gic, unsigned cpu, unsigned intid, bool level)
{
	(void)level;
	HOLDS(gic == &vm.gic && !cpu && (intid == VM_VTIMER_IRQ || intid == VM_PTIMER_IRQ || intid == VM_PMU_IRQ));
}

void
vfp_save(uint64_t d[32], uint32_t *fpscr)
{
	d[0] = 1;
	*fpscr = 0;
}

void
vfp_restore(const uint64_t d[32], uint32_t fpscr)
{
	(void)d;
	(void)fpscr;
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

static void
start(void)
{
	memset(&v, 0, sizeof(v));
	memset(&vm, 0, sizeof(vm));
	memset(&core, 0, sizeof(core));
	vm.core = &core;
	vm.vcpu[0] = &v;
	vm.gic.n_cpus = 1;
	vm.mem = (struct gmem){.base = GPA(RAM), .size = 0x4000, .host = HPA(fuzz_guarded(0, 0x4000))};
	memset((void *)vm.mem.host.v, 0xc2, 0x4000);
	sysreg_fake[SYSREG_midr] = 0x412fc0f1;
	sysreg_fake[SYSREG_id_mmfr0] = 0x10201105;
	sysreg_fake[SYSREG_id_pfr1] = 0x00011011;
	sysreg_fake[SYSREG_cntfrq] = 62500000;
	v.vm = &vm;
	v.mode = MODE_SVC;
	v.cpsr = MODE_USR;
	cp15_check_table();
	cp14_check_table();
	cp15_reset(&v);
	cp14_reset(&v);
	vfpsys_reset(&v);
	vtimer_reset(&v);
	core.pmu_id = 0x410f3000;
	vpmu_reset(&v);
}

// The register, or the two, that an access reads to; 15: the flags; 16: none.
static void
targets(uint32_t insn, unsigned to[2])
{
	bool two = (insn & 0x0fe00000u) == 0x0c400000u, read = insn & 1u << 20;

	to[0] = read ? bits(insn, 15, 12) : 16;
	to[1] = read && two ? bits(insn, 19, 16) : 16;
}

static void
check_done(uint32_t insn)
{
	unsigned to[2];

	targets(insn, to);
	for (unsigned n = 0; n < 15; n++)
		HOLDS(v.regs[n] == before.regs[n] || n == to[0] || n == to[1]);
	HOLDS(v.pc == before.pc && v.mode == before.mode && !memcmp(v.bank, before.bank, sizeof(v.bank)));
	HOLDS((v.cpsr & 0x0fffffffu) == (before.cpsr & 0x0fffffffu) && (to[0] == 15 || v.cpsr == before.cpsr));
	HOLDS(v.off == before.off && v.self == before.self && v.vm == &vm && v.host_ttbr0 == before.host_ttbr0);
	if ((before.mode & PSR_M) != MODE_USR)
		return;
	HOLDS(!regime && !memcmp(&v.cp15.mmu, &before.cp15.mmu, sizeof(v.cp15.mmu)));
	HOLDS(v.cp15.vbar == before.cp15.vbar && v.vectors == before.vectors && v.fpexc == before.fpexc &&
	      v.cp15.cpacr == before.cp15.cpacr && v.cp15.cntkctl == before.cp15.cntkctl);
	HOLDS(before.pmu.userenr || !memcmp(&v.pmu, &before.pmu, sizeof(v.pmu)));
}

static void
access(uint32_t insn)
{
	enum cp_result r;

	before = v;
	regime = aborts = 0;
	switch (bits(insn, 11, 8)) {
	case 15:
		r = cp15_access(&v, insn);
		HOLDS(cp15_reason(insn) < EXIT_COUNT);
		break;
	case 14:
		r = cp14_access(&v, insn);
		break;
	default:
		r = vfpsys_access(&v, insn);
	}
	HOLDS((r == CP_ABORT) == (aborts == 1) && aborts <= 1);
	if (r == CP_UNDEF)
		HOLDS(!regime && !memcmp(&v, &before, sizeof(v)));
	else if (r == CP_DONE)
		check_done(insn);
	sysreg_fake_cntvct += insn;
	HOLDS(vtimer_next(&v) <= UINT64_MAX && vpmu_next(&v) >= v.pmu.since);
}

static void
call(uint32_t number)
{
	static const uint32_t known[] = {0x84000000u, 0x84000001u, 0x84000002u, 0x84000003u, 0x84000004u, 0x84000006u,
					 0x84000008u, 0x84000009u, 0x8400000au, 0x95c1ba5eu, 0x95c1ba5fu, 0x95c1ba60u};
	enum psci_action action;
	bool is_known = false;

	for (unsigned i = 0; i < ARRAY_LEN(known); i++)
		is_known = is_known || known[i] == number;
	before = v;
	v.regs[0] = number;
	action = psci_call(&v);
	HOLDS(action <= PSCI_SUSPEND && (is_known || (action == PSCI_DONE && v.regs[0] == 0xffffffffu)));
	HOLDS(v.off == (before.off || action == PSCI_CPU_OFF));
	HOLDS((action == PSCI_CPU_OFF) == (number == 0x84000002u || number == 0x95c1ba5fu));
	HOLDS((action == PSCI_SYSTEM_OFF) == (number == 0x84000008u));
	HOLDS((action == PSCI_SYSTEM_RESET) == (number == 0x84000009u));
	if (v.regs[0] == 0xffffffffu)
		HOLDS(!memcmp(v.regs + 1, before.regs + 1, sizeof(v.regs) - 4) && v.pc == before.pc);
	v.off = false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t modes[] = {MODE_USR, MODE_SVC, MODE_IRQ, MODE_SYS};
	struct fuzz_in in = {data, size};

	start();
	while (in.left) {
		uint32_t what = fuzz_take(&in, 1), word = fuzz_take(&in, 3);
		uint32_t cp = what & 8u ? 15u : what & 16u ? 14u : 10u;

		v.mode = (v.mode & ~PSR_M) | modes[what & 3u];
		v.view_now = v.mode & 15u ? VIEW_KERNEL : VIEW_USER;
		v.regs[word >> 12 & 7u] = fuzz_word(&in);
		if ((what & 0xe0u) == 0xe0u)
			call(what & 4u ? fuzz_word(&in) : (what & 8u ? 0x95c1ba58u : 0x84000000u) + (word & 15u));
		else if (what & 4u && cp == 15u)
			access(0xec400f00u | (word & 0x1ff0ffu)); // MCRR and MRRC
		else
			access(0xee000010u | (word & 0xfff0efu) | cp << 8);
	}
	return 0;
}
