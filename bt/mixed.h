// SPDX-License-Identifier: MIT
//
// Judges a page of a guest whose kernel uses Thumb state, so that any page may hold code of
// either state, or of both:
//
//   1. What the flow reaches from the entry, in the states it reaches it in (bt/flow.h), is code.
//   2. What Thumb loads of it or of the page before name is data.
//   3. The rest is taken in runs, each up to where nothing falls through. A run is in the state of what
//      stands before it, unless behind Thumb its first eight words all have the condition AL, or behind
//      A32 the first has not, nor two of the next three.
//   4. A32 runs are judged by the rule of bt/scan.h. In Thumb ones loads name data; what is sensitive is
//      code if neither the two instructions before it nor the two after are undefined (but for BUG()'s UDF).
//
// Where that finds code of both states, or something silent that may be Thumb code, the page is in doubt. If that is
// possible only what is reached for sure (bt/flow.h), and what loads of it name, is taken for known, and all else is
// left in doubt (bt/code_fill.c).
//
// What is in flow.thumb then is patched if it is sensitive. A trap from an instruction that isn't
// in there has the flow followed from it as well (bt/code_thumb.c).
#ifndef BT_MIXED_H
#define BT_MIXED_H

#include "bt/flow.h"

// A scan under way, as struct bt_scan_job.
struct bt_mixed_job {
	struct bt_scan_job a32; // when done its out has what is A32 code
	struct bt_flow flow;    // when done what is Thumb code
	struct bt_flow other;   // in the page before; then, in this one, what is reached for sure
	const uint32_t *prev, *next;
	struct bt_scan_memo *memo;
	unsigned phase, at;   // what is next
	bool thumb;           // the state of what was last seen
	bool in_run, changed; // changed: the state, to where the flow is to be followed
	unsigned i, before,
	    slots; // of the run: halfword; instructions since something undefined; of an IT block, to come
	unsigned doubtful;
	bool any_a32, silent;            // silent: something doubtful is
	uint32_t a32_area[BT_MAP_WORDS]; // words of areas taken for A32
	uint32_t literal[BT_MAP_WORDS];
	uint32_t masked[BT_PAGE_WORDS]; // the page without what is Thumb
	bool doubts;                    // what isn't known for sure may be left in doubt: set it before the first step
	uint32_t doubt[BT_HALF_MAP];    // when done: halfwords that are
	uint32_t entry;
	bool entry_thumb;
	unsigned entry_slots; // instructions of an IT block to come at the entry: set it before the first step
};

// Begins the scan of a page at address entry & ~0xfff that is entered at entry, as bt_scan_start().
void bt_mixed_start(struct bt_mixed_job *m, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
		    uint32_t entry, bool thumb, struct bt_scan_memo *memo);

// Does the next piece. True when it was the last.
bool bt_mixed_step(struct bt_mixed_job *m);

#endif
