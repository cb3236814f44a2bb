// SPDX-License-Identifier: MIT
//
// See mixed.h.
#include "bt/scan/mixed.h"
#include "bt/isa/decode.h"
#include "bt/scan/names.h"
#include "monitor/base/string.h"

#define WORDS  BT_PAGE_WORDS
#define HALVES BT_PAGE_HALVES

#define LDR_BACK_MASK 0xff7f0000u // LDR Rt, [PC, #-imm12]
#define LDR_BACK      0xe51f0000u

// About how many instructions things take.
#define COST_NAME  60
#define COST_LOOK  8
#define COST_JUDGE 60

static bool
begin(struct bt_mixed_job *m)
{
	m->flow.calls_end = true;
	bt_flow_begin(&m->flow, m->entry & PAGE_MASK, m->entry_thumb, m->entry_slots);
	return true;
}

static bool
follow(struct bt_mixed_job *m)
{
	return bt_flow_step(&m->flow);
}

static bool
start_before(struct bt_mixed_job *m)
{
	memcpy(m->entered, m->flow.a32, sizeof(m->entered));
	if (m->prev)
		bt_likely_start(&m->likely, m->prev, m->flow.page[0] & 0xffffu, NULL);
	return true;
}

static bool
read_before(struct bt_mixed_job *m)
{
	return !m->prev || bt_likely_step(&m->likely, &m->flow.left);
}

// The first halfword from m->at on where something begins that is in either map, in *a32 whether in that; or HALVES.
// Of the word whose map is a32 only the looks that have a row count.
static unsigned
next_look(struct bt_mixed_job *m, const uint32_t *a32_map, const uint32_t *thumb_map, const uint32_t *thumb_looks,
	  bool *a32)
{
	const struct bt_likely_looks *k = &m->likely.looks;

	for (unsigned n = m->at / 32u; n < BT_HALF_MAP; n++) {
		uint32_t words = a32_map[n / 2u] & k->a32[n / 2u];
		uint32_t halves = bt_map_doubled(words >> 16u * (n % 2u)) & 0x55555555u;
		uint32_t all = halves | (thumb_map[n] & thumb_looks[n]);

		if (n == m->at / 32u)
			all = all >> m->at % 32u << m->at % 32u;
		if (!all)
			continue;
		*a32 = halves >> __builtin_ctz(all) & 1u;
		return 32u * n + (unsigned)__builtin_ctz(all);
	}
	return HALVES;
}

// What the page at halves halfwords from this one, which has been cut into code and data, names in this one, and,
// if it is another, in itself.
static bool
name(struct bt_mixed_job *m, const uint32_t *page, int32_t halves)
{
	const struct bt_names here = {page, halves, m->named, m->likely.after};
	const struct bt_names there = {page, 0, m->named_before, m->likely.after};
	const struct bt_likely *l = &m->likely;
	bool a32;

	for (; (m->at = next_look(m, l->a32, l->thumb, l->looks.namers, &a32)) < HALVES; m->at++) {
		void (*names)(const struct bt_names *n, unsigned i) = a32 ? bt_names_a32 : bt_names_thumb;
		unsigned i = a32 ? m->at / 2u : m->at;

		if (m->flow.left <= 0)
			return false;
		m->flow.left -= COST_NAME;
		names(&here, i);
		if (halves)
			names(&there, i);
	}
	return true;
}

// What a branch, call or table that is surely one leads to is code. It is in this page, or insn is a branch at address
// `at`, counted from this page's start.
static void
lead(struct bt_mixed_job *m, const struct bt_row *row, uint32_t insn, uint32_t at, bool thumb)
{
	uint32_t to;

	if (!row || !(row->flags & (BT_BRANCH | BT_INDIRECT)))
		return;
	if (at < PAGE_SIZE) {
		bt_flow_pend(&m->flow, at, thumb);
		return;
	}
	to = row->flags & BT_BRANCH ? bt_target(row, insn, at) : PAGE_SIZE;
	if (to < PAGE_SIZE)
		bt_flow_pend(&m->flow, to, thumb != (row->action == BT_BLX_IMM));
}

// Where what is surely code in the page at halves halfwords from this one leads.
static bool
lead_all(struct bt_mixed_job *m, const uint32_t *page, int32_t halves)
{
	const uint32_t *named = halves ? m->named_before : m->named;
	const struct bt_likely *l = &m->likely;
	bool a32;

	for (; (m->at = next_look(m, l->sure_a32, l->sure_thumb, l->looks.leaders, &a32)) < HALVES; m->at++) {
		unsigned i = m->at;
		uint32_t at = 2u * (i + (uint32_t)halves),
			 insn = a32 ? page[i / 2u] : bt_page_thumb(l->page, i, l->after);

		if (m->flow.left <= 0)
			return false;
		if (bt_map_test(named, i))
			continue;
		lead(m, a32 ? bt_decode_a32(insn) : bt_decode_thumb(insn), insn, at, !a32);
		m->flow.left -= COST_NAME;
	}
	return true;
}

static bool
name_before(struct bt_mixed_job *m)
{
	memcpy(m->end, m->likely.end, sizeof(m->end));
	return !m->prev || name(m, m->prev, -(int32_t)HALVES);
}

static bool
lead_from_before(struct bt_mixed_job *m)
{
	return !m->prev || lead_all(m, m->prev, -(int32_t)HALVES);
}

// What is loaded backwards from the page behind, which isn't looked at otherwise.
static bool
name_behind(struct bt_mixed_job *m)
{
	const struct bt_names names = {m->next, (int32_t)HALVES, m->named, 0};

	for (; m->next && m->at < WORDS; m->at++) {
		if (m->flow.left <= 0)
			return false;
		m->flow.left -= COST_LOOK;
		if ((m->next[m->at] & LDR_BACK_MASK) == LDR_BACK)
			bt_names_a32(&names, m->at);
	}
	return true;
}

static const struct bt_likely_front *
before(const struct bt_mixed_job *m)
{
	return m->prev ? m->end : NULL;
}

static bool
again(struct bt_mixed_job *m)
{
	const struct bt_likely_known known = {m->flow.a32, m->flow.thumb, m->flow.covered, m->named};

	bt_likely_again(&m->likely, &known, before(m));
	return true;
}

static bool
start(struct bt_mixed_job *m)
{
	bt_likely_start(&m->likely, m->flow.page, m->flow.after, before(m));
	m->likely.known = (struct bt_likely_known){m->flow.a32, m->flow.thumb, m->flow.covered, m->named};
	return true;
}

static bool
cut(struct bt_mixed_job *m)
{
	return bt_likely_step(&m->likely, &m->flow.left);
}

static bool
name_own(struct bt_mixed_job *m)
{
	return name(m, m->flow.page, 0);
}

static bool
lead_own(struct bt_mixed_job *m)
{
	return lead_all(m, m->flow.page, 0);
}

// A sensitive word, if it is A32.
static void
judge_a32(struct bt_mixed_job *m, unsigned w)
{
	const struct bt_row *row = bt_decode_a32(m->flow.page[w]);
	bool always = bt_always(m->flow.page[w]), reached = bt_map_test(m->flow.a32, w);
	bool svc = row && row->action == BT_SVC; // traps by itself, and user mode's may be looked at
	bool sure = bt_map_test(always ? m->likely.sure_a32 : m->likely.certain_a32, w);
	struct bt_scan *out = &m->a32.out;

	if (!row || !(row->flags & BT_SENSITIVE))
		return;
	if (svc ? bt_map_test(m->entered, w) : reached || (sure && !row->lax)) {
		bt_map_set(out->patch, w);
		out->n_patch++;
	} else if (bt_map_test(m->likely.maybe_a32, w)) {
		m->in_doubt |= (row->flags & BT_SILENT) != 0;
		bt_map_set(out->doubtful, w);
		out->n_doubtful++;
	}
}

// A special instruction, if it is Thumb.
static void
judge_thumb(struct bt_mixed_job *m, unsigned i)
{
	uint32_t insn = bt_flow_thumb(&m->flow, i);
	const struct bt_row *row = bt_decode_thumb(insn);
	bool sensitive = row && row->flags & BT_SENSITIVE;
	unsigned n = bt_thumb_size(insn) / 2u;

	if (bt_map_test(m->flow.thumb, i))
		return;
	if (bt_map_test(m->likely.sure_thumb, i) && !(sensitive && row->lax)) {
		bt_map_set(m->flow.thumb, i);
		bt_map_set_range(m->flow.covered, i, i + n < HALVES ? i + n : HALVES);
	} else if (sensitive && bt_map_test(m->likely.maybe_thumb, i)) {
		m->in_doubt |= (row->flags & BT_SILENT) != 0;
		bt_map_set(m->flow.doubtful, i);
		m->a32.out.n_doubtful++;
	}
}

// What isn't special needs no judgement: it is code if it is reached, or sure to be.
static bool
judge_plain(struct bt_mixed_job *m)
{
	const struct bt_likely *l = &m->likely;
	uint32_t carry = 0;

	for (unsigned n = 0; n < BT_MAP_WORDS; n++)
		m->a32.out.code[n] |= m->flow.a32[n] | l->sure_a32[n];
	for (unsigned n = 0; n < BT_HALF_MAP; n++) {
		uint32_t code = l->sure_thumb[n] & ~l->looks.special[n] & ~m->flow.thumb[n],
			 wide = code & l->looks.wide[n];

		m->flow.thumb[n] |= code;
		m->flow.covered[n] |= code | wide << 1 | carry;
		carry = wide >> 31;
	}
	return true;
}

static bool
judge(struct bt_mixed_job *m)
{
	const struct bt_likely_looks *k = &m->likely.looks;

	for (; m->at < HALVES; m->at++) {
		unsigned a32 = 2u * bt_map_next(k->a32, (m->at + 1u) / 2u, WORDS),
			 thumb = bt_map_next(k->special, m->at, HALVES);

		m->at = a32 < thumb ? a32 : thumb;
		if (m->flow.left <= 0)
			return false;
		m->flow.left -= COST_JUDGE;
		if (a32 == m->at && a32 < HALVES)
			judge_a32(m, a32 / 2u);
		if (thumb == m->at && thumb < HALVES)
			judge_thumb(m, thumb);
	}
	return true;
}

static bool
is_left_in_doubt(const struct bt_mixed_job *m)
{
	return m->in_doubt && m->doubts;
}

// Of a page in doubt only what is reached for sure is known.
static bool
doubt(struct bt_mixed_job *m)
{
	struct bt_flow *known = &m->known;

	if (!is_left_in_doubt(m))
		return true;
	if (!m->at++) {
		bt_flow_init(known, m->flow.page, m->flow.va, m->flow.after);
		known->sure = true;
		bt_flow_begin(known, m->entry & PAGE_MASK, m->entry_thumb, m->entry_slots);
	}
	known->left = m->flow.left;
	if (!bt_flow_step(known))
		return false;
	for (unsigned n = 0; n < BT_HALF_MAP; n++)
		m->doubt[n] = ~(known->covered[n] | known->literal[n] | bt_page_halves_of(known->a32, n));
	m->flow = *known;
	memcpy(m->entered, known->a32, sizeof(m->entered));
	memset(&m->a32.out, 0, sizeof(m->a32.out));
	bt_likely_forget(&m->likely);
	return true;
}

static bool
judge_plain_again(struct bt_mixed_job *m)
{
	return !is_left_in_doubt(m) || judge_plain(m);
}

static bool
judge_again(struct bt_mixed_job *m)
{
	return !is_left_in_doubt(m) || judge(m);
}

void
bt_mixed_start(struct bt_mixed_job *m, const uint32_t *page, const uint32_t *prev, const uint32_t *next, uint32_t entry,
	       bool thumb)
{
	memset(m, 0, sizeof(*m));
	m->prev = prev;
	m->next = next;
	m->entry = entry;
	m->entry_thumb = thumb;
	bt_flow_init(&m->flow, page, entry & ~PAGE_MASK, next ? next[0] & 0xffffu : 0);
}

bool
bt_mixed_step(struct bt_mixed_job *m)
{
	static bool (*const phase[])(struct bt_mixed_job *) = {
	    begin,       follow,      start_before, read_before, name_before,       lead_from_before, follow,
	    name_behind, start,       cut,          name_own,    lead_own,          follow,           again,
	    cut,         judge_plain, judge,        doubt,       judge_plain_again, judge_again};

	m->flow.left = BT_SCAN_PIECE;
	while (m->phase < ARRAY_LEN(phase)) {
		if (!phase[m->phase](m))
			return false;
		m->phase++;
		m->at = 0;
	}
	return true;
}
