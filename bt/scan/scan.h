// SPDX-License-Identifier: MIT
//
// Finds what must be patched in a piece of guest kernel code.
//
// The page policy hands a page out as executable only once every word of it is
// safe to be run from anywhere, so the whole page is judged at its first entry:
//
//   1. Words that the control flow reaches from the entry are code.
//   2. Words that a PC-relative load in this page or its two neighbours names, directly or
//      through ADR, and the tables of LDR PC, [PC, Rm, LSL #2], are literals unless 1 holds.
//      A conditional load counts only beside an unconditional word: text looks like such.
//      The flow doesn't fall from a call (BL, SVC, UDF) over padding into a literal: what
//      it calls never returns.
//   3. The rest is taken in runs, each up to a branch, an end or known code. A run
//      without an undefined or data-like word is presumed to be code.
//
// In 1 every sensitive word is patched. Elsewhere one is left if its should-be bits
// are wrong, if it is an SVC, which traps by itself, or if the words around it don't look
// like code: ten of the 32 around it must be unconditional, and two of the ten nearest, and for
// a conditional word, which must be self-contained too, one of the two on either side. In what
// 3 didn't take for code it must be unconditional and self-contained, with no
// undefined neighbour. Sensitive-looking words that stay are doubtful; literals are not.
#ifndef BT_SCAN_SCAN_H
#define BT_SCAN_SCAN_H

#include "bt/scan/maps.h"
#include "monitor/base/types.h"

#define BT_PAGE_WORDS 1024u
#define BT_MAP_WORDS  (BT_PAGE_WORDS / 32u)

#define BT_NAMES_BEFORE 1u // in the page before
#define BT_NAMES_BEHIND 2u

struct bt_scan {
	uint32_t code[BT_MAP_WORDS];     // reached or presumed; bit n of word m is word 32m + n of the page
	uint32_t literal[BT_MAP_WORDS];  // named by a load
	uint32_t patch[BT_MAP_WORDS];    // to be replaced by hypercalls
	uint32_t doubtful[BT_MAP_WORDS]; // look sensitive, stay as they are
	unsigned n_patch, n_doubtful;
	unsigned names; // BT_NAMES_BEFORE, BT_NAMES_BEHIND: where the page's words name literals, besides in it
	bool thumb;     // the flow changes to Thumb state
};

// A scan under way. It is done in pieces of about BT_SCAN_PIECE instructions, between which the caller may do
// something else, but for changing the page.
#define BT_SCAN_PIECE 1000

#define BT_SCAN_MEMOS 2048u

// What a word is (scan.c): a cache that is kept from scan to scan, in the beginning all zero.
struct bt_scan_memo {
	uint32_t insn, is;
};

struct bt_scan_job {
	struct bt_scan out; // valid when done
	const uint32_t *page, *prev, *next;
	struct bt_scan_memo *memo;
	unsigned phase, at;          // what is next
	int left;                    // instructions of this piece, about
	unsigned names;              // as in out, those of the neighbours, too
	const uint32_t *region_page; // of the jump table looked at last: words [from, end) are as long as it can be
	unsigned region_from, region_end;
	uint32_t unfollowed;  // which words of pending aren't 0, or weren't
	uint32_t always_done; // which words of always are valid
	// Of each word of the page:
	uint32_t pending[BT_MAP_WORDS];    // to be followed
	uint32_t flow[BT_MAP_WORDS];       // reached from the entry
	uint32_t ends[BT_MAP_WORDS];       // nothing falls through
	uint32_t odd[BT_MAP_WORDS];        // to be examined
	uint32_t branches[BT_MAP_WORDS];   // B and BL
	uint32_t control[BT_MAP_WORDS];    // any other branch, call or end
	uint32_t data[BT_MAP_WORDS];       // undefined, or a small number
	uint32_t sensitive[BT_MAP_WORDS];  // looks so
	uint32_t strict[BT_MAP_WORDS];     // of these: not lax, no SVC
	uint32_t whole[BT_MAP_WORDS];      // of these: self-contained
	uint32_t wide[BT_MAP_WORDS];       // of these: a wider view will do (scan.c)
	uint32_t interworks[BT_MAP_WORDS]; // BLX to Thumb
	uint32_t indirect[BT_MAP_WORDS];   // writes the PC from a register or memory
	uint32_t always[BT_MAP_WORDS];     // unconditional
};

// Begins the scan of a page that is entered at all words of the map entries, and in which those of the map literal
// are known not to be A32 code. memo has BT_SCAN_MEMOS elements. prev and next are the original frames of the virtually
// adjacent pages, or NULL: what they name isn't asked.
void bt_scan_start(struct bt_scan_job *j, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
		   const uint32_t *entries, const uint32_t *literal, struct bt_scan_memo *memo);

// Does the next piece. True when it was the last.
bool bt_scan_step(struct bt_scan_job *j);

// Judges a page that is entered at entry_offset (bytes), in one go.
void bt_scan_page(struct bt_scan *out, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
		  uint32_t entry_offset);

#endif
