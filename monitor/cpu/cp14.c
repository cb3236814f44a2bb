// SPDX-License-Identifier: MIT
//
// The CP14 table. It is what a kernel's hw_breakpoint needs to come up as on QEMU 7.2:
// the host's DBGDIDR, the OS lock and double lock open, a DSCR whose MDBGen sticks. There
// is no external debugger, so the debug communication channel is empty for ever.
#include <string.h>
#include "monitor/cpu/cp14.h"
#include "monitor/cpu/cprow.h"
#include "monitor/base/sysreg.h"
#include "monitor/cpu/vpsr.h"

#define OSLAR_KEY 0xc5acce55u

static bool
gate_teehbr(const struct vcpu *v)
{
	return !(v->cp15.teecr & TEECR_XED);
}

static uint32_t
read_dscr_int(struct vcpu *v, const struct cp_row *row)
{
	(void)row;
	return v->cp14.dscr;
}

// Without a key, or with any other value, the lock opens (C11.11.32).
static void
write_oslar(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	(void)row;
	v->cp14.oslsr = DBGOSLSR_OSLM | (value == OSLAR_KEY ? DBGOSLSR_OSLK : 0);
}

// A breakpoint's or watchpoint's value or control register: opc2 says which, CRm the number in it, of as many as
// DBGDIDR has (C11.11.15).
static bool
has_point(const struct vcpu *v, const struct cp_row *row)
{
	uint32_t didr = sysreg_read_dbgdidr();

	(void)v;
	return row->crm <= (row->opc2 < 6 ? bits(didr, 27, 24) : bits(didr, 31, 28));
}

static uint32_t *
point(struct vcpu *v, const struct cp_row *row)
{
	uint32_t *const bank[] = {v->cp14.bvr, v->cp14.bcr, v->cp14.wvr, v->cp14.wcr};

	return &bank[row->opc2 - 4u][row->crm];
}

static uint32_t
read_point(struct vcpu *v, const struct cp_row *row)
{
	return *point(v, row);
}

static void
write_point(struct vcpu *v, const struct cp_row *row, uint32_t value)
{
	*point(v, row) = value & row->writable;
}

#define POINT(n, p, m, q, name, mask, note)                                                                            \
	ROW(n, p, m, q, name, CP_RW, CP_RESET_NONE, 0, 0, mask, NULL, read_point, write_point, NULL, has_point)

static const struct cp_row rows[] = {
#define CP14_ROWS
#include "monitor/cpu/cp14.def"
};

static const struct cp_row wide[] = {
#define CP14_WIDE
#include "monitor/cpu/cp14.def"
};

static const struct cp_table table = {rows, wide, ARRAY_LEN(rows), ARRAY_LEN(wide)};

// MRRC of DBGDRAR and DBGDSAR, which name no memory: 0. Both may be read at PL0.
static enum cp_result
access64(struct vcpu *v, uint32_t insn)
{
	unsigned rt = bits(insn, 15, 12), rt2 = bits(insn, 19, 16), crm = bits(insn, 3, 0);

	if (!cp_insn_is_read(insn) || bits(insn, 7, 4) || (crm != 1 && crm != 2) || rt == 15 || rt2 == 15 || rt == rt2)
		return CP_UNDEF;
	v->regs[rt] = v->regs[rt2] = 0;
	return CP_DONE;
}

void
cp14_check_table(void)
{
	cptable_check(&table);
}

void
cp14_reset(struct vcpu *v)
{
	memset(&v->cp14, CP_POISON, offsetof(struct cp14_state, bvr));
	memset(v->cp14.bvr, 0, sizeof(v->cp14.bvr));
	memset(v->cp14.bcr, 0, sizeof(v->cp14.bcr));
	memset(v->cp14.wvr, 0, sizeof(v->cp14.wvr));
	memset(v->cp14.wcr, 0, sizeof(v->cp14.wcr));
	cptable_reset(&table, v);
}

enum cp_result
cp14_access(struct vcpu *v, uint32_t insn)
{
	const struct cp_row *row;
	struct cp_row room;

	if (cp_insn_is_pair(insn))
		return access64(v, insn);
	if (!cp_insn_is_reg(insn))
		return CP_UNDEF;
	row = cptable_find(&table, v, insn, &room);
	return row ? cptable_access(v, row, insn) : CP_UNDEF;
}
