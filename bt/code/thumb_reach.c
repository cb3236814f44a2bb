// SPDX-License-Identifier: MIT
//
// Where control gets to in Thumb state, or what is seen to be code: followed, and made fit to be reached. And what was
// known of it in the other state is no longer so.
#include "bt/code/thumb_internal.h"
#include "bt/isa/hyper.h"

#define HALVES          BT_PAGE_HALVES
#define HALF_MAP        BT_HALF_MAP
#define PATCHED_AT_ONCE 8u
#define PAUSE_REACHED   4u

void
thumb_forget(struct code *c, struct code_page *p, unsigned w)
{
	unsigned from = 2u * w - (w && bt_map_test(thumb_map(p), 2u * w - 1u)), to = 2u * w + 2u, last;

	if (w && from < 2u * w && bt_thumb_size(thumb_original(c, p, from)) != 4u)
		from++;
	for (unsigned i = from; i < to; i++)
		if (bt_map_test(thumb_map(p), i)) {
			bt_map_clear(thumb_map(p), i);
			c->forgot = true;
			last = i + bt_thumb_size(thumb_original(c, p, i)) / 2u;
			code_refill(p, from, last < HALVES ? last : HALVES);
			thumb_show(c, p, from, i + 2u < HALVES ? i + 2u : HALVES);
		}
}

// And in Thumb state, to the instruction at halfword i.
static void
forget_a32(struct code *c, struct code_page *p, unsigned i)
{
	unsigned last = i + bt_thumb_size(thumb_original(c, p, i)) / 2u - 1u;

	for (unsigned w = i / 2u; w <= last / 2u && w < BT_PAGE_WORDS; w++) {
		if (!bt_map_test(p->scanned, w))
			continue;
		bt_map_clear(p->scanned, w);
		c->forgot = true;
		code_refill(p, 2u * w, 2u * w + 2u);
		thumb_show(c, p, 2u * w, 2u * w + 2u);
	}
}

// To all instructions of the map: those that begin or, having four bytes, may end in A32 code.
static void
forget_a32_of(struct code *c, struct code_page *p, const uint32_t *map)
{
	for (unsigned m = 0; m < HALF_MAP; m++) {
		uint32_t a32, left = 0;

		if (map[m]) {
			a32 = bt_page_halves_of(p->scanned, m);
			left = map[m] & (a32 | a32 >> 1 | bt_page_halves_of(p->scanned, m + 1u) << 31);
		}
		for (; left; left &= left - 1u) {
			forget_a32(c, p, 32u * m + (unsigned)__builtin_ctz(left));
			code_pause(c);
		}
	}
}

bool
thumb_reach_one(struct code *c, struct code_page *p, const uint16_t *frame, unsigned i)
{
	uint32_t insn = thumb_stands_at(frame, i);

	if (bt_plain_thumb(insn) && (!p->copy || thumb_is_run_so(p, i, insn)) && !thumb_is_cut(insn, i)) {
		thumb_set_reached(c, p, i, insn);
		return true;
	}
	thumb_set_reached(c, p, i, thumb_original(c, p, i));
	return thumb_patch(c, p, i);
}

// Patches at most n of the map that aren't known yet, from *at on.
static bool
patch_new(struct code *c, struct code_page *p, const uint32_t *map, unsigned *at, unsigned n)
{
	const uint16_t *frame = (const uint16_t *)code_frame(c, p);

	for (; (*at = bt_map_next(map, *at, HALVES)) < HALVES && n; ++*at) {
		if (bt_map_test(thumb_map(p), *at))
			continue;
		n--;
		if (!thumb_reach_one(c, p, frame, *at))
			return false;
	}
	return true;
}

bool
code_thumb_patch(struct code *c, struct code_page *p, const struct bt_flow *flow, unsigned *at, unsigned n)
{
	return patch_new(c, p, flow->thumb, at, n);
}

// Takes what is known out of what the flow has reached, and if it is to be so out of its Thumb code what is A32 code.
static void
leave_known(const struct code_page *p, struct bt_flow *flow, bool a32_too)
{
	for (unsigned m = 0; m < BT_MAP_WORDS; m++)
		flow->a32[m] &= ~p->scanned[m];
	for (unsigned m = 0; m < HALF_MAP; m++) {
		flow->thumb[m] &= ~thumb_map(p)[m];
		if (flow->thumb[m] && a32_too)
			flow->thumb[m] &= ~bt_page_halves_of(p->scanned, m);
	}
}

bool
thumb_reach_flow(struct code *c, struct code_page *p, const struct thumb_start *from)
{
	struct bt_flow flow;
	unsigned at = 0;

	bt_flow_init(&flow, code_frame(c, p), p->va, 0);
	flow.sure = p->doubted;
	bt_flow_begin(&flow, from->offset, from->thumb, from->slots);
	for (flow.left = BT_SCAN_PIECE; !bt_flow_step(&flow); flow.left = BT_SCAN_PIECE)
		code_pause(c);
	if (from->executed && from->thumb)
		bt_map_set(flow.thumb, from->offset / 2u); // whatever it looks like
	leave_known(p, &flow, !from->executed);
	forget_a32_of(c, p, flow.thumb);
	for (unsigned w = bt_map_next(flow.a32, 0, BT_PAGE_WORDS); w < BT_PAGE_WORDS;
	     w = bt_map_next(flow.a32, w + 1u, BT_PAGE_WORDS)) {
		thumb_forget(c, p, w);
		bt_map_set(p->scanned, w);
		code_unfill(c, p, 2u * w, 2u * w + 2u);
		if (!code_patch(c, p, 4u * w))
			return false;
		code_pause(c);
	}
	for (unsigned i = 0; p->filled && (i = bt_map_next(flow.literal, i, HALVES)) < HALVES; i++)
		code_unfill(c, p, i, i + 1u);
	while (at < HALVES) {
		if (!patch_new(c, p, flow.thumb, &at, PATCHED_AT_ONCE))
			return false;
		code_pause(c);
	}
	return true;
}

// Block policy: what a branch is replaced by until it is known where it leads. A T16 one has a number as long as there
// are some, for only so does a copy that the guest makes of it mean the same; the last are for what leaves its page.
// One that doesn't, and got none, stays, and *to, where it leads in the page, is to be reached as what falls through
// is.
static uint32_t
closing(struct code *c, const struct bt_row *row, unsigned i, uint32_t insn, unsigned *to)
{
	uint32_t target = row->flags & BT_INDIRECT ? PAGE_SIZE : bt_target(row, insn, 2u * i), word;

	if (insn >= 0x10000u || target >= PAGE_SIZE)
		return thumb_by_number(c, insn);
	word = thumb_t16_by_number(c, insn, INTERN_T16_NEAR);
	if (word != bt_hyper_udf(insn, BT_IMM_T16_FRAME))
		return word;
	*to = target / 2u;
	return insn;
}

// Block policy: what the instruction at halfword i is replaced by to be fit to be reached. *falls: whether control may
// fall through to the next one; *to: where else in the page it leads then, or HALVES.
static uint32_t
fit(struct code *c, unsigned i, uint32_t insn, bool in_it, bool *falls, unsigned *to)
{
	const struct bt_row *row = bt_decode_thumb(insn);
	uint32_t flags = row ? row->flags : 0;

	*to = HALVES;
	*falls = !(flags & (BT_CALL | BT_ENDS)) || in_it;
	if (i + bt_thumb_size(insn) / 2u >= HALVES && *falls) // C has the next page reached
		return in_it ? THUMB_BKPT_FRAME : thumb_by_number(c, insn);
	if (!(flags & BT_SENSITIVE) && flags & (BT_BRANCH | BT_INDIRECT))
		return closing(c, row, i, insn, to);
	return thumb_replacement(c, row, insn);
}

// Block policy: makes the instruction at halfword i fit to be reached. Returns whether control may
// fall through to the next one; where else it leads goes into the map.
static bool
scan_one(struct code *c, struct code_page *p, unsigned i, uint32_t insn, bool in_it, uint32_t *map)
{
	unsigned to;
	bool falls;
	uint32_t word = fit(c, i, insn, in_it, &falls, &to);

	if (to < HALVES)
		bt_map_set(map, to);
	thumb_set_reached(c, p, i, insn);
	c->overlap |= bt_map_test(p->scanned, i / 2u);
	thumb_replace(c, p, i, insn, word); // can't fail: the page has its copy
	return falls;
}

bool
code_thumb_same(struct code *c, const struct code_page *p, unsigned i)
{
	uint32_t insn = thumb_original(c, p, i);
	unsigned to;
	bool falls;

	if (thumb_is_run_so(p, i, insn))
		return true;
	if (thumb_is_cut(insn, i))
		return thumb_is_run_so(p, i, THUMB_BKPT_FRAME);
	return thumb_is_run_so(p, i, fit(c, i, insn, false, &falls, &to)) ||
	       thumb_is_run_so(p, i, fit(c, i, insn, true, &falls, &to));
}

// From halfword i to where nothing falls through. What leads elsewhere in the page goes into the map.
static void
reach_run(struct code *c, struct code_page *p, unsigned i, unsigned slots, uint32_t *map)
{
	bool falls = true;

	for (unsigned n = 1; falls && i < HALVES && !bt_map_test(thumb_map(p), i); n++) {
		uint32_t insn = thumb_original(c, p, i);
		const struct bt_row *row = bt_decode_thumb(insn);

		if (n % PAUSE_REACHED == 0)
			code_pause(c);
		falls = scan_one(c, p, i, insn, slots != 0, map);
		slots -= slots != 0;
		if (row && row->action == BT_IT)
			slots = bt_it_slots(insn);
		i += bt_thumb_size(insn) / 2u;
	}
}

static void
reach_block(struct code *c, struct code_page *p, uint32_t offset, unsigned slots)
{
	uint32_t map[HALF_MAP] = {0};
	unsigned i = offset / 2u;

	c->n.blocks++;
	reach_run(c, p, i, slots, map);
	while ((i = bt_map_next(map, 0, HALVES)) < HALVES) {
		bt_map_clear(map, i);
		reach_run(c, p, i, 0, map);
	}
}

bool
code_arrive(struct code *c, struct code_page *p, uint32_t offset, bool thumb, unsigned slots)
{
	if (thumb ? code_thumb_reached(p, offset) : bt_map_test(p->scanned, offset / 4u))
		return true;
	return thumb_reach_flow(
	    c, p, &(struct thumb_start){.offset = offset, .thumb = thumb, .executed = true, .slots = slots});
}

bool
code_thumb_reach(struct code *c, struct code_page *p, uint32_t offset, unsigned slots)
{
	if (code_thumb_reached(p, offset))
		return true;
	if (c->policy == CODE_PAGE)
		return code_arrive(c, p, offset, true, slots);
	reach_block(c, p, offset, slots);
	return true;
}
