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
// like code: two of the ten around it must be unconditional, and for a conditional word,
// which must be self-contained too, one of the two on either side. In what
// 3 didn't take for code it must be unconditional and self-contained, with no
// undefined neighbour. Sensitive-looking words that stay are doubtful; literals are not.
#ifndef BT_SCAN_H
#define BT_SCAN_H

#include "bt/maps.h"
#include "monitor/types.h"

#define BT_PAGE_WORDS 1024u
#define BT_MAP_WORDS  (BT_PAGE_WORDS / 32u)

struct bt_scan {
	uint32_t code[BT_MAP_WORDS];     // reached or presumed; bit n of word m is word 32m + n of the page
	uint32_t literal[BT_MAP_WORDS];  // named by a load
	uint32_t patch[BT_MAP_WORDS];    // to be replaced by hypercalls
	uint32_t doubtful[BT_MAP_WORDS]; // look sensitive, stay as they are
	unsigned n_patch, n_doubtful;
	bool thumb; // the flow changes to Thumb state
};

// Judges one page that is entered at entry_offset (bytes). prev and next are the
// original frames of the virtually adjacent pages, or NULL.
void bt_scan_page(struct bt_scan *out, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
		  uint32_t entry_offset);

// The same for a page that is entered at all words of the map entries, and in which
// those of the map literal are known not to be A32 code.
void bt_scan_a32(struct bt_scan *out, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
		 const uint32_t *entries, const uint32_t *literal);

#endif
