// SPDX-License-Identifier: MIT
//
// The rule of bt/scan.h in four passes: literals, flow, presumed runs, judgement.
// All work is over bitmaps of the page's 1024 words; each pass visits a word once,
// so the cost is bounded whatever the guest has put there.
#include <string.h>
#include "bt/decode.h"
#include "bt/flow.h"
#include "bt/hyper_imm.h"
#include "bt/ldst.h"
#include "bt/scan.h"
#include "monitor/arch.h"

#define PC_IN_RN     0x000f0000u
#define CMP_IMM      0xe3500000u // CMP<AL> Rn, #imm8, not rotated
#define CMP_MASK     0xffffff00u
#define CMP_DISTANCE 8u          // how far before its jump a table's bound may be checked
#define ADR_DISTANCE 8u          // how far after ADR its register is looked for
#define SMALL_NUMBER 0x00100000u // below: ANDEQ, MULEQ, or a number
#define NOP          0xe320f000u
#define MOV_R0_R0    0xe1a00000u
#define DATA_LIKE    BT_LITERAL  // in scan.flags, where literals are done with
#define SAME_REGION  0xfff00000u // what the addresses in one jump table share

struct scan {
	const uint32_t *page;
	struct bt_scan *out;
	uint32_t flow[BT_MAP_WORDS];       // reached from the entry
	uint32_t known[BT_MAP_WORDS];      // that, and literals
	uint32_t pending[BT_MAP_WORDS];    // to be followed
	uint32_t odd[BT_MAP_WORDS];        // matter to the flow, are sensitive or data-like
	uint32_t sensitive[BT_MAP_WORDS];  // of the words seen as code or presumed
	uint32_t interworks[BT_MAP_WORDS]; // BLX to Thumb, or BX to an odd constant
	uint8_t flags[BT_PAGE_WORDS];      // of the odd words: their row's, and DATA_LIKE
};

// Of the n words from index: those that are in the page are literals.
static void
mark_literals(struct bt_scan *out, int32_t index, unsigned n)
{
	for (; n; n--, index++)
		if (index >= 0 && index < (int32_t)BT_PAGE_WORDS)
			bt_map_set(out->literal, (unsigned)index);
}

// The length of the table that LDR PC, [PC, Rm, LSL #2] at p[i] jumps through: from the
// CMP Rm, #imm before it, else as long as the words look like addresses nearby.
static unsigned
table_length(const uint32_t *p, unsigned i)
{
	uint32_t cmp = CMP_IMM | bits(p[i], 3, 0) << 16;
	unsigned n = 0;

	for (unsigned back = 1; back <= CMP_DISTANCE && back <= i; back++)
		if ((p[i - back] & CMP_MASK) == cmp)
			return bits(p[i - back], 7, 0) + 1u;
	while (i + 2u + n < BT_PAGE_WORDS && ((p[i + 2u + n] ^ p[i + 2u]) & SAME_REGION) == 0)
		n++;
	return n;
}

// ADR Rd names code as often as data. It is data if one of the next words loads from Rd with
// a fixed offset, as compilers do for doublewords out of LDRD's reach.
static void
name_through_adr(struct bt_scan *out, const uint32_t *p, unsigned i, int32_t index)
{
	for (unsigned n = 1; n <= ADR_DISTANCE && i + n < BT_PAGE_WORDS; n++) {
		struct bt_ldst op;

		if (!bt_ldst_decode(p[i + n], &op) || op.rn != bits(p[i], 15, 12))
			continue;
		if (!op.load || op.rm != BT_NO_REG || !op.add)
			return;
		if (op.kind == BT_LDST_MULTIPLE)
			mark_literals(out, index + op.index, op.count);
		else
			mark_literals(out, index + (op.index ? op.imm / 4 : 0), op.size == 8 ? 2 : 1);
		return;
	}
}

static bool
is_branch(uint32_t insn)
{
	return (insn & 0x0e000000u) == 0x0a000000u; // B, BL, BLX to Thumb
}

// Text has conditional loads in it ("sp_usr" is LDRBVC Rd, [pc, #-115]), but hardly beside an
// unconditional word, as in code.
static bool
in_code(const uint32_t *p, unsigned i)
{
	return bt_always(p[i]) || (i && bt_always(p[i - 1u])) || (i + 1u < BT_PAGE_WORDS && bt_always(p[i + 1u]));
}

// Marks what p[i], index words from the page's start, names.
static void
name_literal(struct bt_scan *out, const uint32_t *p, unsigned i, int32_t index)
{
	const struct bt_row *row = bt_decode_a32(p[i]);
	int32_t target;

	if (!row || !in_code(p, i))
		return;
	if (row->action == BT_JUMP_TABLE)
		mark_literals(out, index + 2, table_length(p, i));
	if (!(row->flags & BT_LITERAL) && row->action != BT_ADR)
		return;
	target = (int32_t)bt_target(row, p[i], (uint32_t)index * 4u) >> 2;
	if (row->action == BT_ADR)
		name_through_adr(out, p, i, target);
	else
		mark_literals(out, target,
			      row->action == BT_LITERAL_DUAL || row->action == BT_LITERAL_VFP_DUAL ? 2 : 1);
}

// Marks the literals that the words of p name; p begins base words after the page.
static void
collect_literals(struct bt_scan *out, const uint32_t *p, int32_t base)
{
	if (!p)
		return;
#pragma GCC unroll 8
	for (unsigned i = 0; i < BT_PAGE_WORDS; i++)
		if ((~p[i] & PC_IN_RN) == 0 && !is_branch(p[i]))
			name_literal(out, p, i, base + (int32_t)i);
}

// Words that compiled code hardly has: undefined ones but BUG()'s UDF, and small numbers.
static bool
data_like(uint32_t insn)
{
	if (insn < SMALL_NUMBER)
		return true;
	return bt_undefined_a32(insn) && (insn & 0xfff000f0u) != 0xe7f000f0u;
}

// Names the literals of word i and returns its flags, if any; they make it odd.
static __attribute__((noinline)) uint8_t
examine(struct scan *s, unsigned i)
{
	uint32_t insn = s->page[i];
	const struct bt_row *row = bt_decode_a32(insn);
	unsigned flags = row ? row->flags & ~BT_LITERAL : 0;
	uint32_t target;

	if ((~insn & PC_IN_RN) == 0)
		name_literal(s->out, s->page, i, (int32_t)i);
	if (flags & BT_INDIRECT && bt_flow_constant(s->page, i, 0, &target) && target & 1u)
		bt_map_set(s->interworks, i);
	return (uint8_t)(data_like(insn) ? flags | DATA_LIKE : flags);
}

// examine(), where the table's index alone doesn't tell the result.
static inline uint8_t
glance(struct scan *s, unsigned i)
{
	uint32_t insn = s->page[i];
	uint8_t hints;

	if (is_branch(insn) && insn >= 0xf0000000u)
		bt_map_set(s->interworks, i);
	if (is_branch(insn))
		return BT_BRANCH | (insn >= 0xf0000000u || bit(insn, 24) ? BT_CALL : BT_ENDS);
	hints = bt_bucket_of_a32(insn)->hints;
	if (insn < SMALL_NUMBER || hints & (BT_ROWS | BT_HOLES) || (hints & BT_ROWS_R15 && bt_has_r15(insn)) ||
	    (hints & BT_HOLES_BIT4 && bit(insn, 4)))
		return examine(s, i);
	return 0;
}

static void
examine_page(struct scan *s)
{
	for (unsigned m = 0; m < BT_MAP_WORDS; m++) {
		uint32_t odd = 0;

		for (unsigned n = 0; n < 32u; n++) {
			uint8_t flags = glance(s, m * 32u + n);

			if (flags) {
				s->flags[m * 32u + n] = flags;
				odd |= 1u << n;
			}
		}
		s->odd[m] = odd;
	}
}

static void
add_target(struct scan *s, unsigned i)
{
	uint32_t insn = s->page[i];
	uint32_t target = i + 2u + (uint32_t)((int32_t)(insn << 8) >> 8);

	if (target < BT_PAGE_WORDS && insn < 0xf0000000u) // else off the page, or Thumb code
		bt_map_set(s->pending, target);
}

// Whether only padding is between the call at i and a literal: then what is called never returns.
static bool
never_returns(const struct scan *s, unsigned i)
{
	for (i++; i < BT_PAGE_WORDS && (s->page[i] == NOP || s->page[i] == MOV_R0_R0); i++)
		;
	return i < BT_PAGE_WORDS && bt_map_test(s->out->literal, i);
}

// Follows the flow from word i to its end, leaving branch targets pending. It is done where it
// meets what was followed before.
static void
follow(struct scan *s, unsigned i)
{
	for (;;) {
		unsigned odd = bt_map_next(s->odd, i, BT_PAGE_WORDS);

		bt_map_set_range(s->flow, i, odd);
		if (odd == BT_PAGE_WORDS || bt_map_test(s->flow, odd))
			return;
		bt_map_set(s->flow, odd);
		if (s->flags[odd] & BT_SENSITIVE)
			bt_map_set(s->sensitive, odd);
		if (s->flags[odd] & BT_BRANCH)
			add_target(s, odd);
		if (s->flags[odd] & BT_ENDS && bt_always(s->page[odd]))
			return;
		if (s->flags[odd] & BT_CALL && never_returns(s, odd))
			return;
		i = odd + 1u;
	}
}

// Each call of follow() marks at least the word it starts from, so there are at most 1024.
static void
follow_all(struct scan *s)
{
	bool again = true;

	while (again) {
		again = false;
		for (unsigned m = 0; m < BT_MAP_WORDS; m++)
			for (uint32_t todo; (todo = s->pending[m] & ~s->flow[m]); again = true)
				follow(s, m * 32u + (unsigned)__builtin_ctz(todo));
	}
}

// Takes the run of words from i, none of which is known yet; returns where to go on.
static unsigned
presume_run(struct scan *s, unsigned i)
{
	unsigned start = i, known = bt_map_next(s->known, i, BT_PAGE_WORDS);

	for (;; i++) {
		i = bt_map_next(s->odd, i, BT_PAGE_WORDS);
		if (i >= known) {
			// Code runs into code or off the page, but not into its literals.
			if (known == BT_PAGE_WORDS || bt_map_test(s->flow, known))
				bt_map_set_range(s->out->code, start, known);
			return known;
		}
		if (s->flags[i] & DATA_LIKE)
			return i + 1u;
		if (s->flags[i] & BT_SENSITIVE)
			bt_map_set(s->sensitive, i);
		if (!(s->flags[i] & (BT_BRANCH | BT_INDIRECT | BT_ENDS | BT_CALL)))
			continue;
		bt_map_set_range(s->out->code, start, i + 1u);
		start = i + 1u;
		if (s->flags[i] & BT_ENDS && bt_always(s->page[i]))
			return start;
	}
}

static void
presume(struct scan *s)
{
	for (unsigned m = 0; m < BT_MAP_WORDS; m++) {
		s->out->literal[m] &= ~s->flow[m];
		s->out->code[m] = s->flow[m];
		s->known[m] = s->flow[m] | s->out->literal[m];
	}
	for (unsigned i = 0; i < BT_PAGE_WORDS;) {
		uint32_t known = s->known[i / 32u] >> (i % 32u);

		if (known & 1u)
			i += ~known ? (unsigned)__builtin_ctz(~known) : 32u;
		else
			i = presume_run(s, i);
	}
}

// Most code is unconditional, most data isn't. How many of the n words before and after i
// speak for code: unconditional and defined, or the page's edges and literals.
static unsigned
votes(const struct scan *s, unsigned i, unsigned step, unsigned n)
{
	unsigned good = 0;

	for (; n; n--) {
		i += step;
		good += i >= BT_PAGE_WORDS || bt_map_test(s->out->literal, i) ||
			(bt_always(s->page[i]) && !data_like(s->page[i]));
	}
	return good;
}

// Pointers look like conditional data-processing and halfword loads (bits [27:25] = 000): there, as
// for loads, the words right beside count. Elsewhere a wider view will do.
static bool
surroundings_plausible(const struct scan *s, unsigned i)
{
	uint32_t space = bits(s->page[i], 27, 25);

	if (bt_always(s->page[i]) || space == 1u || space == 7u)
		return votes(s, i, -1u, 5) + votes(s, i, 1, 5) >= 2;
	return votes(s, i, -1u, 2) && votes(s, i, 1, 2);
}

static bool
neighbour_undefined(const struct scan *s, unsigned i)
{
	return i < BT_PAGE_WORDS && !bt_map_test(s->out->literal, i) && data_like(s->page[i]);
}

static bool
must_patch(const struct scan *s, unsigned i)
{
	uint32_t insn = s->page[i];
	const struct bt_row *row = bt_decode_a32(insn);
	bool self_contained = row->imm != BT_IMM_FRAME;

	if (bt_map_test(s->flow, i))
		return true;
	if (row->lax || row->action == BT_SVC || !(bt_always(insn) || self_contained))
		return false;
	if (!surroundings_plausible(s, i))
		return false;
	if (bt_map_test(s->out->code, i))
		return true;
	return bt_always(insn) && self_contained && !neighbour_undefined(s, i - 1u) && !neighbour_undefined(s, i + 1u);
}

static void
judge(struct scan *s)
{
	for (unsigned m = 0; m < BT_MAP_WORDS; m++)
		for (uint32_t left = s->sensitive[m]; left; left &= left - 1u) {
			unsigned i = m * 32u + (unsigned)__builtin_ctz(left);

			if (must_patch(s, i)) {
				bt_map_set(s->out->patch, i);
				s->out->n_patch++;
			} else {
				bt_map_set(s->out->doubtful, i);
				s->out->n_doubtful++;
			}
		}
}

// Whether code that the flow reaches goes to Thumb state.
static bool
turns_thumb(const struct scan *s)
{
	uint32_t any = 0;

	for (unsigned m = 0; m < BT_MAP_WORDS; m++)
		any |= s->interworks[m] & s->flow[m];
	return any != 0;
}

void
bt_scan_a32(struct bt_scan *out, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
	    const uint32_t *entries, const uint32_t *literal)
{
	struct scan s;

	memset(&s, 0, offsetof(struct scan, flags));
	memset(out, 0, sizeof(*out));
	memcpy(out->literal, literal, sizeof(out->literal));
	memcpy(s.pending, entries, sizeof(s.pending));
	s.page = page;
	s.out = out;
	collect_literals(out, prev, -(int32_t)BT_PAGE_WORDS);
	collect_literals(out, next, BT_PAGE_WORDS);
	examine_page(&s);
	follow_all(&s);
	presume(&s);
	judge(&s);
	out->thumb = turns_thumb(&s);
}

void
bt_scan_page(struct bt_scan *out, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
	     uint32_t entry_offset)
{
	uint32_t entries[BT_MAP_WORDS] = {0}, literal[BT_MAP_WORDS] = {0};

	BUG_ON(entry_offset / 4u >= BT_PAGE_WORDS);
	bt_map_set(entries, entry_offset / 4u);
	bt_scan_a32(out, page, prev, next, entries, literal);
}
