// SPDX-License-Identifier: MIT
//
// VFP system registers and ownership; see vfpsys.h. FPINST and FPINST2 don't exist in a VFPv3
// without support code, which any ARMv7 core with NEON has (B4.1.58).
#include <string.h>
#include "monitor/board/core.h"
#include "monitor/base/sysreg.h"
#include "monitor/cpu/vfpsys.h"
#include "monitor/cpu/vfp.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vpsr.h"

#define FPEXC_EN          (1u << 30)
#define CPACR_DIS         0xc0000000u // ASEDIS, D32DIS
#define CPACR_FULL        0x00f00000u // cp10 and cp11
#define CPACR_PL1         0x00500000u
#define CPACR_CP10(cpacr) bits(cpacr, 21, 20)

#define VFP_FPSID 0u
#define VFP_FPSCR 1u
#define VFP_MVFR1 6u
#define VFP_MVFR0 7u
#define VFP_FPEXC 8u

// What the guest's CPACR allows in its current mode; cp11 is to be equal (B4.1.40).
static bool
cpacr_allows(const struct vcpu *v, bool privileged)
{
	uint32_t cp10 = CPACR_CP10(v->cp15.cpacr);

	return privileged ? bit(cp10, 0) : cp10 == 3;
}

static uint32_t
view_cpacr(const struct vcpu *v, bool privileged)
{
	return (v->cp15.cpacr & CPACR_DIS) | (cpacr_allows(v, privileged) ? CPACR_FULL : CPACR_PL1);
}

static void
set_views(struct vcpu *v)
{
	v->view[VIEW_KERNEL].cpacr = view_cpacr(v, true);
	v->view[VIEW_USER].cpacr = view_cpacr(v, false);
}

// Opens the unit in full to the monitor, and saves its owner's contents, if it has one.
static void
evict(struct vcpu *v)
{
	struct vcpu **owner = &v->vm->core->fp_owner;

	sysreg_write_cpacr(CPACR_PL1);
	isb();
	sysreg_write_fpexc(FPEXC_EN);
	if (*owner)
		vfp_save((*owner)->vfp, &(*owner)->fpscr);
	*owner = NULL;
}

static void
take(struct vcpu *v)
{
	if (v->vm->core->fp_owner == v)
		return;
	evict(v);
	vfp_restore(v->vfp, v->fpscr);
	v->vm->core->fp_owner = v;
}

void
vfpsys_reset(struct vcpu *v)
{
	if (v->vm->core->fp_owner == v)
		v->vm->core->fp_owner = NULL;
	memset(v->vfp, 0, sizeof(v->vfp));
	v->fpscr = 0;
	v->fpexc = 0;
	set_views(v);
}

void
vfpsys_update(struct vcpu *v)
{
	set_views(v);
	sysreg_write_cpacr(v->view[v->view_now].cpacr);
	isb();
	sysreg_write_fpexc(v->vm->core->fp_owner == v ? v->fpexc & FPEXC_EN : 0);
}

uint64_t *
vfpsys_registers(struct vcpu *v)
{
	if (v->vm->core->fp_owner == v) {
		evict(v);
		vfpsys_update(v);
	}
	return v->vfp;
}

static bool
read_system(const struct vcpu *v, unsigned reg, uint32_t *value)
{
	switch (reg) {
	case VFP_FPSID:
		*value = vfp_fpsid();
		return true;
	case VFP_MVFR1:
		*value = vfp_mvfr1();
		return true;
	case VFP_MVFR0:
		*value = vfp_mvfr0();
		return true;
	case VFP_FPEXC:
		*value = v->fpexc;
		return true;
	default:
		return false;
	}
}

// The identification registers ignore writes.
static bool
write_system(struct vcpu *v, unsigned reg, uint32_t value)
{
	if (reg == VFP_FPEXC) {
		v->fpexc = value & FPEXC_EN;
		vfpsys_update(v);
	}
	return reg == VFP_FPSID || reg == VFP_MVFR1 || reg == VFP_MVFR0 || reg == VFP_FPEXC;
}

enum cp_result
vfpsys_access(struct vcpu *v, uint32_t insn)
{
	unsigned reg = bits(insn, 19, 16), rt = bits(insn, 15, 12);
	bool done;

	if ((insn & 0x0fe00f10u) != 0x0ee00a10u || insn >> 28 == 15 || rt == 15)
		return CP_UNDEF;
	if (!vpsr_privileged(v) || !cpacr_allows(v, true))
		return CP_UNDEF;
	if (bit(insn, 20))
		done = read_system(v, reg, &v->regs[rt]);
	else
		done = write_system(v, reg, v->regs[rt]);
	return done ? CP_DONE : CP_UNDEF;
}

// Coprocessors 10 and 11: any data transfer or operation, but not SVC (A7.5 to A7.9). The system
// registers are not the unit's business.
static bool
is_coprocessor(uint32_t insn)
{
	if ((insn & 0x0c000e00u) != 0x0c000a00u || bits(insn, 25, 24) == 3)
		return false;
	return (insn & 0x0fe00f10u) != 0x0ee00a10u || bits(insn, 19, 16) == VFP_FPSCR;
}

// Advanced SIMD data processing, and element or structure loads and stores (A7.4, A7.7). A T32
// coprocessor instruction looks as the A32 one of condition AL.
static bool
is_vfp(uint32_t insn, bool thumb)
{
	if (thumb) {
		return (insn >> 28 == 14 && is_coprocessor(insn)) || (insn & 0xef000000u) == 0xef000000u ||
		       (insn & 0xff100000u) == 0xf9000000u;
	}
	if (insn >> 28 == 15)
		return (insn & 0xfe000000u) == 0xf2000000u || (insn & 0xff100000u) == 0xf4000000u;
	return is_coprocessor(insn);
}

bool
vfpsys_undef(struct vcpu *v, uint32_t insn)
{
	if (!is_vfp(insn, v->cpsr & PSR_T) || !cpacr_allows(v, vpsr_privileged(v)))
		return false;
	if (!(v->fpexc & FPEXC_EN) || v->vm->core->fp_owner == v)
		return false;
	take(v);
	vfpsys_update(v);
	return true;
}
