// SPDX-License-Identifier: MIT
//
// The CP14 table. It is what a kernel's hw_breakpoint needs to come up as on QEMU 7.2:
// the host's DBGDIDR, the OS lock and double lock open, a DSCR whose MDBGen sticks. There
// is no external debugger, so the debug communication channel is empty for ever.
#include <string.h>
#include "monitor/cp14.h"
#include "monitor/sysreg.h"
#include "monitor/vpsr.h"

#define DBGOSLSR_OSLM 0x8u // an OS lock without save and restore; open, for it locks out nobody
#define DBGPRSR_PU    0x1u
#define TEECR_XED     0x1u

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

// Rows: encoding, name, then what the kind asks for; CONST also ignores writes if they are allowed.
#define CONST(n, p, m, q, name, access, value)                                                                         \
	{                                                                                                              \
		n, p, m, q, name, access, CP_RESET_NONE, 0, value, 0, NULL, NULL, NULL, NULL                           \
	}
#define KEEP(n, p, m, q, name, access, member, mask, gate)                                                             \
	{                                                                                                              \
		n, p, m, q, name, access, CP_RESET_VALUE, CP_FIELD(member), 0, mask, NULL, NULL, NULL, gate            \
	}
#define ALL    0xffffffffu
#define USER_R (CP_R | CP_USER_R)
#define USER   (CP_RW | CP_USER_R | CP_USER_W)

// clang-format off
static const struct cp_row rows[] = {
	{0, 0, 0, 0, "DBGDIDR", USER_R, CP_RESET_NONE, 0, 0, 0, sysreg_read_dbgdidr, NULL, NULL, NULL},
	{0, 0, 1, 0, "DBGDSCRint", CP_R, CP_RESET_NONE, 0, 0, 0, NULL, read_dscr_int, NULL, NULL},
	CONST(0, 0,  2, 0, "DBGDCCINT",   CP_RW, 0),
	KEEP (0, 0,  2, 2, "DBGDSCRext",  CP_RW, cp14.dscr, ALL, NULL),
	CONST(0, 0,  5, 0, "DBGDTRint",   CP_RW, 0),
	KEEP (0, 0,  7, 0, "DBGVCR",      CP_RW, cp14.vcr, ALL, NULL),
	KEEP (0, 6,  0, 0, "TEECR",       CP_RW, cp15.teecr, TEECR_XED, NULL),
	CONST(0, 7,  0, 0, "JIDR",        CP_R, 0),
	CONST(1, 0,  0, 0, "DBGDRAR",     USER_R, 0),
	CONST(1, 0,  0, 4, "DBGOSLAR",    CP_W, 0),
	CONST(1, 0,  1, 4, "DBGOSLSR",    CP_R, DBGOSLSR_OSLM),
	KEEP (1, 0,  3, 4, "DBGOSDLR",    CP_RW, cp14.osdlr, 1, NULL),
	CONST(1, 0,  5, 4, "DBGPRSR",     CP_R, DBGPRSR_PU),
	KEEP (1, 6,  0, 0, "TEEHBR",      USER, cp15.teehbr, ~3u, gate_teehbr),
	CONST(1, 7,  0, 0, "JOSCR",       CP_RW, 0),
	CONST(2, 0,  0, 0, "DBGDSAR",     USER_R, 0),
	CONST(2, 7,  0, 0, "JMCR",        CP_RW, 0),
};
// clang-format on

static const struct cp_table table = {14, rows, ARRAY_LEN(rows)};

// The breakpoint or watchpoint register of an MCR or MRC, or NULL: opc1 0, CRn c0, opc2 says which
// bank, CRm the number in it, of as many as DBGDIDR has (C11.11.15).
static uint32_t *
point(struct vcpu *v, uint32_t insn)
{
	uint32_t didr = sysreg_read_dbgdidr();
	unsigned n = bits(insn, 3, 0);

	if (insn & 0x00ef0000u)
		return NULL;
	switch (bits(insn, 7, 5)) {
	case 4:
		return n <= bits(didr, 27, 24) ? &v->cp14.bvr[n] : NULL;
	case 5:
		return n <= bits(didr, 27, 24) ? &v->cp14.bcr[n] : NULL;
	case 6:
		return n <= bits(didr, 31, 28) ? &v->cp14.wvr[n] : NULL;
	case 7:
		return n <= bits(didr, 31, 28) ? &v->cp14.wcr[n] : NULL;
	default:
		return NULL;
	}
}

static enum cp_result
access_point(struct vcpu *v, uint32_t insn, uint32_t *reg)
{
	unsigned rt = bits(insn, 15, 12);

	if (!vpsr_privileged(v) || rt == 15)
		return CP_UNDEF;
	if (cp_insn_is_read(insn))
		v->regs[rt] = *reg;
	else
		*reg = v->regs[rt];
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
	uint32_t *reg;

	if (!cp_insn_is_reg(insn))
		return CP_UNDEF;
	row = cptable_find(&table, insn);
	if (row)
		return cptable_access(v, row, insn);
	reg = point(v, insn);
	if (reg)
		return access_point(v, insn, reg);
	cptable_unknown(&table, v, insn);
	return CP_UNDEF;
}
