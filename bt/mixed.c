// SPDX-License-Identifier: MIT
//
// See mixed.h. The A32 rule runs over a copy of the page in which all that is Thumb is zero.
#include "bt/mixed.h"
#include "bt/decode.h"
#include "monitor/string.h"

#define WORDS   BT_PAGE_WORDS
#define HALVES  BT_PAGE_HALVES
#define COND_AL 0xeu
#define AROUND  2u // instructions on either side that speak for a sensitive one

#define UDF_T16_MASK 0xff00u
#define UDF_T16      0xde00u

struct mixed {
	struct bt_flow *f;
	struct bt_scan *out;
	uint32_t a32_area[BT_MAP_WORDS]; // words of areas taken for A32
	bool thumb;                      // the state of what was last seen
};

static bool
is_a32(const struct mixed *m, unsigned i)
{
	return bt_map_test(m->f->a32, i / 2u);
}

static bool
is_known(const struct mixed *m, unsigned i)
{
	return is_a32(m, i) || bt_map_test(m->f->covered, i) || bt_map_test(m->f->literal, i);
}

// Whether words [from, to) are in the page and nothing of them is known yet.
static bool
unknown_words(const struct mixed *m, unsigned from, unsigned to)
{
	if (to > WORDS)
		return false;
	for (unsigned i = 2u * from; i < 2u * to; i++)
		if (is_known(m, i))
			return false;
	return true;
}

// Whether what begins at halfword i is A32 code. In A32 most words have the condition AL; in Thumb one
// looks so by chance, often enough for it to take eight to change one's mind.
static bool
looks_a32(const struct mixed *m, unsigned i)
{
	unsigned n = m->thumb ? 8u : 4u, first = (i + 1u) / 2u, always = 0;

	if (!m->thumb && first < WORDS && m->f->page[first] >> 28 == COND_AL)
		return true;
	for (unsigned w = first; w < first + n && w < WORDS; w++)
		always += m->f->page[w] >> 28 == COND_AL;
	if (m->thumb ? always < n : always > 1u)
		return !m->thumb;
	return unknown_words(m, first, first + n) ? m->thumb : !m->thumb;
}

// Takes the A32 run that begins at halfword i, up to where nothing falls through. Returns its end.
static unsigned
take_a32(struct mixed *m, unsigned i)
{
	unsigned w = (i + 1u) / 2u;

	for (; unknown_words(m, w, w + 1u); w++) {
		const struct bt_row *row = bt_decode_a32(m->f->page[w]);

		bt_map_set(m->a32_area, w);
		if (bt_flow_change_a32(m->f, w) || (row && row->flags & BT_ENDS && bt_always(m->f->page[w])))
			return 2u * w + 2u; // what is behind may be known now
	}
	return 2u * w > i ? 2u * w : i + 1u;
}

// Of what is undefined, compiled code has only BUG()'s UDF #imm8.
static bool
data_like(uint32_t insn)
{
	return bt_undefined_thumb(insn) && (insn & UDF_T16_MASK) != UDF_T16;
}

// How many instructions from i on, of n at most, are code. The page's end, what the flow has
// reached and literals, which stand behind code, speak for it.
static unsigned
code_ahead(const struct mixed *m, unsigned i, unsigned n)
{
	unsigned good = 0;

	while (good < n && i < HALVES) {
		uint32_t insn = bt_flow_thumb(m->f, i);

		if (is_a32(m, i) || bt_map_test(m->f->literal, i))
			return n;
		if (data_like(insn))
			return good;
		good++;
		i += bt_thumb_size(insn) / 2u;
	}
	return i >= HALVES ? n : good;
}

// Of a sensitive instruction, before such instructions of code and up to halfword i. What
// never falls through may be followed by data.
static bool
surroundings_plausible(const struct mixed *m, const struct bt_row *row, unsigned i, unsigned before)
{
	return before >= AROUND && (row->flags & BT_ENDS || code_ahead(m, i, AROUND) == AROUND);
}

// Takes the Thumb run that begins at halfword i, up to where nothing falls through or a load of its own
// has named data. Returns its end.
static unsigned
take_thumb(struct mixed *m, unsigned i)
{
	unsigned before = AROUND; // instructions since something undefined; the run's edge speaks for code
	unsigned slots = 0;       // of an IT block, to come

	while (i < HALVES && !is_known(m, i)) {
		uint32_t insn = bt_flow_thumb(m->f, i);
		const struct bt_row *row = bt_decode_thumb(insn);
		unsigned n = bt_thumb_size(insn) / 2u;

		if (!insn && looks_a32(m, i + 1u)) // padding
			return i + 1u;
		if (data_like(insn)) {
			before = 0;
			i++;
			continue;
		}
		if (row && row->flags & BT_LITERAL)
			bt_flow_name(m->f, i, insn);
		if (row && row->flags & BT_SENSITIVE && !surroundings_plausible(m, row, i + n, before)) {
			m->out->n_doubtful++;
			bt_map_set(m->f->doubtful, i);
		} else {
			bt_map_set(m->f->thumb, i);
			bt_map_set_range(m->f->covered, i, i + n < HALVES ? i + n : HALVES);
		}
		before++;
		if (bt_flow_change_thumb(m->f, i))
			return i + n; // what is behind may be known now
		i += n;
		if (row && row->flags & BT_ENDS && !slots)
			return i;
		slots = row && row->action == BT_IT ? bt_it_slots(insn) : slots - (slots != 0);
	}
	return i;
}

static void
presume(struct mixed *m)
{
	for (unsigned i = 0; i < HALVES;) {
		if (is_known(m, i)) {
			if (!bt_map_test(m->f->literal, i))
				m->thumb = !is_a32(m, i);
			i++;
			continue;
		}
		m->thumb = !looks_a32(m, i);
		i = m->thumb ? take_thumb(m, i) : take_a32(m, i);
	}
}

// The page as A32 code sees it: what is Thumb, or data of Thumb code, is literal.
static void
judge_a32(struct mixed *m, const uint32_t *prev, const uint32_t *next)
{
	uint32_t masked[WORDS], literal[BT_MAP_WORDS] = {0};
	bool any = false;
	unsigned doubtful = m->out->n_doubtful;

	for (unsigned w = 0; w < WORDS; w++) {
		bool a32 = bt_map_test(m->f->a32, w) || bt_map_test(m->a32_area, w);

		masked[w] = a32 ? m->f->page[w] : 0;
		any |= a32;
		if (!a32)
			bt_map_set(literal, w);
	}
	memset(m->out, 0, sizeof(*m->out));
	if (any)
		bt_scan_a32(m->out, masked, prev, next, m->f->a32, literal);
	m->out->n_doubtful += doubtful;
}

void
bt_scan_mixed(struct bt_scan *out, struct bt_flow *flow, const uint32_t *page, const uint32_t *prev,
	      const uint32_t *next, uint32_t entry, bool thumb)
{
	struct mixed m = {.f = flow, .out = out, .thumb = thumb};

	memset(out, 0, sizeof(*out));
	bt_flow_init(flow, page, entry & ~PAGE_MASK, next ? next[0] & 0xffffu : 0);
	bt_flow_follow(flow, entry & PAGE_MASK, thumb);
	if (prev)
		bt_flow_name_from(flow, prev);
	presume(&m);
	judge_a32(&m, prev, next);
}
