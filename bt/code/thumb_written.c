// SPDX-License-Identifier: MIT
//
// What the guest writes into a page of a guest that uses Thumb: code goes on as code, and what looks as if it may be
// new code is in doubt, or has the page judged anew.
#include "bt/code/thumb_internal.h"

#define HALVES BT_PAGE_HALVES

// Whether halfword i is of a Thumb instruction.
static bool
is_thumb(const struct code *c, const struct code_page *p, unsigned i)
{
	if (bt_map_test(thumb_map(p), i))
		return true;
	return i && bt_map_test(thumb_map(p), i - 1u) && bt_thumb_size(thumb_original(c, p, i - 1u)) == 4u;
}

// Whether some of halfwords [first, last] are of insn at halfword i.
static bool
is_of(unsigned i, uint32_t insn, unsigned first, unsigned last)
{
	return i <= last && i + bt_thumb_size(insn) / 2u > first;
}

static bool
is_sensitive(uint32_t insn)
{
	const struct bt_row *row = bt_decode_thumb(insn);

	return row && row->flags & BT_SENSITIVE;
}

// Page policy: what was data looks sensitive now, so that the page had better be judged anew.
static bool
is_new_code(const struct code *c, const struct code_page *p, unsigned i)
{
	const struct bt_row *row = bt_decode_thumb(thumb_original(c, p, i));

	return !is_thumb(c, p, i) && !code_filled(p, 2u * i) && row && row->flags & BT_SENSITIVE && !row->lax;
}

// Whether the word w or one beside it is unconditional, as in code.
static bool
is_unconditional(const struct code *c, const struct code_page *p, unsigned w)
{
	for (unsigned i = w ? w - 1u : 0; i <= w + 1u && i < BT_PAGE_WORDS; i++)
		if (bt_always(code_original(c, p, 4u * i)))
			return true;
	return false;
}

// The same of the word w, if it is A32 code.
static bool
is_new_a32(const struct code *c, const struct code_page *p, unsigned w)
{
	uint32_t insn = code_original(c, p, 4u * w);
	const struct bt_row *row = bt_decode_a32(insn);

	if (bt_map_test(p->scanned, w) || bt_map_test(thumb_map(p), 2u * w) || bt_map_test(thumb_map(p), 2u * w + 1u) ||
	    code_filled(p, 4u * w))
		return false;
	return row && row->flags & BT_SENSITIVE && !row->lax && row->action != BT_SVC && is_unconditional(c, p, w);
}

// Whether all of the words were data, and go on as such.
static bool
data_written(const struct code *c, const struct code_page *p, unsigned from, unsigned to)
{
	for (unsigned w = from / 2u; w <= to / 2u; w++)
		if (bt_map_test(p->scanned, w) || is_new_a32(c, p, w))
			return false;
	for (unsigned i = from ? from - 1u : 0; i <= to; i++)
		if (bt_map_test(thumb_map(p), i) || is_new_code(c, p, i))
			return false;
	return true;
}

// Whether the word w was Thumb code and has become what is sensitive in A32: it may be such code from now on.
static bool
changes_state(const struct code *c, const struct code_page *p, unsigned w)
{
	const struct bt_row *row = bt_decode_a32(code_original(c, p, 4u * w));

	if (!is_thumb(c, p, 2u * w) && !is_thumb(c, p, 2u * w + 1u))
		return false;
	return row && row->flags & BT_SENSITIVE && !row->lax && row->action != BT_SVC && is_unconditional(c, p, w);
}

// What was data, and looks sensitive now, is in doubt from now on, and so is what may be code of the other state.
// False: no memory for a copy.
static bool
doubt_new_code(struct code *c, struct code_page *p, unsigned from, unsigned to, unsigned first, unsigned last)
{
	for (unsigned w = from / 2u; w <= to / 2u; w++) {
		bool had_copy = p->copy != NULL;
		uint32_t doubt[BT_HALF_MAP] = {0};
		unsigned at = 2u * w;

		if (w >= first / 2u && w <= last / 2u && changes_state(c, p, w))
			thumb_forget(c, p, w);
		if (!is_new_a32(c, p, w) && !is_new_code(c, p, at) && !is_new_code(c, p, at + 1u))
			continue;
		for (unsigned i = at; i < at + 2u; i++)
			if (!is_thumb(c, p, i) && !bt_map_test(p->scanned, w))
				bt_map_set(doubt, i);
		if (!code_fill(c, p, doubt, &at, 2))
			return false;
		if (!had_copy)
			arch_sync_code(p->copy, PAGE_SIZE);
	}
	return true;
}

// Whether all that the instruction at halfword i leads to is known, so that nothing has to be followed from there: the
// one behind it, and where it branches to.
static bool
leads_to_known(const struct code_page *p, unsigned i, uint32_t insn)
{
	unsigned next = i + bt_thumb_size(insn) / 2u;
	const struct bt_row *row = bt_decode_thumb(insn);
	uint32_t to;

	if (next >= HALVES || !bt_map_test(thumb_map(p), next) || bt_map_test(p->scanned, i / 2u) ||
	    bt_map_test(p->scanned, (next - 1u) / 2u))
		return false;
	if (!row)
		return !bt_undefined_thumb(insn);
	if (row->flags & (BT_INDIRECT | BT_LITERAL | BT_ENDS) || row->action == BT_IT || row->action == BT_ADR)
		return false;
	if (!(row->flags & BT_BRANCH))
		return true;
	to = bt_target(row, insn, 2u * i);
	if (to >= PAGE_SIZE)
		return true;
	return row->action == BT_BLX_IMM ? bt_map_test(p->scanned, to / 4u) : bt_map_test(thumb_map(p), to / 2u);
}

// Page policy: halfwords [first, last] were written, the instruction at halfword i is known code and among them or
// beside.
static bool
reach_written(struct code *c, struct code_page *p, unsigned i, unsigned first, unsigned last)
{
	uint32_t insn = thumb_original(c, p, i);

	if (!is_of(i, insn, first, last) || leads_to_known(p, i, insn))
		return thumb_reach_one(c, p, (const uint16_t *)code_frame(c, p), i);
	return thumb_reach_flow(c, p, &(struct thumb_start){.offset = 2u * i, .thumb = true});
}

// All halfwords from the one before to the one behind are as in the frame again, but for the instructions
// known to begin there: those that were changed are followed anew, for they may lead elsewhere now, their
// neighbours patched again.
bool
code_thumb_written(struct code *c, struct code_page *p, uint32_t offset, uint32_t len)
{
	unsigned first = offset / 2u, last = (offset + len - 1u) / 2u;
	unsigned from = first ? first - 1u : 0, to = last + 1u < HALVES ? last + 1u : last;

	if (offset < 2u)
		code_close_cut(c, p);
	c->n.rescanned += p->copy != NULL;
	thumb_show(c, p, from, to + 1u);
	if (!p->copy)
		arch_sync_code((const uint16_t *)code_host(c, p).v + from, 2u * (to - from + 1u));
	if (c->policy == CODE_PAGE && c->watched && !doubt_new_code(c, p, from, to, first, last))
		return false;
	if (c->policy == CODE_PAGE && data_written(c, p, from, to))
		return true;
	if (p->writes < CODE_WRITES_UNSEEN) // in which state it is executed is to be seen
		p->writes = CODE_WRITES_UNSEEN;
	for (unsigned w = from / 2u; w <= to / 2u; w++) {
		if (c->policy == CODE_BLOCK)
			code_block_rewritten(c, p, w);
		else if (is_new_a32(c, p, w) || (bt_map_test(p->scanned, w) && !code_patch(c, p, 4u * w)))
			return false;
	}
	for (unsigned i = from ? from - 1u : 0; i <= to; i++) {
		if (c->policy == CODE_PAGE && is_new_code(c, p, i))
			return false;
		if (!bt_map_test(thumb_map(p), i))
			continue;
		bt_map_clear(thumb_map(p), i);
		c->forgot = true;
		if (c->policy == CODE_PAGE
			? !reach_written(c, p, i, first, last)
			: !code_thumb_reach(c, p, 2u * i, BT_IT_MAX)) // if it is in an IT block isn't known
			return false;
		if (is_sensitive(thumb_original(c, p, i)) && is_of(i, thumb_original(c, p, i), first, last))
			code_guess(p, first, last + 1u); // or the guest looks at what it has written
	}
	return true;
}
