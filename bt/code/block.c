// SPDX-License-Identifier: MIT
//
// The `block` policy. Invariant: control can reach a word of a copy only if its
// `scanned` bit is set. It holds because each way out of scanned words is closed by
// a hypercall (bt/isa/hyper_imm.h, class FRAME) until the monitor has looked at where it leads:
//   - an indirect branch always traps;
//   - a direct one is given back (code_block_restore) once its target is scanned;
//   - what falls through is scanned along with what it falls from, so that a block
//     ends only where nothing falls through, after a call (its return is an
//     indirect branch; what doesn't return may be followed by data), or at the end of
//     the page, whose last word traps instead;
//   - exceptions, and returns from them, go through the monitor.
// A word that the guest rewrites is scanned again at once.
//
// A page is one of a frame at an address, so a frame may have several. What is given back leads to an address: where it
// comes into a page from others, the page has *entries*, which any page at that address must have scanned. So a page
// goes without the others only if it has none. Its frame is given up without that: the page *sleeps*, keeps copy and
// bits, and when it is executed again it is looked at (code_block_wake).
#include "bt/code/closing.h"
#include "bt/code/internal.h"
#include "bt/isa/decode.h"
#include "bt/isa/hyper.h"
#include "bt/scan/maps.h"
#include "monitor/base/arch.h"
#include "monitor/base/string.h"

#define WORDS     (PAGE_SIZE / 4)
#define LAST_WORD (WORDS - 1)
#define COND_AL   0xe0000000u

#define PAUSE_WORDS  4u  // looked at without a pause
#define PAUSE_SAME   64u // the same, most of which are as they were
#define PAGES_MOST   8u  // at an address, and of a frame
#define MOVES_SHARED 4u  // another frame at an address: how many times before they are taken to share it

// The hypercall that closes a block.
static uint32_t
closing(struct code *c, uint32_t insn)
{
	uint32_t imm24 = bt_closing_imm(insn);

	return imm24 ? bt_hyper_svc(insn, imm24) : code_interned(c, insn);
}

static bool
is_scanned(const struct code_page *p, uint32_t word)
{
	return bit(p->scanned[word / 32], word % 32);
}

static uint32_t
unconditional(uint32_t svc)
{
	return (svc & ~0xf0000000u) | COND_AL;
}

// What a word is replaced by to be fit to be reached: itself, if it is plain. *falls: whether control may fall through
// to the next one.
static uint32_t
fit(struct code *c, const struct code_page *p, uint32_t word, bool *falls)
{
	uint32_t insn = code_original(c, p, word * 4);
	const struct bt_row *row = bt_decode_a32(insn);
	uint32_t flags = row ? row->flags : 0;

	*falls = !(flags & (BT_CALL | BT_ENDS)) || !bt_always(insn);
	if (word == LAST_WORD && *falls)
		return unconditional(code_interned(c, insn)); // C has the next page reached
	if (flags & BT_SENSITIVE)
		return code_replacement(c, code_frame(c, p)[word]);
	return flags & (BT_BRANCH | BT_INDIRECT) ? closing(c, insn) : code_frame(c, p)[word];
}

// Makes one word fit to be reached. Returns whether control may fall through to
// the next one.
static bool
scan_word(struct code *c, struct code_page *p, uint32_t word)
{
	uint32_t by = p->copy[word];
	bool falls;

	p->scanned[word / 32] |= 1u << word % 32;
	c->overlap |= code_thumb_reached(p, 4 * word) || code_thumb_reached(p, 4 * word + 2);
	p->copy[word] = fit(c, p, word, &falls);
	c->n.patched += p->copy[word] != by;
	return falls;
}

bool
code_block_reached(const struct code_page *p, uint32_t offset)
{
	return is_scanned(p, offset / 4);
}

bool
code_block_reach(struct code *c, struct code_page *p, uint32_t offset)
{
	uint32_t first = offset / 4, word = first;

	if (is_scanned(p, first))
		return true;
	c->n.blocks++;
	while (word <= LAST_WORD && !is_scanned(p, word) && scan_word(c, p, word))
		if (++word % PAUSE_WORDS == 0)
			code_pause(c);
	if (word > LAST_WORD)
		word = LAST_WORD;
	arch_sync_code(&p->copy[first], (word - first + 1) * 4);
	return false;
}

void
code_block_restore(struct code *c, struct code_page *p, uint32_t offset)
{
	c->n.restored++;
	code_put(p, offset / 4, code_original(c, p, offset));
}

// The word may fall through now where it didn't, so what is behind it is scanned as well.
void
code_block_rewritten(struct code *c, struct code_page *p, uint32_t word)
{
	const struct bt_row *row;

	if (!is_scanned(p, word))
		return;
	p->scanned[word / 32] &= ~(1u << word % 32);
	code_block_reach(c, p, word * 4);
	row = bt_decode_a32(code_original(c, p, word * 4));
	if (row && row->flags & BT_SENSITIVE) // or the guest looks at what it has written
		code_guess(p, 2u * word, 2u * word + 2u);
}

//----------------------------------------------------------------------------
// Entries

static uint32_t
page_of(gva_t va)
{
	return va.v & ~PAGE_MASK;
}

static struct code_page *
page_at(struct code_page *p, uint32_t page)
{
	while (p && p->va != page)
		p = p->next_va;
	return p;
}

static void
reach(struct code *c, struct code_page *p, uint32_t offset, bool thumb)
{
	if (thumb)
		code_thumb_reach(c, p, offset, BT_IT_MAX); // what falls off a page may be in an IT block
	else
		code_block_reach(c, p, offset);
}

static void
enter(struct code *c, struct code_page *p, uint32_t offset, bool thumb)
{
	bt_map_set(code_entries(p) + (thumb ? BT_MAP_WORDS : 0), offset / (thumb ? 2 : 4));
	if (!p->asleep)
		reach(c, p, offset, thumb);
}

void
code_block_enter(struct code *c, gva_t va, bool thumb)
{
	struct code_page *p = *code_chain_va(c, va.v);

	for (p = page_at(p, page_of(va)); p; p = page_at(p->next_va, page_of(va)))
		enter(c, p, va.v & PAGE_MASK, thumb);
}

static void
reach_entries(struct code *c, struct code_page *p)
{
	const uint32_t *a32 = code_entries(p), *thumb = a32 + BT_MAP_WORDS;

	for (unsigned w = 0; (w = bt_map_next(a32, w, WORDS)) < WORDS; w++)
		reach(c, p, 4 * w, false);
	for (unsigned i = 0; (i = bt_map_next(thumb, i, BT_PAGE_HALVES)) < BT_PAGE_HALVES; i++)
		reach(c, p, 2 * i, true);
}

// What falls off the page before, whichever frame's that is.
static void
enter_from(struct code *c, struct code_page *p, const struct code_page *before)
{
	uint32_t last = code_half(c, before, PAGE_SIZE - 2);

	if (code_block_reached(before, PAGE_SIZE - 4))
		enter(c, p, 0, false);
	if (code_thumb_reached(before, PAGE_SIZE - 2))
		enter(c, p, bt_is_t32(last) ? 2 : 0, true);
	else if (code_thumb_reached(before, PAGE_SIZE - 4))
		enter(c, p, 0, true);
}

void
code_block_begin(struct code *c, struct code_page *p)
{
	const struct code_page *o = *code_chain_va(c, p->va);

	for (; o; o = o->next_va)
		for (unsigned n = 0; o != p && o->va == p->va && n < CODE_MAPS; n++)
			code_entries(p)[n] |= code_entries(o)[n];
	reach_entries(c, p);
	for (o = *code_chain_va(c, p->va - PAGE_SIZE); o; o = o->next_va)
		if (o->va == p->va - PAGE_SIZE)
			enter_from(c, p, o);
}

static bool
has_entries(const struct code_page *p)
{
	for (unsigned n = 0; n < CODE_MAPS; n++)
		if (code_entries(p)[n])
			return true;
	return false;
}

//----------------------------------------------------------------------------
// Frames that take turns at an address

static uint8_t *
moves(struct code *c, gva_t va)
{
	return &c->moves[(va.v >> PAGE_SHIFT) % CODE_PLACES];
}

bool
code_block_shared(struct code *c, gva_t va)
{
	return *moves(c, va) >= MOVES_SHARED;
}

// Whether there are as many pages at the address, or of the frame, as there may be, and the one asked for isn't among
// them; *other: one of another frame at the address.
static bool
is_crowded(struct code *c, gpa_t gpa, gva_t va, struct code_page **other)
{
	unsigned there = 0, elsewhere = 0;

	*other = NULL;
	for (struct code_page *p = *code_chain_va(c, va.v); (p = page_at(p, page_of(va))); p = p->next_va) {
		if (p->gpa.v != (gpa.v & ~PAGE_MASK))
			*other = p;
		there++;
	}
	for (const struct code_page *p = code_find(c, gpa); p; p = code_next(p))
		elsewhere++;
	return (there >= PAGES_MOST || elsewhere >= PAGES_MOST) && !code_at(c, gpa, va);
}

enum code_move
code_block_move(struct code *c, gpa_t gpa, gva_t va, struct code_page **other)
{
	struct code_page *p;

	if (is_crowded(c, gpa, va, other))
		return CODE_ALL_GO;
	p = *other;
	if (!p || code_block_shared(c, va))
		return CODE_STAYS;
	if (++*moves(c, va) >= MOVES_SHARED) {
		c->forgot = true;
		return CODE_STAYS;
	}
	return has_entries(p) ? CODE_ALL_GO : CODE_GOES;
}

//----------------------------------------------------------------------------
// Pages whose frame is the guest's to write

void
code_block_sleep(struct code *c, gpa_t gpa)
{
	for (struct code_page *p = code_find(c, gpa); p; p = code_next(p))
		p->asleep = true;
	code_close_cut(c, NULL);
}

static bool
same_word(struct code *c, const struct code_page *p, unsigned w)
{
	bool falls;

	return p->copy[w] == code_frame(c, p)[w] || p->copy[w] == fit(c, p, w, &falls);
}

// Whether all that control may reach is as it was scanned, *entries: at least where it comes in from other pages.
static bool
is_same(struct code *c, const struct code_page *p, bool *entries)
{
	const uint32_t *thumb = p->scanned + BT_MAP_WORDS;
	bool same = true;

	*entries = true;
	for (unsigned w = 0; (w = bt_map_next(p->scanned, w, WORDS)) < WORDS; w++) {
		if (!same_word(c, p, w)) {
			same = false;
			*entries &= !bt_map_test(code_entries(p), w);
		}
		if (w % PAUSE_SAME == 0)
			code_pause(c);
	}
	for (unsigned i = 0; (i = bt_map_next(thumb, i, BT_PAGE_HALVES)) < BT_PAGE_HALVES; i++) {
		if (!code_thumb_same(c, p, i)) {
			same = false;
			*entries &= !bt_map_test(code_entries(p) + BT_MAP_WORDS, i);
		}
		if (i % PAUSE_SAME == 0)
			code_pause(c);
	}
	return same;
}

// All that isn't reached becomes as it is in the frame.
static void
refresh(const struct code *c, struct code_page *p)
{
	const uint32_t *frame = code_frame(c, p);

	for (unsigned w = 0; w < WORDS; w++)
		if (!is_scanned(p, w) && !code_thumb_near(p, w))
			p->copy[w] = frame[w];
	code_thumb_refresh(c, p);
}

static void
rebuild(struct code *c, struct code_page *p)
{
	memcpy(p->copy, code_frame(c, p), PAGE_SIZE);
	memset(p->scanned, 0, CODE_MAPS * sizeof(*p->scanned));
	c->forgot = true;
}

bool
code_block_wake(struct code *c, struct code_page *p)
{
	bool entries;

	if (is_same(c, p, &entries))
		refresh(c, p);
	else if (entries)
		rebuild(c, p);
	else
		return false;
	p->asleep = false;
	p->writes = 0;
	reach_entries(c, p);
	arch_sync_code(p->copy, PAGE_SIZE);
	return true;
}
