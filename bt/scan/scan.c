// SPDX-License-Identifier: MIT
//
// The rule of bt/scan/scan.h in phases: what each word is, what the neighbours name, the flow, presumed
// runs, judgement. Words are looked at one by one in the first two only, and by tables of what their
// upper bits tell (BT_KIND_OTHER), so that most need no more; after that all is bitmaps of the page's
// 1024 words, 32 at a time.
//
// A phase leaves off when the piece's instructions are spent and goes on from `at`. Each
// visits a word a bounded number of times, whatever the guest has put there.
#include "bt/scan/scan.h"
#include "bt/isa/hyper_imm.h"
#include "bt/scan/internal.h"
#include "monitor/base/arch.h"
#include "monitor/base/string.h"

#define SMALL_NUMBER 0x00100000u // below: ANDEQ, MULEQ, or a number

// About how many instructions things take.
#define COST_GLANCE  14
#define COST_EXAMINE 50

// Words that compiled code hardly has: undefined ones but BUG()'s UDF, and small numbers.
static bool
data_like(uint32_t insn)
{
	if (insn < SMALL_NUMBER)
		return true;
	return bt_undefined_a32(insn) && (insn & 0xfff000f0u) != 0xe7f000f0u;
}

// Pointers look like conditional data-processing and halfword loads (bits [27:25] = 000): there, as
// for loads, the words right beside count. Elsewhere a wider view will do.
static bool
is_wide(uint32_t insn)
{
	uint32_t space = bits(insn, 27, 25);

	return bt_always(insn) || space == 1u || space == 7u;
}

uint32_t
bt_scan_properties(uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);
	uint32_t flags = row ? row->flags : 0;
	unsigned is = data_like(insn) ? IS_DATA : 0;

	if (row && (flags & BT_LITERAL || row->action == BT_ADR || row->action == BT_JUMP_TABLE))
		is |= IS_NAMER;
	if (flags & BT_SENSITIVE)
		is |= IS_SENSITIVE | (is_wide(insn) ? IS_WIDE : 0) | (row->imm != BT_IMM_FRAME ? IS_WHOLE : 0) |
		      (!row->lax && row->action != BT_SVC ? IS_STRICT : 0);
	if (flags & (BT_BRANCH | BT_INDIRECT | BT_ENDS | BT_CALL))
		is |= IS_CONTROL | (flags & BT_CALL ? IS_CALL : 0) | (flags & BT_BRANCH ? IS_INTERWORKING : 0) |
		      (flags & BT_INDIRECT ? IS_INDIRECT : 0) | (flags & BT_ENDS && bt_always(insn) ? IS_END : 0);
	return is;
}

// Notes what a word is: bit `one` of map word m.
static inline void
note(struct bt_scan_job *j, uint32_t is, unsigned m, uint32_t one)
{
	if (is & IS_DATA)
		j->data[m] |= one;
	if (is & IS_CONTROL) {
		j->control[m] |= one;
		j->ends[m] |= is & IS_END ? one : 0;
		j->interworks[m] |= is & IS_INTERWORKING ? one : 0;
		j->indirect[m] |= is & IS_INDIRECT ? one : 0;
	}
	if (is & IS_SENSITIVE) {
		j->sensitive[m] |= one;
		j->strict[m] |= is & IS_STRICT ? one : 0;
		j->whole[m] |= is & IS_WHOLE ? one : 0;
		j->wide[m] |= is & IS_WIDE ? one : 0;
	}
}

// Names the literals of word i, which is bit `one` of map word m, and notes what it is.
static inline void
examine(struct bt_scan_job *j, unsigned i, unsigned m, uint32_t one)
{
	uint32_t insn = j->page[i], is;

	j->left -= COST_EXAMINE;
	if (bits(~insn, 15, 12) && bt_scan_name_by_ldr(j, j->page, i, (int32_t)i))
		return;
	is = bt_scan_recall(j, insn);
	if (is & IS_NAMER)
		bt_scan_name_literal(j, j->page, i, (int32_t)i);
	note(j, is, m, one);
}

// Looks at the 32 words of map word m.
static void
glance(struct bt_scan_job *j, unsigned m)
{
	const uint32_t *p = j->page + 32u * m;
	uint32_t branches = 0, ends = 0, data = 0, odd = 0, bit4 = 0;

#pragma GCC unroll 32
	for (unsigned n = 0; n < 32u; n++) {
		uint32_t insn = p[n], kind = bt_r15_a32[bits(insn, 19, 12)] | bt_kind_a32[insn >> 20];

		if (!kind)
			continue;
		if (kind & BT_KIND_BRANCH) {
			branches |= 1u << n;
			if (kind & BT_KIND_ENDS)
				ends |= 1u << n;
		} else if (kind == BT_KIND_BIT4) {
			if (bit(insn, 4))
				bit4 |= 1u << n;
		} else if (kind == BT_KIND_SMALL) {
			data |= 1u << n;
		} else {
			odd |= 1u << n;
		}
	}
	for (; bit4; bit4 &= bit4 - 1u)
		if (bt_odd_bit4(p[__builtin_ctz(bit4)]))
			odd |= bit4 & -bit4;
	j->branches[m] = branches;
	j->ends[m] = ends;
	j->data[m] = data;
	j->odd[m] = odd;
}

static bool
glance_all(struct bt_scan_job *j)
{
	for (; j->at < BT_MAP_WORDS; j->at++) {
		if (j->left <= 0)
			return false;
		j->left -= 32 * COST_GLANCE;
		glance(j, j->at);
	}
	return true;
}

static bool
examine_all(struct bt_scan_job *j)
{
	for (; j->at < BT_MAP_WORDS; j->at++) {
		unsigned m = j->at;

		for (uint32_t left = j->odd[m]; left; left &= left - 1u) {
			j->odd[m] = left;
			if (j->left <= 0)
				return false;
			examine(j, 32u * m + (unsigned)__builtin_ctz(left), m, left & -left);
		}
	}
	j->out.names = j->names;
	return true;
}

void
bt_scan_start(struct bt_scan_job *j, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
	      const uint32_t *entries, const uint32_t *literal, struct bt_scan_memo *memo)
{
	memset(j, 0, sizeof(*j));
	j->page = page;
	j->prev = prev;
	j->next = next;
	j->memo = memo;
	j->unfollowed = 0xffffffffu;
	memcpy(j->pending, entries, sizeof(j->pending));
	if (literal)
		memcpy(j->out.literal, literal, sizeof(j->out.literal));
}

bool
bt_scan_step(struct bt_scan_job *j)
{
	static bool (*const phase[])(struct bt_scan_job *) = {
	    glance_all,     examine_all,     bt_scan_collect_before, bt_scan_collect_behind, bt_scan_close_calls,
	    bt_scan_follow, bt_scan_presume, bt_scan_judge,          bt_scan_find_thumb};

	j->left = BT_SCAN_PIECE;
	while (j->phase < ARRAY_LEN(phase)) {
		if (!phase[j->phase](j))
			return false;
		j->phase++;
		j->at = 0;
	}
	return true;
}

void
bt_scan_page(struct bt_scan *out, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
	     uint32_t entry_offset)
{
	uint32_t entries[BT_MAP_WORDS] = {0};
	static struct bt_scan_memo memo[BT_SCAN_MEMOS];
	struct bt_scan_job j;

	BUG_ON(entry_offset / 4u >= WORDS);
	bt_map_set(entries, entry_offset / 4u);
	bt_scan_start(&j, page, prev, next, entries, NULL, memo);
	while (!bt_scan_step(&j))
		;
	*out = j.out;
}
