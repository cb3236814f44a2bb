// SPDX-License-Identifier: MIT
//
// What code.c, scan.c, thumb.c and block.c share.
#ifndef BT_CODE_INTERNAL_H
#define BT_CODE_INTERNAL_H

#include "bt/code/code.h"
#include "bt/isa/decode.h"
#include "bt/scan/flow.h"
#include "monitor/base/arch.h"

// After so many emulated writes it is to be seen whether a page is still executed; after
// as many again, without having been, it is dropped.
#define CODE_WRITES_UNSEEN 32u

// Hash chains that are gone through without a pause.
#define CODE_PAUSE_CHAINS 256u

// Under the block policy a page has in one table of the pool maps of what may be reached, in A32 and in Thumb state,
// and of its entries (block.c).
#define CODE_MAPS (BT_MAP_WORDS + BT_HALF_MAP)

static inline uint32_t *
code_entries(const struct code_page *p)
{
	return p->scanned + CODE_MAPS;
}

// The page's words as the guest has them.
static inline const uint32_t *
code_frame(const struct code *c, const struct code_page *p)
{
	const uint32_t *words = gmem_read(c->mem, p->gpa, PAGE_SIZE);

	BUG_ON(!words); // pages are made of memory only, and memory stays
	return words;
}

static inline struct code_page **
code_chain_va(struct code *c, uint32_t va)
{
	return &c->hash_va[(va >> PAGE_SHIFT) % CODE_HASH];
}

// Gives the page a copy; false when the pool is empty.
bool code_copy(struct code *c, struct code_page *p);
// Replaces the word in the copy if the frame's is sensitive, making the copy first
// if there is none (false: can't). The caller syncs.
bool code_patch_word(struct code *c, struct code_page *p, uint32_t word);
// The same where the frame's word is known.
bool code_patch_raw(struct code *c, struct code_page *p, uint32_t word, uint32_t raw);
// What a sensitive word of the guest's is replaced by; 0 if it isn't one.
uint32_t code_replacement(struct code *c, uint32_t raw);
// The hypercall that stands for insn by its number in the VM's table.
uint32_t code_interned(struct code *c, uint32_t insn);
// In the middle of something long.
void code_pause(const struct code *c);
// Writes one word of the copy and syncs it.
void code_put(struct code_page *p, uint32_t word, uint32_t insn);
// Remembers that this hypercall stands in some copy, so that it is known where the guest copies it to.
uint32_t code_emitted(struct code *c, uint32_t hypercall);
// Patches at most n of the Thumb instructions of the flow, from halfword *at on, of a page that has just been
// scanned; *at is BT_PAGE_HALVES when none is left. False: can't.
bool code_thumb_patch(struct code *c, struct code_page *p, const struct bt_flow *flow, unsigned *at, unsigned n);
// A record for the page of the request, in no chain; NULL if there is none. And the reverse.
struct code_page *code_new(struct code *c, const struct code_request *rq);
void code_release(struct code *c, struct code_page *p);
// Page policy: makes the code page of the request, as code_make(); drops what is unfinished of the frame, or all that
// is.
struct code_page *code_scan(struct code *c, const struct code_request *rq);
void code_scan_drop(struct code *c, gpa_t gpa);
void code_scan_drop_all(struct code *c);
// Page q may stand behind some page now, or has changed: what is to be run of T32 instructions that the end of the
// page before cuts is decided anew.
void code_close_cut(struct code *c, const struct code_page *q);
// The guest has rewritten len bytes at offset, some of which may be Thumb code: the copy follows.
bool code_thumb_written(struct code *c, struct code_page *p, uint32_t offset, uint32_t len);
// Block policy, of a page that was asleep: whether the instruction at halfword i, which may be reached, is as it was
// when it was made fit for that; whether Thumb code is in or at the word w; all halfwords in such words become as they
// are in the frame, but for what may be reached.
bool code_thumb_same(struct code *c, const struct code_page *p, unsigned i);
bool code_thumb_near(const struct code_page *p, unsigned w);
void code_thumb_refresh(const struct code *c, struct code_page *p);
// Block policy: a page has been made; where others lead into it is reached.
void code_block_begin(struct code *c, struct code_page *p);
// The guest has rewritten a word: if control may reach it, it is scanned again.
void code_block_rewritten(struct code *c, struct code_page *p, uint32_t word);
// Halfword i as the copy is to have it where it isn't replaced: the frame's, or filled.
uint16_t code_half_shown(const struct code *c, const struct code_page *p, unsigned i);
// Fills at most n halfwords of the map, from *at on, which is BT_PAGE_HALVES when none is left. False: no memory for a
// copy.
bool code_fill(struct code *c, struct code_page *p, const uint32_t *doubt, unsigned *at, unsigned n);
// Halfwords [from, to) are no longer code: of a page in doubt they are filled when they are next shown.
void code_refill(struct code_page *p, unsigned from, unsigned to);
// Halfwords [from, to) are no longer in doubt: they show what the frame has.
void code_unfill(const struct code *c, struct code_page *p, unsigned from, unsigned to);

// Loads mustn't see what the copy has at halfwords [from, to).
static inline void
code_guess(struct code_page *p, unsigned from, unsigned to)
{
	if (!code_guessed(p) || from < p->guess_from)
		p->guess_from = (uint16_t)from;
	if (to > p->guess_to)
		p->guess_to = (uint16_t)to;
}

#endif
