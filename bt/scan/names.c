// SPDX-License-Identifier: MIT
//
// See names.h. Offsets are in halfwords from the start of the page that is wanted, and signed.
#include "bt/scan/names.h"
#include "bt/isa/decode.h"
#include "bt/scan/halves.h"
#include "bt/isa/ldst.h"
#include "bt/scan/maps.h"
#include "bt/scan/scan.h"

#define WORDS        BT_PAGE_WORDS
#define HALVES       BT_PAGE_HALVES
#define ADR_DISTANCE 8u // instructions: how far behind ADR its register is looked for
#define CMP_DISTANCE 8u // how far before a jump through a table its bound
#define TABLE_MAX    255u
#define SAME_REGION  0xfff00000u // what the addresses in one table share

#define A32_CMP_MASK 0x0fffff00u // CMP Rn, #imm8, not rotated, whatever its condition
#define T16_CMP_MASK 0xff00u
#define T32_CMP_MASK 0xffffff00u
#define LR           14u

static void
mark(const struct bt_names *n, int32_t from, unsigned count)
{
	int32_t end = from + (int32_t)count;

	if (from < (int32_t)HALVES && end > 0)
		bt_map_set_range(n->named, from < 0 ? 0 : (unsigned)from,
				 end < (int32_t)HALVES ? (unsigned)end : HALVES);
}

// An address in n->page as an offset.
static int32_t
offset_of(const struct bt_names *n, uint32_t address)
{
	return ((int32_t)address >> 1) + n->base;
}

// The address that row names, as an offset; at is that of the instruction in its page.
static int32_t
target(const struct bt_names *n, const struct bt_row *row, uint32_t insn, unsigned at)
{
	return offset_of(n, bt_target(row, insn, 2u * at));
}

static unsigned
size_of(const struct bt_row *row)
{
	return row->action == BT_LITERAL_DUAL || row->action == BT_LITERAL_VFP_DUAL ? 4u : 2u;
}

// What a load through the register of an ADR takes, in halfwords from what that names: at least a word.
static unsigned
loaded(const struct bt_ldst *op)
{
	uint32_t bytes = op->kind == BT_LDST_MULTIPLE ? 4u * op->count : op->size;

	if (op->rm != BT_NO_REG)
		return 2u;
	return (bytes + (op->index && op->add ? op->imm : 0) + 3u) / 4u * 2u;
}

// ADR Rd at offset `to`: a load through Rd tells how much, else it is a word.
static void
name_through(const struct bt_names *n, unsigned rd, bool is_load, const struct bt_ldst *op, int32_t to, bool *done)
{
	if (!is_load || op->rn != rd)
		return;
	*done = true;
	if (op->load)
		mark(n, to, loaded(op));
}

static void
name_adr_a32(const struct bt_names *n, unsigned w, int32_t to)
{
	unsigned rd = bits(n->page[w], 15, 12);
	struct bt_ldst op;
	bool done = false;

	if (rd == LR) // a return address
		return;
	for (unsigned k = 1; k <= ADR_DISTANCE && w + k < WORDS && !done; k++)
		name_through(n, rd, bt_ldst_decode(n->page[w + k], &op), &op, to, &done);
	if (!done)
		mark(n, to, 2u);
}

static void
name_adr_thumb(const struct bt_names *n, unsigned i, uint32_t insn, uint32_t address)
{
	int32_t to = offset_of(n, address);
	unsigned rd = insn < 0x10000u ? bits(insn, 10, 8) : bits(insn, 11, 8);
	struct bt_ldst op;
	bool done = false;

	if (rd == LR || address & 1u) // a return address, or one to branch to in Thumb state
		return;
	i += bt_thumb_size(insn) / 2u;
	for (unsigned k = 0; k < ADR_DISTANCE && i < HALVES && !done; k++) {
		insn = bt_page_thumb(n->page, i, n->after);
		name_through(n, rd, bt_ldst_decode_thumb(insn, &op), &op, to, &done);
		i += bt_thumb_size(insn) / 2u;
	}
	if (!done)
		mark(n, to, 2u);
}

// As long as a CMP Rm, #imm says, or as the words look like addresses nearby.
unsigned
bt_names_table(const uint32_t *page, unsigned w)
{
	uint32_t cmp = 0x03500000u | bits(page[w], 3, 0) << 16;
	unsigned end = w + 2u;

	for (unsigned k = 1; k <= CMP_DISTANCE && k <= w; k++)
		if (((page[w - k] ^ cmp) & A32_CMP_MASK) == 0)
			return bits(page[w - k], 7, 0) + 1u;
	while (end < WORDS && end < w + TABLE_MAX && ((page[end] ^ page[w + 2u]) & SAME_REGION) == 0)
		end++;
	return end - w - 2u;
}

// The greatest index that a CMP before the TBB at halfword i lets through.
static unsigned
table_bound(const struct bt_names *n, unsigned i, unsigned rm)
{
	for (unsigned k = 1; k <= 2u * CMP_DISTANCE && k <= i; k++) {
		uint32_t first = bt_page_half(n->page, i - k);

		if (rm < 8u && (first & T16_CMP_MASK) == (0x2800u | rm << 8))
			return bits(first, 7, 0);
		if (first == (0xf1b0u | rm) && (bt_page_half(n->page, i - k + 1u) & 0xff00u) == 0x0f00u)
			return bits(bt_page_half(n->page, i - k + 1u), 7, 0);
	}
	return TABLE_MAX;
}

// TBB or TBH [PC, Rm] at halfword i: the table ends before the nearest of its targets, too.
static void
name_table_thumb(const struct bt_names *n, unsigned i, uint32_t insn)
{
	unsigned size = bit(insn, 4) ? 2u : 1u, from = i + 2u, nearest = HALVES, k;
	unsigned bound = table_bound(n, i, bits(insn, 3, 0));

	if (bits(insn, 19, 16) != 15u)
		return;
	for (k = 0; k <= bound && from + k * size / 2u < nearest; k++) {
		uint32_t entry = bt_page_half(n->page, from + k * size / 2u);

		if (size == 1u)
			entry = k % 2u ? entry >> 8 : entry & 0xffu;
		if (from + entry > from + k * size / 2u && from + entry < nearest)
			nearest = from + entry;
	}
	mark(n, n->base + (int32_t)from, (k * size + 1u) / 2u);
}

void
bt_names_a32(const struct bt_names *n, unsigned w)
{
	const struct bt_row *row = bt_decode_a32(n->page[w]);

	if (!row)
		return;
	if (row->action == BT_ADR)
		name_adr_a32(n, w, target(n, row, n->page[w], 2u * w));
	else if (row->action == BT_JUMP_TABLE)
		mark(n, n->base + 2 * (int32_t)(w + 2u), 2u * bt_names_table(n->page, w));
	else if (row->flags & BT_LITERAL && !(n->base && row->action == BT_LITERAL_PC)) // vectors, not in place yet
		mark(n, target(n, row, n->page[w], 2u * w), size_of(row));
}

void
bt_names_thumb(const struct bt_names *n, unsigned i)
{
	uint32_t insn = bt_page_thumb(n->page, i, n->after);
	const struct bt_row *row = bt_bucket_of_thumb(insn)->hints & BT_NAMERS ? bt_decode_thumb(insn) : NULL;

	if (!row)
		return;
	if (row->action == BT_ADR)
		name_adr_thumb(n, i, insn, bt_target(row, insn, 2u * i));
	else if (row->action == BT_TABLE_BRANCH)
		name_table_thumb(n, i, insn);
	else if (row->flags & BT_LITERAL && !(n->base && row->action == BT_LITERAL_PC))
		mark(n, target(n, row, insn, i), size_of(row));
}
