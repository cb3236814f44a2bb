// SPDX-License-Identifier: MIT
//
// The `block` policy. Invariant: control can reach a word of a copy only if its
// `scanned` bit is set. It holds because each way out of scanned words is closed by
// a hypercall (bt/hyper_imm.h, class FRAME) until the monitor has looked at where it leads:
//   - an indirect branch always traps;
//   - a direct one is given back (code_block_restore) once its target is scanned;
//   - what falls through is scanned along with what it falls from, so that a block
//     ends only where nothing falls through, after a call (its return is an
//     indirect branch; what doesn't return may be followed by data), or at the end of
//     the page, whose last word traps instead;
//   - exceptions, and returns from them, go through the monitor.
// A word that the guest rewrites is scanned again at once. When a page with scanned words is
// dropped, given-back branches into it may be left in other pages: then all go.
#include "bt/closing.h"
#include "bt/code_internal.h"
#include "bt/decode.h"
#include "bt/hyper.h"
#include "monitor/arch.h"

#define WORDS     (PAGE_SIZE / 4)
#define LAST_WORD (WORDS - 1)
#define COND_AL   0xe0000000u

#define PAUSE_WORDS 4u // looked at without a pause

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

// Makes one word fit to be reached. Returns whether control may fall through to
// the next one.
static bool
scan_word(struct code *c, struct code_page *p, uint32_t word)
{
	uint32_t insn = code_original(c, p, word * 4);
	const struct bt_row *row = bt_decode_a32(insn);
	uint32_t flags = row ? row->flags : 0;
	bool ends = (flags & (BT_CALL | BT_ENDS)) && bt_always(insn);

	p->scanned[word / 32] |= 1u << word % 32;
	c->overlap |= code_thumb_reached(p, 4 * word) || code_thumb_reached(p, 4 * word + 2);
	if (word == LAST_WORD && !ends)
		p->copy[word] = unconditional(code_interned(c, insn)); // C has the next page reached
	else if (flags & BT_SENSITIVE)
		code_patch_word(c, p, word); // can't fail: the page has its copy
	else if (flags & (BT_BRANCH | BT_INDIRECT))
		p->copy[word] = closing(c, insn);
	return !ends;
}

bool
code_block_reached(const struct code_page *p, uint32_t offset)
{
	return is_scanned(p, offset / 4);
}

bool
code_block_moved(struct code *c, gpa_t gpa, gva_t va)
{
	const struct code_page *p = code_find(c, gpa);
	uint32_t page = va.v & ~PAGE_MASK;

	if (p)
		return p->va != page;
	for (p = *code_chain_va(c, page); p && p->va != page; p = p->next_va)
		;
	return p;
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
	if (!is_scanned(p, word))
		return;
	p->scanned[word / 32] &= ~(1u << word % 32);
	code_block_reach(c, p, word * 4);
}
