// SPDX-License-Identifier: MIT
//
// See likely.h.
#include "bt/scan/likely_internal.h"
#include "monitor/base/string.h"

#define HALVES BT_PAGE_HALVES

// Costs in quarters of a bit, of going from one to the other:
#define END      4    // to leave code behind what never falls through
#define CALL     48   // behind a call: what it calls never returns
#define MIDDLE   100  // elsewhere
#define TO_DATA  8    // to get to data that is named
#define TO_ZERO  16   // or is padding
#define TO_OTHER 48   // or isn't
#define TO_CODE  24   // to get to code of the other state, or from data to code
#define TO_PUSH  8    // where a function seems to begin
#define BEGIN    48   // to begin with the second half of a T32 instruction
#define NAMED    96   // for code that is named as data
#define KNOWN    2000 // for what is known to be otherwise
#define NEVER    0x1fffffff
#define SURE     32 // by so much something has to be more likely than anything else
#define CERTAIN  64
#define MAYBE    48  // and less likely than the best, to be ruled out
#define BEFORE   120 // what the page before may tell, at most

// About how many instructions a halfword takes.
#define COST_FORWARD 60
#define COST_BACK    80

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

static struct mask
mask_of(const struct bt_likely *l, unsigned m)
{
	const struct bt_likely_known *k = &l->known;
	uint32_t a32, thumb, covered, named, a32_ahead, covered_ahead, named_ahead;
	struct mask x;

	if (!k->a32)
		return (struct mask){0};
	a32 = bt_page_halves_of(k->a32, m);
	thumb = k->thumb[m];
	covered = k->covered[m];
	named = k->named[m];
	a32_ahead = a32 >> 1 | bt_page_halves_of(k->a32, m + 1u) << 31;
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
	x.any = x.named | x.a32_known | x.a32_named | x.thumb_known | x.thumb_named | x.next_known | x.next_named |
		x.data_known | x.data_ends;
	return x;
}

// By what a halfword is: what it costs to leave code behind it, and to get to it.
struct ways {
	uint8_t leave_a32, leave_thumb, to_a32, to_thumb, to_data, unused[3];
};

#define IF(is, what, yes, no) ((is) & (what) ? (yes) : (no))
#define WAYS(is)                                                                                                       \
	{                                                                                                              \
		.leave_a32 = IF(is, BT_LIKELY_A32_END, END, IF(is, BT_LIKELY_A32_CALL, CALL, MIDDLE)),                 \
		.leave_thumb = IF(is, BT_LIKELY_THUMB_END, END, IF(is, BT_LIKELY_THUMB_CALL, CALL, MIDDLE)),           \
		.to_a32 = IF(is, BT_LIKELY_A32_PUSH, TO_PUSH, TO_CODE),                                                \
		.to_thumb = IF(is, BT_LIKELY_THUMB_PUSH, TO_PUSH, TO_CODE),                                            \
		.to_data = IF(is, BT_LIKELY_ZERO, TO_ZERO, TO_OTHER),                                                  \
	}
#define WAYS4(is)  WAYS(is), WAYS((is) + 1), WAYS((is) + 2), WAYS((is) + 3)
#define WAYS16(is) WAYS4(is), WAYS4((is) + 4), WAYS4((is) + 8), WAYS4((is) + 12)
#define WAYS64(is) WAYS16(is), WAYS16((is) + 16), WAYS16((is) + 32), WAYS16((is) + 48)

static const struct ways ways[256] = {WAYS64(0), WAYS64(64), WAYS64(128), WAYS64(192)};

// Of halfword i.
struct costs {
	int32_t a32, thumb, data;
	int32_t leave_a32, leave_thumb;    // behind it
	int32_t to_a32, to_thumb, to_data; // to get to it
	bool wide;
};

// What is known makes it more expensive: bit n of the mask is of the halfword.
static inline struct costs
with_known(struct costs c, const struct mask *x, unsigned n)
{
	if (x->named >> n & 1u)
		c.to_data = TO_DATA;
	c.a32 += (x->a32_known >> n & 1u ? KNOWN : 0) + (x->a32_named >> n & 1u ? NAMED : 0);
	c.thumb += (x->thumb_known >> n & 1u ? KNOWN : 0) + (x->thumb_named >> n & 1u ? NAMED : 0);
	if (c.wide)
		c.thumb += (x->next_known >> n & 1u ? KNOWN : 0) + (x->next_named >> n & 1u ? NAMED : 0);
	c.data += (x->data_known >> n & 1u ? KNOWN : 0) + (x->data_ends >> n & 1u ? c.to_data : 0);
	return c;
}

// x is NULL if nothing is known.
static inline __attribute__((always_inline)) struct costs
costs_of(const struct bt_likely_cost *k, const struct mask *x, unsigned n)
{
	const struct ways *w = &ways[k->is];
	struct costs c = {.a32 = k->a32,
			  .thumb = k->thumb,
			  .data = k->data,
			  .leave_a32 = w->leave_a32,
			  .leave_thumb = w->leave_thumb,
			  .to_a32 = w->to_a32,
			  .to_thumb = w->to_thumb,
			  .to_data = w->to_data,
			  .wide = k->is & BT_LIKELY_WIDE};

	return x && x->any >> n & 1u ? with_known(c, x, n) : c;
}

//----------------------------------------------------------------------------
// The two passes, which go by words: A32 code begins at their first halfwords only.

#define least bt_likely_least

// Ways to get to a halfword in Thumb state, and having left it.
struct thumb_front {
	int32_t thumb, leave;
};

static const struct thumb_front never = {NEVER, NEVER};

static inline struct thumb_front
lesser(struct thumb_front f, struct thumb_front g)
{
	return (struct thumb_front){least(f.thumb, g.thumb), least(f.leave, g.leave)};
}

static inline void
note_in(struct bt_likely_in *in, int32_t a32, int32_t thumb, int32_t data, int32_t min, int32_t base)
{
	in->a32 = bt_likely_capped(a32 - min);
	in->thumb = bt_likely_capped(thumb - min);
	in->data = bt_likely_capped(data - min);
	in->step = (int16_t)(min - base);
}

// From halfword i on, of which it is known what it costs to get there, which is the first of a chunk.
static inline __attribute__((always_inline)) void
forward(struct bt_likely *l, unsigned i, const struct mask *x)
{
	const struct bt_likely_front *f = l->front;
	struct thumb_front here = {f[0].thumb, f[0].leave_thumb}, next = {f[1].thumb, f[1].leave_thumb}, to;
	int32_t a32 = f[0].a32, leave_a32 = f[0].leave_a32, data = f[0].data, base = l->base, thumb, min;

	for (unsigned n = 0; n < 32u; n += 2u, i += 2u) {
		struct costs c = costs_of(&l->cost[i], x, n);

		a32 = least(a32, least(here.leave, data) + c.to_a32);
		thumb = least(here.thumb, least(leave_a32, data) + c.to_thumb);
		data = least(data, least(leave_a32, here.leave) + c.to_data);
		min = least(least(thumb, data), a32);
		note_in(&l->in[i], a32, thumb, data, min, base);
		base = min;
		a32 += c.a32;
		leave_a32 = a32 + c.leave_a32;
		data += c.data;
		to = (struct thumb_front){thumb + c.thumb, thumb + c.thumb + c.leave_thumb};
		here = c.wide ? next : lesser(next, to);
		next = c.wide ? to : never;

		c = costs_of(&l->cost[i + 1u], x, n + 1u);
		thumb = least(here.thumb, data + c.to_thumb);
		data = least(data, here.leave + c.to_data);
		min = least(thumb, data);
		note_in(&l->in[i + 1u], NEVER, thumb, data, min, base);
		base = min;
		data += c.data;
		to = (struct thumb_front){thumb + c.thumb, thumb + c.thumb + c.leave_thumb};
		here = c.wide ? next : lesser(next, to);
		next = c.wide ? to : never;
	}
	l->front[0] = (struct bt_likely_front){a32, here.thumb, data, leave_a32, here.leave};
	l->front[1] = (struct bt_likely_front){NEVER, next.thumb, NEVER, NEVER, next.leave};
	l->base = base;
}

// Notes what halfword i is, and how sure that is; before: the same of the halfword before it.
static void
settle_thumb(struct bt_likely *l, unsigned i, int32_t a32, const struct bt_likely_worse *is, int32_t cut)
{
	bt_map_set(l->maybe_thumb, i);
	if (is->thumb)
		return;
	if (a32)
		bt_map_set(l->thumb, i);
	if (least(least(a32, is->data), cut) >= SURE)
		bt_map_set(l->sure_thumb, i);
}

static void
settle_a32(struct bt_likely *l, unsigned w, const struct bt_likely_worse *is, int32_t cut)
{
	int32_t others = least(least(is->thumb, is->data), cut);

	bt_map_set(l->maybe_a32, w);
	if (is->a32)
		return;
	bt_map_set(l->a32, w);
	if (others >= SURE)
		bt_map_set(l->sure_a32, w);
	if (others >= CERTAIN)
		bt_map_set(l->certain_a32, w);
}

// What it costs more to have a T32 instruction there, which the halfword behind is cut by.
static inline int32_t
cut_by(const struct bt_likely_cost *k, const struct bt_likely_worse *is)
{
	return k->is & BT_LIKELY_WIDE ? is->thumb : NEVER;
}

static inline void
settle_even(struct bt_likely *l, unsigned i, const struct bt_likely_worse *is, int32_t cut)
{
	if (is->a32 < MAYBE)
		settle_a32(l, i / 2u, is, cut);
	if (is->thumb < MAYBE)
		settle_thumb(l, i, is->a32, is, cut);
}

// From halfword i + 31 back to i.
static inline __attribute__((always_inline)) void
back(struct bt_likely *l, unsigned from, const struct mask *x)
{
	struct bt_likely_rest next = l->rest[0], behind = l->rest[1];
	struct bt_likely_worse is = l->behind, odd;
	int32_t more = l->base - l->best, thumb, data, a32, leave_to, to;

	for (unsigned n = 30u, i = from + 30u;; n -= 2u, i -= 2u) {
		struct costs c = costs_of(&l->cost[i + 1u], x, n + 1u);
		const struct bt_likely_in *in = &l->in[i + 1u];
		int32_t odd_from_thumb, odd_from_data, odd_thumb;

		// The second halfword of the word: behind is the second of the next.
		to = c.wide ? behind.thumb : next.thumb;
		leave_to = c.wide ? behind.from_thumb : next.from_thumb;
		odd_thumb = c.thumb + least(to, c.leave_thumb + leave_to);
		data = c.data + next.from_data;
		odd_from_thumb = data + c.to_data;
		odd_from_data = least(data, odd_thumb + c.to_thumb);
		odd.thumb = odd_thumb + in->thumb + more;
		odd.data = data + in->data + more;
		more -= in->step;
		if (i + 2u < HALVES)
			settle_even(l, i + 2u, &is, cut_by(&l->cost[i + 1u], &odd));

		c = costs_of(&l->cost[i], x, n);
		in--;
		a32 = c.a32 + least(next.a32, c.leave_a32 + next.from_a32);
		to = c.wide ? next.thumb : odd_thumb;
		leave_to = c.wide ? next.from_thumb : odd_from_thumb;
		thumb = c.thumb + least(to, c.leave_thumb + leave_to);
		data = c.data + odd_from_data;
		is.a32 = a32 + in->a32 + more;
		is.thumb = thumb + in->thumb + more;
		is.data = data + in->data + more;
		more -= in->step;
		if (odd.thumb < MAYBE)
			settle_thumb(l, i + 1u, is.a32, &odd, cut_by(&l->cost[i], &is));
		behind.thumb = odd_thumb;
		behind.from_thumb = odd_from_thumb;
		next.a32 = a32;
		next.thumb = thumb;
		next.from_a32 = least(data + c.to_data, thumb + c.to_thumb);
		next.from_thumb = least(data + c.to_data, a32 + c.to_a32);
		next.from_data = least(data, least(thumb + c.to_thumb, a32 + c.to_a32));
		if (i == from)
			break;
	}
	if (!from)
		settle_even(l, 0, &is, NEVER);
	l->rest[0] = next;
	l->rest[1] = behind;
	l->behind = is;
	l->base = more + l->best;
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
		if (x.any)
			forward(l, l->at, &x);
		else
			forward(l, l->at, NULL);
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
		if (x.any)
			back(l, from, &x);
		else
			back(l, from, NULL);
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
	l->front[1] = (struct bt_likely_front){NEVER, BEGIN, NEVER, NEVER, NEVER};
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
	memset(&l->looks, 0, sizeof(l->looks));
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
	static bool (*const phase[])(struct bt_likely *, int *) = {bt_likely_cost_all, go_forward, go_back};

	for (; l->phase <= BT_LIKELY_BACK; l->phase++) {
		if (!phase[l->phase](l, left))
			return false;
		l->at = 0;
	}
	return true;
}
