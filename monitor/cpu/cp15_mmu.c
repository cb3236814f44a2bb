// SPDX-License-Identifier: MIT
//
// CP15's registers that translation depends on, and its operations: SCTLR, the translation tables' and memory
// attributes' registers (ARM ARM DDI 0406C, B4.1), whose consequences are regime.c's; address translation to PAR
// (B3.14); maintenance of caches, branch predictor and TLB (B2.2, B3.10, B4.2).
#include "monitor/base/arch.h"
#include "monitor/cpu/cp15_internal.h"
#include "monitor/cpu/inject.h"
#include "monitor/cpu/regime.h"
#include "monitor/base/sysreg.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vpsr.h"

#define TTBCR_RW      TTBCR_N     // PD0 and PD1 are of the Security Extensions (B4.1.153)
#define TTBCR_LONG_RW 0xffc73f87u // with EAE
#define PAR_F         (1u << 0)
#define PAR_SS        (1u << 1)
#define PAR_SH_SHIFT  7u
#define PAR_NS        (1u << 9)
#define PAR_LPAE      (1u << 11)
#define CACHE_LINE    64u // the least that DCCMVAU may clean, and not less than any core's line

// Control and translation.

// Alignment is checked by the host, for the monitor too: it accesses no word unaligned. SW lets SWP be executed.
#define SCTLR_HOST (SCTLR_A | SCTLR_SW)

void
cp15_mmu_set_host_sctlr(uint32_t sctlr)
{
	sysreg_write_sctlr((sysreg_read_sctlr() & ~SCTLR_HOST) | (sctlr & SCTLR_HOST));
	isb();
}

void
cp15_mmu_write_sctlr(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	uint32_t old = v->cp15.mmu.sctlr;

	(void)row;
	v->cp15.mmu.sctlr = value;
	if ((old ^ value) & SCTLR_HOST)
		cp15_mmu_set_host_sctlr(value);
	if ((old ^ value) & SCTLR_REGIME)
		regime_reset(v);
}

// Registers that name the current space: nothing was wrong before, so nothing is dropped.
void
cp15_mmu_write_space(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	*(uint32_t *)(void *)((char *)v + row->field - 1) = value;
	regime_switch(v);
}

void
cp15_mmu_write_ttbr1(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	v->cp15.mmu.ttbr1 = value;
	regime_other_spaces(v);
}

// Registers that change what the guest's tables mean.
void
cp15_mmu_write_meaning(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	uint32_t *field = (uint32_t *)(void *)((char *)v + row->field - 1);
	uint32_t old = *field;

	*field = value & row->writable;
	if (*field != old)
		regime_reset(v);
}

// Between two values for long descriptors it names a space, as TTBRs do: what the TLB holds stays, and A1 chooses another
// ASID (B3.10.4, B4.1.153). Linux closes users' memory to its kernel so (A1, EPD0, T0SZ), at each entry and access.
void
cp15_mmu_write_ttbcr(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	bool to_long = (value & TTBCR_EAE) && cp15_has_lpae();

	value &= to_long ? TTBCR_LONG_RW : TTBCR_RW;
	if (to_long && (v->cp15.mmu.ttbcr & TTBCR_EAE))
		cp15_mmu_write_space(v, row, value);
	else
		cp15_mmu_write_meaning(v, row, value);
}

void
cp15_mmu_write_dacr(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	regime_dacr(v, value);
}

uint64_t
cp15_mmu_read_ttbr0(struct vcpu *v)
{
	return (uint64_t)v->cp15.mmu.ttbr0_high << 32 | v->cp15.mmu.ttbr0;
}

void
cp15_mmu_write_ttbr0(struct vcpu *v, uint64_t value)
{
	v->cp15.mmu.ttbr0 = (uint32_t)value;
	v->cp15.mmu.ttbr0_high = (uint32_t)(value >> 32);
	regime_switch(v);
}

uint64_t
cp15_mmu_read_ttbr1(struct vcpu *v)
{
	return (uint64_t)v->cp15.mmu.ttbr1_high << 32 | v->cp15.mmu.ttbr1;
}

void
cp15_mmu_write_ttbr1_long(struct vcpu *v, uint64_t value)
{
	v->cp15.mmu.ttbr1 = (uint32_t)value;
	v->cp15.mmu.ttbr1_high = (uint32_t)(value >> 32);
	regime_other_spaces(v);
}

uint64_t
cp15_mmu_read_par(struct vcpu *v)
{
	return (uint64_t)v->cp15.par_high << 32 | v->cp15.par;
}

void
cp15_mmu_write_par(struct vcpu *v, uint64_t value)
{
	v->cp15.par = (uint32_t)value;
	v->cp15.par_high = (uint32_t)(value >> 32);
}

// PAR in its two formats (B4.1.112). In the short one memory attributes and PA[39:32] of a supersection
// are left zero, as on QEMU; NS is always set.
static uint64_t
par(const struct mmu_regs *r, const struct mmu_xlat *x, uint32_t fs)
{
	if (r->ttbcr & TTBCR_EAE) {
		if (fs != FS_NONE)
			return PAR_LPAE | bits(fs, 5, 0) << 1 | PAR_F;
		return (uint64_t)x->attr << 56 | (uint64_t)x->high << 32 | (x->gpa.v & ~PAGE_MASK) | PAR_LPAE | PAR_NS |
		       (uint32_t)x->sh << PAR_SH_SHIFT;
	}
	if (fs != FS_NONE)
		return bit(fs, 10) << 5 | bits(fs, 3, 0) << 1 | PAR_F;
	return (x->shift == 24 ? (x->gpa.v & 0xff000000u) | PAR_SS : x->gpa.v & ~PAGE_MASK) | PAR_NS;
}

// ATS1CPR, CPW, CUR, CUW are opc2 0 to 3. That there is no memory is no fault here.
void
cp15_mmu_write_ats1c(struct vcpu *v, const struct cp_row *row, uint32_t va)
{
	struct mmu_xlat x;
	uint32_t fs = mmu_walk(&v->cp15.mmu, &v->vm->mem, GVA(va), &x);

	if (fs == FS_NONE)
		fs = mmu_check(&v->cp15.mmu, &x, bit(row->opc2, 0) ? MMU_WRITE : MMU_READ, row->opc2 < 2);
	if (fs == FS_SYNC_EXTERNAL || fs == FS_LONG_SYNC_EXTERNAL)
		fs = FS_NONE;
	cp15_mmu_write_par(v, par(&v->cp15.mmu, &x, fs));
}

// An external abort on the walk is not for PAR, it is taken (B3.13.2).
bool
cp15_mmu_ats1c_aborts(struct vcpu *v, uint32_t insn)
{
	unsigned rt = bits(insn, 15, 12);
	struct mmu_xlat x;
	uint32_t fs;

	if (cp_insn_is_read(insn) || rt == 15 || !vpsr_privileged(v))
		return false;
	fs = mmu_walk(&v->cp15.mmu, &v->vm->mem, GVA(v->regs[rt]), &x);
	if (!mmu_walk_aborted(fs))
		return false;
	inject_data_abort(v, fs, x.domain, false, GVA(v->regs[rt]));
	return true;
}

// Maintenance. Data cache operations to the point of coherency need nothing: the guest's
// DMA is the monitor's own copying, through the same caches. Nor do those by set and way,
// which on the host would clean other VMs' lines and be of no use on shared levels.

bool
cp15_mmu_maintenance_there(const struct vcpu *v, const struct cp_row *row)
{
	(void)v;
	return row->crm != 8;
}

void
cp15_mmu_write_icache(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)v;
	(void)row;
	(void)value;
	dsb();
	sysreg_write_iciallu(0);
	sysreg_write_bpiall(0);
	dsb();
	isb();
}

// The line is cleaned by the monitor's own address of it. An address that isn't mapped to
// RAM has no line; that it could fault (B2.2.6) is not modelled.
void
cp15_mmu_write_dccmvau(struct vcpu *v, const struct cp_row *row, uint32_t va)
{
	struct mmu_xlat x;
	void *line;

	(void)row;
	if (mmu_walk(&v->cp15.mmu, &v->vm->mem, GVA(va & ~(CACHE_LINE - 1)), &x) != FS_NONE)
		return;
	line = gmem_ptr(&v->vm->mem, x.gpa, CACHE_LINE);
	if (line)
		arch_flush_dcache(line, CACHE_LINE);
}

void
cp15_mmu_write_barrier(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)v;
	(void)row;
	(void)value;
	dsb();
	isb();
}

void
cp15_mmu_write_tlb_all(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	(void)value;
	regime_drop_all(v);
}

void
cp15_mmu_write_tlb_asid(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	regime_drop_asid(v, value & 0xffu);
}

void
cp15_mmu_write_tlb_va(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	regime_drop_va(v, value);
}

void
cp15_mmu_write_tlb_va_all(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	regime_drop_va_all(v, GVA(value & ~PAGE_MASK));
}
