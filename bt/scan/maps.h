// SPDX-License-Identifier: MIT
//
// Bitmaps over the words or halfwords of a page: bit n of word m is number 32m + n.
#ifndef BT_SCAN_MAPS_H
#define BT_SCAN_MAPS_H

#include "monitor/base/types.h"

static inline bool
bt_map_test(const uint32_t *map, unsigned n)
{
	return map[n / 32u] >> (n % 32u) & 1u;
}

static inline void
bt_map_set(uint32_t *map, unsigned n)
{
	map[n / 32u] |= 1u << (n % 32u);
}

static inline void
bt_map_clear(uint32_t *map, unsigned n)
{
	map[n / 32u] &= ~(1u << (n % 32u));
}

// Bits [from, to).
static inline void
bt_map_set_range(uint32_t *map, unsigned from, unsigned to)
{
	while (from < to) {
		unsigned n = 32u - from % 32u, left = to - from;

		if (n > left)
			n = left;
		map[from / 32u] |= (0xffffffffu >> (32u - n)) << (from % 32u);
		from += n;
	}
}

// Bits [15:0], each twice: of words, what their halfwords have.
static inline uint32_t
bt_map_doubled(uint32_t bits16)
{
	uint32_t b = bits16 & 0xffffu;

	b = (b | b << 8) & 0x00ff00ffu;
	b = (b | b << 4) & 0x0f0f0f0fu;
	b = (b | b << 2) & 0x33333333u;
	b = (b | b << 1) & 0x55555555u;
	return b | b << 1;
}

// The first bit from i on that isn't the same as in flip, which is all zeros or all ones; or end, the map's length.
static inline unsigned
bt_map_differs(const uint32_t *map, uint32_t flip, unsigned i, unsigned end)
{
	unsigned m = i / 32u;
	uint32_t left;

	if (i >= end)
		return end;
	left = (map[m] ^ flip) >> (i % 32u) << (i % 32u);
	while (!left) {
		if (++m == end / 32u)
			return end;
		left = map[m] ^ flip;
	}
	return m * 32u + (unsigned)__builtin_ctz(left);
}

// The first bit from i on that is set, or clear, or end, the map's length.
static inline unsigned
bt_map_next(const uint32_t *map, unsigned i, unsigned end)
{
	return bt_map_differs(map, 0, i, end);
}

static inline unsigned
bt_map_next_clear(const uint32_t *map, unsigned i, unsigned end)
{
	return bt_map_differs(map, 0xffffffffu, i, end);
}

#endif
