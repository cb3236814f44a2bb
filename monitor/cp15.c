// SPDX-License-Identifier: MIT
//
// The CP15 table and what finds and executes a row of it (ARM ARM DDI 0406C, B3.17 and B4.1): 32-bit
// registers as rows of cptable.h, 64-bit ones as rows of their own, and those without a row. Identification,
// exceptions and thread registers are here as well, translation and maintenance in cp15_mmu.c, the timer's
// registers in cp15_timer.c.
//
// The CPU is the host's less what a VM hides: Virtualization and Security, whose
// registers are UNDEFINED then, and the PMU. Registers that are IMPLEMENTATION DEFINED
// read as zero, as on QEMU's Cortex-A15.
#include <string.h>
#include "monitor/core.h"
#include "monitor/cp15.h"
#include "monitor/cp15_internal.h"
#include "monitor/sysreg.h"
#include "monitor/vfpsys.h"
#include "monitor/vm.h"
#include "monitor/vpsr.h"

#define CPACR_RW     0xc0f00000u // ASEDIS, D32DIS, cp11, cp10
#define CNTKCTL_RW   0x3ffu
#define L2CTLR_CORES (3u << 24)
#define QEMU_CBAR    0x08000000u // of the virt machine

// Identification: what differs from the host's.

static uint32_t
id_pfr1(void)
{
	return sysreg_read_id_pfr1() & ~0x0000f0f0u; // no Virtualization, no Security
}

static uint32_t
id_dfr0(void)
{
	return sysreg_read_id_dfr0() | 0x0f000000u; // no Performance Monitors
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

#define USER_R (CP_R | CP_USER_R)
#define USER_W (CP_W | CP_USER_W)
#define USER   (USER_R | USER_W)

// Rows: encoding, name, then what the kind asks for.
//   ID    the host's register, or what a function makes of it
//   RAZ   reads as zero, writes are ignored
//   CALC  no field: functions
//   KEEP  a field of cp15_state, its reset value, its writable bits, what a write does
//   OP    write-only operation
#define ID(n, p, m, q, name, fn)                                                                                       \
	{                                                                                                              \
		n, p, m, q, name, CP_R, CP_RESET_NONE, 0, 0, 0, fn, NULL, NULL, NULL                                   \
	}
#define RAZ(n, p, m, q, name, access)                                                                                  \
	{                                                                                                              \
		n, p, m, q, name, access, CP_RESET_NONE, 0, 0, 0, NULL, NULL, NULL, NULL                               \
	}
#define CALC(n, p, m, q, name, access, r, w, gate)                                                                     \
	{                                                                                                              \
		n, p, m, q, name, access, CP_RESET_NONE, 0, 0, 0, NULL, r, w, gate                                     \
	}
#define KEEP(n, p, m, q, name, member, reset, mask, w)                                                                 \
	{                                                                                                              \
		n, p, m, q, name, CP_RW, CP_RESET_VALUE, CP_FIELD(cp15.member), reset, mask, NULL, NULL, w, NULL       \
	}
#define OP(n, p, m, q, name, access, w)                                                                                \
	{                                                                                                              \
		n, p, m, q, name, access, CP_RESET_NONE, 0, 0, 0, NULL, NULL, w, NULL                                  \
	}
#define ALL 0xffffffffu

// clang-format off
static const struct cp_row rows[] = {
	ID  ( 0, 0,  0, 0, "MIDR",      sysreg_read_midr),
	ID  ( 0, 0,  0, 1, "CTR",       sysreg_read_ctr),
	ID  ( 0, 0,  0, 2, "TCMTR",     sysreg_read_tcmtr),
	ID  ( 0, 0,  0, 3, "TLBTR",     sysreg_read_tlbtr),
	ID  ( 0, 0,  0, 4, "MIDR",      sysreg_read_midr),
	CALC( 0, 0,  0, 5, "MPIDR",     CP_R, read_mpidr, NULL, NULL),
	ID  ( 0, 0,  0, 6, "REVIDR",    sysreg_read_revidr),
	ID  ( 0, 0,  0, 7, "MIDR",      sysreg_read_midr),
	ID  ( 0, 0,  1, 0, "ID_PFR0",   sysreg_read_id_pfr0),
	ID  ( 0, 0,  1, 1, "ID_PFR1",   id_pfr1),
	ID  ( 0, 0,  1, 2, "ID_DFR0",   id_dfr0),
	ID  ( 0, 0,  1, 3, "ID_AFR0",   sysreg_read_id_afr0),
	ID  ( 0, 0,  1, 4, "ID_MMFR0",  sysreg_read_id_mmfr0),
	ID  ( 0, 0,  1, 5, "ID_MMFR1",  sysreg_read_id_mmfr1),
	ID  ( 0, 0,  1, 6, "ID_MMFR2",  sysreg_read_id_mmfr2),
	ID  ( 0, 0,  1, 7, "ID_MMFR3",  sysreg_read_id_mmfr3),
	ID  ( 0, 0,  2, 0, "ID_ISAR0",  sysreg_read_id_isar0),
	ID  ( 0, 0,  2, 1, "ID_ISAR1",  sysreg_read_id_isar1),
	ID  ( 0, 0,  2, 2, "ID_ISAR2",  sysreg_read_id_isar2),
	ID  ( 0, 0,  2, 3, "ID_ISAR3",  sysreg_read_id_isar3),
	ID  ( 0, 0,  2, 4, "ID_ISAR4",  sysreg_read_id_isar4),
	ID  ( 0, 0,  2, 5, "ID_ISAR5",  sysreg_read_id_isar5),
	CALC( 0, 1,  0, 0, "CCSIDR",    CP_R, read_ccsidr, NULL, NULL),
	ID  ( 0, 1,  0, 1, "CLIDR",     sysreg_read_clidr),
	ID  ( 0, 1,  0, 7, "AIDR",      sysreg_read_aidr),
	KEEP( 0, 2,  0, 0, "CSSELR",    csselr, 0, 0xf, NULL),
	KEEP( 1, 0,  0, 0, "SCTLR",     mmu.sctlr, SCTLR_RES1, SCTLR_RW, cp15_mmu_write_sctlr),
	{1, 0, 0, 1, "ACTLR", CP_RW, CP_RESET_NONE, 0, 0, 0, sysreg_read_actlr, NULL, NULL, NULL}, // writes ignored
	KEEP( 1, 0,  0, 2, "CPACR",     cpacr, 0, CPACR_RW, write_cpacr),
	KEEP( 2, 0,  0, 0, "TTBR0",     mmu.ttbr0, 0, ALL, cp15_mmu_write_space),
	KEEP( 2, 0,  0, 1, "TTBR1",     mmu.ttbr1, 0, ALL, cp15_mmu_write_ttbr1),
	KEEP( 2, 0,  0, 2, "TTBCR",     mmu.ttbcr, 0, ALL, cp15_mmu_write_ttbcr),
	KEEP( 3, 0,  0, 0, "DACR",      mmu.dacr, 0, ALL, cp15_mmu_write_dacr),
	KEEP( 5, 0,  0, 0, "DFSR",      dfsr, 0, ALL, NULL),
	KEEP( 5, 0,  0, 1, "IFSR",      ifsr, 0, ALL, NULL),
	RAZ ( 5, 0,  1, 0, "ADFSR",     CP_RW), // as on a Cortex-A15
	RAZ ( 5, 0,  1, 1, "AIFSR",     CP_RW),
	KEEP( 6, 0,  0, 0, "DFAR",      dfar, 0, ALL, NULL),
	RAZ ( 6, 0,  0, 1, "WFAR",      CP_RW), // of ARMv6, which QEMU keeps
	KEEP( 6, 0,  0, 2, "IFAR",      ifar, 0, ALL, NULL),
	OP  ( 7, 0,  0, 4, "NOP",       CP_W, NULL), // ARMv6's wait for interrupt
	OP  ( 7, 0,  1, 0, "ICIALLUIS", CP_W, cp15_mmu_write_icache),
	OP  ( 7, 0,  1, 6, "BPIALLIS",  CP_W, cp15_mmu_write_icache),
	KEEP( 7, 0,  4, 0, "PAR",       par, 0, ALL, NULL),
	OP  ( 7, 0,  5, 0, "ICIALLU",   CP_W, cp15_mmu_write_icache),
	OP  ( 7, 0,  5, 1, "ICIMVAU",   CP_W, cp15_mmu_write_icache),
	OP  ( 7, 0,  5, 4, "CP15ISB",   USER_W, cp15_mmu_write_barrier),
	OP  ( 7, 0,  5, 6, "BPIALL",    CP_W, cp15_mmu_write_icache),
	OP  ( 7, 0,  5, 7, "BPIMVA",    CP_W, cp15_mmu_write_icache),
	OP  ( 7, 0,  6, 1, "DCIMVAC",   CP_W, NULL),
	OP  ( 7, 0,  6, 2, "DCISW",     CP_W, NULL),
	OP  ( 7, 0,  8, 0, "ATS1CPR",   CP_W, cp15_mmu_write_ats1c),
	OP  ( 7, 0,  8, 1, "ATS1CPW",   CP_W, cp15_mmu_write_ats1c),
	OP  ( 7, 0,  8, 2, "ATS1CUR",   CP_W, cp15_mmu_write_ats1c),
	OP  ( 7, 0,  8, 3, "ATS1CUW",   CP_W, cp15_mmu_write_ats1c),
	OP  ( 7, 0, 10, 1, "DCCMVAC",   CP_W, NULL),
	OP  ( 7, 0, 10, 2, "DCCSW",     CP_W, NULL),
	OP  ( 7, 0, 10, 4, "CP15DSB",   USER_W, cp15_mmu_write_barrier),
	OP  ( 7, 0, 10, 5, "CP15DMB",   USER_W, cp15_mmu_write_barrier),
	OP  ( 7, 0, 11, 1, "DCCMVAU",   CP_W, cp15_mmu_write_dccmvau),
	OP  ( 7, 0, 13, 1, "NOP",       CP_W, NULL), // ARMv6's prefetch
	OP  ( 7, 0, 14, 1, "DCCIMVAC",  CP_W, NULL),
	OP  ( 7, 0, 14, 2, "DCCISW",    CP_W, NULL),
	OP  ( 8, 0,  3, 0, "TLBIALLIS", CP_W, cp15_mmu_write_tlb_all),
	OP  ( 8, 0,  3, 1, "TLBIMVAIS", CP_W, cp15_mmu_write_tlb_va),
	OP  ( 8, 0,  3, 2, "TLBIASIDIS", CP_W, cp15_mmu_write_tlb_asid),
	OP  ( 8, 0,  3, 3, "TLBIMVAAIS", CP_W, cp15_mmu_write_tlb_va_all),
	OP  ( 8, 0,  5, 0, "ITLBIALL",  CP_W, cp15_mmu_write_tlb_all),
	OP  ( 8, 0,  5, 1, "ITLBIMVA",  CP_W, cp15_mmu_write_tlb_va),
	OP  ( 8, 0,  5, 2, "ITLBIASID", CP_W, cp15_mmu_write_tlb_asid),
	OP  ( 8, 0,  6, 0, "DTLBIALL",  CP_W, cp15_mmu_write_tlb_all),
	OP  ( 8, 0,  6, 1, "DTLBIMVA",  CP_W, cp15_mmu_write_tlb_va),
	OP  ( 8, 0,  6, 2, "DTLBIASID", CP_W, cp15_mmu_write_tlb_asid),
	OP  ( 8, 0,  7, 0, "TLBIALL",   CP_W, cp15_mmu_write_tlb_all),
	OP  ( 8, 0,  7, 1, "TLBIMVA",   CP_W, cp15_mmu_write_tlb_va),
	OP  ( 8, 0,  7, 2, "TLBIASID",  CP_W, cp15_mmu_write_tlb_asid),
	OP  ( 8, 0,  7, 3, "TLBIMVAA",  CP_W, cp15_mmu_write_tlb_va_all),
	CALC( 9, 1,  0, 2, "L2CTLR",    CP_RW, read_l2ctlr, NULL, NULL),
	RAZ ( 9, 1,  0, 3, "L2ECTLR",   CP_RW),
	KEEP(10, 0,  2, 0, "PRRR",      mmu.prrr, 0, ALL, cp15_mmu_write_meaning),
	KEEP(10, 0,  2, 1, "NMRR",      mmu.nmrr, 0, ALL, cp15_mmu_write_meaning),
	KEEP(10, 0,  3, 0, "AMAIR0",    amair0, 0, ALL, NULL),
	KEEP(10, 0,  3, 1, "AMAIR1",    amair1, 0, ALL, NULL),
	KEEP(12, 0,  0, 0, "VBAR",      vbar, 0, ~0x1fu, write_vbar),
	CALC(12, 0,  1, 0, "ISR",       CP_R, read_isr, NULL, NULL),
	RAZ (13, 0,  0, 0, "FCSEIDR",   CP_RW), // the FCSE is not implemented (B4.1.52)
	KEEP(13, 0,  0, 1, "CONTEXTIDR", mmu.contextidr, 0, ALL, cp15_mmu_write_space),
	CALC(13, 0,  0, 2, "TPIDRURW",  USER, read_tpidrurw, write_tpidrurw, NULL),
	{13, 0, 0, 3, "TPIDRURO", CP_RW | CP_USER_R, CP_RESET_VALUE, CP_FIELD(cp15.tpidruro), 0, ALL, NULL, NULL,
	 write_tpidruro, NULL},
	CALC(13, 0,  0, 4, "TPIDRPRW",  CP_RW, read_tpidrprw, write_tpidrprw, NULL),
	{14, 0, 0, 0, "CNTFRQ", CP_RW | CP_USER_R, CP_RESET_NONE, 0, 0, 0, sysreg_read_cntfrq, NULL, NULL,
	 cp15_timer_gate_counters}, // writes ignored: the frequency is the host's
	KEEP(14, 0,  1, 0, "CNTKCTL",   cntkctl, 0, CNTKCTL_RW, cp15_timer_write_cntkctl),
	CALC(14, 0,  2, 0, "CNTP_TVAL", USER, cp15_timer_read_tval, cp15_timer_write_tval, cp15_timer_gate_ptimer),
	CALC(14, 0,  2, 1, "CNTP_CTL",  USER, cp15_timer_read_ctl, cp15_timer_write_ctl, cp15_timer_gate_ptimer),
	CALC(14, 0,  3, 0, "CNTV_TVAL", USER, cp15_timer_read_tval, cp15_timer_write_tval, cp15_timer_gate_vtimer),
	CALC(14, 0,  3, 1, "CNTV_CTL",  USER, cp15_timer_read_ctl, cp15_timer_write_ctl, cp15_timer_gate_vtimer),
	{15, 4, 0, 0, "CBAR", CP_R, CP_RESET_NONE, 0, QEMU_CBAR, 0, NULL, NULL, NULL, NULL},
};
// clang-format on

static const struct cp_table table = {15, rows, ARRAY_LEN(rows)};

// 64-bit registers.

// gate NULL: one of PL1's, and of LPAE.
static const struct row64 {
	uint8_t crm, opc1;
	const char *name;
	bool (*gate)(const struct vcpu *v);
	uint64_t (*read)(struct vcpu *v);
	void (*write)(struct vcpu *v, uint64_t value);
} rows64[] = {
    {2, 0, "TTBR0", NULL, cp15_mmu_read_ttbr0, cp15_mmu_write_ttbr0},
    {2, 1, "TTBR1", NULL, cp15_mmu_read_ttbr1, cp15_mmu_write_ttbr1_long},
    {7, 0, "PAR", NULL, cp15_mmu_read_par, cp15_mmu_write_par},
    {14, 0, "CNTPCT", cp15_timer_gate_cntpct, cp15_timer_read_cntpct, NULL},
    {14, 1, "CNTVCT", cp15_timer_gate_cntvct, cp15_timer_read_cntvct, NULL},
    {14, 2, "CNTP_CVAL", cp15_timer_gate_ptimer, cp15_timer_read_cntp_cval, cp15_timer_write_cntp_cval},
    {14, 3, "CNTV_CVAL", cp15_timer_gate_vtimer, cp15_timer_read_cntv_cval, cp15_timer_write_cntv_cval},
};

static const struct row64 *
find64(uint32_t insn)
{
	for (const struct row64 *row = rows64; row < rows64 + ARRAY_LEN(rows64); row++)
		if (row->crm == bits(insn, 3, 0) && row->opc1 == bits(insn, 7, 4))
			return row->gate || cp15_has_lpae() ? row : NULL;
	return NULL;
}

// MCRR and MRRC.
static enum cp_result
access64(struct vcpu *v, uint32_t insn)
{
	unsigned rt = bits(insn, 15, 12), rt2 = bits(insn, 19, 16);
	const struct row64 *row = find64(insn);
	bool read = cp_insn_is_read(insn);
	uint64_t value;

	if (!row || rt == 15 || rt2 == 15 || (read ? rt == rt2 : !row->write))
		return CP_UNDEF;
	if (!vpsr_privileged(v) && !(row->gate && row->gate(v)))
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

// Registers without a row. Reserved identification registers read as zero (B3.17.1), those of
// c15 read as zero and ignore writes; the hidden PMU's are silently UNDEFINED.
static enum cp_result
access_unlisted(struct vcpu *v, uint32_t insn)
{
	unsigned crn = bits(insn, 19, 16), opc1 = bits(insn, 23, 21), crm = bits(insn, 3, 0);
	bool read = cp_insn_is_read(insn);

	if (crn == 9 && opc1 == 0 && crm >= 12 && crm <= 14)
		return CP_UNDEF;
	if (vpsr_privileged(v) && (crn == 15 || (crn == 0 && opc1 == 0 && crm >= 2 && crm <= 7 && read))) {
		if (read)
			cptable_set_rt(v, insn, 0);
		return CP_DONE;
	}
	cptable_unknown(&table, v, insn);
	return CP_UNDEF;
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

enum cp_result
cp15_access(struct vcpu *v, uint32_t insn)
{
	const struct cp_row *row;

	if ((insn & 0x0fe00000u) == 0x0c400000u && insn >> 28 != 15)
		return access64(v, insn);
	if (!cp_insn_is_reg(insn))
		return CP_UNDEF;
	row = cptable_find(&table, insn);
	if (!row)
		return access_unlisted(v, insn);
	if (row->write == cp15_mmu_write_ats1c && cp15_mmu_ats1c_aborts(v, insn))
		return CP_ABORT;
	return cptable_access(v, row, insn);
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
