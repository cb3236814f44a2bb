// SPDX-License-Identifier: MIT
//
// A page as Thumb code sees it: in halfwords, which T32 instructions take two of.
#ifndef BT_SCAN_HALVES_H
#define BT_SCAN_HALVES_H

#include "bt/isa/decode.h"
#include "bt/scan/maps.h"

#define BT_PAGE_HALVES 2048u
#define BT_HALF_MAP    (BT_PAGE_HALVES / 32u)

// Word m of a map of halfwords, where each has what its word has in the map of words; nothing is behind the page.
static inline uint32_t
bt_page_halves_of(const uint32_t *words, unsigned m)
{
	return m < BT_HALF_MAP ? bt_map_doubled(words[m / 2u] >> 16u * (m % 2u)) : 0;
}

static inline uint32_t
bt_page_half(const uint32_t *page, unsigned i)
{
	return page[i / 2u] >> (16u * (i % 2u)) & 0xffffu;
}

// The Thumb instruction that begins at halfword i; after is the halfword behind the page.
static inline uint32_t
bt_page_thumb(const uint32_t *page, unsigned i, uint32_t after)
{
	uint32_t first = bt_page_half(page, i);

	if (!bt_is_t32(first))
		return first;
	return first << 16 | (i + 1u < BT_PAGE_HALVES ? bt_page_half(page, i + 1u) : after);
}

#endif
