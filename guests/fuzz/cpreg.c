// SPDX-License-Identifier: MIT
//
// Coprocessor registers that cases access: those the VM has and any that nobody has, but not
// those of which bare machine and VM differ by design, or whose value is the time: they stand in
// a table with the reason. A register that isn't part of struct fuzz_state is written only if
// reading it back doesn't tell, for the next case finds it as the last one left it.
#include "guests/fuzz/gen_internal.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"

#define TRIES           32u
#define SCTLR_NO_EFFECT 0x8de7dbfcu // all but M, A, SW, V, WXN, UWXN, EE, TRE, AFE, TE

// What may be written.
enum value {
	NOTHING, // not written
	ANY,
	ADDRESS, // of the window
	SCTLR,   // the start value but for bits that have no effect, all of which QEMU keeps
	DACR,    // domain 0 stays a client or manager
	CSSELR,
	TTBCR,    // N, PD0, PD1
	NO_MMU,   // anything while the MMU is off
	DISABLED, // with bit 0, ENABLE, clear
};

#define R 1u // may be read

// clang-format off
static const struct reg {
	uint8_t cp, opc1, crn, crm, opc2, read, value; // value: enum value
} regs[] = {
	{15, 0, 0, 0, 0, R, ANY}, {15, 0, 0, 0, 1, R, ANY}, {15, 0, 0, 0, 2, R, ANY}, {15, 0, 0, 0, 3, R, ANY},
	{15, 0, 0, 0, 4, R, ANY}, {15, 0, 0, 0, 5, R, ANY}, {15, 0, 0, 0, 6, R, ANY}, {15, 0, 0, 0, 7, R, ANY},
	{15, 0, 0, 1, 0, R, ANY}, {15, 0, 0, 1, 1, R, ANY}, {15, 0, 0, 1, 2, R, ANY}, {15, 0, 0, 1, 3, R, ANY},
	{15, 0, 0, 1, 4, R, ANY}, {15, 0, 0, 1, 5, R, ANY}, {15, 0, 0, 1, 6, R, ANY}, {15, 0, 0, 1, 7, R, ANY},
	{15, 0, 0, 2, 0, R, ANY}, {15, 0, 0, 2, 1, R, ANY}, {15, 0, 0, 2, 2, R, ANY},
	{15, 0, 0, 2, 3, R, ANY}, {15, 0, 0, 2, 4, R, ANY}, {15, 0, 0, 2, 5, R, ANY}, {15, 0, 0, 2, 6, R, ANY},
	{15, 0, 0, 3, 1, R, ANY}, {15, 1, 0, 0, 0, R, ANY}, {15, 1, 0, 0, 1, R, ANY}, {15, 1, 0, 0, 7, R, ANY},
	{15, 2, 0, 0, 0, R, CSSELR},
	{15, 0, 1, 0, 0, R, SCTLR}, {15, 0, 1, 0, 1, R, ANY}, {15, 0, 1, 0, 2, R, ANY}, // SCTLR ACTLR CPACR
	{15, 0, 2, 0, 0, R, NO_MMU}, {15, 0, 2, 0, 1, R, ANY}, {15, 0, 2, 0, 2, R, TTBCR}, // TTBR0 TTBR1 TTBCR
	{15, 0, 3, 0, 0, R, DACR},
	{15, 0, 5, 0, 0, R, ANY}, {15, 0, 5, 0, 1, R, ANY}, {15, 0, 5, 1, 0, R, ANY}, {15, 0, 5, 1, 1, R, ANY},
	{15, 0, 6, 0, 0, R, ANY}, {15, 0, 6, 0, 2, R, ANY}, // DFAR IFAR
	{15, 0, 7, 0, 4, 0, ANY}, {15, 0, 7, 1, 0, 0, ANY}, {15, 0, 7, 1, 6, 0, ANY}, {15, 0, 7, 4, 0, R, ANY}, // PAR
	{15, 0, 7, 5, 0, 0, ANY}, {15, 0, 7, 5, 1, 0, ADDRESS}, {15, 0, 7, 5, 4, 0, ANY}, {15, 0, 7, 5, 6, 0, ANY},
	{15, 0, 7, 5, 7, 0, ADDRESS}, {15, 0, 7, 6, 1, 0, ADDRESS}, {15, 0, 7, 6, 2, 0, ANY},
	{15, 0, 7, 8, 0, 0, ADDRESS}, {15, 0, 7, 8, 1, 0, ADDRESS}, {15, 0, 7, 8, 2, 0, ADDRESS}, // ATS1CPR CPW CUR
	{15, 0, 7, 8, 3, 0, ADDRESS}, {15, 0, 7, 10, 1, 0, ADDRESS}, {15, 0, 7, 10, 2, 0, ANY}, {15, 0, 7, 10, 4, 0, ANY},
	{15, 0, 7, 10, 5, 0, ANY}, {15, 0, 7, 11, 1, 0, ADDRESS}, {15, 0, 7, 13, 1, 0, ADDRESS},
	{15, 0, 7, 14, 1, 0, ADDRESS}, {15, 0, 7, 14, 2, 0, ANY},
	{15, 0, 8, 3, 0, 0, ANY}, {15, 0, 8, 3, 1, 0, ADDRESS}, {15, 0, 8, 3, 2, 0, ANY}, {15, 0, 8, 3, 3, 0, ADDRESS},
	{15, 0, 8, 5, 0, 0, ANY}, {15, 0, 8, 5, 1, 0, ADDRESS}, {15, 0, 8, 5, 2, 0, ANY},
	{15, 0, 8, 6, 0, 0, ANY}, {15, 0, 8, 6, 1, 0, ADDRESS}, {15, 0, 8, 6, 2, 0, ANY},
	{15, 0, 8, 7, 0, 0, ANY}, {15, 0, 8, 7, 1, 0, ADDRESS}, {15, 0, 8, 7, 2, 0, ANY}, {15, 0, 8, 7, 3, 0, ADDRESS},
	{15, 0, 9, 12, 0, R, NOTHING}, {15, 0, 9, 12, 1, R, NOTHING}, {15, 0, 9, 12, 2, R, ANY}, // PMCR PMCNTENSET CLR
	{15, 0, 9, 12, 3, R, ANY}, {15, 0, 9, 12, 4, R, ANY}, {15, 0, 9, 12, 5, R, ANY}, // PMOVSR PMSWINC PMSELR
	{15, 0, 9, 13, 0, R, NOTHING}, {15, 0, 9, 13, 1, R, NOTHING}, {15, 0, 9, 13, 2, R, NOTHING}, // PMCCNTR PMXEV...
	{15, 0, 9, 14, 0, R, ANY}, {15, 0, 9, 14, 1, R, NOTHING}, {15, 0, 9, 14, 2, R, ANY}, // PMUSERENR PMINTENSET CLR
	{15, 0, 9, 14, 3, R, NOTHING}, // PMOVSSET
	{15, 1, 9, 0, 2, R, NOTHING}, {15, 1, 9, 0, 3, R, NOTHING}, // L2CTLR L2ECTLR
	{15, 0, 10, 2, 0, R, ANY}, {15, 0, 10, 2, 1, R, ANY}, // PRRR NMRR
	{15, 0, 12, 1, 0, R, NOTHING}, // ISR
	{15, 0, 13, 0, 1, R, ANY}, {15, 0, 13, 0, 2, R, ANY}, {15, 0, 13, 0, 3, R, ANY}, {15, 0, 13, 0, 4, R, ANY},
	{15, 0, 14, 0, 0, R, NOTHING}, {15, 0, 14, 1, 0, R, ANY},
	{15, 0, 14, 2, 1, 0, DISABLED}, {15, 0, 14, 3, 1, 0, DISABLED}, // CNTP_CTL CNTV_CTL
	{15, 0, 14, 8, 0, R, NOTHING}, {15, 0, 14, 8, 5, R, NOTHING}, {15, 0, 14, 8, 6, R, NOTHING}, // PMEVCNTRn
	{15, 0, 14, 12, 0, R, NOTHING}, {15, 0, 14, 12, 6, R, NOTHING}, {15, 0, 14, 15, 7, R, NOTHING}, // PMEVTYPERn
	{15, 4, 15, 0, 0, R, NOTHING}, // CBAR
	{14, 0, 0, 0, 0, R, NOTHING}, {14, 0, 1, 0, 0, R, NOTHING}, {14, 0, 2, 0, 0, R, NOTHING}, // DBGDIDR DRAR DSAR
	{14, 6, 0, 0, 0, R, ANY}, {14, 7, 0, 0, 0, R, ANY}, {14, 7, 1, 0, 0, R, ANY}, {14, 7, 2, 0, 0, R, ANY}, // TEECR
};

// Encodings that are never accessed. 0xff: any value.
static const struct {
	uint8_t cp, opc1, crn, crm, opc2;
	const char *why;
} excluded[] = {
	{15, 0xff, 3, 0xff, 0xff, "all are the DACR: the runner's domain"},
	{15, 0, 12, 0, 0, "VBAR: the runner's vectors"},
	{15, 0, 13, 0, 0, "FCSEIDR: QEMU has the FCSE, which a Cortex-A15 has not"},
	{15, 0, 14, 2, 0, "CNTP_TVAL: the time"},
	{15, 0, 14, 3, 0, "CNTV_TVAL: the time"},
	{15, 0, 14, 0xff, 0xff, "PMEVCNTRn and PMEVTYPERn keep what the last case wrote"},
	{14, 0, 0xff, 0xff, 0xff, "debug registers keep what the last case wrote"},
};
// clang-format on

static bool
any_or(uint8_t pattern, unsigned value)
{
	return pattern == 0xffu || pattern == value;
}

static bool
is_excluded(const struct reg *r)
{
	for (unsigned i = 0; i < ARRAY_LEN(excluded); i++)
		if (excluded[i].cp == r->cp && any_or(excluded[i].opc1, r->opc1) && any_or(excluded[i].crn, r->crn) &&
		    any_or(excluded[i].crm, r->crm) && any_or(excluded[i].opc2, r->opc2))
			return true;
	return false;
}

// A register of the table, or in one of eight cases any that isn't excluded.
static struct reg
pick(struct fuzz_rng *rng)
{
	uint32_t word;
	struct reg r;

	if (!fuzz_rng_one_in(rng, 8))
		return regs[fuzz_rng_below(rng, ARRAY_LEN(regs))];
	do {
		word = fuzz_rng_32(rng);
		r = (struct reg){word & 1u ? 15 : 14,
				 (uint8_t)(word & 2u ? bits(word, 10, 8) : 0),
				 (uint8_t)bits(word, 15, 12),
				 (uint8_t)bits(word, 19, 16),
				 (uint8_t)bits(word, 22, 20),
				 R,
				 ANY};
		for (unsigned i = 0; i < ARRAY_LEN(regs); i++)
			if (regs[i].cp == r.cp && regs[i].opc1 == r.opc1 && regs[i].crn == r.crn &&
			    regs[i].crm == r.crm && regs[i].opc2 == r.opc2)
				r = regs[i];
	} while (is_excluded(&r));
	return r;
}

static uint32_t
value_for(struct fuzz_gen *g, enum value kind)
{
	const struct fuzz_state *s = &g->c->start;

	switch (kind) {
	case ADDRESS:
		return fuzz_gen_data(g, 4, false);
	case SCTLR:
		return s->cp[FUZZ_CP_SCTLR] ^ (fuzz_rng_32(&g->rng) & SCTLR_NO_EFFECT);
	case DACR:
		return (fuzz_rng_32(&g->rng) & ~3u) | (fuzz_rng_one_in(&g->rng, 2) ? 1u : 3u);
	case CSSELR:
		return fuzz_rng_32(&g->rng) & 0xfu;
	case TTBCR:
		return fuzz_rng_32(&g->rng) & 0x37u;
	case DISABLED:
		return fuzz_rng_32(&g->rng) & ~1u;
	default:
		return fuzz_rng_word(&g->rng);
	}
}

// In user mode a read of PMUSERENR is the host's (docs/sysregs.md).
static bool
is_open_pmuserenr(const struct fuzz_gen *g, const struct reg *r)
{
	return r->cp == 15 && r->crn == 9 && r->crm == 14 && !r->opc2 && g->mode == MODE_USR &&
	       g->c->start.cp[FUZZ_CP_PMUSERENR];
}

static bool
reg_transfer(struct fuzz_gen *g)
{
	struct reg r = pick(&g->rng);
	bool read = bit(g->insn, 20);
	unsigned rt = bits(g->insn, 15, 12);

	if (rt == 15 || (read ? !r.read || is_open_pmuserenr(g, &r) : r.value == NOTHING))
		return false;
	if (!read && (r.value == NO_MMU || r.value == TTBCR) && g->mmu)
		return false;
	g->insn = (g->insn & ~0x00ef0fefu) | (uint32_t)r.opc1 << 21 | (uint32_t)r.crn << 16 | (uint32_t)r.cp << 8 |
		  (uint32_t)r.opc2 << 5 | r.crm;
	if (!read)
		*fuzz_gen_reg(g, rt) = value_for(g, (enum value)r.value);
	return true;
}

// MRRC and MCRR: not of c14, the counters and comparators, of which nothing can be compared, nor LPAE's of CP15, c2 and
// c7, which keep what the last case wrote.
static bool
pair_transfer(struct fuzz_gen *g)
{
	uint32_t others = bits(g->insn, 11, 8) == 15 ? 0x4084u : 0;

	return !bit(others, bits(g->insn, 3, 0));
}

bool
fuzz_cpreg(struct fuzz_gen *g)
{
	uint32_t *cp = g->c->start.cp;

	g->c->flags |= FUZZ_F_SYSTEM;
	cp[FUZZ_CP_CSSELR] = fuzz_rng_below(&g->rng, 4);
	cp[FUZZ_CP_PAR] = fuzz_rng_32(&g->rng);
	if (fuzz_rng_one_in(&g->rng, 2))
		cp[FUZZ_CP_CNTKCTL] = fuzz_rng_32(&g->rng) & 0x303u;
	cp[FUZZ_CP_PMUSERENR] = fuzz_rng_below(&g->rng, 2);
	cp[FUZZ_CP_PMSELR] = fuzz_rng_below(&g->rng, 32);
	if (fuzz_rng_one_in(&g->rng, 4)) {
		cp[FUZZ_CP_DFSR] = fuzz_rng_32(&g->rng) & 0x3fffu;
		cp[FUZZ_CP_IFSR] = fuzz_rng_32(&g->rng) & 0x140fu;
		cp[FUZZ_CP_DFAR] = fuzz_rng_32(&g->rng);
		cp[FUZZ_CP_IFAR] = fuzz_rng_32(&g->rng);
	}
	if (g->row->action == BT_CP_REG)
		for (unsigned i = 0; i < TRIES; i++)
			if (reg_transfer(g))
				return true;
	if (g->row->action == BT_CP_REG2)
		return pair_transfer(g);
	return g->row->action != BT_CP_REG;
}
