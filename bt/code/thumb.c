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
#include "bt/code/internal.h"
#include "bt/isa/hyper.h"
#include "bt/scan/maps.h"
#include "monitor/base/arch.h"

#define HALVES          BT_PAGE_HALVES
#define HALF_MAP        BT_HALF_MAP
#define PATCHED_AT_ONCE 8u
#define PAUSE_REACHED   4u
#define BKPT_FRAME      (0xbe00u | BT_IMM_T16_FRAME)

_Static_assert(BT_T16_LAST == BT_T16_INTERN + INTERN_T16 - 1u, "all the numbers of T16, and no more");

static uint32_t *
map_of(const struct code_page *p)
{
	return p->scanned + BT_MAP_WORDS;
}

bool
code_thumb_reached(const struct code_page *p, uint32_t offset)
{
	return p->scanned && bt_map_test(map_of(p), offset / 2u);
}

// What begins at halfword i of a frame. Of an instruction that is cut the first half.
static uint32_t
stands_at(const uint16_t *frame, unsigned i)
{
	if (!bt_is_t32(frame[i]))
		return frame[i];
	return (uint32_t)frame[i] << 16 | (i + 1u < HALVES ? frame[i + 1u] : 0);
}

// The instruction that begins at halfword i, as the guest means it.
static uint32_t
original(const struct code *c, const struct code_page *p, unsigned i)
{
	return code_original_thumb(c, stands_at((const uint16_t *)code_frame(c, p), i));
}

static bool
is_cut(uint32_t insn, unsigned i)
{
	return i == HALVES - 1u && bt_thumb_size(insn) == 4u;
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

// Whether the copy has insn at halfword i already.
static bool
is_run_so(const struct code_page *p, unsigned i, uint32_t insn)
{
	const uint16_t *at = (const uint16_t *)p->copy + i;

	if (bt_thumb_size(insn) == 2u)
		return at[0] == insn;
	return at[0] == insn >> 16 && (i + 1u == HALVES || at[1] == (insn & 0xffffu));
}

// Nothing begins inside an instruction, whatever was there before the guest rewrote it.
static void
set_reached(const struct code *c, struct code_page *p, unsigned i, uint32_t insn)
{
	bt_map_set(map_of(p), i);
	if (bt_thumb_size(insn) == 4u && i + 1u < HALVES)
		bt_map_clear(map_of(p), i + 1u);
	code_unfill(c, p, i, i + bt_thumb_size(insn) / 2u);
}

// The hypercall that stands for insn by its number.
static uint32_t
by_number(struct code *c, uint32_t insn)
{
	uint32_t n;

	if (insn < 0x10000u) {
		const struct bt_row *row = bt_decode_thumb(insn);
		bool indirect = row && row->flags & BT_INDIRECT;

		n = intern_number_t16(c->words, insn, indirect ? INTERN_T16 : INTERN_T16 - INTERN_T16_KEPT);
		return n == INTERN_NONE ? bt_hyper_udf(insn, BT_IMM_T16_FRAME) : BT_T16_INTERN + n;
	}
	n = intern_number(c->words, insn);
	return bt_hyper_udf(insn, n == INTERN_NONE ? BT_T32_FRAME : BT_T32_INTERN + n);
}

// What insn is replaced by; itself if it may run as it is.
static uint32_t
replacement(struct code *c, const struct bt_row *row, uint32_t insn)
{
	uint32_t flags = row ? row->flags : 0, word;

	if (!(flags & BT_SENSITIVE))
		return bt_hyper_ambiguous(insn) ? by_number(c, insn) : insn;
	word = bt_hyper_substitute(row, insn);
	if (word)
		return word;
	word = bt_hyper_encode_thumb(insn);
	if (word == bt_hyper_udf(insn, insn < 0x10000u ? BT_IMM_T16_FRAME : BT_T32_FRAME))
		return by_number(c, insn);
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

	if (c->policy == CODE_BLOCK || !behind || replacement(c, bt_decode_thumb(insn), insn) != insn) {
		if (c->policy == CODE_PAGE)
			code_guess(p, HALVES - 1u, HALVES);
		put(p, HALVES - 1u, BKPT_FRAME);
		return;
	}
	c->cut_open = true;
	put(p, HALVES - 1u, insn);
	q = code_find(c, p->behind);
	if (q)
		code_unfill(c, q, 0, 1);
}

// Replaces the instruction at halfword i by word, if it isn't that already. False: no memory.
static bool
replace(struct code *c, struct code_page *p, unsigned i, uint32_t insn, uint32_t word)
{
	if (is_cut(insn, i)) {
		if (!code_copy(c, p))
			return false;
		settle_cut(c, p);
		return true;
	}
	if (word == insn) {
		if (p->copy && !is_run_so(p, i, insn)) // but what an older instruction has left
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

static bool
patch(struct code *c, struct code_page *p, unsigned i)
{
	uint32_t insn = original(c, p, i);

	return replace(c, p, i, insn, replacement(c, bt_decode_thumb(insn), insn));
}

// What is in the frame comes back into the copy, from halfword from up to to.
static void
restore(const struct code *c, struct code_page *p, unsigned from, unsigned to)
{
	if (!p->copy)
		return;
	for (unsigned i = from; i < to; i++)
		put_half(p, i, code_half_shown(c, p, i));
	arch_sync_code((uint16_t *)p->copy + from, 2u * (to - from));
}

// Control has got to the word in A32 state: what was known of it as Thumb code is no longer so.
static void
forget_thumb(struct code *c, struct code_page *p, unsigned w)
{
	unsigned from = 2u * w - (w && bt_map_test(map_of(p), 2u * w - 1u)), to = 2u * w + 2u, last;

	if (w && from < 2u * w && bt_thumb_size(original(c, p, from)) != 4u)
		from++;
	for (unsigned i = from; i < to; i++)
		if (bt_map_test(map_of(p), i)) {
			bt_map_clear(map_of(p), i);
			c->forgot = true;
			last = i + bt_thumb_size(original(c, p, i)) / 2u;
			code_refill(p, from, last < HALVES ? last : HALVES);
			restore(c, p, from, i + 2u < HALVES ? i + 2u : HALVES);
		}
}

// And in Thumb state, to the instruction at halfword i.
static void
forget_a32(struct code *c, struct code_page *p, unsigned i)
{
	unsigned last = i + bt_thumb_size(original(c, p, i)) / 2u - 1u;

	for (unsigned w = i / 2u; w <= last / 2u && w < BT_PAGE_WORDS; w++) {
		if (!bt_map_test(p->scanned, w))
			continue;
		bt_map_clear(p->scanned, w);
		c->forgot = true;
		code_refill(p, 2u * w, 2u * w + 2u);
		restore(c, p, 2u * w, 2u * w + 2u);
	}
}

// The halfwords 32m to 32m + 31 that are A32 code.
static uint32_t
a32_halves(const struct code_page *p, unsigned m)
{
	return m < HALF_MAP ? bt_map_doubled(p->scanned[m / 2u] >> 16u * (m % 2u)) : 0;
}

// To all instructions of the map: those that begin or, having four bytes, may end in A32 code.
static void
forget_a32_of(struct code *c, struct code_page *p, const uint32_t *map)
{
	for (unsigned m = 0; m < HALF_MAP; m++) {
		uint32_t a32, left = 0;

		if (map[m]) {
			a32 = a32_halves(p, m);
			left = map[m] & (a32 | a32 >> 1 | a32_halves(p, m + 1u) << 31);
		}
		for (; left; left &= left - 1u) {
			forget_a32(c, p, 32u * m + (unsigned)__builtin_ctz(left));
			code_pause(c);
		}
	}
}

// The instruction at halfword i is code. Most are plain, and stand in the copy, if there is one, as they are.
static bool
reach_one(struct code *c, struct code_page *p, const uint16_t *frame, unsigned i)
{
	uint32_t insn = stands_at(frame, i);

	if (bt_plain_thumb(insn) && (!p->copy || is_run_so(p, i, insn)) && !is_cut(insn, i)) {
		set_reached(c, p, i, insn);
		return true;
	}
	set_reached(c, p, i, original(c, p, i));
	return patch(c, p, i);
}

// Patches at most n of the map that aren't known yet, from *at on.
static bool
patch_new(struct code *c, struct code_page *p, const uint32_t *map, unsigned *at, unsigned n)
{
	const uint16_t *frame = (const uint16_t *)code_frame(c, p);

	for (; (*at = bt_map_next(map, *at, HALVES)) < HALVES && n; ++*at) {
		if (bt_map_test(map_of(p), *at))
			continue;
		n--;
		if (!reach_one(c, p, frame, *at))
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
		flow->thumb[m] &= ~map_of(p)[m];
		if (flow->thumb[m] && a32_too)
			flow->thumb[m] &= ~a32_halves(p, m);
	}
}

// Where code is followed from.
struct start {
	uint32_t offset;
	bool thumb, executed;
	unsigned slots; // instructions of an IT block to come
};

// Page policy: what the flow reaches from there is code, in either state. It goes through what is known, for there may
// be something behind that was left. If it isn't known that it is executed, the flow doesn't run on from Thumb into
// what is A32 code.
static bool
reach_flow(struct code *c, struct code_page *p, const struct start *from)
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
		forget_thumb(c, p, w);
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

// Block policy: what the instruction at halfword i is replaced by to be fit to be reached. *falls: whether control may
// fall through to the next one.
static uint32_t
fit(struct code *c, unsigned i, uint32_t insn, bool in_it, bool *falls)
{
	const struct bt_row *row = bt_decode_thumb(insn);
	uint32_t flags = row ? row->flags : 0;

	*falls = !(flags & (BT_CALL | BT_ENDS)) || in_it;
	if (i + bt_thumb_size(insn) / 2u >= HALVES && *falls) // C has the next page reached
		return in_it ? BKPT_FRAME : by_number(c, insn);
	if (!(flags & BT_SENSITIVE) && flags & (BT_BRANCH | BT_INDIRECT))
		return by_number(c, insn);
	return replacement(c, row, insn);
}

// Block policy: makes the instruction at halfword i fit to be reached. Returns whether control may
// fall through to the next one.
static bool
scan_one(struct code *c, struct code_page *p, unsigned i, uint32_t insn, bool in_it)
{
	bool falls;
	uint32_t word = fit(c, i, insn, in_it, &falls);

	set_reached(c, p, i, insn);
	c->overlap |= bt_map_test(p->scanned, i / 2u);
	replace(c, p, i, insn, word); // can't fail: the page has its copy
	return falls;
}

bool
code_thumb_same(struct code *c, const struct code_page *p, unsigned i)
{
	uint32_t insn = original(c, p, i);
	bool falls;

	if (is_run_so(p, i, insn))
		return true;
	if (is_cut(insn, i))
		return is_run_so(p, i, BKPT_FRAME);
	return is_run_so(p, i, fit(c, i, insn, false, &falls)) || is_run_so(p, i, fit(c, i, insn, true, &falls));
}

bool
code_thumb_near(const struct code_page *p, unsigned w)
{
	const uint32_t *map = map_of(p);

	return bt_map_test(map, 2u * w) || bt_map_test(map, 2u * w + 1u) || (w && bt_map_test(map, 2u * w - 1u));
}

void
code_thumb_refresh(const struct code *c, struct code_page *p)
{
	const uint32_t *map = map_of(p);

	for (unsigned i = 0; i < HALVES; i++) {
		if (bt_map_test(map, i) || bt_map_test(p->scanned, i / 2u) || !code_thumb_near(p, i / 2u))
			continue;
		if (!(i && bt_map_test(map, i - 1u) && bt_is_t32(code_half(c, p, 2u * i - 2u))))
			put_half(p, i, code_half(c, p, 2u * i));
	}
}

static void
reach_block(struct code *c, struct code_page *p, uint32_t offset, unsigned slots)
{
	unsigned i = offset / 2u;
	bool falls = true;

	c->n.blocks++;
	for (unsigned n = 1; falls && i < HALVES && !bt_map_test(map_of(p), i); n++) {
		uint32_t insn = original(c, p, i);
		const struct bt_row *row = bt_decode_thumb(insn);

		if (n % PAUSE_REACHED == 0)
			code_pause(c);
		falls = scan_one(c, p, i, insn, slots != 0);
		slots -= slots != 0;
		if (row && row->action == BT_IT)
			slots = bt_it_slots(insn);
		i += bt_thumb_size(insn) / 2u;
	}
}

bool
code_arrive(struct code *c, struct code_page *p, uint32_t offset, bool thumb, unsigned slots)
{
	if (thumb ? code_thumb_reached(p, offset) : bt_map_test(p->scanned, offset / 4u))
		return true;
	return reach_flow(c, p, &(struct start){.offset = offset, .thumb = thumb, .executed = true, .slots = slots});
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

void
code_thumb_restore(struct code *c, struct code_page *p, uint32_t offset)
{
	c->n.restored++;
	c->cut_open |= offset == PAGE_SIZE - 2u;
	put(p, offset / 2u, original(c, p, offset / 2u));
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

// Whether halfword i is of a Thumb instruction.
static bool
is_thumb(const struct code *c, const struct code_page *p, unsigned i)
{
	if (bt_map_test(map_of(p), i))
		return true;
	return i && bt_map_test(map_of(p), i - 1u) && bt_thumb_size(original(c, p, i - 1u)) == 4u;
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
	const struct bt_row *row = bt_decode_thumb(original(c, p, i));

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

	if (bt_map_test(p->scanned, w) || bt_map_test(map_of(p), 2u * w) || bt_map_test(map_of(p), 2u * w + 1u) ||
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
		if (bt_map_test(map_of(p), i) || is_new_code(c, p, i))
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
			forget_thumb(c, p, w);
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

	if (next >= HALVES || !bt_map_test(map_of(p), next) || bt_map_test(p->scanned, i / 2u) ||
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
	return row->action == BT_BLX_IMM ? bt_map_test(p->scanned, to / 4u) : bt_map_test(map_of(p), to / 2u);
}

// Page policy: halfwords [first, last] were written, the instruction at halfword i is known code and among them or
// beside.
static bool
reach_written(struct code *c, struct code_page *p, unsigned i, unsigned first, unsigned last)
{
	uint32_t insn = original(c, p, i);

	if (!is_of(i, insn, first, last) || leads_to_known(p, i, insn))
		return reach_one(c, p, (const uint16_t *)code_frame(c, p), i);
	return reach_flow(c, p, &(struct start){.offset = 2u * i, .thumb = true});
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
	restore(c, p, from, to + 1u);
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
		if (!bt_map_test(map_of(p), i))
			continue;
		bt_map_clear(map_of(p), i);
		c->forgot = true;
		if (c->policy == CODE_PAGE
			? !reach_written(c, p, i, first, last)
			: !code_thumb_reach(c, p, 2u * i, BT_IT_MAX)) // if it is in an IT block isn't known
			return false;
		if (is_sensitive(original(c, p, i)) && is_of(i, original(c, p, i), first, last))
			code_guess(p, first, last + 1u); // or the guest looks at what it has written
	}
	return true;
}
