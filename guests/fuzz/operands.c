// SPDX-License-Identifier: MIT
//
// What each kind of instruction needs so that its effect is defined and can be compared.
#include <string.h>
#include "bt/isa/ldst.h"
#include "bt/isa/operand.h"
#include "guests/fuzz/gen_internal.h"
#include "guests/fuzz/ldst.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"

#define PSR_RESERVED     0x01f00000u // J, and [23:20], which are to be kept zero (B1.3.3)
#define PSCI_VERSION     0x84000000u
#define PSCI_MIGRATE     0x84000006u
#define PSCI_UNKNOWN     0x8400ff00u
#define CNTKCTL_PL0PCTEN 1u
#define CNTKCTL_PL0VCTEN 2u
#define VALID_MODES      0x888fu // M[3:0] of a core without Security and Virtualization Extensions

static bool
mode_valid(uint32_t psr)
{
	return psr & 0x10u && bit(VALID_MODES, psr & 15u);
}

//----------------------------------------------------------------------------
// Status registers

// Whether MSR with these fields may write value (B9.3.11, B9.3.12).
static bool
psr_write_valid(const struct fuzz_gen *g, uint32_t value, uint32_t fields, bool spsr)
{
	if (fields & 1u && (spsr || g->mode != MODE_USR) && !mode_valid(value))
		return false;
	return !spsr || !((fields & 4u ? value & 0x00f00000u : 0) | (fields & 8u ? value & PSR_J : 0));
}

static bool
msr_reg(struct fuzz_gen *g)
{
	uint32_t value = fuzz_gen_psr(&g->rng), noise = fuzz_rng_32(&g->rng) & (PSR_IT | PSR_T);

	if (fuzz_rng_one_in(&g->rng, 4))
		value |= noise; // MSR CPSR leaves the execution state alone
	*fuzz_gen_reg(g, g->word & 15u) = value;
	return true;
}

static bool
msr_imm(struct fuzz_gen *g)
{
	uint32_t fields = bits(g->insn, 19, 16);

	if (fields & 1u && !fuzz_rng_one_in(&g->rng, 4))
		g->insn = (g->insn & ~0xfffu) | (fuzz_gen_psr(&g->rng) & 0xffu);
	return psr_write_valid(g, bt_expand_imm(g->insn), fields, bit(g->insn, 22));
}

static bool
cps(struct fuzz_gen *g)
{
	if (fuzz_insn_has(g->row, 'M') && bt_field(g->row, g->insn, 'M'))
		g->insn = fuzz_insn_with(g->row, g->insn, 'm', fuzz_gen_psr(&g->rng) & PSR_M);
	return true;
}

//----------------------------------------------------------------------------
// Loads and stores

// Gives the base of insn a value that makes it access *address, which is returned with the size.
static bool
access(struct fuzz_gen *g, bool aligned, uint32_t *address, uint32_t *size)
{
	uint32_t regs[16] = {0}, carry = bit(g->c->start.cpsr, 29), now, unused;
	struct bt_ldst op;

	if (!(g->thumb ? bt_ldst_decode_thumb(g->insn, &op) : bt_ldst_decode(g->insn, &op)) || op.rn == 15)
		return false;
	*size = op.kind == BT_LDST_MULTIPLE ? 4u * op.count : op.size;
	*address = fuzz_gen_data(g, *size, aligned);
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned n = 0; n < 15; n++)
			regs[n] = *fuzz_gen_reg(g, n);
		bt_ldst_address(&op, regs, carry, &now, &unused);
		if (!pass)
			*fuzz_gen_reg(g, op.rn) += *address - now;
	}
	*address = now;
	return fuzz_gen_data_safe(g, now, *size);
}

// A load of the PC: from the last word that is read.
static bool
load_pc(struct fuzz_gen *g, int thumb)
{
	bool multiple = g->row->action == BT_LDM_RETURN ||
			(g->thumb ? g->row->isa == BT_T16 || (g->insn & 0xfe400000u) == 0xe8000000u : bit(g->insn, 27));
	uint32_t address, size;

	if (!access(g, !multiple, &address, &size))
		return false;
	if (address & 3u)
		return multiple; // an alignment fault; of a single one UNPREDICTABLE
	fuzz_gen_plant(g, address + size - 4u, fuzz_target(g, thumb));
	return true;
}

// The base of SRS or RFE, two words, by the A32 encoding's P and U.
static uint32_t
pair_base(struct fuzz_gen *g, uint32_t lowest)
{
	bool p = bit(g->word, 24), u = bit(g->word, 23);

	return u ? lowest - (p ? 4u : 0) : lowest + 8u - (p ? 0 : 4u);
}

static bool
srs(struct fuzz_gen *g)
{
	uint32_t mode = fuzz_gen_psr(&g->rng) & PSR_M;

	g->insn = fuzz_insn_with(g->row, g->insn, 'm', mode);
	*fuzz_state_reg(&g->c->start, mode, 13) = pair_base(g, fuzz_ldst_address(g, 8));
	return true;
}

static bool
rfe(struct fuzz_gen *g)
{
	uint32_t lowest = fuzz_gen_data(g, 8, false), psr = fuzz_gen_psr(&g->rng);

	*fuzz_gen_reg(g, bits(g->word, 19, 16)) = pair_base(g, lowest);
	fuzz_gen_plant(g, lowest, fuzz_target(g, (psr & PSR_T) != 0) ^ (psr & PSR_T && fuzz_rng_one_in(&g->rng, 2)));
	fuzz_gen_plant(g, lowest + 4u, psr);
	return true;
}

//----------------------------------------------------------------------------
// Branches

// QEMU 7.2 takes only SUBS and MOVS for exception returns, against B9.3.20: of the other opcodes
// is test/guest/eret.S.
static bool
data_return(struct fuzz_gen *g)
{
	unsigned opcode = bits(g->insn, 24, 21);

	if (!g->thumb && opcode != 2u && opcode != 13u) {
		g->insn = fuzz_insn_with(g->row, g->insn, 'o', bit(opcode, 3) ? 1 : 2);
		if (bit(opcode, 3)) // MOVS has no Rn
			g->insn = fuzz_insn_with(g->row, g->insn, 'n', 0);
		g->word = g->insn;
	}
	return fuzz_target_compute(g, true, fuzz_state_bank(&g->c->start, g->mode)->spsr);
}

static bool
eret(struct fuzz_gen *g)
{
	*fuzz_gen_reg(g, 14) = fuzz_target(g, (fuzz_state_bank(&g->c->start, g->mode)->spsr & PSR_T) != 0);
	return true;
}

static bool
load_return(struct fuzz_gen *g)
{
	return load_pc(g, (fuzz_state_bank(&g->c->start, g->mode)->spsr & PSR_T) != 0);
}

// BX, BXJ, BLX by register, and T16's MOV and ADD to the PC, which stay in Thumb.
static bool
branch_reg(struct fuzz_gen *g)
{
	unsigned m = bt_field(g->row, g->insn, 'm');
	uint32_t pc = fuzz_gen_pc(g) + (g->thumb ? 4u : 8u);
	bool stays = g->row->action == BT_PC_WRITE, add = stays && bit(~g->insn, 9);

	if (m == 15)
		return !add && fuzz_target_safe(g, stays ? pc | 1u : pc);
	*fuzz_gen_reg(g, m) = fuzz_target(g, stays ? 1 : -1) - (add ? pc : 0);
	return true;
}

static bool
pc_write(struct fuzz_gen *g)
{
	if (g->row->isa == BT_T16 && bits(g->insn, 15, 10) == 0x11u)
		return branch_reg(g);
	if (!g->thumb && !bits(g->insn, 27, 26))
		return fuzz_target_compute(g, false, 0);
	return load_pc(g, -1);
}

// LDR PC, [PC, Rm, LSL #2]: the table is behind the next instruction.
static bool
jump_table(struct fuzz_gen *g)
{
	unsigned first = g->at / 4u + 2u, n = fuzz_rng_below(&g->rng, FUZZ_SLOT_USED - first);
	uint32_t target;

	for (unsigned i = first; i <= first + n; i++) {
		g->data |= 1u << i;
		target = fuzz_target(g, -1);
		g->c->code[i] = g->c->start.cpsr & PSR_E ? __builtin_bswap32(target) : target;
		if (fuzz_target_sensitive(g, g->c->code[i]))
			return false;
	}
	*fuzz_gen_reg(g, g->insn & 15u) = n;
	return true;
}

// TBB and TBH reach exits of their own slot: the table, here one value repeated, is in the window, or behind the
// instruction.
static bool
table_branch(struct fuzz_gen *g)
{
	bool half = bt_field(g->row, g->insn, 'h');
	unsigned n = bt_field(g->row, g->insn, 'n'), m = bt_field(g->row, g->insn, 'm');
	unsigned index = fuzz_rng_below(&g->rng, 2), word = (g->at + 4u) / 4u;
	uint32_t value = 4u + fuzz_rng_below(&g->rng, 3), address;
	uint32_t table = value * (half ? 0x10001u : 0x1010101u);

	if (n == m)
		return false;
	*fuzz_gen_reg(g, m) = index;
	if (n == 15) {
		g->data |= 3u << word;
		g->c->code[word] = g->c->start.cpsr & PSR_E ? __builtin_bswap32(table) : table;
		g->c->code[word + 1u] = g->c->code[word];
		return g->at == 0;
	}
	address = fuzz_gen_data(g, 4, true);
	fuzz_gen_plant(g, address, table);
	*fuzz_gen_reg(g, n) = address;
	return true;
}

// The kernel's own SVC with a number that is one of the hypercalls' is taken for that (docs/caveats.md).
static bool
svc(struct fuzz_gen *g)
{
	unsigned class = bits(g->insn, 23, 16);

	return g->mode == MODE_USR || class < 0x10u || (class >= 0x90u && class < 0xa0u);
}

static bool
hvc(struct fuzz_gen *g)
{
	static const uint32_t functions[] = {PSCI_VERSION, PSCI_MIGRATE, PSCI_UNKNOWN};

	g->c->start.r[0] = functions[fuzz_rng_below(&g->rng, ARRAY_LEN(functions))];
	return true;
}

// The counters' values are the time, so all that is compared is that USR may not read them.
static bool
counter(struct fuzz_gen *g)
{
	g->c->flags |= FUZZ_F_SYSTEM;
	g->c->start.cp[FUZZ_CP_CNTKCTL] = bt_field(g->row, g->insn, 'v') ? CNTKCTL_PL0PCTEN : CNTKCTL_PL0VCTEN;
	return g->mode == MODE_USR;
}

static bool
vfp(struct fuzz_gen *g)
{
	static const uint32_t cpacr[] = {FUZZ_CPACR, FUZZ_CPACR, 0x00500000u, 0};
	uint32_t *cp = g->c->start.cp;

	g->c->flags |= FUZZ_F_SYSTEM;
	cp[FUZZ_CP_CPACR] = cpacr[fuzz_rng_below(&g->rng, ARRAY_LEN(cpacr))];
	cp[FUZZ_CP_FPEXC] = fuzz_rng_one_in(&g->rng, 4) ? 0 : FUZZ_FPEXC;
	return true;
}

static bool
plain(struct fuzz_gen *g)
{
	if (!strncmp(g->row->name, "VMRS", 4))
		return vfp(g);
	return !fuzz_insn_has(g->row, 'v') || counter(g);
}

bool
fuzz_operands(struct fuzz_gen *g)
{
	if (fuzz_ldst_has(g->row))
		return fuzz_ldst_operands(g);
	switch (g->row->action) {
	case BT_MSR_REG:
		return msr_reg(g);
	case BT_MSR_IMM:
		return msr_imm(g);
	case BT_CPS:
		return cps(g);
	case BT_LDST_UNPRIV:
	case BT_LDM_USER:
	case BT_STM_USER:
		return fuzz_ldst_operands(g);
	case BT_LDM_RETURN:
		return load_return(g);
	case BT_SRS:
		return srs(g);
	case BT_RFE:
		return rfe(g);
	case BT_DP_RETURN:
		return data_return(g);
	case BT_ERET:
		return eret(g);
	case BT_BX:
	case BT_BXJ:
	case BT_BLX_REG:
		return branch_reg(g);
	case BT_PC_WRITE:
		return pc_write(g);
	case BT_JUMP_TABLE:
		return jump_table(g);
	case BT_TABLE_BRANCH:
		return table_branch(g);
	case BT_HVC:
		return hvc(g);
	case BT_VFP_SYSTEM:
		return vfp(g);
	case BT_CP_REG:
	case BT_CP_REG2:
	case BT_TPIDRURW:
	case BT_TPIDRPRW:
		return fuzz_cpreg(g);
	case BT_SVC:
		return svc(g);
	case BT_PLAIN:
		return plain(g);
	default:
		return !(g->row->flags & (BT_BRANCH | BT_LITERAL)) || fuzz_target_direct(g);
	}
}
