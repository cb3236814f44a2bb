// SPDX-License-Identifier: MIT
//
// See likely.h.
#include "bt/likely.h"
#include "bt/decode.h"
#include "bt/hyper.h"
#include "monitor/string.h"

#define HALVES BT_PAGE_HALVES

// Costs in quarters of a bit, of going from one to the other:
#define END      4   // to leave code behind what never falls through
#define CALL     48  // behind a call: what it calls never returns
#define MIDDLE   100 // elsewhere
#define TO_DATA  8   // to get to data that is named
#define TO_ZERO  16  // or is padding
#define TO_OTHER 48  // or isn't
#define TO_CODE  24  // to get to code of the other state, or from data to code
#define TO_PUSH  8   // where a function seems to begin
#define BEGIN    48  // to begin with the second half of a T32 instruction
// And of what there is:
#define RARE      44   // for what is sensitive, at most, besides its operands: the tables have it too seldom
#define OPERAND   4    // a bit of those
#define CONDITION 32   // another condition than AL, for such
#define COPIED    40   // for a hypercall, besides that
#define UNDEF     80   // for what is undefined
#define REPEATED  10   // for the upper half of a word that is as in the word before, at most
#define NAMED     96   // for code that is named as data
#define KNOWN     2000 // for what is known to be otherwise
#define NEVER     0x1fffffff
#define SURE      32 // by so much something has to be more likely than anything else
#define CERTAIN   64
#define MAYBE     48  // and less likely than the best, to be ruled out
#define BEFORE    120 // what the page before may tell, at most

#define PADDING_MAX 8u // instructions of it that are looked at

// struct bt_likely_cost.is
#define IS_WIDE       0x01u // a T32 instruction, if it is Thumb
#define IS_A32_END    0x02u // never falls through, if it is A32
#define IS_A32_CALL   0x04u
#define IS_THUMB_END  0x08u
#define IS_THUMB_CALL 0x10u
#define IS_A32_PUSH   0x20u // a function seems to begin, if it is A32
#define IS_THUMB_PUSH 0x40u
#define IS_ZERO       0x80u

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

// About how many instructions a halfword takes.
#define COST_COST    300
#define COST_FORWARD 160
#define COST_BACK    260

static int32_t
least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

//----------------------------------------------------------------------------
// What things cost by themselves

// What looks sensitive is code of its own kind, if it may be like this at all.
static int32_t
at_most(int32_t cost, const struct bt_row *row, uint32_t insn, int32_t condition)
{
	if (!row || !(row->flags & BT_SENSITIVE) || row->lax || !bt_predictable(row, insn))
		return cost;
	return least(cost, RARE + OPERAND * (int32_t)count_ones(row->payload) + condition);
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

static uint8_t
leaves_a32(uint32_t insn)
{
	const struct bt_row *row = bt_decode_a32(insn);

	if (row && row->flags & BT_ENDS && bt_always(insn))
		return IS_A32_END;
	return row && row->flags & BT_CALL ? IS_A32_CALL : 0;
}

static uint8_t
leaves_thumb(uint32_t insn)
{
	const struct bt_row *row = bt_bucket_of_thumb(insn)->hints & BT_LEAVERS ? bt_decode_thumb(insn) : NULL;

	if (row && row->flags & BT_ENDS)
		return IS_THUMB_END;
	return row && row->flags & BT_CALL ? IS_THUMB_CALL : 0;
}

// NOPs are padding if what is before them is left easily: then so are they.
static uint8_t
padding_a32(const struct bt_likely *l, unsigned w)
{
	for (unsigned n = 0; w && n < PADDING_MAX; n++)
		if (!is_padding_a32(l->page[--w]))
			return leaves_a32(l->page[w]);
	return w ? 0 : IS_A32_END;
}

static uint8_t
padding_thumb(const struct bt_likely *l, unsigned i)
{
	for (unsigned n = 0; i && n < PADDING_MAX; n++) {
		uint32_t insn = bt_page_half(l->page, --i);

		if (i && bt_is_t32(bt_page_half(l->page, i - 1u))) // if that isn't the second half of another
			return leaves_thumb(bt_page_half(l->page, i - 1u) << 16 | insn);
		if (!is_padding_thumb(insn))
			return leaves_thumb(insn);
	}
	return i ? 0 : IS_THUMB_END;
}

// The word w, if it is A32. Most are plain and defined.
static uint8_t
cost_a32(const struct bt_likely *l, unsigned w, uint8_t *is)
{
	const struct bt_likely_table *t = &bt_likely_table;
	uint32_t insn = l->page[w], c = bits(insn, 27, 25);
	int32_t cost = t->a32_high[insn >> 20] + t->a32_mid[c][bits(insn, 19, 12)] + t->a32_low[c][bits(insn, 11, 4)] +
		       t->a32_last[c][bits(insn, 3, 0)];

	if (is_padding_a32(insn)) {
		*is |= padding_a32(l, w);
	} else if (bt_kind_a32[insn >> 20] | bt_r15_a32[bits(insn, 19, 12)]) {
		if (bt_undefined_a32(insn) && (insn & UDF_A32_MASK) != UDF_A32)
			cost += UNDEF;
		cost = at_most(cost, bt_decode_a32(insn), insn, bt_always(insn) ? 0 : CONDITION);
		*is |= leaves_a32(insn);
		*is |= (insn & PUSH_A32_MASK) == PUSH_A32 ? IS_A32_PUSH : 0;
	}
	return (uint8_t)least(cost, UINT8_MAX);
}

static uint8_t
cost_thumb(const struct bt_likely *l, unsigned i, uint8_t *is)
{
	const struct bt_likely_table *t = &bt_likely_table;
	uint32_t insn = bt_page_thumb(l->page, i, l->after), first = bt_page_half(l->page, i), c = bits(first, 12, 9);
	int32_t cost = t->thumb_high[first >> 6] + t->thumb_low[first >> 11][first & 63u];
	unsigned hints = bt_bucket_of_thumb(insn)->hints;
	uint32_t imm;

	if (insn >= 0x10000u) {
		cost += t->t32_high[c][bits(insn, 15, 8)] + t->t32_low[c][bits(insn, 7, 0)];
		*is |= IS_WIDE | (first == PUSH_T32 ? IS_THUMB_PUSH : 0);
	} else if ((insn & PUSH_T16_MASK) == PUSH_T16) {
		*is |= IS_THUMB_PUSH;
	}
	if (hints & BT_SPECIAL && bt_hyper_udf_imm(insn, &imm)) // the guest has copied it from patched code
		cost = least(cost, RARE + COPIED);
	else if (bt_undefined_thumb(insn) && (insn & UDF_T16_MASK) != UDF_T16)
		cost += UNDEF;
	else if (hints & BT_SPECIAL)
		cost = at_most(cost, bt_decode_thumb(insn), insn, 0);
	*is |= is_padding_thumb(insn) ? padding_thumb(l, i) : leaves_thumb(insn);
	return (uint8_t)least(cost, UINT8_MAX);
}

static uint8_t
cost_data(const struct bt_likely *l, unsigned i, uint8_t *is)
{
	const struct bt_likely_table *t = &bt_likely_table;
	uint32_t h = bt_page_half(l->page, i), upper = i % 2u;
	int32_t cost = t->data_high[upper][h >> 8] + t->data_low[4u * upper + bt_likely_kind(h >> 8)][h & 0xffu];

	if (upper && i > 1u && bt_page_half(l->page, i - 2u) == h)
		cost = least(cost, REPEATED);
	*is |= h ? 0 : IS_ZERO;
	return (uint8_t)least(cost, UINT8_MAX);
}

static bool
cost_all(struct bt_likely *l, int *left)
{
	for (; l->at < HALVES; l->at++) {
		struct bt_likely_cost *k = &l->cost[l->at];

		if (*left <= 0)
			return false;
		*left -= COST_COST;
		k->is = 0;
		k->a32 = l->at % 2u ? UINT8_MAX : cost_a32(l, l->at / 2u, &k->is);
		k->thumb = cost_thumb(l, l->at, &k->is);
		k->data = cost_data(l, l->at, &k->is);
	}
	return true;
}

//----------------------------------------------------------------------------
// What they cost given what is known

// Of 32 halfwords, a bit each: what makes something expensive.
struct mask {
	uint32_t named;                    // as data
	uint32_t a32_known, a32_named;     // A32, whose word begins there
	uint32_t thumb_known, thumb_named; // a Thumb instruction, its first halfword
	uint32_t next_known, next_named;   // and its second
	uint32_t data_known, data_ends;    // data: known to be code; unnamed, behind named data
	uint32_t any;
};

// Bits of the map from bit 32m + 1 on.
static uint32_t
ahead(const uint32_t *map, unsigned m)
{
	return map[m] >> 1 | (m + 1u < BT_HALF_MAP ? map[m + 1u] << 31 : 0);
}

static uint32_t
a32_halves(const uint32_t *a32, unsigned m)
{
	return m < BT_HALF_MAP ? bt_map_doubled(a32[m / 2u] >> 16u * (m % 2u)) : 0;
}

static struct mask
mask_of(const struct bt_likely *l, unsigned m)
{
	const struct bt_likely_known *k = &l->known;
	uint32_t a32, thumb, covered, named, a32_ahead, covered_ahead, named_ahead;
	struct mask x;

	if (!k->a32)
		return (struct mask){0};
	a32 = a32_halves(k->a32, m);
	thumb = k->thumb[m];
	covered = k->covered[m];
	named = k->named[m];
	a32_ahead = a32 >> 1 | a32_halves(k->a32, m + 1u) << 31;
	covered_ahead = ahead(k->covered, m);
	named_ahead = ahead(k->named, m);
	x = (struct mask){
	    .named = named,
	    .a32_known = (covered | covered_ahead) & ~a32,
	    .a32_named = (named | named_ahead) & ~a32,
	    .thumb_known = a32 | (covered & ~thumb),
	    .thumb_named = named & ~thumb,
	    .next_known = a32_ahead | (covered_ahead & ~thumb),
	    .next_named = named_ahead & ~thumb,
	    .data_known = a32 | covered,
	    .data_ends = (named << 1 | (m ? k->named[m - 1u] >> 31 : 0)) & ~named,
	};
	x.any = x.a32_known | x.a32_named | x.thumb_known | x.thumb_named | x.next_known | x.next_named | x.data_known |
		x.data_ends;
	return x;
}

// By IS_A32_END and IS_A32_CALL, or those of Thumb.
static const uint8_t leave[4] = {MIDDLE, END, CALL, END};

// Of halfword i, which is bit n of the mask.
struct costs {
	int32_t a32, thumb, data;
	int32_t leave_a32, leave_thumb;    // behind it
	int32_t to_a32, to_thumb, to_data; // to get to it
	bool wide;
};

static inline __attribute__((always_inline)) struct costs
costs_of(const struct bt_likely *l, const struct mask *x, unsigned i, unsigned n)
{
	const struct bt_likely_cost *k = &l->cost[i];
	struct costs c = {.a32 = k->a32, .thumb = k->thumb, .data = k->data, .wide = k->is & IS_WIDE};

	c.leave_a32 = leave[bits(k->is, 2, 1)];
	c.leave_thumb = leave[bits(k->is, 4, 3)];
	c.to_a32 = k->is & IS_A32_PUSH ? TO_PUSH : TO_CODE;
	c.to_thumb = k->is & IS_THUMB_PUSH ? TO_PUSH : TO_CODE;
	c.to_data = x->named >> n & 1u ? TO_DATA : k->is & IS_ZERO ? TO_ZERO : TO_OTHER;
	if (x->any >> n & 1u) {
		c.a32 += (x->a32_known >> n & 1u ? KNOWN : 0) + (x->a32_named >> n & 1u ? NAMED : 0);
		c.thumb += (x->thumb_known >> n & 1u ? KNOWN : 0) + (x->thumb_named >> n & 1u ? NAMED : 0);
		if (c.wide)
			c.thumb += (x->next_known >> n & 1u ? KNOWN : 0) + (x->next_named >> n & 1u ? NAMED : 0);
		c.data += (x->data_known >> n & 1u ? KNOWN : 0) + (x->data_ends >> n & 1u ? c.to_data : 0);
	}
	return c;
}

//----------------------------------------------------------------------------
// The two passes

static const struct bt_likely_front nowhere = {NEVER, NEVER, NEVER, NEVER, NEVER};

// From halfword i on, of which it is known what it costs to get there.
static inline void
forward(struct bt_likely *l, unsigned i, const struct costs *c)
{
	struct bt_likely_front *here = &l->front[0], *next = &l->front[1], behind = nowhere;
	int32_t a32 = least(here->a32, least(here->leave_thumb, here->data) + c->to_a32);
	int32_t thumb = least(here->thumb, least(here->leave_a32, here->data) + c->to_thumb);
	int32_t data = least(here->data, least(here->leave_a32, here->leave_thumb) + c->to_data);
	int32_t min = least(thumb, data);
	struct bt_likely_front *to = c->wide ? &behind : next;

	if (i % 2u)
		a32 = NEVER;
	min = least(min, a32);
	l->in[i][0] = (uint8_t)least(a32 - min, UINT8_MAX);
	l->in[i][1] = (uint8_t)least(thumb - min, UINT8_MAX);
	l->in[i][2] = (uint8_t)least(data - min, UINT8_MAX);
	l->step[i] = (int16_t)(min - l->base);
	l->base = min;
	next->data = least(NEVER, data + c->data);
	if (i % 2u == 0) {
		behind.a32 = a32 + c->a32;
		behind.leave_a32 = behind.a32 + c->leave_a32;
	}
	thumb += c->thumb;
	to->thumb = least(to->thumb, thumb);
	to->leave_thumb = least(to->leave_thumb, thumb + c->leave_thumb);
	*here = *next;
	*next = behind;
}

// Notes what halfword i is, and how sure that is: by how much the best way is worse that has this there (is), or at the
// halfword before.
static void
settle(struct bt_likely *l, unsigned i, const int32_t is[3], const int32_t before[3])
{
	int32_t cut = i && l->cost[i - 1u].is & IS_WIDE ? before[1] : NEVER;
	int32_t a32 = i % 2u ? before[0] : is[0], thumb = is[1], data = is[2];

	if (i % 2u == 0 && a32 < MAYBE) {
		bt_map_set(l->maybe_a32, i / 2u);
		if (!a32)
			bt_map_set(l->a32, i / 2u);
	}
	if (i % 2u == 0 && !a32 && least(least(thumb, data), cut) >= SURE) {
		bt_map_set(l->sure_a32, i / 2u);
		if (least(least(thumb, data), cut) >= CERTAIN)
			bt_map_set(l->certain_a32, i / 2u);
	}
	if (thumb >= MAYBE)
		return;
	bt_map_set(l->maybe_thumb, i);
	if (!thumb && a32)
		bt_map_set(l->thumb, i);
	if (!thumb && least(least(a32, data), cut) >= SURE)
		bt_map_set(l->sure_thumb, i);
}

static inline void
back(struct bt_likely *l, unsigned i, const struct costs *c)
{
	struct bt_likely_rest *next = &l->rest[0], *behind = &l->rest[1], here;
	const struct bt_likely_rest *to = c->wide ? behind : next;
	int32_t more = l->base - l->best, is[3];

	here.a32 = i % 2u ? NEVER : c->a32 + least(behind->a32, c->leave_a32 + behind->from_a32);
	here.thumb = c->thumb + least(to->thumb, c->leave_thumb + to->from_thumb);
	here.data = c->data + next->from_data;
	here.from_a32 = least(here.data + c->to_data, here.thumb + c->to_thumb);
	here.from_thumb = least(here.data + c->to_data, here.a32 + c->to_a32);
	here.from_data = least(here.data, least(here.thumb + c->to_thumb, here.a32 + c->to_a32));
	is[0] = here.a32 + l->in[i][0] + more;
	is[1] = here.thumb + l->in[i][1] + more;
	is[2] = here.data + l->in[i][2] + more;
	l->base -= l->step[i];
	if (i + 1u < HALVES)
		settle(l, i + 1u, l->behind, is);
	if (!i)
		settle(l, 0, is, is);
	memcpy(l->behind, is, sizeof(is));
	*behind = *next;
	*next = here;
}

// The least of all ways to get to the page's end; those themselves stay for the page behind.
static void
turn(struct bt_likely *l)
{
	int32_t best = least(least(l->front[0].a32, l->front[0].thumb), least(l->front[0].data, l->front[1].thumb));

	for (unsigned n = 0; n < 2u; n++) {
		const struct bt_likely_front *f = &l->front[n];

		l->end[n] = (struct bt_likely_front){least(f->a32 - best, BEFORE), least(f->thumb - best, BEFORE),
						     least(f->data - best, BEFORE), least(f->leave_a32 - best, BEFORE),
						     least(f->leave_thumb - best, BEFORE)};
	}
	l->end[1].a32 = l->end[1].data = l->end[1].leave_a32 = NEVER;
	l->best = best;
	memset(l->rest, 0, sizeof(l->rest));
}

static bool
go_forward(struct bt_likely *l, int *left)
{
	for (; l->at < HALVES; l->at += 32u) {
		struct mask x = mask_of(l, l->at / 32u);

		if (*left <= 0)
			return false;
		*left -= 32 * COST_FORWARD;
		for (unsigned n = 0; n < 32u; n++) {
			struct costs c = costs_of(l, &x, l->at + n, n);

			forward(l, l->at + n, &c);
		}
	}
	turn(l);
	return true;
}

static bool
go_back(struct bt_likely *l, int *left)
{
	for (; l->at < HALVES; l->at += 32u) {
		unsigned from = HALVES - 32u - l->at;
		struct mask x = mask_of(l, from / 32u);

		if (*left <= 0)
			return false;
		*left -= 32 * COST_BACK;
		for (unsigned n = 32u; n--;) {
			struct costs c = costs_of(l, &x, from + n, n);

			back(l, from + n, &c);
		}
	}
	return true;
}

void
bt_likely_forget(struct bt_likely *l)
{
	memset(l->a32, 0, sizeof(l->a32));
	memset(l->thumb, 0, sizeof(l->thumb));
	memset(l->sure_a32, 0, sizeof(l->sure_a32));
	memset(l->certain_a32, 0, sizeof(l->certain_a32));
	memset(l->sure_thumb, 0, sizeof(l->sure_thumb));
	memset(l->maybe_a32, 0, sizeof(l->maybe_a32));
	memset(l->maybe_thumb, 0, sizeof(l->maybe_thumb));
}

static void
begin(struct bt_likely *l, const struct bt_likely_front *before)
{
	l->at = 0;
	l->base = 0;
	l->front[0] = (struct bt_likely_front){0, 0, TO_DATA, NEVER, NEVER};
	l->front[1] = nowhere;
	l->front[1].thumb = BEGIN;
	if (before)
		memcpy(l->front, before, sizeof(l->front));
	bt_likely_forget(l);
}

void
bt_likely_start(struct bt_likely *l, const uint32_t *page, uint32_t after, const struct bt_likely_front *before)
{
	begin(l, before);
	l->page = page;
	l->after = after;
	l->known = (struct bt_likely_known){NULL, NULL, NULL, NULL};
	l->phase = BT_LIKELY_COST;
}

void
bt_likely_again(struct bt_likely *l, const struct bt_likely_known *known, const struct bt_likely_front *before)
{
	begin(l, before);
	l->known = *known;
	l->phase = BT_LIKELY_FORWARD;
}

bool
bt_likely_step(struct bt_likely *l, int *left)
{
	static bool (*const phase[])(struct bt_likely *, int *) = {cost_all, go_forward, go_back};

	for (; l->phase <= BT_LIKELY_BACK; l->phase++) {
		if (!phase[l->phase](l, left))
			return false;
		l->at = 0;
	}
	return true;
}
