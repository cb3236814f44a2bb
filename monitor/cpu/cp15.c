// SPDX-License-Identifier: MIT
//
// The CP15 table and what finds and executes a row of it (ARM ARM DDI 0406C, B3.17 and B4.1): 32-bit
// registers as rows of cptable.h, 64-bit ones as rows of their own; cp15.def has all of them. Identification,
// exceptions and thread registers are here as well, translation and maintenance in cp15_mmu.c, the timer's
// registers in cp15_timer.c, the performance monitors' in cp15_pmu.c.
//
// The CPU is the host's less what a VM hides: Virtualization and Security, whose
// registers are UNDEFINED then.
#include <string.h>
#include "monitor/board/core.h"
#include "monitor/cpu/cp15.h"
#include "monitor/cpu/cp15_internal.h"
#include "monitor/cpu/cprow.h"
#include "monitor/base/sysreg.h"
#include "monitor/cpu/vfpsys.h"
#include "monitor/cpu/shared.h"
#include "monitor/cpu/vpsr.h"

#define L2CTLR_CORES (3u << 24)

// Identification: what differs from the host's.

static uint32_t
id_pfr1(void)
{
	return sysreg_read_id_pfr1() & ~0x0000f0f0u; // no Virtualization, no Security
}

static uint32_t
id_dfr0(void)
{
	uint32_t dfr0 = sysreg_read_id_dfr0();

	return bits(dfr0, 27, 24) - 1 < 14 ? dfr0
					   : (dfr0 & ~0x0f000000u) | 0x02000000u; // vpmu.h's, if the host's isn't
}

static uint32_t
read_mpidr(struct vcpu *v, const struct cp_row *row)
{
	(void)row;
	return 0x80000000u | v->id;
}

// The host's CSSELR is nobody's: it only ever serves the next read of CCSIDR.
static uint32_t
read_ccsidr(struct vcpu *v, const struct cp_row *row)
{
	(void)row;
	sysreg_write_csselr(v->cp15.csselr);
	isb();
	return sysreg_read_ccsidr();
}

static uint32_t
read_l2ctlr(struct vcpu *v, const struct cp_row *row)
{
	(void)row;
	return (sysreg_read_l2ctlr() & ~L2CTLR_CORES) | ((v->vm->gic.n_cpus - 1) << 24 & L2CTLR_CORES);
}

// Coprocessor access and exceptions.

static void
write_cpacr(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	v->cp15.cpacr = value & row->writable;
	vfpsys_update(v);
}

static void
write_vbar(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	v->cp15.vbar = value & row->writable;
	if (!(v->cp15.mmu.sctlr & SCTLR_V))
		v->vectors = v->cp15.vbar;
}

static uint32_t
read_isr(struct vcpu *v, const struct cp_row *row)
{
	(void)row;
	return (vgic_irq(&v->vm->gic, v->id) ? PSR_I : 0) | (vgic_fiq(&v->vm->gic, v->id) ? PSR_F : 0);
}

// Thread registers. The host's TPIDRURW is that of the view that is loaded: TPIDRPRW in the kernel view.

static uint32_t
read_tpidr(struct vcpu *v, unsigned view)
{
	return v->view_now == view ? sysreg_read_tpidrurw() : v->view[view].tpidrurw;
}

static void
write_tpidr(struct vcpu *v, unsigned view, uint32_t value)
{
	v->view[view].tpidrurw = value;
	if (v->view_now == view)
		sysreg_write_tpidrurw(value);
}

static uint32_t
read_tpidrurw(struct vcpu *v, const struct cp_row *row)
{
	(void)row;
	return read_tpidr(v, VIEW_USER);
}

static void
write_tpidrurw(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	write_tpidr(v, VIEW_USER, value);
}

static uint32_t
read_tpidrprw(struct vcpu *v, const struct cp_row *row)
{
	(void)row;
	return read_tpidr(v, VIEW_KERNEL);
}

static void
write_tpidrprw(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	write_tpidr(v, VIEW_KERNEL, value);
}

static void
write_tpidruro(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	v->cp15.tpidruro = value;
	sysreg_write_tpidruro(value);
}

static const struct cp_row rows[] = {
#define CP15_ROWS
#include "monitor/cpu/cp15.def"
};

static const struct cp_row wide[] = {
#define CP15_WIDE
#include "monitor/cpu/cp15.def"
};

static const struct cp_table table = {rows, wide, ARRAY_LEN(rows), ARRAY_LEN(wide)};

// 64-bit registers. gate NULL: one of PL1's, and of LPAE.
static const struct row64 {
	uint8_t crm, opc1, access;
	bool (*gate)(const struct vcpu *v);
	uint64_t (*read)(struct vcpu *v);
	void (*write)(struct vcpu *v, uint64_t value);
} rows64[] = {
#define PAIR(m, p, name, access, gate, r, w, note) {m, p, access, gate, r, w},
#define CP15_PAIRS
#include "monitor/cpu/cp15.def"
};

static const struct row64 *
find64(uint32_t insn)
{
	for (const struct row64 *row = rows64; row < rows64 + ARRAY_LEN(rows64); row++)
		if (row->crm == bits(insn, 3, 0) && row->opc1 == bits(insn, 7, 4))
			return row->gate || cp15_has_lpae() ? row : NULL;
	return NULL;
}

static bool
allowed64(const struct vcpu *v, const struct row64 *row, bool read)
{
	if (vpsr_privileged(v))
		return row->access & (read ? CP_R : CP_W);
	return row->access & (read ? CP_USER_R : CP_USER_W) && row->gate(v);
}

// MCRR and MRRC.
static enum cp_result
access64(struct vcpu *v, uint32_t insn)
{
	unsigned rt = bits(insn, 15, 12), rt2 = bits(insn, 19, 16);
	const struct row64 *row = find64(insn);
	bool read = cp_insn_is_read(insn);
	uint64_t value;

	if (!row || rt == 15 || rt2 == 15 || (read && rt == rt2) || !allowed64(v, row, read))
		return CP_UNDEF;
	if (read) {
		value = row->read(v);
		v->regs[rt] = (uint32_t)value;
		v->regs[rt2] = (uint32_t)(value >> 32);
	} else {
		row->write(v, (uint64_t)v->regs[rt2] << 32 | v->regs[rt]);
	}
	return CP_DONE;
}

void
cp15_check_table(void)
{
	cptable_check(&table);
}

void
cp15_reset(struct vcpu *v)
{
	memset(&v->cp15, CP_POISON, sizeof(v->cp15));
	v->cp15.mmu.core = (cp15_vmsa() >= 4 ? MMU_PXN : 0) | (v->vm->core->early_domain ? MMU_EARLY_DOMAIN : 0);
	v->cp15.mmu.ttbr0_high = v->cp15.mmu.ttbr1_high = v->cp15.par_high = 0;
	cptable_reset(&table, v);
	cp15_mmu_set_host_sctlr(v->cp15.mmu.sctlr);
	cp15_timer_set_cntkctl(v, v->cp15.cntkctl);
	sysreg_write_tpidruro(v->cp15.tpidruro);
	v->view[VIEW_KERNEL].tpidrurw = 0;
	v->view[VIEW_USER].tpidrurw = 0;
}

static enum cp_result
access_any(struct vcpu *v, uint32_t insn)
{
	const struct cp_row *row;
	struct cp_row room;

	if (cp_insn_is_pair(insn))
		return access64(v, insn);
	if (!cp_insn_is_reg(insn))
		return CP_UNDEF;
	row = cptable_find(&table, v, insn, &room);
	if (!row)
		return CP_UNDEF;
	if (row->write == cp15_mmu_write_ats1c && cp15_mmu_ats1c_aborts(v, insn))
		return CP_ABORT;
	return cptable_access(v, row, insn);
}

// Whether an access may have moved the next deadline of the timers or the performance monitors.
static bool
moves_deadline(uint32_t insn)
{
	unsigned cr = cp_insn_is_reg(insn) ? bits(insn, 19, 16) : bits(insn, 3, 0);

	return cr == 9 || cr == 14;
}

enum cp_result
cp15_access(struct vcpu *v, uint32_t insn)
{
	enum cp_result result = access_any(v, insn);

	v->timers_changed |= result == CP_DONE && moves_deadline(insn);
	return result;
}

enum exit_reason
cp15_reason(uint32_t insn)
{
	unsigned crn = bits(insn, 19, 16), crm = bits(insn, 3, 0), opc2 = bits(insn, 7, 5);
	bool write = cp_insn_is_reg(insn) && !cp_insn_is_read(insn);

	if (crn == 3 && cp_insn_is_reg(insn))
		return EXIT_cp15_dacr;
	if (!write)
		return EXIT_cp15;
	if (crn == 7 && crm != 4 && crm != 8)
		return EXIT_cp15_cache;
	if (crn == 8)
		return EXIT_cp15_tlb;
	if ((crn == 2 && opc2 < 2) || (crn == 13 && opc2 == 1))
		return EXIT_cp15_space;
	return EXIT_cp15;
}
