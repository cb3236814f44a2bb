// SPDX-License-Identifier: MIT
//
// Where cases may branch to and what they may name relative to the PC: the pads of the runner, exits
// in the case's own slot, and addresses where nothing is mapped (test/fuzz/case.h).
#include <string.h>
#include "bt/isa/operand.h"
#include "guests/fuzz/gen_internal.h"
#include "monitor/base/psr.h"
#include "monitor/base/types.h"

#define PAD_BYTES  4096u
#define IT_BYTES   12u // exits enough for what an IT block skips
#define PAD_LAST   (PAD_BYTES - IT_BYTES)
#define WILD_LOW   0x60000000u
#define WILD_HIGH  0xf0000000u
#define TRIES      8u
#define T16_B_SELF 0xe7feu
#define A32_B_SELF 0xeafffffeu

static uint32_t
insn_end(const struct fuzz_gen *g)
{
	return g->at + (g->thumb ? bt_thumb_size(g->insn) : 4u);
}

// Offsets in the slot at which there is an exit, an aligned word.
static bool
is_exit(const struct fuzz_gen *g, uint32_t offset)
{
	uint32_t word = offset / 4u;

	if (offset >= FUZZ_SLOT_BYTES || g->data & 1u << word)
		return false;
	if (g->thumb && g->row->flags & BT_SENSITIVE && offset > FUZZ_SLOT_BYTES - IT_BYTES)
		return false; // it may return into an IT block
	return offset >= insn_end(g) || (g->at == 20u && offset >= 4u && offset < g->at);
}

uint32_t
fuzz_target(struct fuzz_gen *g, int thumb)
{
	bool t = thumb < 0 ? fuzz_rng_one_in(&g->rng, 2) : thumb;
	uint32_t align = t ? 1u : 3u, offset;

	switch (fuzz_rng_below(&g->rng, 8)) {
	case 0:
	case 1:
		offset = 4u * fuzz_rng_below(&g->rng, FUZZ_SLOT_USED);
		if (t == g->thumb && is_exit(g, offset))
			return (FUZZ_SLOT_ADDRESS(g->c->slot) + offset) | t;
		break;
	case 2:
		return ((WILD_LOW + fuzz_rng_below(&g->rng, WILD_HIGH - WILD_LOW)) & ~align) | t;
	default:
		break;
	}
	return ((t ? FUZZ_PAD_T : FUZZ_PAD_A32) + (fuzz_rng_below(&g->rng, PAD_LAST) & ~align)) | t;
}

bool
fuzz_target_safe(const struct fuzz_gen *g, uint32_t target)
{
	bool t = target & 1u;
	uint32_t address = target & ~1u, pad = t ? FUZZ_PAD_T : FUZZ_PAD_A32;

	if (!t && target & 3u)
		return false; // a branch there is UNPREDICTABLE (A2.3.1, BXWritePC())
	if (address >= WILD_LOW && address < WILD_HIGH)
		return true;
	if (address >= pad && address <= pad + PAD_LAST)
		return true;
	return t == g->thumb && is_exit(g, address - FUZZ_SLOT_ADDRESS(g->c->slot));
}

//----------------------------------------------------------------------------
// Data-processing into the PC

static uint32_t
reg_value(struct fuzz_gen *g, unsigned n)
{
	return n == 15 ? fuzz_gen_pc(g) + (g->thumb ? 4u : 8u) : *fuzz_gen_reg(g, n);
}

// An A32 data-processing instruction's second operand (A5.2.1, A5.2.3), register shifts by a constant.
static uint32_t
operand(struct fuzz_gen *g, uint32_t insn)
{
	if (bit(insn, 25))
		return bt_expand_imm(insn);
	return bt_shift(reg_value(g, insn & 15u), bits(insn, 6, 5), bits(insn, 11, 7), bit(g->c->start.cpsr, 29));
}

// What the first operand must be so that the result is target; for AND, ORR and BIC a good try.
static uint32_t
invert_first(unsigned opcode, uint32_t target, uint32_t b, uint32_t carry)
{
	switch (opcode) {
	case 0x1:
		return target ^ b;
	case 0x2:
		return target + b;
	case 0x3:
		return b - target;
	case 0x4:
		return target - b;
	case 0x5:
		return target - b - carry;
	case 0x6:
		return target + b + !carry;
	case 0x7:
		return b - target - !carry;
	default:
		return target;
	}
}

// What Rm must be so that, shifted, it is value; as far as shifts can be undone.
static uint32_t
invert_shift(uint32_t insn, uint32_t value)
{
	uint32_t n = bits(insn, 11, 7);

	switch (bits(insn, 6, 5)) {
	case 0:
		return value >> n;
	case 1:
	case 2:
		return n ? value << n : 0;
	default:
		return n ? value << n | value >> (32u - n) : value << 1;
	}
}

static void
set_operands(struct fuzz_gen *g, uint32_t insn, uint32_t target)
{
	unsigned opcode = bits(insn, 24, 21), rn = bits(insn, 19, 16), rm = insn & 15u;
	bool reg = !bit(insn, 25), move = opcode == 0xd || opcode == 0xf;
	uint32_t mask = opcode == 0xf ? ~target : opcode == 0x0 ? 0xffffffffu : opcode == 0xe ? 0 : target;

	if (reg && rm != 15u && (move || opcode == 0 || opcode == 0xc || opcode == 0xe))
		*fuzz_gen_reg(g, rm) = invert_shift(insn, mask);
	if (!move && rn != 15u)
		*fuzz_gen_reg(g, rn) = invert_first(opcode, target, operand(g, insn), bit(g->c->start.cpsr, 29));
}

bool
fuzz_target_compute(struct fuzz_gen *g, bool is_return, uint32_t psr)
{
	uint32_t insn = g->word, opcode = bits(insn, 24, 21), carry, result;

	for (unsigned i = 0; i < TRIES; i++) {
		set_operands(g, insn, fuzz_target(g, is_return ? (psr & PSR_T) != 0 : -1));
		carry = bit(g->c->start.cpsr, 29);
		result = bt_alu(opcode, reg_value(g, bits(insn, 19, 16)), operand(g, insn), carry);
		if (is_return) // bits that don't count there
			result = psr & PSR_T ? result | 1u : result & ~3u;
		if (fuzz_target_safe(g, result))
			return true;
	}
	return false;
}

//----------------------------------------------------------------------------
// Direct branches, and what is named relative to the PC

static bool
encode_a32(uint32_t *insn, uint32_t offset)
{
	int32_t words = (int32_t)offset >> 2;

	if (words < -0x800000 || words >= 0x800000)
		return false;
	*insn = (*insn & 0xff000000u) | ((uint32_t)words & 0xffffffu);
	if (*insn >= 0xf0000000u)
		*insn = (*insn & ~(1u << 24)) | bit(offset, 1) << 24;
	return true;
}

// T32 branches keep the offset's bits 24 to 22 as S and, in disguise, J1 and J2 (A8.8.18 T4, A8.8.25).
static bool
encode_t32(const struct bt_row *row, uint32_t *insn, uint32_t offset)
{
	uint32_t s = offset >> 31, i1 = bit(offset, 23), i2 = bit(offset, 22);

	if (row->action == BT_B_COND) {
		*insn = fuzz_insn_with(row, *insn, 'j', bit(offset, 18));
		*insn = fuzz_insn_with(row, *insn, 'k', bit(offset, 19));
	} else {
		*insn = fuzz_insn_with(row, *insn, 'j', !(i1 ^ s));
		*insn = fuzz_insn_with(row, *insn, 'k', !(i2 ^ s));
	}
	*insn = fuzz_insn_with(row, *insn, 's', s);
	*insn = fuzz_insn_with(row, *insn, 'i', row->action == BT_BLX_IMM ? offset >> 2 : offset >> 1);
	return true;
}

bool
fuzz_target_encode(const struct bt_row *row, uint32_t *insn, uint32_t pc, uint32_t target)
{
	uint32_t base = pc + (row->isa == BT_A32 ? 8u : 4u), address = target & ~1u;

	if (row->isa != BT_A32 && row->action == BT_BLX_IMM)
		base &= ~3u;
	if (row->isa == BT_A32 && !encode_a32(insn, address - base))
		return false;
	if (row->isa == BT_T16)
		*insn = fuzz_insn_with(row, *insn, 'i', (address - base) >> 1);
	if (row->isa == BT_T32 && !encode_t32(row, insn, address - base))
		return false;
	return bt_target(row, *insn, pc) == address;
}

static bool
direct_branch(struct fuzz_gen *g)
{
	int thumb = g->row->action == BT_BLX_IMM ? !g->thumb : g->thumb;

	for (unsigned i = 0; i < 4u * TRIES; i++)
		if (fuzz_target_encode(g->row, &g->insn, fuzz_gen_pc(g), fuzz_target(g, thumb)))
			return true;
	return false;
}

// The bytes that a unit of a PC-relative load's offset stands for.
static uint32_t
literal_unit(const struct bt_row *row)
{
	switch (row->action) {
	case BT_LITERAL_VFP:
	case BT_LITERAL_VFP_DUAL:
		return 4;
	default:
		return row->isa == BT_T16 || (row->isa == BT_T32 && row->action == BT_LITERAL_DUAL) ? 4 : 1;
	}
}

bool
fuzz_target_sensitive(const struct fuzz_gen *g, uint32_t data)
{
	const struct bt_row *row = bt_decode_a32(data);

	if (!g->thumb && row && row->flags & BT_SENSITIVE)
		return true;
	for (unsigned i = 0; i < 2; i++, data >>= 16) { // data in A32 code may be taken for Thumb
		row = bt_decode_thumb(data & 0xffffu);
		if (bt_is_t32(data & 0xffffu) || (row && row->flags & BT_SENSITIVE))
			return true;
	}
	return false;
}

// Data of the slot: words 5 and 6, or 2 and 3 for an instruction in its second half. The word before it is a
// branch to itself, where a scan ends: it may take it that the exits, being calls, return.
static bool
literal(struct fuzz_gen *g)
{
	bool back = g->at >= 20u;
	unsigned word = back ? 2 : 5;
	uint32_t unit = literal_unit(g->row), base = (fuzz_gen_pc(g) + (g->thumb ? 4u : 8u)) & ~3u, address, delta,
		 value;
	bool word_sized = g->row->action == BT_LITERAL_PC || unit == 4 || g->row->action == BT_LITERAL_DUAL;

	address = fuzz_gen_slot_word(g, word) + (word_sized ? 0 : fuzz_rng_below(&g->rng, 4) & ~1u);
	g->data = 7u << (word - 1u);
	g->c->code[word - 1u] = g->thumb ? T16_B_SELF * 0x10001u : A32_B_SELF;
	for (unsigned i = 0; i < 2; i++)
		do {
			value = g->row->action == BT_LITERAL_PC ? fuzz_target(g, -1) : fuzz_rng_32(&g->rng);
			if (g->row->action == BT_LITERAL_PC && g->c->start.cpsr & PSR_E)
				value = __builtin_bswap32(value);
			g->c->code[word + i] = value;
		} while (fuzz_target_sensitive(g, value));
	delta = address - base;
	g->insn = fuzz_insn_with(g->row, g->insn, 'u', !(delta >> 31));
	g->insn = fuzz_insn_with(g->row, g->insn, 'i', (delta >> 31 ? -delta : delta) / unit);
	return bt_target(g->row, g->insn, fuzz_gen_pc(g)) == address;
}

bool
fuzz_target_direct(struct fuzz_gen *g)
{
	return g->row->flags & BT_BRANCH ? direct_branch(g) : literal(g);
}
