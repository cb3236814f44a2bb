// SPDX-License-Identifier: MIT
//
// Thumb loads and stores, into the same struct bt_ldst as the A32 ones: T16 by bits
// [15:12] (ARM ARM A6.2.4-A6.2.7), T32 by bits [31:25] of its two halfwords (A6.3.5-A6.3.10).
#include "bt/isa/ldst.h"

static const struct bt_ldst plain = {
    .size = 4,
    .rt2 = BT_NO_REG,
    .rd = BT_NO_REG,
    .rm = BT_NO_REG,
    .add = true,
    .index = true,
};

static bool
list(uint32_t registers, struct bt_ldst *out)
{
	out->kind = BT_LDST_MULTIPLE;
	out->rt = BT_NO_REG;
	out->reglist = (uint16_t)registers;
	out->count = (uint8_t)count_ones(registers);
	return registers != 0;
}

//----------------------------------------------------------------------------
// T16

// A6.2.4, opA 0101: all sizes with a register as the offset.
static bool
t16_register(uint32_t insn, struct bt_ldst *out)
{
	static const struct {
		uint8_t size;
		bool load, sign;
	} forms[8] = {
	    {4, 0, 0}, {2, 0, 0}, {1, 0, 0}, {1, 1, 1}, {4, 1, 0}, {2, 1, 0}, {1, 1, 0}, {2, 1, 1},
	};
	uint32_t op = bits(insn, 11, 9);

	out->size = forms[op].size;
	out->load = forms[op].load;
	out->sign = forms[op].sign;
	out->rm = (uint8_t)bits(insn, 8, 6);
	return true;
}

static bool
t16_immediate(uint32_t insn, unsigned size, struct bt_ldst *out)
{
	out->size = (uint8_t)size;
	out->load = bit(insn, 11);
	out->imm = (uint16_t)(bits(insn, 10, 6) * size);
	return true;
}

// From the SP or the literal pool: the register in bits [10:8], a word offset.
static bool
t16_based(uint32_t insn, unsigned rn, struct bt_ldst *out)
{
	out->rn = (uint8_t)rn;
	out->rt = (uint8_t)bits(insn, 10, 8);
	out->load = bit(insn, 11);
	out->imm = (uint16_t)(4u * bits(insn, 7, 0));
	return true;
}

// LDM, which writes back unless it loads the base, and STM (A8.8.57, A8.8.199).
static bool
t16_multiple(uint32_t insn, struct bt_ldst *out)
{
	out->rn = (uint8_t)bits(insn, 10, 8);
	out->load = bit(insn, 11);
	out->index = false;
	out->writeback = !(out->load && bit(insn, out->rn));
	return list(insn & 0xffu, out);
}

static bool
t16_stack(uint32_t insn, struct bt_ldst *out)
{
	out->rn = 13;
	out->load = out->add = bit(insn, 11);
	out->index = !out->load;
	out->writeback = true;
	return bits(insn, 10, 9) == 2u && list((insn & 0xffu) | bit(insn, 8) << (out->load ? 15 : 14), out);
}

static bool
decode_t16(uint32_t insn, struct bt_ldst *out)
{
	out->rn = (uint8_t)bits(insn, 5, 3);
	out->rt = (uint8_t)bits(insn, 2, 0);
	switch (bits(insn, 15, 12)) {
	case 4:
		return bit(insn, 11) && t16_based(insn, 15, out);
	case 5:
		return t16_register(insn, out);
	case 6:
		return t16_immediate(insn, 4, out);
	case 7:
		return t16_immediate(insn, 1, out);
	case 8:
		return t16_immediate(insn, 2, out);
	case 9:
		return t16_based(insn, 13, out);
	case 11:
		return t16_stack(insn, out);
	case 12:
		return t16_multiple(insn, out);
	default:
		return false;
	}
}

//----------------------------------------------------------------------------
// T32

// A6.3.5: LDM and STM, after or before; the other two are RFE and SRS.
static bool
t32_multiple(uint32_t insn, struct bt_ldst *out)
{
	out->add = bit(insn, 23);
	out->index = bit(insn, 24);
	out->writeback = bit(insn, 21);
	return out->add != out->index && list(insn & 0xffffu, out);
}

// A6.3.6 without P and W: LDREX, STREX, and in three more sizes by bits [7:4].
static bool
t32_exclusive(uint32_t insn, struct bt_ldst *out)
{
	static const uint8_t sizes[4] = {1, 2, 0, 8};

	out->kind = BT_LDST_EXCLUSIVE;
	if (!bit(insn, 23)) {
		out->imm = (uint16_t)(4u * bits(insn, 7, 0));
		if (!out->load)
			out->rd = (uint8_t)bits(insn, 11, 8);
		return true;
	}
	if (bits(insn, 7, 6) != 1u)
		return false; // TBB, TBH
	out->size = sizes[bits(insn, 5, 4)];
	if (out->size == 8)
		out->rt2 = (uint8_t)bits(insn, 11, 8);
	if (!out->load)
		out->rd = (uint8_t)bits(insn, 3, 0);
	return out->size != 0;
}

static bool
t32_dual(uint32_t insn, struct bt_ldst *out)
{
	if (!bit(insn, 24) && !bit(insn, 21))
		return t32_exclusive(insn, out);
	out->kind = BT_LDST_DUAL;
	out->size = 8;
	out->rt2 = (uint8_t)bits(insn, 11, 8);
	out->add = bit(insn, 23);
	out->index = bit(insn, 24);
	out->writeback = bit(insn, 21);
	out->imm = (uint16_t)(4u * bits(insn, 7, 0));
	return true;
}

// An eight-bit offset in any direction, or with neither write-back nor a sign LDRT's and its kin's.
static bool
t32_imm8(uint32_t insn, struct bt_ldst *out)
{
	out->imm = (uint16_t)bits(insn, 7, 0);
	out->index = bit(insn, 10);
	out->add = bit(insn, 9);
	out->writeback = bit(insn, 8);
	out->unprivileged = bits(insn, 10, 8) == 6u;
	return out->index || out->writeback;
}

// A6.3.7-A6.3.10. A byte or halfword loaded into the PC is a memory hint.
static bool
t32_single(uint32_t insn, struct bt_ldst *out)
{
	out->size = (uint8_t)(1u << bits(insn, 22, 21));
	out->sign = bit(insn, 24);
	if (out->size == 8 || (out->sign && (!out->load || out->size == 4)))
		return false;
	if (out->load ? out->rt == 15u && out->size != 4 : out->rn == 15u)
		return false;
	if (bit(insn, 23) || out->rn == 15u) {
		out->imm = (uint16_t)bits(insn, 11, 0);
		out->add = bit(insn, 23);
		return true;
	}
	if (bit(insn, 11))
		return t32_imm8(insn, out);
	out->rm = (uint8_t)bits(insn, 3, 0);
	out->amount = (uint8_t)bits(insn, 5, 4);
	return bits(insn, 10, 6) == 0;
}

static bool
decode_t32(uint32_t insn, struct bt_ldst *out)
{
	out->rn = (uint8_t)bits(insn, 19, 16);
	out->rt = (uint8_t)bits(insn, 15, 12);
	out->load = bit(insn, 20);
	switch (bits(insn, 31, 25)) {
	case 0x74:
		return bit(insn, 22) ? t32_dual(insn, out) : t32_multiple(insn, out);
	case 0x7c:
		return t32_single(insn, out);
	default:
		return false;
	}
}

bool
bt_ldst_decode_thumb(uint32_t insn, struct bt_ldst *out)
{
	*out = plain;
	return insn < 0x10000u ? decode_t16(insn, out) : decode_t32(insn, out);
}
