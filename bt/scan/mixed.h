// SPDX-License-Identifier: MIT
//
// Judges a page of a guest whose kernel uses Thumb state, so that any page may hold code of
// either state, or of both:
//
//   1. What the flow reaches from the entry, in the states it reaches it in (bt/scan/flow.h), is code. It isn't
//   followed
//      beyond calls here, for what is called may never return.
//   2. The page before is cut into code and data as is most likely (bt/scan/likely.h). What code in there names
//   (bt/scan/names.h)
//      is data, and where it calls or branches to is code.
//   3. So is this page, given what is known of it; and once more, with what its own code names.
//
// A sensitive instruction is patched if (1) has reached it, or if it is more likely by far to be code in this state
// than anything else. What may be one, but isn't sure enough, is doubtful.
//
// If something silent is doubtful the page is in doubt. If that is possible only what is reached for sure
// (bt/scan/flow.h), and what loads of it name, is taken for known then, and all else is left in doubt (bt/code/fill.c).
//
// What is in flow.thumb then is patched if it is sensitive. A trap from an instruction that isn't
// in there has the flow followed from it as well (bt/code/thumb.c).
#ifndef BT_SCAN_MIXED_H
#define BT_SCAN_MIXED_H

#include "bt/scan/flow.h"
#include "bt/scan/likely.h"

// A scan under way, as struct bt_scan_job.
struct bt_mixed_job {
	struct bt_scan_job a32; // when done its out has what is A32 code
	struct bt_flow flow;    // when done what is Thumb code
	struct bt_flow known;   // of a page in doubt: what is reached for sure
	struct bt_likely likely;
	struct bt_likely_front end[2]; // of the page before
	const uint32_t *prev, *next;
	unsigned phase, at; // what is next
	uint32_t entry;
	bool entry_thumb;
	unsigned entry_slots;                                   // instructions of an IT block to come at the entry
	bool doubts;                                            // a page may be left in doubt
	bool in_doubt;                                          // something silent is doubtful
	uint32_t entered[BT_MAP_WORDS];                         // A32 words that are reached from the entry
	uint32_t doubt[BT_HALF_MAP];                            // when done: halfwords that are left in doubt
	uint32_t named[BT_HALF_MAP], named_before[BT_HALF_MAP]; // of this page and the one before
};

// Begins the scan, before whose first step entry_slots and doubts may be set, of a page at address entry & ~0xfff that
// is entered at entry, as bt_scan_start().
void bt_mixed_start(struct bt_mixed_job *m, const uint32_t *page, const uint32_t *prev, const uint32_t *next,
		    uint32_t entry, bool thumb);

// Does the next piece. True when it was the last.
bool bt_mixed_step(struct bt_mixed_job *m);

#endif
