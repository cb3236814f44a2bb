// SPDX-License-Identifier: MIT
//
// See flow.h. Each instruction is visited once in each state, so the cost is bounded by
// the page's size; pending targets are in bitmaps.
#include "bt/scan/flow.h"
#include "bt/isa/decode.h"
#include "bt/scan/maps.h"
#include "bt/scan/names.h"
#include "monitor/base/string.h"

#define WORDS             BT_PAGE_WORDS
#define HALVES            BT_PAGE_HALVES
#define COND_AL           0xeu
#define NOP_T16           0xbf00u
#define CONSTANT_DISTANCE 8u   // words: how far before BX its register is set
#define CMP_DISTANCE      8u   // halfwords: how far before TBB its index may be compared
#define TABLE_MAX         255u // the greatest index of a table without a comparison, as of any other

#define A32_MOV_MASK 0xfff00000u
#define A32_MOVW     0xe3000000u
#define A32_MOVT     0xe3400000u
#define ORR_ONE_MASK 0xfff00fffu
#define ORR_ONE      0xe3800001u // ORR Rd, Rn, #1
#define ADD_ONE      0xe2800001u
#define ALU_PC_MASK  0xffffff00u
#define ADD_PC_PC    0xe28ff000u // ADD PC, PC, #imm8, not rotated
#define SUB_PC_PC    0xe24ff000u
#define BX_PC_MASK   0xfff8u
#define BX_PC        0x4778u
#define CMP_T16_MASK 0xf800u
#define CMP_T16      0x2800u // CMP Rn, #imm8
#define CMP_T32_MASK 0xfff0ff00u
#define CMP_T32      0xf1b00f00u // CMP.W Rn, #imm8, not rotated
#define TBH          0x10u

// About how many instructions it takes to look at one.
#define COST_FOLLOW  200
#define COST_ENTRY   40
#define COST_PENDING 60

void
bt_flow_init(struct bt_flow *f, const uint32_t *page, uint32_t va, uint32_t after)
{
	memset(f, 0, sizeof(*f));
	f->page = page;
	f->va = va;
	f->after = after;
}

uint32_t
bt_flow_thumb(const struct bt_flow *f, unsigned i)
{
	return bt_page_thumb(f->page, i, f->after);
}

// Of n halfwords from index those that are in the page are data.
static void
mark_literal(struct bt_flow *f, int32_t index, unsigned n)
{
	for (; n; n--, index++)
		if (index >= 0 && index < (int32_t)HALVES)
			bt_map_set(f->literal, (unsigned)index);
}

static unsigned
literal_halves(const struct bt_row *row)
{
	return row->action == BT_LITERAL_DUAL || row->action == BT_LITERAL_VFP_DUAL ? 4u : 2u;
}

// Indexes from the page's start, of pages before it too, are signed: as addresses they wrap.
static int32_t
target_half(const struct bt_row *row, uint32_t insn, int32_t at)
{
	return (int32_t)(bt_target(row, insn, (uint32_t)at * 2u)) >> 1;
}

// Exception vectors load the PC from a page behind that isn't there until they are in place.
static void
name(struct bt_flow *f, int32_t at, uint32_t insn)
{
	const struct bt_row *row = bt_bucket_of_thumb(insn)->hints & BT_NAMERS ? bt_decode_thumb(insn) : NULL;

	if (row && row->flags & BT_LITERAL && !(at < 0 && row->action == BT_LITERAL_PC))
		mark_literal(f, target_half(row, insn, at), literal_halves(row));
}

// What an instruction does to a constant in rm, looked at from its use backwards.
struct constant {
	unsigned rm;
	uint32_t low;     // bits that are set later
	uint32_t high;    // MOVT's
	bool known, lost; // lost: something else has written rm
};

// Whether an instruction that has a register in bits 15:12 writes it: loads, data-processing but compares, and media.
static bool
writes_rd(uint32_t insn)
{
	switch (bits(insn, 27, 25)) {
	case 0:
		if (bit(insn, 7) && bit(insn, 4)) // extra loads and stores, multiplications
			return bit(insn, 20) && bits(insn, 6, 5);
		return bits(insn, 24, 23) != 2u;
	case 1:
		return bits(insn, 24, 23) != 2u;
	case 2:
		return bit(insn, 20);
	case 3:
		return bit(insn, 20) || bit(insn, 4);
	default:
		return false;
	}
}

static void
look_back(struct constant *k, const uint32_t *p, unsigned i, uint32_t va)
{
	uint32_t insn = p[i], imm16 = bits(insn, 19, 16) << 12 | bits(insn, 11, 0), at;
	const struct bt_row *row;

	if (bits(insn, 15, 12) != k->rm)
		return;
	row = bt_decode_a32(insn);
	if ((insn & A32_MOV_MASK) == A32_MOVT) {
		k->high = imm16 << 16;
	} else if ((insn & A32_MOV_MASK) == A32_MOVW) {
		k->low |= k->high | imm16;
		k->known = true;
	} else if ((insn & ORR_ONE_MASK) == ORR_ONE || (insn & ORR_ONE_MASK) == ADD_ONE) {
		k->low |= 1u;
	} else if (row && row->action == BT_ADR) {
		k->low |= bt_target(row, insn, va + 4u * i);
		k->known = true;
	} else if (row && row->action == BT_LITERAL_12) {
		at = bt_target(row, insn, 4u * i);
		k->low |= at < 4u * WORDS ? p[at / 4u] : 0;
		k->known = at < 4u * WORDS;
	} else if (writes_rd(insn)) {
		k->lost = true;
	}
}

bool
bt_flow_constant(const uint32_t *p, unsigned i, uint32_t va, uint32_t *target)
{
	const struct bt_row *row = bt_decode_a32(p[i]);
	struct constant k = {.rm = bits(p[i], 3, 0)};
	uint32_t at;

	if (!row)
		return false;
	if (row->action == BT_LITERAL_PC) {
		at = bt_target(row, p[i], 4u * i);
		*target = at < 4u * WORDS ? p[at / 4u] : 0;
		return at < 4u * WORDS;
	}
	if ((p[i] & ALU_PC_MASK) == ADD_PC_PC || (p[i] & ALU_PC_MASK) == SUB_PC_PC) {
		*target = va + 4u * i + 8u + (p[i] & 0xffu) * ((p[i] & ALU_PC_MASK) == ADD_PC_PC ? 1u : -1u);
		return true;
	}
	if (row->action == BT_PC_WRITE && bits(p[i], 27, 25) == 1u) // data-processing with an immediate
		k.rm = bits(p[i], 19, 16);
	else if (row->action == BT_PC_WRITE ? bits(p[i], 27, 25) != 0
					    : row->action != BT_BX && row->action != BT_BLX_REG)
		return false;
	for (unsigned n = 1; n <= CONSTANT_DISTANCE && n <= i && !k.known && !k.lost; n++)
		look_back(&k, p, i - n, va);
	*target = k.low;
	return k.known;
}

static void
pend_thumb(struct bt_flow *f, int32_t i)
{
	if (i >= 0 && i < (int32_t)HALVES)
		bt_map_set(f->pending_thumb, (unsigned)i);
}

static void
pend_a32(struct bt_flow *f, int32_t w)
{
	if (w >= 0 && w < (int32_t)WORDS)
		bt_map_set(f->pending_a32, (unsigned)w);
}

// An address that a branch has from a constant: bit 0 tells the state. Off the page, nothing.
static void
pend_address(struct bt_flow *f, uint32_t address)
{
	uint32_t offset = (address & ~1u) - f->va;

	if (offset >= PAGE_SIZE)
		return;
	if (address & 1u)
		pend_thumb(f, (int32_t)(offset / 2u));
	else
		pend_a32(f, (int32_t)(offset / 4u));
}

// The greatest index that a CMP before the TBB at halfword i lets through.
static unsigned
table_bound(const struct bt_flow *f, unsigned i, unsigned rm)
{
	for (unsigned n = 1; n <= CMP_DISTANCE && n <= i; n++) {
		uint32_t insn = bt_flow_thumb(f, i - n);

		if ((insn & ~0xfu) >> 16 && (insn & CMP_T32_MASK) == CMP_T32 && bits(insn, 19, 16) == rm)
			return bits(insn, 7, 0);
		if (insn < 0x10000u && (insn & CMP_T16_MASK) == CMP_T16 && bits(insn, 10, 8) == rm)
			return bits(insn, 7, 0);
	}
	return TABLE_MAX;
}

// TBB or TBH [PC, Rm] at halfword i: its table, which ends before its nearest target, and
// where it leads.
static void
follow_table(struct bt_flow *f, unsigned i, uint32_t insn)
{
	unsigned size = insn & TBH ? 2u : 1u, base = i + 2u, nearest = HALVES;
	unsigned bound = table_bound(f, i, bits(insn, 3, 0));

	if (bits(insn, 19, 16) != 15u)
		return;
	for (unsigned k = 0; k <= bound; k++) {
		unsigned at = base + k * size / 2u, entry;

		if (at >= nearest)
			return;
		entry = bt_page_half(f->page, at);
		if (size == 1u)
			entry = k % 2u ? entry >> 8 : entry & 0xffu;
		if (base + entry > at && base + entry < nearest)
			nearest = base + entry;
		bt_map_set(f->literal, at);
		pend_thumb(f, (int32_t)(base + entry));
		f->left -= COST_ENTRY;
	}
}

// Whether only padding is between halfword i and a literal: then the call before it never returns.
static bool
literal_ahead(const struct bt_flow *f, unsigned i)
{
	while (i < HALVES && !bt_map_test(f->literal, i) &&
	       (bt_page_half(f->page, i) == NOP_T16 || !bt_page_half(f->page, i)))
		i++;
	return i < HALVES && bt_map_test(f->literal, i);
}

// BX PC at halfword i, which goes to A32 behind the next halfword (A8.8.27: the PC is aligned, or UNPREDICTABLE).
static bool
is_bx_pc(uint32_t insn, unsigned i)
{
	return i % 2u == 0 && insn < 0x10000u && (insn & BX_PC_MASK) == BX_PC;
}

static void
branch_thumb(struct bt_flow *f, const struct bt_row *row, uint32_t insn, unsigned i)
{
	int32_t target = target_half(row, insn, (int32_t)i);

	if (row->action == BT_BLX_IMM)
		pend_a32(f, target >> 1);
	else
		pend_thumb(f, target);
}

// The piece ends before instruction `at`, with slots instructions of an IT block still to come.
static bool
leave_off(struct bt_flow *f, unsigned at, unsigned slots)
{
	if (f->left > 0)
		return false;
	f->following = true;
	f->at = at;
	f->slots = slots;
	return true;
}

// In an IT block, what was reached before without a condition may have ended the flow then, and doesn't now.
static void
follow_thumb(struct bt_flow *f, unsigned i, unsigned slots)
{
	while (i < HALVES && (slots || !bt_map_test(f->thumb, i)) && !leave_off(f, i, slots)) {
		bool again = bt_map_test(f->thumb, i);
		uint32_t insn = bt_flow_thumb(f, i);
		unsigned n = bt_thumb_size(insn) / 2u;
		const struct bt_row *row = bt_decode_thumb(insn);
		uint32_t flags = row ? row->flags : 0;
		bool always = !slots;

		if (!row && bt_undefined_thumb(insn))
			return;
		f->left -= COST_FOLLOW;
		bt_map_set(f->thumb, i);
		bt_map_set_range(f->covered, i, i + n < HALVES ? i + n : HALVES);
		slots -= slots != 0;
		if (flags & BT_BRANCH)
			branch_thumb(f, row, insn, i);
		if (flags & BT_LITERAL)
			name(f, (int32_t)i, insn);
		if (is_bx_pc(insn, i))
			pend_a32(f, (int32_t)(i / 2u + 1u));
		if (row && row->action == BT_TABLE_BRANCH && !f->sure)
			follow_table(f, i, insn);
		if (row && row->action == BT_IT && !again)
			slots = bt_it_slots(insn);
		if (flags & BT_ENDS && always)
			return;
		i += n;
		if (flags & BT_CALL && always && (f->sure || f->calls_end || literal_ahead(f, i)))
			return;
	}
}

static void
branch_a32(struct bt_flow *f, const struct bt_row *row, uint32_t insn, unsigned w)
{
	int32_t target = (int32_t)bt_target(row, insn, w * 4u);

	if (row->action == BT_BLX_IMM)
		pend_thumb(f, target >> 1);
	else
		pend_a32(f, target >> 2);
}

// What comes back from a call has no flags to depend on: else there is something else behind it.
static bool
always_ahead(const struct bt_flow *f, unsigned w)
{
	const struct bt_row *row;

	if (w >= WORDS || f->page[w] >> 28 == COND_AL)
		return true;
	row = bt_decode_a32(f->page[w]);
	return bt_always(f->page[w]) && !bt_undefined_a32(f->page[w]) && !(row && row->lax);
}

// The n addresses of code from word w on that a jump table has.
static void
follow_words(struct bt_flow *f, unsigned w, unsigned n)
{
	for (; n && w < WORDS; n--, w++) {
		mark_literal(f, 2 * (int32_t)w, 2u);
		pend_address(f, f->page[w]);
		f->left -= COST_ENTRY;
	}
}

static void
follow_a32(struct bt_flow *f, unsigned w)
{
	for (; w < WORDS && !bt_map_test(f->a32, w) && !leave_off(f, w, 0); w++) {
		uint32_t insn = f->page[w];
		const struct bt_row *row = bt_decode_a32(insn);
		uint32_t flags = row ? row->flags : 0, target;

		f->left -= COST_FOLLOW;
		bt_map_set(f->a32, w);
		if (flags & BT_BRANCH)
			branch_a32(f, row, insn, w);
		if (flags & BT_INDIRECT && !f->sure && bt_flow_constant(f->page, w, f->va, &target))
			pend_address(f, target);
		if (row && row->action == BT_JUMP_TABLE && !f->sure)
			follow_words(f, w + 2u, bt_names_table(f->page, w));
		if (flags & BT_LITERAL)
			mark_literal(f, (int32_t)bt_target(row, insn, w * 4u) >> 1, literal_halves(row));
		if (flags & BT_ENDS && bt_always(insn))
			return;
		if (flags & BT_CALL && (literal_ahead(f, 2u * w + 2u) || !always_ahead(f, w + 1u) ||
					((f->sure || f->calls_end) && bt_always(insn))))
			return;
	}
}

// Takes the next of what is pending: A32 words, then Thumb, and again until there is none. Each time at least
// the instruction it begins at is marked, if that is one, or forgotten. False when there is none.
static bool
next_pending(struct bt_flow *f)
{
	uint32_t *map = f->in_thumb ? f->pending_thumb : f->pending_a32;
	unsigned end = f->in_thumb ? HALVES : WORDS;

	f->left -= COST_PENDING;
	f->cursor = bt_map_next(map, f->cursor, end);
	if (f->cursor < end) {
		bt_map_clear(map, f->cursor);
		f->any = f->following = true;
		f->at = f->cursor;
		f->slots = 0;
		return true;
	}
	f->cursor = 0;
	f->in_thumb = !f->in_thumb;
	if (f->in_thumb)
		return true;
	end = f->any;
	f->any = false;
	return end;
}

bool
bt_flow_step(struct bt_flow *f)
{
	do {
		if (f->left <= 0)
			return false;
		if (!f->following)
			continue;
		f->following = false;
		if (f->in_thumb)
			follow_thumb(f, f->at, f->slots);
		else
			follow_a32(f, f->at);
	} while (f->following || next_pending(f));
	return true;
}

void
bt_flow_pend(struct bt_flow *f, uint32_t offset, bool thumb)
{
	if (thumb)
		pend_thumb(f, (int32_t)(offset / 2u));
	else
		pend_a32(f, (int32_t)(offset / 4u));
}

void
bt_flow_begin(struct bt_flow *f, uint32_t offset, bool thumb, unsigned slots)
{
	f->in_thumb = thumb;
	f->any = f->following = true;
	f->at = thumb ? offset / 2u : offset / 4u;
	f->slots = slots;
}
