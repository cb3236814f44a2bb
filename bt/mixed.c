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

// About how many instructions things take.
#define COST_KNOWN 40
#define COST_THUMB 300
#define COST_A32   80
#define COST_LOOK  250
#define COST_MASK  250

static bool
is_a32(const struct bt_mixed_job *m, unsigned i)
{
	return bt_map_test(m->flow.a32, i / 2u);
}

static bool
is_known(const struct bt_mixed_job *m, unsigned i)
{
	return is_a32(m, i) || bt_map_test(m->flow.covered, i) || bt_map_test(m->flow.literal, i);
}

// Whether words [from, to) are in the page and nothing of them is known yet.
static bool
unknown_words(const struct bt_mixed_job *m, unsigned from, unsigned to)
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
looks_a32(const struct bt_mixed_job *m, unsigned i)
{
	unsigned n = m->thumb ? 8u : 4u, first = (i + 1u) / 2u, always = 0;

	if (!m->thumb && first < WORDS && m->flow.page[first] >> 28 == COND_AL)
		return true;
	for (unsigned w = first; w < first + n && w < WORDS; w++)
		always += m->flow.page[w] >> 28 == COND_AL;
	if (m->thumb ? always < n : always > 1u)
		return !m->thumb;
	return unknown_words(m, first, first + n) ? m->thumb : !m->thumb;
}

// Takes the A32 run that begins at halfword m->at, from halfword m->i on, up to where nothing falls through. False if
// the piece ended before.
static bool
take_a32(struct bt_mixed_job *m)
{
	for (unsigned w = m->i / 2u; unknown_words(m, w, w + 1u); w++) {
		const struct bt_row *row = bt_decode_a32(m->flow.page[w]);

		m->i = 2u * w;
		if (m->flow.left <= 0)
			return false;
		m->flow.left -= COST_A32;
		bt_map_set(m->a32_area, w);
		m->i += 2u;
		m->changed = bt_flow_change_a32(&m->flow, w);
		if (m->changed || (row && row->flags & BT_ENDS && bt_always(m->flow.page[w])))
			break; // what is behind may be known now
	}
	m->at = m->i > m->at ? m->i : m->at + 1u;
	return true;
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
code_ahead(const struct bt_mixed_job *m, unsigned i, unsigned n)
{
	unsigned good = 0;

	while (good < n && i < HALVES) {
		uint32_t insn = bt_flow_thumb(&m->flow, i);

		if (is_a32(m, i) || bt_map_test(m->flow.literal, i))
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
surroundings_plausible(const struct bt_mixed_job *m, const struct bt_row *row, unsigned i, unsigned before)
{
	return before >= AROUND && (row->flags & BT_ENDS || code_ahead(m, i, AROUND) == AROUND);
}

// Takes the instruction at halfword m->i of a Thumb run. True if the run ends with it.
static bool
take_instruction(struct bt_mixed_job *m)
{
	uint32_t insn = bt_flow_thumb(&m->flow, m->i);
	const struct bt_row *row = bt_decode_thumb(insn);
	unsigned i = m->i, n = bt_thumb_size(insn) / 2u;
	bool ends;

	m->flow.left -= COST_THUMB;
	if (!insn && looks_a32(m, i + 1u)) { // padding
		m->i++;
		return true;
	}
	if (data_like(insn)) {
		m->before = 0;
		m->i++;
		return false;
	}
	if (row && row->flags & BT_LITERAL)
		bt_flow_name(&m->flow, i, insn);
	if (row && row->flags & BT_SENSITIVE && !surroundings_plausible(m, row, i + n, m->before)) {
		m->doubtful++;
		m->silent |= (row->flags & BT_SILENT) != 0;
		bt_map_set(m->flow.doubtful, i);
	} else {
		bt_map_set(m->flow.thumb, i);
		bt_map_set_range(m->flow.covered, i, i + n < HALVES ? i + n : HALVES);
	}
	m->before++;
	m->i += n;
	m->changed = bt_flow_change_thumb(&m->flow, i);
	if (m->changed)
		return true; // what is behind may be known now
	ends = row && row->flags & BT_ENDS && !m->slots;
	m->slots = row && row->action == BT_IT ? bt_it_slots(insn) : m->slots - (m->slots != 0);
	return ends;
}

// Takes the Thumb run from halfword m->i on, up to where nothing falls through or a load of its own has named data.
// False if the piece ended before.
static bool
take_thumb(struct bt_mixed_job *m)
{
	while (m->i < HALVES && !is_known(m, m->i)) {
		if (m->flow.left <= 0)
			return false;
		if (take_instruction(m))
			break;
	}
	m->at = m->i;
	return true;
}

static void
begin_run(struct bt_mixed_job *m)
{
	m->flow.left -= COST_LOOK;
	m->thumb = !looks_a32(m, m->at);
	m->in_run = true;
	m->i = m->thumb ? m->at : (m->at + 1u) & ~1u;
	m->before = AROUND; // the run's edge speaks for code
	m->slots = 0;
}

// Goes over what is known; its state is that of what comes behind.
static void
skip_known(struct bt_mixed_job *m)
{
	m->flow.left -= COST_KNOWN;
	if (!bt_map_test(m->flow.literal, m->at))
		m->thumb = !is_a32(m, m->at);
	m->at++;
}

static bool
presume(struct bt_mixed_job *m)
{
	for (;;) {
		if (m->changed && !bt_flow_step(&m->flow)) // what a run has found
			return false;
		m->changed = false;
		if (m->flow.left <= 0)
			return false;
		if (m->in_run) {
			if (!(m->thumb ? take_thumb(m) : take_a32(m)))
				return false;
			m->in_run = false;
		} else if (m->at >= HALVES) {
			return true;
		} else if (is_known(m, m->at)) {
			skip_known(m);
		} else {
			begin_run(m);
		}
	}
}

// Prepares the page as A32 code sees it: what is Thumb, or data of Thumb code, is literal.
static bool
mask(struct bt_mixed_job *m)
{
	for (; m->at < BT_MAP_WORDS; m->at++) {
		uint32_t a32 = m->flow.a32[m->at] | m->a32_area[m->at];

		if (m->flow.left <= 0)
			return false;
		m->flow.left -= COST_MASK;
		for (unsigned n = 0; n < 32u; n++)
			m->masked[32u * m->at + n] = bit(a32, n) ? m->flow.page[32u * m->at + n] : 0;
		m->literal[m->at] = ~a32;
		m->any_a32 |= a32 != 0;
	}
	bt_scan_start(&m->a32, m->masked, m->prev, m->next, m->flow.a32, m->literal, m->memo);
	return true;
}

static bool
judge_a32(struct bt_mixed_job *m)
{
	if (m->any_a32 && !bt_scan_step(&m->a32))
		return false;
	if (!m->any_a32)
		memset(&m->a32.out, 0, sizeof(m->a32.out));
	m->a32.out.n_doubtful += m->doubtful;
	return true;
}

static bool
follow_entry(struct bt_mixed_job *m)
{
	return bt_flow_step(&m->flow);
}

static bool
is_doubtful(const struct bt_mixed_job *m)
{
	uint32_t a32 = 0, thumb = 0;

	for (unsigned n = 0; n < BT_MAP_WORDS; n++)
		a32 |= m->flow.a32[n] | m->a32_area[n];
	for (unsigned n = 0; n < BT_HALF_MAP; n++)
		thumb |= m->flow.thumb[n];
	return m->silent || (a32 && thumb);
}

// Of a doubtful page only what is known stays.
static bool
doubt(struct bt_mixed_job *m)
{
	struct bt_flow *sure = &m->other;

	if (!m->at && (!m->doubts || !is_doubtful(m)))
		return true;
	if (!m->at++) {
		bt_flow_init(sure, m->flow.page, m->flow.va, m->flow.after);
		sure->sure = true;
		bt_flow_begin(sure, m->entry & PAGE_MASK, m->entry_thumb, m->entry_slots);
	}
	sure->left = m->flow.left;
	if (!bt_flow_step(sure))
		return false;
	m->flow = *sure;
	memset(m->a32_area, 0, sizeof(m->a32_area));
	for (unsigned n = 0; n < BT_HALF_MAP; n++)
		m->doubt[n] =
		    ~(sure->covered[n] | sure->literal[n] | bt_map_doubled(sure->a32[n / 2u] >> 16u * (n % 2u)));
	m->doubtful = 0;
	return true;
}

static bool
name_before(struct bt_mixed_job *m)
{
	if (m->flow.left < BT_SCAN_PIECE / 2 && !m->at)
		return false;
	if (!m->prev || (!m->at && bt_flow_mostly_a32(m->prev)))
		return true;
	if (!m->at)
		bt_flow_init(&m->other, m->prev, m->flow.va - PAGE_SIZE, m->flow.page[0] & 0xffffu);
	return bt_flow_name_from(&m->flow, &m->other, &m->at);
}

void
bt_mixed_start(struct bt_mixed_job *m, const uint32_t *page, const uint32_t *prev, const uint32_t *next, uint32_t entry,
	       bool thumb, struct bt_scan_memo *memo)
{
	memset(m, 0, sizeof(*m));
	m->prev = prev;
	m->next = next;
	m->thumb = m->entry_thumb = thumb;
	m->entry = entry;
	m->memo = memo;
	bt_flow_init(&m->flow, page, entry & ~PAGE_MASK, next ? next[0] & 0xffffu : 0);
	bt_flow_pend(&m->flow, entry & PAGE_MASK, thumb);
}

bool
bt_mixed_step(struct bt_mixed_job *m)
{
	static bool (*const phase[])(struct bt_mixed_job *) = {follow_entry, name_before, presume,
							       doubt,        mask,        judge_a32};

	m->flow.left = BT_SCAN_PIECE;
	while (m->phase < ARRAY_LEN(phase)) {
		if (!phase[m->phase](m))
			return false;
		m->phase++;
		m->at = 0;
	}
	return true;
}
