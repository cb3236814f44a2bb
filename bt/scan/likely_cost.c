// SPDX-License-Identifier: MIT
//
// What things cost by themselves, and what is worth a look: see likely.h.
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "bt/scan/likely_internal.h"

#define HALVES BT_PAGE_HALVES
#define PIECE  16u // halfwords at a time

// Costs in quarters of a bit, besides what the tables have:
#define RARE      44 // for what is sensitive, at most, besides its operands: the tables have it too seldom
#define OPERAND   4  // a bit of those
#define CONDITION 32 // another condition than AL, for such
#define COPIED    40 // for a hypercall, besides that
#define UNDEF     80 // for what is undefined
#define REPEATED  10 // for the upper half of a word that is as in the word before, at most

#define PADDING_MAX 8u // instructions of it that are looked at

#define PUSH_A32_MASK 0xffffc000u // of the LR, and not the PC: STMDB SP!
#define PUSH_A32      0xe92d4000u
#define PUSH_T16_MASK 0xff00u
#define PUSH_T16      0xb500u
#define PUSH_T32      0xe92du
#define NOP_T16       0xbf00u
#define MOV_R8_R8     0x46c0u
#define NOP_A32       0xe320f000u
#define MOV_R0_R0     0xe1a00000u
#define UDF_T16_MASK  0xff00u // BUG()'s
#define UDF_T16       0xde00u
#define UDF_A32_MASK  0xfff000f0u
#define UDF_A32       0xe7f000f0u

#define COST_COST 150 // about how many instructions a halfword takes

// What looks sensitive is code of its own kind, if it may be like this at all.
static int32_t
at_most(int32_t cost, const struct bt_row *row, uint32_t insn, int32_t condition)
{
	if (!row || !(row->flags & BT_SENSITIVE) || row->lax || !bt_predictable(row, insn))
		return cost;
	return bt_likely_least(cost, RARE + OPERAND * (int32_t)count_ones(row->payload) + condition);
}

static bool
is_padding_a32(uint32_t insn)
{
	return insn == NOP_A32 || insn == MOV_R0_R0;
}

static bool
is_padding_thumb(uint32_t insn)
{
	return insn == NOP_T16 || insn == MOV_R8_R8;
}

static unsigned
leaves_a32(uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);

	if (row && row->flags & BT_ENDS && bt_always(insn))
		return BT_LIKELY_A32_END;
	return row && row->flags & BT_CALL ? BT_LIKELY_A32_CALL : 0;
}

static unsigned
leaves_thumb(uint32_t insn)
{
	const struct bt_row *row = bt_bucket_of_thumb(insn)->hints & BT_LEAVERS ? bt_decode_thumb(insn) : NULL;

	if (row && row->flags & BT_ENDS)
		return BT_LIKELY_THUMB_END;
	return row && row->flags & BT_CALL ? BT_LIKELY_THUMB_CALL : 0;
}

// NOPs are padding if what is before them is left easily: then so are they.
static unsigned
padding_a32(const struct bt_likely *l, unsigned w)
{
	for (unsigned n = 0; w && n < PADDING_MAX; n++)
		if (!is_padding_a32(l->page[--w]))
			return leaves_a32(l->page[w]);
	return w ? 0 : BT_LIKELY_A32_END;
}

static unsigned
padding_thumb(const struct bt_likely *l, unsigned i)
{
	for (unsigned n = 0; i && n < PADDING_MAX; n++) {
		uint32_t insn = bt_page_half(l->page, --i);

		if (i && bt_is_t32(bt_page_half(l->page, i - 1u))) // if that isn't the second half of another
			return leaves_thumb(bt_page_half(l->page, i - 1u) << 16 | insn);
		if (!is_padding_thumb(insn))
			return leaves_thumb(insn);
	}
	return i ? 0 : BT_LIKELY_THUMB_END;
}

// The word w, if it is A32. Most are plain and defined.
static int32_t
cost_a32(struct bt_likely *l, unsigned w, uint32_t insn, unsigned *is)
{
	const struct bt_likely_table *t = &bt_likely_table;
	uint32_t c = bits(insn, 27, 25);
	int32_t cost = t->a32_high[insn >> 20] + t->a32_mid[c][bits(insn, 19, 12)] + t->a32_low[c][bits(insn, 11, 4)] +
		       t->a32_last[c][bits(insn, 3, 0)];

	if (is_padding_a32(insn)) {
		*is |= padding_a32(l, w);
		return cost;
	}
	if (!(bt_kind_a32[insn >> 20] | bt_r15_a32[bits(insn, 19, 12)]))
		return cost;
	bt_map_set(l->looks.a32, w);
	if (bt_undefined_a32(insn) && (insn & UDF_A32_MASK) != UDF_A32)
		cost += UNDEF;
	*is |= leaves_a32(insn);
	*is |= (insn & PUSH_A32_MASK) == PUSH_A32 ? BT_LIKELY_A32_PUSH : 0;
	return at_most(cost, bt_decode_a32(insn), insn, bt_always(insn) ? 0 : CONDITION);
}

// A Thumb instruction with those hints that is no hypercall.
static int32_t
cost_odd_thumb(int32_t cost, uint32_t insn, unsigned hints)
{
	uint32_t imm;

	if (hints & BT_SPECIAL && bt_hyper_udf_imm(insn, &imm)) // the guest has copied it from patched code
		return bt_likely_least(cost, RARE + COPIED);
	if (bt_undefined_thumb(insn) && (insn & UDF_T16_MASK) != UDF_T16)
		return cost + UNDEF;
	return hints & BT_SPECIAL ? at_most(cost, bt_decode_thumb(insn), insn, 0) : cost;
}

static void
note_looks(struct bt_likely_looks *k, unsigned i, unsigned hints)
{
	if (hints & BT_SPECIAL)
		bt_map_set(k->special, i);
	if (hints & BT_NAMERS)
		bt_map_set(k->namers, i);
	if (hints & BT_LEADERS)
		bt_map_set(k->leaders, i);
}

// The Thumb instruction at halfword i, which begins with `first`; next is the halfword behind.
static int32_t
cost_thumb(struct bt_likely *l, unsigned i, uint32_t first, uint32_t next, unsigned *is)
{
	const struct bt_likely_table *t = &bt_likely_table;
	int32_t cost = t->thumb_high[first >> 6] + t->thumb_low[first >> 11][first & 63u];
	uint32_t insn = first, c = bits(first, 12, 9);
	unsigned hints;

	if (bt_is_t32(first)) {
		insn = first << 16 | next;
		cost += t->t32_high[c][next >> 8] + t->t32_low[c][next & 0xffu];
		*is |= BT_LIKELY_WIDE | (first == PUSH_T32 ? BT_LIKELY_THUMB_PUSH : 0);
		bt_map_set(l->looks.wide, i);
	} else if ((insn & PUSH_T16_MASK) == PUSH_T16) {
		*is |= BT_LIKELY_THUMB_PUSH;
	}
	hints = bt_bucket_of_thumb(insn)->hints;
	if (is_padding_thumb(insn))
		*is |= padding_thumb(l, i);
	else if (hints & BT_LEAVERS)
		*is |= leaves_thumb(insn);
	if (hints & (BT_SPECIAL | BT_NAMERS | BT_LEADERS))
		note_looks(&l->looks, i, hints);
	if (insn >= 0x10000u || hints & BT_SPECIAL || insn >> 12 == 0xbu)
		return cost_odd_thumb(cost, insn, hints);
	return cost;
}

// The halfword h, of which `before` is the halfword two before.
static int32_t
cost_data(uint32_t h, unsigned upper, uint32_t before, unsigned *is)
{
	const struct bt_likely_table *t = &bt_likely_table;
	int32_t cost = t->data_high[upper][h >> 8] + t->data_low[4u * upper + bt_likely_kind(h >> 8)][h & 0xffu];

	*is |= h ? 0 : BT_LIKELY_ZERO;
	return upper && before == h ? bt_likely_least(cost, REPEATED) : cost;
}

static void
cost_word(struct bt_likely *l, unsigned w)
{
	uint32_t word = l->page[w], before = w ? l->page[w - 1u] >> 16 : 0x10000u;
	uint32_t next = w + 1u < BT_PAGE_WORDS ? l->page[w + 1u] & 0xffffu : l->after;
	struct bt_likely_cost *k = &l->cost[2u * w];
	unsigned is = 0;

	k->a32 = bt_likely_capped(cost_a32(l, w, word, &is));
	k->thumb = bt_likely_capped(cost_thumb(l, 2u * w, word & 0xffffu, word >> 16, &is));
	k->data = bt_likely_capped(cost_data(word & 0xffffu, 0, 0, &is));
	k->is = (uint8_t)is;
	k++;
	is = 0;
	k->a32 = UINT8_MAX;
	k->thumb = bt_likely_capped(cost_thumb(l, 2u * w + 1u, word >> 16, next, &is));
	k->data = bt_likely_capped(cost_data(word >> 16, 1, before, &is));
	k->is = (uint8_t)is;
}

bool
bt_likely_cost_all(struct bt_likely *l, int *left)
{
	for (; l->at < HALVES; l->at += PIECE) {
		if (*left <= 0)
			return false;
		*left -= (int)PIECE * COST_COST;
		for (unsigned w = l->at / 2u; w < (l->at + PIECE) / 2u; w++)
			cost_word(l, w);
	}
	return true;
}
