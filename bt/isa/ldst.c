// SPDX-License-Identifier: MIT
//
// The encodings of A32 loads and stores, each told by bits [27:25] and [7:4], all decoded
// into struct bt_ldst, and the address they form (ARM ARM A8.5).
#include "bt/isa/ldst.h"
#include "bt/isa/operand.h"

// U, P, W and L stand alike in all encodings but the synchronization primitives.
static void
decode_common(uint32_t insn, struct bt_ldst *out)
{
	*out = (struct bt_ldst){
	    .size = 4,
	    .rn = (uint8_t)bits(insn, 19, 16),
	    .rt = (uint8_t)bits(insn, 15, 12),
	    .rt2 = BT_NO_REG,
	    .rd = BT_NO_REG,
	    .rm = BT_NO_REG,
	    .load = bit(insn, 20),
	    .add = bit(insn, 23),
	    .index = bit(insn, 24),
	    .writeback = !bit(insn, 24) || bit(insn, 21),
	    .unprivileged = !bit(insn, 24) && bit(insn, 21),
	};
}

// A5.3: LDR, STR, LDRB, STRB and their T forms.
static bool
decode_word_byte(uint32_t insn, struct bt_ldst *out)
{
	if (bit(insn, 22))
		out->size = 1;
	if (!bit(insn, 25)) {
		out->imm = (uint16_t)bits(insn, 11, 0);
		return true;
	}
	out->rm = (uint8_t)bits(insn, 3, 0);
	out->shift = (uint8_t)bits(insn, 6, 5);
	out->amount = (uint8_t)bits(insn, 11, 7);
	return !bit(insn, 4); // else a media instruction
}

// A5.2.8, A5.2.9: halfwords, signed bytes, doublewords.
static bool
decode_extra(uint32_t insn, struct bt_ldst *out)
{
	uint32_t op2 = bits(insn, 6, 5);

	if (bit(insn, 22))
		out->imm = (uint16_t)(bits(insn, 11, 8) << 4 | bits(insn, 3, 0));
	else
		out->rm = (uint8_t)bits(insn, 3, 0);
	out->size = op2 == 2u ? 1 : 2;
	out->sign = op2 != 1u;
	if (out->load || op2 == 1u)
		return true;
	out->kind = BT_LDST_DUAL; // 10 LDRD, 11 STRD, both with L clear
	out->size = 8;
	out->sign = false;
	out->load = op2 == 2u;
	out->rt2 = out->rt | 1u;
	return !out->unprivileged && !(out->rt & 1u);
}

// A5.2.10: SWP, SWPB, LDREX and STREX in four sizes. No offset and no writeback.
static bool
decode_synchronization(uint32_t insn, struct bt_ldst *out)
{
	static const uint8_t sizes[4] = {4, 8, 1, 2};

	out->unprivileged = out->writeback = false;
	out->add = out->index = true;
	if (!bit(insn, 23)) {
		out->kind = BT_LDST_SWAP;
		out->load = true;
		out->size = bit(insn, 22) ? 1 : 4;
		out->rt2 = (uint8_t)bits(insn, 3, 0);
		return bits(insn, 21, 20) == 0;
	}
	out->kind = BT_LDST_EXCLUSIVE;
	out->size = sizes[bits(insn, 22, 21)];
	if (!out->load) {
		out->rd = out->rt;
		out->rt = (uint8_t)bits(insn, 3, 0);
	}
	if (out->size == 8)
		out->rt2 = out->rt | 1u;
	return out->size != 8 || (!(out->rt & 1u) && out->rt2 != 15u);
}

// A5.5: LDM and STM.
static bool
decode_multiple(uint32_t insn, struct bt_ldst *out)
{
	out->kind = BT_LDST_MULTIPLE;
	out->rt = BT_NO_REG;
	out->unprivileged = false;
	out->writeback = bit(insn, 21);
	out->user_bank = bit(insn, 22);
	out->reglist = (uint16_t)bits(insn, 15, 0);
	out->count = (uint8_t)count_ones(out->reglist);
	return out->reglist != 0;
}

bool
bt_ldst_decode(uint32_t insn, struct bt_ldst *out)
{
	if (insn >= 0xf0000000u)
		return false;
	decode_common(insn, out);
	switch (bits(insn, 27, 25)) {
	case 0:
		if ((insn & 0x90u) != 0x90u)
			return false;
		if (bits(insn, 6, 5))
			return decode_extra(insn, out);
		return bit(insn, 24) && decode_synchronization(insn, out);
	case 2:
	case 3:
		return decode_word_byte(insn, out);
	case 4:
		return decode_multiple(insn, out);
	default:
		return false;
	}
}

void
bt_ldst_address(const struct bt_ldst *op, const uint32_t regs[16], uint32_t carry, uint32_t *addr,
		uint32_t *writeback_value)
{
	uint32_t base = regs[op->rn], offset = op->imm;

	if (op->kind == BT_LDST_MULTIPLE) {
		*writeback_value = bt_block_behind(base, op->count, op->add);
		*addr = bt_block_lowest(base, op->count, op->add, op->index);
		return;
	}
	if (op->rm != BT_NO_REG)
		offset = bt_shift(regs[op->rm], op->shift, op->amount, carry);
	*writeback_value = op->add ? base + offset : base - offset;
	*addr = op->index ? *writeback_value : base;
}
