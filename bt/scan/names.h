// SPDX-License-Identifier: MIT
//
// What code of a mixed page names as data: loads relative to the PC, ADR and what is loaded through it, and tables of
// jumps, in either state.
#ifndef BT_SCAN_NAMES_H
#define BT_SCAN_NAMES_H

#include "monitor/base/types.h"

struct bt_names {
	const uint32_t *page; // where the code is
	int32_t base;         // halfwords from the start of the page whose data is wanted to the start of this one
	uint32_t *named;      // of that page, a bit per halfword
	uint32_t after;       // the halfword behind page
};

// Marks what the A32 word w, or the Thumb instruction at halfword i, names. They may be anything.
void bt_names_a32(const struct bt_names *n, unsigned w);
void bt_names_thumb(const struct bt_names *n, unsigned i);

// How many words the table has that LDR PC, [PC, Rm, LSL #2] at word w jumps through, behind the word behind it.
unsigned bt_names_table(const uint32_t *page, unsigned w);

#endif
