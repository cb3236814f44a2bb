// SPDX-License-Identifier: MIT
//
// Looks T16 and T32 instructions up, and computes what they name.
//
// The index has a bucket for each value of a T32's first halfword [12:4], whose top
// bits are 111 always, and one for each upper byte of a T16. Most buckets are empty.
// PC-relative operands count from the instruction + 4; literals, ADR and BLX from
// that rounded down to a word (ARM ARM A2.3, A4.3, A6.1.1).
#include "bt/isa/decode_internal.h"
#include "bt/isa/hyper_imm.h"
#include "monitor/base/arch.h"

#define INDEX_MAX 4096u

static uint8_t index_thumb[INDEX_MAX];
static unsigned used;
struct bt_bucket bt_bucket_thumb[BT_T16_BUCKETS + 256u];

// Adds the rows that can match words with these bits under mask.
static void
fill_bucket(struct bt_bucket *bucket, enum bt_isa isa, uint32_t word, uint32_t mask)
{
	unsigned n;
	const struct bt_row *rows = bt_rows(isa, &n);

	*bucket = (struct bt_bucket){.first = (uint16_t)used};
	for (unsigned i = 0; i < n; i++) {
		if ((word ^ rows[i].value) & rows[i].mask & mask)
			continue;
		BUG_ON(used == INDEX_MAX);
		index_thumb[used++] = (uint8_t)i;
		bucket->n++;
		bucket->hints |= rows[i].flags & BT_SENSITIVE ? BT_SPECIAL : 0;
		bucket->hints |= rows[i].flags & BT_LITERAL || rows[i].action == BT_ADR ? BT_NAMERS : 0;
		bucket->hints |= rows[i].action == BT_TABLE_BRANCH ? BT_NAMERS : 0;
		bucket->hints |= rows[i].flags & (BT_ENDS | BT_CALL) ? BT_LEAVERS : 0;
		bucket->hints |= rows[i].flags & (BT_BRANCH | BT_INDIRECT) ? BT_LEADERS : 0;
	}
	if (isa == BT_T32 ? !((word ^ BT_T32_HYPER) & BT_T32_HYPER_MASK & mask)
			  : word - BT_T16_HYPER <= BT_T16_LAST - BT_T16_HYPER)
		bucket->hints |= BT_SPECIAL;
}

void
bt_thumb_index(void)
{
	used = 0;
	for (uint32_t b = 0; b < BT_T16_BUCKETS; b++)
		fill_bucket(&bt_bucket_thumb[b], BT_T32, 0xe0000000u | b << 20, 0xfff00000u);
	for (uint32_t b = 0; b < 256u; b++)
		fill_bucket(&bt_bucket_thumb[BT_T16_BUCKETS + b], BT_T16, b << 8, 0xff00u);
}

const struct bt_row *
bt_lookup_thumb(uint32_t insn, const struct bt_bucket *bucket)
{
	const uint8_t *p = &index_thumb[bucket->first];
	unsigned count;
	const struct bt_row *rows = bt_rows(insn < 0x10000u ? BT_T16 : BT_T32, &count);

	for (unsigned n = bucket->n; n; n--, p++)
		if ((insn & rows[*p].mask) == rows[*p].value)
			return &rows[*p];
	return NULL;
}

static uint32_t
sign_extend(uint32_t value, unsigned width)
{
	return (uint32_t)((int32_t)(value << (32u - width)) >> (32u - width));
}

static uint32_t
target_t16(const struct bt_row *row, uint32_t insn, uint32_t pc)
{
	switch (row->action) {
	case BT_B:
		return pc + sign_extend(bits(insn, 10, 0) << 1, 12);
	case BT_B_COND:
		return pc + sign_extend(bits(insn, 7, 0) << 1, 9);
	case BT_CBZ:
		return pc + (bt_field(row, insn, 'i') << 1);
	default:
		return (pc & ~3u) + (bits(insn, 7, 0) << 2);
	}
}

// ARM ARM A8.8.18 encoding T4, A8.8.25: the two J bits are folded with the sign.
static uint32_t
long_offset(uint32_t insn)
{
	uint32_t s = bit(insn, 26), i1 = bit(insn, 13) ^ s ^ 1u, i2 = bit(insn, 11) ^ s ^ 1u;

	return sign_extend(s << 24 | i1 << 23 | i2 << 22 | bits(insn, 25, 16) << 12 | bits(insn, 10, 0) << 1, 25);
}

static uint32_t
target_t32(const struct bt_row *row, uint32_t insn, uint32_t pc)
{
	uint32_t offset;

	switch (row->action) {
	case BT_B:
	case BT_BL:
		return pc + long_offset(insn);
	case BT_BLX_IMM:
		return (pc & ~3u) + long_offset(insn);
	case BT_B_COND:
		return pc + sign_extend(bit(insn, 26) << 20 | bit(insn, 11) << 19 | bit(insn, 13) << 18 |
					    bits(insn, 21, 16) << 12 | bits(insn, 10, 0) << 1,
					21);
	case BT_ADR:
		offset = bt_field(row, insn, 'i');
		return (pc & ~3u) + (bit(insn, 23) ? -offset : offset);
	case BT_LITERAL_DUAL:
	case BT_LITERAL_VFP:
	case BT_LITERAL_VFP_DUAL:
		offset = bits(insn, 7, 0) << 2;
		break;
	default:
		offset = bits(insn, 11, 0);
	}
	return (pc & ~3u) + (bit(insn, 23) ? offset : -offset);
}

uint32_t
bt_thumb_target(const struct bt_row *row, uint32_t insn, uint32_t pc)
{
	return row->isa == BT_T16 ? target_t16(row, insn, pc + 4u) : target_t32(row, insn, pc + 4u);
}
