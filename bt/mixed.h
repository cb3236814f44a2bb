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
// What is in flow.thumb then is patched if it is sensitive. A trap from an instruction that isn't
// in there has the flow followed from it as well (bt/code_thumb.c).
#ifndef BT_MIXED_H
#define BT_MIXED_H

#include "bt/flow.h"

// As bt_scan_page(), for a page at address entry & ~0xfff that is entered at entry; flow gets what is Thumb
// code, out what is A32 code.
void bt_scan_mixed(struct bt_scan *out, struct bt_flow *flow, const uint32_t *page, const uint32_t *prev,
		   const uint32_t *next, uint32_t entry, bool thumb);

#endif
