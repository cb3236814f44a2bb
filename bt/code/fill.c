// SPDX-License-Identifier: MIT
//
// What is in doubt, of a page of a guest that uses both states: neither the flow has reached it nor does what the flow
// has reached load it, and the page has code of both. It may be A32 code, Thumb code or data. In the copy it is filled
// with what traps in either state, wherever in it control lands; the trap tells the state, and what the flow reaches
// from there is no longer in doubt (code_arrive). Loads see the guest's frame (monitor/cpu/watch.h).
//
// Each half of a word is filled by itself:
//
//   as A32          SVC #0x8fbe00: class FRAME, which has no such number (bt/isa/hyper_imm.h)
//   as T16, low     BKPT #0
//   as T32, high    and the low half behind it: VMULL.P8 with an odd Vd, UNDEFINED (A8.8.351)
//
// Only where that low half isn't filled, because Thumb code begins there or the page ends, is a high half BKPT as well,
// unless the guest's word has the condition AL: else it is hardly an A32 instruction.
#include "bt/code/internal.h"
#include "bt/isa/hyper_imm.h"
#include "bt/scan/maps.h"

#define HALVES    BT_PAGE_HALVES
#define FILL_LOW  0xbe00u
#define FILL_HIGH 0xef8fu
#define COND_AL   0xeu

_Static_assert(((FILL_HIGH << 16 | FILL_LOW) & 0xffffffu) > (BT_HYPER_BLOCK_ADD | 0x1ffu) && BT_IMM_FRAME == 0x8f,
	       "a hypercall that stands for nothing else");

// A bit per halfword, behind the maps of what is code.
static uint32_t *
map_of(const struct code_page *p)
{
	return p->scanned + BT_MAP_WORDS + BT_HALF_MAP;
}

bool
code_filled(const struct code_page *p, uint32_t offset)
{
	return p->filled && bt_map_test(map_of(p), offset / 2u);
}

// Whether a high half is filled for both states. What is behind it may be Thumb code, and is another page's for the
// last.
static bool
fills_both(const struct code *c, const struct code_page *p, unsigned i)
{
	if (i + 1u < HALVES && (code_filled(p, 2u * i + 2u) || !code_thumb_reached(p, 2u * i + 2u)))
		return true;
	return code_half(c, p, 2u * i) >> 12 == COND_AL;
}

uint16_t
code_half_shown(const struct code *c, const struct code_page *p, unsigned i)
{
	if (!code_filled(p, 2u * i))
		return (uint16_t)code_half(c, p, 2u * i);
	return i % 2u && fills_both(c, p, i) ? FILL_HIGH : FILL_LOW;
}

static void
show(const struct code *c, struct code_page *p, unsigned i)
{
	((uint16_t *)p->copy)[i] = code_half_shown(c, p, i);
	arch_sync_code((uint16_t *)p->copy + i, 2);
}

// The halfword before i may be filled otherwise now.
static void
show_before(const struct code *c, struct code_page *p, unsigned i)
{
	if (i && code_filled(p, 2u * i - 2u))
		show(c, p, i - 1u);
}

bool
code_fill(struct code *c, struct code_page *p, const uint32_t *doubt, unsigned *at, unsigned n)
{
	for (; (*at = bt_map_next(doubt, *at, HALVES)) < HALVES && n; ++*at, n--) {
		if (!code_copy(c, p))
			return false;
		p->filled = true;
		code_guess(p, *at, *at + 1u);
		bt_map_set(map_of(p), *at);
		show(c, p, *at);
		show_before(c, p, *at);
	}
	return true;
}

void
code_refill(struct code_page *p, unsigned from, unsigned to)
{
	if (!p->doubted)
		return;
	bt_map_set_range(map_of(p), from, to);
	code_guess(p, from, to);
}

void
code_unfill(const struct code *c, struct code_page *p, unsigned from, unsigned to)
{
	for (unsigned i = from; p->filled && i < to && i < HALVES; i++) {
		if (!code_filled(p, 2u * i))
			continue;
		bt_map_clear(map_of(p), i);
		show(c, p, i);
		show_before(c, p, i);
	}
}
