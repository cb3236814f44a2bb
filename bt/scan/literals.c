// SPDX-License-Identifier: MIT
//
// What words name as literals: loads relative to the PC, doublewords through ADR, tables of jumps. First those of
// the page itself (scan.c), then its neighbours'.
#include "bt/isa/ldst.h"
#include "bt/scan/internal.h"

#define CMP_IMM      0xe3500000u // CMP<AL> Rn, #imm8, not rotated
#define CMP_MASK     0xffffff00u
#define CMP_DISTANCE 8u          // how far before its jump a table's bound may be checked
#define ADR_DISTANCE 8u          // how far after ADR its register is looked for
#define SAME_REGION  0xfff00000u // what the addresses in one jump table share

// About how many instructions things take.
#define COST_WORD 4  // to be seen not to name a literal
#define COST_LOOK 30 // at what a word with R15 names
#define COST_NAME 60
#define COST_LDST 60

// Of the n words from index: those that are in the page are literals.
static void
mark_literals(struct bt_scan_job *j, int32_t index, unsigned n)
{
	int32_t end = index + (int32_t)n;

	j->names |= (index < 0 ? BT_NAMES_BEFORE : 0) | (end > (int32_t)WORDS ? BT_NAMES_BEHIND : 0);
	if (index < (int32_t)WORDS && end > 0)
		bt_map_set_range(j->out.literal, index < 0 ? 0 : (unsigned)index,
				 end < (int32_t)WORDS ? (unsigned)end : WORDS);
}

// How many words from p[i] on look like addresses near the first. Of one run of such words only the end differs.
static unsigned
region_length(struct bt_scan_job *j, const uint32_t *p, unsigned i)
{
	unsigned end = i;

	if (p == j->region_page && i >= j->region_from && i < j->region_end)
		return j->region_end - i;
	while (end < WORDS && ((p[end] ^ p[i]) & SAME_REGION) == 0)
		end++;
	j->left -= (int)(end - i) * COST_WORD;
	j->region_page = p;
	j->region_from = i;
	j->region_end = end;
	return end - i;
}

// The length of the table that LDR PC, [PC, Rm, LSL #2] at p[i] jumps through: from the
// CMP Rm, #imm before it, else as long as the words look like addresses nearby.
static unsigned
table_length(struct bt_scan_job *j, const uint32_t *p, unsigned i)
{
	uint32_t cmp = CMP_IMM | bits(p[i], 3, 0) << 16;

	for (unsigned back = 1; back <= CMP_DISTANCE && back <= i; back++)
		if ((p[i - back] & CMP_MASK) == cmp)
			return bits(p[i - back], 7, 0) + 1u;
	return i + 2u < WORDS ? region_length(j, p, i + 2u) : 0;
}

// ADR Rd names code as often as data. It is data if one of the next words loads from Rd with
// a fixed offset, as compilers do for doublewords out of LDRD's reach.
static void
name_through_adr(struct bt_scan_job *j, const uint32_t *p, unsigned i, int32_t index)
{
	for (unsigned n = 1; n <= ADR_DISTANCE && i + n < WORDS; n++) {
		struct bt_ldst op;

		if (bits(p[i + n], 19, 16) != bits(p[i], 15, 12))
			continue;
		j->left -= COST_LDST;
		if (!bt_ldst_decode(p[i + n], &op))
			continue;
		if (!op.load || op.rm != BT_NO_REG || !op.add)
			return;
		if (op.kind == BT_LDST_MULTIPLE)
			mark_literals(j, index + op.index, op.count);
		else
			mark_literals(j, index + (op.index ? op.imm / 4 : 0), op.size == 8 ? 2 : 1);
		return;
	}
}

static void
name_by_row(struct bt_scan_job *j, const struct bt_row *row, const uint32_t *p, unsigned i, int32_t index)
{
	int32_t target;

	j->left -= COST_NAME;
	if (!bt_scan_in_code(p, i))
		return;
	if (row->action == BT_JUMP_TABLE) {
		mark_literals(j, index + 2, table_length(j, p, i));
		return;
	}
	target = (int32_t)bt_target(row, p[i], (uint32_t)index * 4u) >> 2;
	if (row->action == BT_ADR)
		name_through_adr(j, p, i, target);
	else
		mark_literals(j, target, row->action == BT_LITERAL_DUAL || row->action == BT_LITERAL_VFP_DUAL ? 2 : 1);
}

void
bt_scan_name_literal(struct bt_scan_job *j, const uint32_t *p, unsigned i, int32_t index)
{
	const struct bt_row *row;

	j->left -= COST_LOOK;
	if (bt_scan_name_by_ldr(j, p, i, index) || !(bt_scan_recall(j, p[i]) & IS_NAMER))
		return;
	row = bt_decode_a32(p[i]);
	if (row)
		name_by_row(j, row, p, i, index);
}

static bool
is_branch(uint32_t insn)
{
	return (insn & 0x0e000000u) == 0x0a000000u; // B, BL, BLX to Thumb
}

// Marks the literals that the words of p name; p begins base words after the page.
static bool
collect_literals(struct bt_scan_job *j, const uint32_t *p, int32_t base)
{
	uint32_t below = 0xefffffffu;

	__asm__("" : "+r"(below)); // so that one comparison, with a shifted operand, tells R15
	for (unsigned i = j->at; p && i < WORDS; i += 32u) {
		const uint32_t *q = p + i;

		j->at = i;
		if (j->left <= 0)
			return false;
		j->left -= 32 * COST_WORD;
#pragma GCC unroll 32
		for (unsigned n = 0; n < 32u; n++)
			if (q[n] << 12 > below && !is_branch(q[n]))
				bt_scan_name_literal(j, p, i + n, base + (int32_t)(i + n));
	}
	return true;
}

bool
bt_scan_collect_before(struct bt_scan_job *j)
{
	return collect_literals(j, j->prev, -(int32_t)WORDS);
}

bool
bt_scan_collect_behind(struct bt_scan_job *j)
{
	return collect_literals(j, j->next, WORDS);
}
