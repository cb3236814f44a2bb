// SPDX-License-Identifier: MIT
//
// What likely.c and likely_cost.c share. Costs are in quarters of a bit.
#ifndef BT_SCAN_LIKELY_INTERNAL_H
#define BT_SCAN_LIKELY_INTERNAL_H

#include "bt/scan/likely.h"

// struct bt_likely_cost.is
#define BT_LIKELY_WIDE       0x01u // a T32 instruction, if it is Thumb
#define BT_LIKELY_A32_END    0x02u // never falls through, if it is A32
#define BT_LIKELY_A32_CALL   0x04u
#define BT_LIKELY_THUMB_END  0x08u
#define BT_LIKELY_THUMB_CALL 0x10u
#define BT_LIKELY_A32_PUSH   0x20u // a function seems to begin, if it is A32
#define BT_LIKELY_THUMB_PUSH 0x40u
#define BT_LIKELY_ZERO       0x80u

static inline int32_t
bt_likely_least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

// As much of it as a byte holds.
static inline uint8_t
bt_likely_capped(int32_t cost)
{
	return (uint8_t)bt_likely_least(cost, UINT8_MAX);
}

// Fills in cost and looks from halfword l->at on, as far as *left instructions go. True when it is done.
bool bt_likely_cost_all(struct bt_likely *l, int *left);

#endif
