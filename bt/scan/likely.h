// SPDX-License-Identifier: MIT
//
// How likely it is that a piece of a page is A32 code, Thumb code or data, by statistics of what such code and data
// look like: the costs of instructions and of data are logarithms of their probabilities, in quarters of a bit, out of
// tables that are learned from a corpus (bt/scan/likely_table.c, made by test/corpus/learn.c).
//
// A page is cut into A32 words, T16 and T32 instructions and halfwords of data so that all of it costs the least.
// Going from code to something else is cheap behind what never falls through, and expensive elsewhere. What is
// known of the page (struct bt_likely_known) makes anything else expensive. One pass forward finds what each
// way to get to each halfword costs, one back what is left from there; together, what the best way costs that
// has such a thing there, and so by how much it is more likely than any other.
//
// Each pass visits each halfword once. It is done in pieces, like all of a scan.
#ifndef BT_SCAN_LIKELY_H
#define BT_SCAN_LIKELY_H

#include "bt/scan/halves.h"
#include "bt/scan/maps.h"
#include "bt/scan/scan.h"

// What is known beforehand.
struct bt_likely_known {
	const uint32_t *a32;     // words that are A32 code
	const uint32_t *thumb;   // halfwords where a Thumb instruction begins
	const uint32_t *covered; // all halfwords of those
	const uint32_t *named;   // halfwords that code names as data
};

// What it costs to have something begin at a halfword, by itself.
struct bt_likely_cost {
	uint8_t a32, thumb, data;
	uint8_t is; // BT_LIKELY_WIDE etc. (likely_internal.h)
};

// What it costs to begin with something at a halfword, less the least of these; and that least, less the same of the
// halfword before.
struct bt_likely_in {
	uint8_t a32, thumb, data;
	int16_t step;
};

// What there is in the page that is worth a look: a bit for a word, or the halfword where a Thumb instruction
// would begin.
struct bt_likely_looks {
	uint32_t a32[BT_MAP_WORDS];    // it may have a row (bt/isa/decode.h)
	uint32_t wide[BT_HALF_MAP];    // a T32 instruction
	uint32_t special[BT_HALF_MAP]; // BT_SPECIAL, BT_NAMERS, BT_LEADERS
	uint32_t namers[BT_HALF_MAP];
	uint32_t leaders[BT_HALF_MAP];
};

// What it costs to get to a halfword: having come from A32, Thumb or data; and to leave the code before it for
// something else.
struct bt_likely_front {
	int32_t a32, thumb, data, leave_a32, leave_thumb;
};

// What is left from a halfword on if it is A32, Thumb, data; the least of these if what is before it is left.
struct bt_likely_rest {
	int32_t a32, thumb, data, from_a32, from_thumb, from_data;
};

// By how much the best way is worse that has this at a halfword.
struct bt_likely_worse {
	int32_t a32, thumb, data;
};

enum bt_likely_phase { BT_LIKELY_COST, BT_LIKELY_FORWARD, BT_LIKELY_BACK };

struct bt_likely {
	const uint32_t *page;
	uint32_t after; // the halfword behind it
	struct bt_likely_known known;
	// When done:
	uint32_t a32[BT_MAP_WORDS], thumb[BT_HALF_MAP];             // of the best way: words, where instructions begin
	uint32_t sure_a32[BT_MAP_WORDS], sure_thumb[BT_HALF_MAP];   // of those: more likely by far than anything else
	uint32_t certain_a32[BT_MAP_WORDS];                         // and of these, by twice as far
	uint32_t maybe_a32[BT_MAP_WORDS], maybe_thumb[BT_HALF_MAP]; // what isn't less likely by far than the best
	struct bt_likely_front end[2];                              // at the page's end and a halfword behind it
	struct bt_likely_looks looks;
	// Under way:
	enum bt_likely_phase phase;
	unsigned at;
	struct bt_likely_front front[2]; // at `at`, and behind it
	struct bt_likely_rest rest[2];   // behind `at`, and behind that
	int32_t base, best;              // what it costs at least to get to at; of all of the page
	struct bt_likely_worse behind;   // of the halfword behind at
	struct bt_likely_in in[BT_PAGE_HALVES];
	struct bt_likely_cost cost[BT_PAGE_HALVES];
};

// Begins with a page, of which nothing is known, behind one that ends with those ways to get there (l->end, of that
// page's); NULL if there is none.
void bt_likely_start(struct bt_likely *l, const uint32_t *page, uint32_t after, const struct bt_likely_front *before);

// Begins again with the page, of which more is known.
void bt_likely_again(struct bt_likely *l, const struct bt_likely_known *known, const struct bt_likely_front *before);

// What was found is void: nothing is likely.
void bt_likely_forget(struct bt_likely *l);

// Does what *left instructions, about, are enough for. True when it is done.
bool bt_likely_step(struct bt_likely *l, int *left);

// The tables: costs in quarters of a bit.
struct bt_likely_table {
	uint8_t a32_high[4096];    // bits 31:20
	uint8_t a32_mid[8][256];   // by bits 27:25, bits 19:12
	uint8_t a32_low[8][256];   // by bits 27:25, bits 11:4
	uint8_t a32_last[8][16];   // by bits 27:25, bits 3:0
	uint8_t thumb_high[1024];  // of a first halfword, bits 15:6
	uint8_t thumb_low[32][64]; // by bits 15:11, bits 5:0
	uint8_t t32_high[16][256]; // by the first's bits 12:9, of the second bits 15:8
	uint8_t t32_low[16][256];  // bits 7:0
	uint8_t data_high[2][256]; // by whether it is the upper half of a word, bits 15:8
	uint8_t data_low[8][256];  // by 4 * that and bt_likely_kind(), bits 7:0
};

extern const struct bt_likely_table bt_likely_table;

// What bits 15:8 of data are: 0, all ones, text, else.
static inline unsigned
bt_likely_kind(uint32_t byte)
{
	return byte == 0 ? 0 : byte == 0xffu ? 1u : byte >= 0x20u && byte < 0x7fu ? 2u : 3u;
}

#endif
