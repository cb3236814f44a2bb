// SPDX-License-Identifier: MIT
//
// Thumb code in code pages: a bit per halfword at which an instruction begins that
// control may reach (block.c's invariant) or that is code (page policy).
//
// An instruction is replaced by an unallocated encoding of its own width (bt/isa/hyper_imm.h), which in an
// IT block depends on it likewise. A T32 one that begins in the page's last halfword is cut:
// what it is depends on the page behind. It is BKPT until it has been executed, which traps whatever
// ITSTATE says (ARM ARM A8.8.24); if it is not sensitive then, it is given back until the first halfword
// of some code page is written. Under the page policy it isn't replaced at all if the page behind is known. What falls
// off its page in an IT block under `block` is BKPT, too.
#include "bt/code/thumb_internal.h"
#include "bt/isa/hyper.h"

#define HALVES BT_PAGE_HALVES

_Static_assert(BT_T16_LAST == BT_T16_INTERN + INTERN_T16 - 1u, "all the numbers of T16, and no more");

bool
code_thumb_reached(const struct code_page *p, uint32_t offset)
{
	return p->scanned && bt_map_test(thumb_map(p), offset / 2u);
}

uint32_t
thumb_original(const struct code *c, const struct code_page *p, unsigned i)
{
	return code_original_thumb(c, thumb_stands_at((const uint16_t *)code_frame(c, p), i));
}

static void
put_half(struct code_page *p, unsigned i, uint32_t half)
{
	uint16_t *at = (uint16_t *)p->copy + i;

	*at = (uint16_t)half;
}

// Puts insn, which may be cut by the page's end, and syncs.
static void
put(struct code_page *p, unsigned i, uint32_t insn)
{
	bool wide = bt_thumb_size(insn) == 4u;

	put_half(p, i, wide ? insn >> 16 : insn);
	if (wide && i + 1u < HALVES)
		put_half(p, i + 1u, insn);
	arch_sync_code((uint16_t *)p->copy + i, wide && i + 1u < HALVES ? 4 : 2);
}

bool
thumb_is_run_so(const struct code_page *p, unsigned i, uint32_t insn)
{
	const uint16_t *at = (const uint16_t *)p->copy + i;

	if (bt_thumb_size(insn) == 2u)
		return at[0] == insn;
	return at[0] == insn >> 16 && (i + 1u == HALVES || at[1] == (insn & 0xffffu));
}

void
thumb_set_reached(const struct code *c, struct code_page *p, unsigned i, uint32_t insn)
{
	bt_map_set(thumb_map(p), i);
	if (bt_thumb_size(insn) == 4u && i + 1u < HALVES)
		bt_map_clear(thumb_map(p), i + 1u);
	code_unfill(c, p, i, i + bt_thumb_size(insn) / 2u);
}

uint32_t
thumb_t16_by_number(struct code *c, uint32_t insn, uint32_t most)
{
	uint32_t n = intern_number_t16(c->words, insn, most);

	return n == INTERN_NONE ? bt_hyper_udf(insn, BT_IMM_T16_FRAME) : BT_T16_INTERN + n;
}

uint32_t
thumb_by_number(struct code *c, uint32_t insn)
{
	uint32_t n;

	if (insn < 0x10000u) {
		const struct bt_row *row = bt_decode_thumb(insn);
		bool indirect = row && row->flags & BT_INDIRECT;

		return thumb_t16_by_number(c, insn, indirect ? INTERN_T16 : INTERN_T16 - INTERN_T16_KEPT);
	}
	n = intern_number(c->words, insn);
	return bt_hyper_udf(insn, n == INTERN_NONE ? BT_T32_FRAME : BT_T32_INTERN + n);
}

uint32_t
thumb_replacement(struct code *c, const struct bt_row *row, uint32_t insn)
{
	uint32_t flags = row ? row->flags : 0, word;

	if (!(flags & BT_SENSITIVE))
		return bt_hyper_ambiguous(insn) ? thumb_by_number(c, insn) : insn;
	word = bt_hyper_substitute(row, insn);
	if (word)
		return word;
	word = bt_hyper_encode_thumb(insn);
	if (word == bt_hyper_udf(insn, insn < 0x10000u ? BT_IMM_T16_FRAME : BT_T32_FRAME))
		return thumb_by_number(c, insn);
	return code_emitted(c, word);
}

// Page policy: the instruction in the page's last halfword that goes on behind runs if what stands there is known and
// makes nothing of it that is to be replaced. Else it traps, and what a copy of it means isn't to be seen from it.
static void
settle_cut(struct code *c, struct code_page *p)
{
	const uint32_t *behind = p->has_behind ? gmem_read(c->mem, p->behind, PAGE_SIZE) : NULL;
	uint32_t insn = code_half(c, p, PAGE_SIZE - 2u) << 16 | (behind ? behind[0] & 0xffffu : 0);
	struct code_page *q;

	if (c->policy == CODE_BLOCK || !behind || thumb_replacement(c, bt_decode_thumb(insn), insn) != insn) {
		if (c->policy == CODE_PAGE)
			code_guess(p, HALVES - 1u, HALVES);
		put(p, HALVES - 1u, THUMB_BKPT_FRAME);
		return;
	}
	c->cut_open = true;
	put(p, HALVES - 1u, insn);
	q = code_find(c, p->behind);
	if (q)
		code_unfill(c, q, 0, 1);
}

bool
thumb_replace(struct code *c, struct code_page *p, unsigned i, uint32_t insn, uint32_t word)
{
	if (thumb_is_cut(insn, i)) {
		if (!code_copy(c, p))
			return false;
		settle_cut(c, p);
		return true;
	}
	if (word == insn) {
		if (p->copy && !thumb_is_run_so(p, i, insn)) // but what an older instruction has left
			put(p, i, insn);
		return true;
	}
	if (!code_copy(c, p))
		return false;
	put(p, i, word);
	if (c->policy == CODE_PAGE && word == bt_hyper_udf(insn, insn < 0x10000u ? BT_IMM_T16_FRAME : BT_T32_FRAME))
		code_guess(p, i, i + bt_thumb_size(insn) / 2u); // which a copy would make nothing of
	p->patched++;
	c->n.patched++;
	return true;
}

bool
thumb_patch(struct code *c, struct code_page *p, unsigned i)
{
	uint32_t insn = thumb_original(c, p, i);

	return thumb_replace(c, p, i, insn, thumb_replacement(c, bt_decode_thumb(insn), insn));
}

void
thumb_show(const struct code *c, struct code_page *p, unsigned from, unsigned to)
{
	if (!p->copy)
		return;
	for (unsigned i = from; i < to; i++)
		put_half(p, i, code_half_shown(c, p, i));
	arch_sync_code((uint16_t *)p->copy + from, 2u * (to - from));
}

bool
code_thumb_near(const struct code_page *p, unsigned w)
{
	const uint32_t *map = thumb_map(p);

	return bt_map_test(map, 2u * w) || bt_map_test(map, 2u * w + 1u) || (w && bt_map_test(map, 2u * w - 1u));
}

void
code_thumb_refresh(const struct code *c, struct code_page *p)
{
	const uint32_t *map = thumb_map(p);

	for (unsigned i = 0; i < HALVES; i++) {
		if (bt_map_test(map, i) || bt_map_test(p->scanned, i / 2u) || !code_thumb_near(p, i / 2u))
			continue;
		if (!(i && bt_map_test(map, i - 1u) && bt_is_t32(code_half(c, p, 2u * i - 2u))))
			put_half(p, i, code_half(c, p, 2u * i));
	}
}

void
code_thumb_restore(struct code *c, struct code_page *p, uint32_t offset)
{
	c->n.restored++;
	c->cut_open |= offset == PAGE_SIZE - 2u;
	put(p, offset / 2u, thumb_original(c, p, offset / 2u));
}

void
code_cut_restore(struct code *c, struct code_page *p, gpa_t behind)
{
	p->behind = behind;
	p->has_behind = true;
	settle_cut(c, p);
}

// Whether q stands behind p, as far as is known; from now on it does if it is there by its address.
static bool
is_behind(const struct code *c, struct code_page *p, const struct code_page *q)
{
	if (c->policy == CODE_BLOCK)
		return true;
	if (p->va + PAGE_SIZE == q->va) {
		p->behind = q->gpa;
		p->has_behind = true;
	}
	return p->has_behind && p->behind.v == q->gpa.v;
}

void
code_close_cut(struct code *c, const struct code_page *q)
{
	if (!c->cut_open)
		return;
	c->cut_open = c->policy == CODE_PAGE;
	for (unsigned i = 0; i < CODE_HASH; i++) {
		if (i % CODE_PAUSE_CHAINS == 0)
			code_pause(c);
		for (struct code_page *p = c->hash[i]; p; p = p->next)
			if (code_thumb_reached(p, PAGE_SIZE - 2u) && bt_is_t32(code_half(c, p, PAGE_SIZE - 2u)) &&
			    is_behind(c, p, q))
				settle_cut(c, p);
	}
}
