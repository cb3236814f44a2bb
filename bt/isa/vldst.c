// SPDX-License-Identifier: MIT
//
// See vldst.h. A32 and T32 have the same encodings but for bits [31:24]: the condition
// resp. 1110 in VFP's, 0xf4 resp. 0xf9 in Advanced SIMD's.
#include "bt/isa/vldst.h"

// A7.6. With neither P nor U nor W it would move core registers.
static bool
decode_vfp(uint32_t insn, struct bt_vldst *out)
{
	bool is_double = bit(insn, 8), single = bit(insn, 24) && !bit(insn, 21);
	uint32_t words = bits(insn, 7, 0), vd = bits(insn, 15, 12), d = bit(insn, 22);
	uint32_t count = single ? 1 : is_double ? words / 2u : words; // an odd number of words is FLDMX's

	*out = (struct bt_vldst){
	    .size = is_double ? 8 : 4,
	    .first = (uint8_t)(is_double ? d << 4 | vd : 0),
	    .lane = (uint8_t)(is_double ? 0 : vd << 1 | d),
	    .repeat = (uint8_t)(is_double ? count : 1),
	    .lanes = (uint8_t)(is_double ? 1 : count),
	    .interleave = 1,
	    .spacing = 1,
	    .align = 4,
	    .rn = (uint8_t)bits(insn, 19, 16),
	    .rm = BT_VLDST_NO_REG,
	    .imm = (uint16_t)(4u * words),
	    .load = bit(insn, 20),
	    .vfp = true,
	    .add = bit(insn, 23),
	    .index = bit(insn, 24),
	    .writeback = bit(insn, 21),
	};
	if (!single && (out->add == out->index || !count || (is_double && count > 16u)))
		return false;
	return (is_double ? out->first : out->lane) + count <= 32u;
}

// Whole registers, by type (bits [11:8]); most is the largest align field there is.
static bool
decode_structures(uint32_t insn, struct bt_vldst *out)
{
	static const struct {
		uint8_t interleave, spacing, repeat, most;
	} types[11] = {
	    {4, 1, 1, 3}, {4, 2, 1, 3}, {1, 1, 4, 3}, {2, 2, 2, 3}, {3, 1, 1, 1}, {3, 2, 1, 1},
	    {1, 1, 3, 1}, {1, 1, 1, 1}, {2, 1, 1, 2}, {2, 2, 1, 2}, {1, 1, 2, 2},
	};
	uint32_t type = bits(insn, 11, 8), align = bits(insn, 5, 4);

	if (type >= ARRAY_LEN(types) || align > types[type].most)
		return false;
	out->size = (uint8_t)(1u << bits(insn, 7, 6));
	out->lanes = (uint8_t)(8u / out->size);
	out->interleave = types[type].interleave;
	out->spacing = types[type].spacing;
	out->repeat = types[type].repeat;
	out->align = (uint8_t)(align ? 4u << align : 1u);
	out->imm = (uint16_t)(8u * out->interleave * out->repeat);
	return out->size < 8 || out->interleave == 1;
}

// One lane of one to four registers: index_align (bits [7:4]) has the lane on top, then in
// words and halfwords the spacing, then the alignment, which differs with the number (A8.8.321 and kin).
static bool
decode_lane(uint32_t insn, struct bt_vldst *out)
{
	unsigned log = bits(insn, 11, 10), n = bits(insn, 9, 8) + 1u, index = bits(insn, 7, 4);
	unsigned align = index & (log == 2 ? 3u : 1u), spaced = log ? bit(index, log) : 0;

	out->size = (uint8_t)(1u << log);
	out->lane = (uint8_t)(index >> (log + 1u));
	out->lanes = out->repeat = 1;
	out->interleave = (uint8_t)n;
	out->spacing = (uint8_t)(1u + spaced);
	out->imm = (uint16_t)(n * out->size);
	switch (n) {
	case 1:
		out->align = align ? out->size : 1;
		return !spaced && (log == 0 ? !align : log == 1 || align == 0 || align == 3);
	case 2:
		out->align = (uint8_t)(align ? 2u * out->size : 1u);
		return align < 2;
	case 3:
		return !align;
	default:
		out->align = (uint8_t)(!align ? 1u : log == 2 ? 4u << align : 4u * out->size);
		return align < 3;
	}
}

// One element each for all lanes of one to four registers.
static bool
decode_all_lanes(uint32_t insn, struct bt_vldst *out)
{
	unsigned log = bits(insn, 7, 6), n = bits(insn, 9, 8) + 1u;
	bool align = bit(insn, 4), t = bit(insn, 5), four_aligned = n == 4 && log == 3;

	out->all_lanes = true;
	out->size = (uint8_t)(four_aligned ? 4 : 1u << log);
	out->lanes = 1;
	out->interleave = (uint8_t)n;
	out->spacing = (uint8_t)(n > 1 && t ? 2 : 1);
	out->repeat = n == 1 && t ? 2 : 1;
	out->imm = (uint16_t)(n * out->size);
	if (align)
		out->align = (uint8_t)(four_aligned ? 16 : n == 4 && log == 2 ? 8 : n * out->size);
	if (log == 3)
		return out->load && four_aligned && align;
	return out->load && !(align && (n == 3 || (n == 1 && log == 0)));
}

// A7.7.
static bool
decode_elements(uint32_t insn, struct bt_vldst *out)
{
	unsigned rm = bits(insn, 3, 0);
	bool valid;

	*out = (struct bt_vldst){
	    .first = (uint8_t)(bit(insn, 22) << 4 | bits(insn, 15, 12)),
	    .align = 1,
	    .rn = (uint8_t)bits(insn, 19, 16),
	    .rm = (uint8_t)(rm == 13 || rm == 15 ? BT_VLDST_NO_REG : rm),
	    .load = bit(insn, 21),
	    .add = true,
	    .writeback = rm != 15,
	};
	if (!bit(insn, 23))
		valid = decode_structures(insn, out);
	else if (bits(insn, 11, 10) != 3)
		valid = decode_lane(insn, out);
	else
		valid = decode_all_lanes(insn, out);
	return valid && out->rn != 15 && out->first + out->repeat + out->spacing * (out->interleave - 1) <= 32;
}

bool
bt_vldst_decode(uint32_t insn, bool thumb, struct bt_vldst *out)
{
	if ((insn & 0xff100000u) == (thumb ? 0xf9000000u : 0xf4000000u))
		return decode_elements(insn, out);
	if ((insn & 0x0e000e00u) != 0x0c000a00u || (thumb ? insn >> 28 != 14 : insn >> 28 == 15))
		return false;
	return decode_vfp(insn, out);
}

void
bt_vldst_address(const struct bt_vldst *op, const uint32_t regs[16], uint32_t *addr, uint32_t *writeback_value)
{
	uint32_t base = regs[op->rn], offset = op->rm == BT_VLDST_NO_REG ? op->imm : regs[op->rm];

	*writeback_value = op->add ? base + offset : base - offset;
	*addr = op->index ? *writeback_value : base;
}
